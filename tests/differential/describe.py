"""Evaluate expressions and describe what comes of them in JSON.

This runs under native CPython and in the guest, so it takes nothing but the standard library, numpy
and pandas. A float in the description stands for a float that may differ in its last digits;
everything else is to be equal: types, dtypes, shapes, integers, texts, errors.
"""

import dataclasses
import hashlib
import importlib
import json
import re
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

WHOLE = 40
"""A longer array or sequence is described by some of its values and a digest or a sum."""

STANDARD = (
    *("array", "ast", "base64", "bisect", "calendar", "cmath", "collections", "colorsys"),
    *("copy", "csv", "datetime", "decimal", "fractions", "functools", "hashlib", "heapq"),
    *("io", "itertools", "json", "locale", "math", "operator", "pickle", "random", "re"),
    *("sqlite3", "statistics", "string", "struct", "sys", "textwrap", "time", "unicodedata"),
    *("uuid", "warnings", "zlib", "zoneinfo"),
)

SCIPY = (
    *("cluster", "cluster.hierarchy", "cluster.vq", "fft", "integrate", "interpolate"),
    *("linalg", "ndimage", "optimize", "signal", "sparse", "sparse.csgraph"),
    *("sparse.linalg", "spatial", "spatial.distance", "special", "stats", "stats.qmc"),
)


def versions():
    """What the outcomes depend on."""
    import scipy

    return {"numpy": np.__version__, "pandas": pd.__version__, "scipy": scipy.__version__}


def outcomes(expressions):
    """The outcome of each expression: its value or its error, and the warnings on the way."""
    names = {name: importlib.import_module(name) for name in STANDARD} | {"np": np, "pd": pd}
    if any("scipy." in expression for expression in expressions):
        names["scipy"] = importlib.import_module("scipy")
        for name in SCIPY:
            importlib.import_module(f"scipy.{name}")
    return [outcome(expression, dict(names)) for expression in expressions]


def outcome(expression, names):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            value = eval(expression, names)
            described = {"value": describe(value)}
        except Exception as error:  # noqa: BLE001
            described = {"error": f"{type(error).__name__}: {_text(str(error), 300)}"}
    seen = {
        f"{each.category.__name__}: {_text(str(each.message), 100)}"
        for each in caught
        # These come when the garbage is collected, whenever that is.
        if each.category is not ResourceWarning
    }
    return described | {"warnings": sorted(seen)} if seen else described


def write(source, target):
    """Write the outcomes of the expressions in the JSON file `source` to `target`."""
    expressions = json.loads(Path(source).read_text(encoding="utf-8"))
    Path(target).write_text(json.dumps(outcomes(expressions)), encoding="utf-8")


def describe(value):
    if value is None or type(value) in (bool, int, float):
        return value
    if type(value) is str:
        return value if len(value) <= 300 else ["long str", len(value), value[:200], _digest(value)]
    if isinstance(value, np.generic):
        return _scalar(value)
    if isinstance(value, np.ma.MaskedArray):
        mask = np.ma.getmaskarray(value)
        return [*_array(value.filled(value.dtype.type())), "mask", _array(mask)]
    if isinstance(value, np.ndarray):
        return _array(value)
    for types, description in _DESCRIPTIONS:
        if isinstance(value, types):
            return description(value)
    return _other(value)


def _scalar(value):
    kind = value.dtype.kind
    name = f"np.{type(value).__name__}"
    if kind in "mMV":
        return [name, str(value.dtype), str(value)]
    if kind == "f":
        return [name, float(value)]
    if kind == "c":
        return [name, float(value.real), float(value.imag)]
    return [name, describe(value.item())]


def _array(array):
    name = type(array).__name__
    described = [name, str(array.dtype), list(array.shape)]
    flat = np.asarray(array).reshape(-1)
    kind = array.dtype.kind
    if kind == "c":
        parts = np.dtype(array.dtype.type(0).real.dtype)
        flat, kind = np.stack([flat.real, flat.imag], axis=-1).astype(parts).reshape(-1), "f"
    if kind == "f":
        return [*described, _floats(flat.astype("float64").tolist())]
    if kind in "mM":
        return [*described, _exact(flat.astype("int64").tolist())]
    if kind == "O" or array.dtype.kind == "V":
        return [*described, _items(flat.tolist())]
    return [*described, _exact(flat.tolist())]


def _floats(values):
    if len(values) <= WHOLE:
        return values
    return ["floats", len(values), *values[:6], *values[-6:], float(np.sum(values))]


def _exact(values):
    values = [value if isinstance(value, (bool, int)) else describe(value) for value in values]
    if len(values) <= WHOLE:
        return values
    return ["values", len(values), *values[:6], *values[-6:], _digest(repr(values))]


def _items(values):
    shown = [describe(value) for value in values[:WHOLE]]
    return shown if len(values) <= WHOLE else ["items", len(values), *shown]


def _index(index):
    described = [type(index).__name__, str(index.dtype), describe(list(index.names))]
    if isinstance(index, pd.MultiIndex):
        levels = [_index(level) for level in index.levels]
        return [*described, levels, [_array(np.asarray(codes)) for codes in index.codes]]
    if isinstance(index, pd.RangeIndex):
        return [*described, index.start, index.stop, index.step]
    return [*described, _values(index.array)]


def _values(values):
    """A pandas array."""
    if isinstance(values, pd.Categorical):
        return ["Categorical", _array(values.codes), _index(values.categories), values.ordered]
    if isinstance(values, pd.arrays.NumpyExtensionArray):
        return _array(values.to_numpy())
    # What pandas holds apart from numpy has a text for each value, and that text is exact.
    return [type(values).__name__, str(values.dtype), _exact([str(each) for each in values])]


def _column(series):
    if isinstance(series.dtype, np.dtype):
        return _array(series.to_numpy())
    return _values(series.array)


def _series(series):
    return ["Series", describe(series.name), _index(series.index), _column(series)]


def _frame(frame):
    columns = [_column(frame.iloc[:, place]) for place in range(frame.shape[1])]
    return ["DataFrame", list(frame.shape), _index(frame.columns), _index(frame.index), columns]


def _pairs(mapping):
    pairs = [[describe(key), describe(value)] for key, value in mapping.items()]
    return [type(mapping).__name__, *pairs]


def _sequence(sequence):
    return [type(sequence).__name__, len(sequence), *_items(list(sequence))]


def _set(values):
    return [type(values).__name__, len(values), *_items(sorted(values, key=repr))]


def _bytes(value):
    text = bytes(value).hex()
    shown = text if len(text) <= 200 else f"{text[:120]} {_digest(text)}"
    return [type(value).__name__, len(value), shown]


def _complex(value):
    return ["complex", value.real, value.imag]


def _type(value):
    return ["type", value.__module__, value.__qualname__]


def _dtype(value):
    # Not its class: the classes of C types differ where nothing else does.
    return ["dtype", str(value)]


def _text_of(value):
    return [type(value).__name__, _text(str(value), 300)]


_DESCRIPTIONS = (
    (complex, _complex),
    (pd.Series, _series),
    (pd.DataFrame, _frame),
    (pd.Index, _index),
    (pd.api.extensions.ExtensionArray, _values),
    (np.dtype, _dtype),
    (pd.api.extensions.ExtensionDtype, _text_of),
    (type, _type),
    (dict, _pairs),
    ((list, tuple), _sequence),
    ((set, frozenset), _set),
    ((bytes, bytearray), _bytes),
)


def _other(value):
    if dataclasses.is_dataclass(value):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return [type(value).__name__, _pairs(fields)]
    if hasattr(value, "tocoo") and hasattr(value, "indptr"):
        parts = (value.data, value.indices, value.indptr)
        return [type(value).__name__, list(value.shape), *map(_array, parts)]
    if hasattr(value, "tocoo"):
        return [type(value).__name__, *_other(value.tocsr())]
    return [type(value).__name__, _text(repr(value), 600)]


def _text(text, length):
    """The text without addresses of objects, and not too long."""
    text = re.sub(r"0x[0-9a-f]{6,}", "0x", text)
    return text if len(text) <= length else f"{text[:length]}… {_digest(text)}"


def _digest(text):
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
