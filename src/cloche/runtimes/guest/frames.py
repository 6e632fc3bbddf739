"""Previews of pandas' tables, read off the arrays that they consist of.

The attributes of pandas' classes are Python, and user code may have put others in their place. So
nothing is asked of a table: what it holds is found as a collector of garbage finds it.
"""

import gc
from collections.abc import Iterator
from itertools import islice

from . import previews
from .arrays import Arrays
from .names import FEW, name_of, words
from .previews import Sketch

_MOST_COLUMNS = 20
_MOST_BLOCKS = 1000
_MOST_PLACES = 2000
_FIRST = 6
_LABEL_CHARACTERS = 40

_referents_of = gc.get_referents


class Frames:
    """What can be read off tables, by the functions that pandas has when this is made."""

    def __init__(self, arrays: Arrays) -> None:
        import pandas as pd
        from pandas._libs import arrays as backed
        from pandas._libs import internals
        from pandas.arrays import (
            BooleanArray,
            Categorical,
            DatetimeArray,
            FloatingArray,
            IntegerArray,
            PeriodArray,
            StringArray,
            TimedeltaArray,
        )
        from pandas.core.indexes.frozen import FrozenList
        from pandas.core.internals.managers import BlockManager, SingleBlockManager

        self._arrays = arrays
        self._manager, self._single, self._block = BlockManager, SingleBlockManager, internals.Block
        self._backed, self._index, self._range = backed.NDArrayBacked, pd.Index, pd.RangeIndex
        self._masked = (IntegerArray, FloatingArray, BooleanArray)
        self._zone, self._frozen = pd.DatetimeTZDtype, FrozenList
        self._plain = (StringArray, DatetimeArray, TimedeltaArray)
        self._named = {
            id(StringArray): "str",
            id(Categorical): "category",
            id(BooleanArray): "boolean",
            id(PeriodArray): "period",
        }
        manager, block = internals.BlockManager.__dict__, internals.Block.__dict__
        self._blocks_of, self._axes_of = manager["blocks"].__get__, manager["axes"].__get__
        self._values_of, self._places_of = block["values"].__get__, block["_mgr_locs"].__get__
        self._indexer_of = internals.BlockPlacement.__dict__["indexer"].__get__
        self._array_of = backed.NDArrayBacked.__dict__["_ndarray"].__get__
        previews.know(pd.DataFrame, self._show_frame, self._frame_bytes)
        previews.know(pd.Series, self._show_series, self._series_bytes)
        previews.know(pd.RangeIndex, self._show_range)
        for kind in (pd.Index, pd.DatetimeIndex, pd.TimedeltaIndex, pd.CategoricalIndex):
            previews.know(kind, self._show_index, self._index_bytes)
        previews.know(pd.Timestamp, previews.show_datetime)

    # Tables.

    def _show_frame(self, sketch: Sketch, frame: object, depth: int) -> str:
        manager = _part(frame, self._manager)
        blocks = self._blocks_of(manager)
        columns, index = self._axes_of(manager)
        count = sum(self._width(self._values_of(block)) for block in blocks)
        rows = self._length(self._values_of(blocks[0])) if blocks else self._index_length(index)
        shape = f"{'?' if rows is None else rows} rows x {count} columns"
        if depth:
            return f"<{shape}>"
        kinds: dict[int, str] = {}
        for block in blocks[:_MOST_BLOCKS]:
            kind = None
            for place in self._places(block):
                if place < _MOST_COLUMNS:
                    kind = kind or self._dtype_name(self._values_of(block))
                    kinds[place] = kind
        labels = self._labels(columns, min(count, _MOST_COLUMNS))
        shown = [
            f"{self._label(label)} {kinds.get(place, '?')}" for place, label in enumerate(labels)
        ]
        if len(shown) < count:
            shown.append(f"… {count - len(shown)} more")
        return f"{shape}: {', '.join(shown)}" if shown else shape

    def _show_series(self, sketch: Sketch, series: object, depth: int) -> str:
        values = self._series_values(series)
        length = self._length(values)
        text = f"{'?' if length is None else length} rows of {self._dtype_name(values)}"
        return self._with_values(sketch, text, values, length, depth)

    def _show_index(self, sketch: Sketch, index: object, depth: int) -> str:
        values = self._data(index)
        length = self._length(values)
        text = f"{'?' if length is None else length} labels of {self._dtype_name(values)}"
        return self._with_values(sketch, text, values, length, depth)

    def _show_range(self, sketch: Sketch, index: object, depth: int) -> str:
        return sketch.of(_part(index, range), depth)

    def _with_values(
        self, sketch: Sketch, text: str, values: object, length: int | None, depth: int
    ) -> str:
        if depth:
            return f"<{text}>"
        first = self._first(values, _FIRST)
        return f"{text}: {sketch.row(first, length or 0, 1)}" if first else text

    def _frame_bytes(self, frame: object) -> int:
        manager = _part(frame, self._manager)
        blocks = self._blocks_of(manager)
        _, index = self._axes_of(manager)
        held = sum(self._nbytes(self._values_of(block)) for block in blocks)
        return held + self._index_bytes(index)

    def _series_bytes(self, series: object) -> int:
        return self._nbytes(self._series_values(series))

    def _index_bytes(self, index: object) -> int:
        return self._nbytes(self._data(index))

    # What they consist of.

    def _series_values(self, series: object) -> object:
        blocks = _part(_part(series, self._single), tuple)
        return self._values_of(blocks[0])

    def _places(self, block: object) -> Iterator[int]:
        indexer = self._indexer_of(self._places_of(block))
        if type(indexer) is slice:
            return iter(range(indexer.start, indexer.stop, indexer.step or 1)[:_MOST_PLACES])
        return iter(self._arrays.first(indexer, _MOST_PLACES))

    def _labels(self, columns: object, count: int) -> list:
        if type(columns) is self._range:
            return list(_part(columns, range)[:count])
        several = _part(columns, self._frozen) is not None
        labels = (
            self._tuples(columns, count) if several else self._first(self._data(columns), count)
        )
        return labels if len(labels) == count else ["?"] * count

    def _tuples(self, columns: object, count: int) -> list:
        """The first labels of a MultiIndex: its levels' labels, each by its code."""
        lists = [part for part in _parts(columns) if type(part) is self._frozen]
        pairs = zip(list.__iter__(lists[0]), list.__iter__(lists[1]), strict=True)
        parts = []
        for code, level in pairs:
            if type(code) is not self._arrays.kind:  # whichever was put there first
                code, level = level, code
            labels = self._labels(level, min(self._index_length(level) or 0, _MOST_PLACES))
            places = self._first(code, count)
            parts.append([labels[at] if 0 <= at < len(labels) else None for at in places])
        return list(zip(*parts, strict=True))

    def _label(self, label: object) -> str:
        text = label if type(label) is str else Sketch().of(label, 2)
        return words(text, _LABEL_CHARACTERS)

    def _index_length(self, index: object) -> int | None:
        if type(index) is self._range:
            return len(_part(index, range))
        return self._length(self._data(index))

    def _data(self, index: object) -> object:
        """The array of an index; None for one that consists of several."""
        return next((part for part in _parts(index) if self._is_array(part)), None)

    def _is_array(self, value: object) -> bool:
        kind = type(value)
        return kind is self._arrays.kind or issubclass(kind, self._backed) or self._is_masked(kind)

    def _is_masked(self, kind: type) -> bool:
        # By identity: to compare types is their metaclass's to do.
        return any(kind is masked for masked in self._masked)

    # Arrays, numpy's and others.

    def _arrays_in(self, values: object) -> list:
        kind = type(values)
        if kind is self._arrays.kind:
            return [values]
        if issubclass(kind, self._backed):
            found = [self._array_of(values)]
        elif self._is_masked(kind):
            found = _parts(values)
        else:
            return []
        return [each for each in found if type(each) is self._arrays.kind]

    def _nbytes(self, values: object) -> int:
        return sum(self._arrays.nbytes(array) for array in self._arrays_in(values))

    def _length(self, values: object) -> int | None:
        arrays = self._arrays_in(values)
        return self._arrays.shape(arrays[0])[-1] if arrays else None

    def _width(self, values: object) -> int:
        if type(values) is self._arrays.kind or issubclass(type(values), self._backed):
            shape = self._arrays.shape(self._arrays_in(values)[0])
            return shape[0] if len(shape) == 2 else 1
        return 1

    def _dtype_name(self, values: object) -> str:
        kind = type(values)
        if id(kind) in self._named:
            return self._named[id(kind)]
        names = [self._arrays.dtype_name(array) for array in self._arrays_in(values)]
        if self._is_masked(kind):
            return next((name.title() for name in names if name != "bool"), "?")
        if kind is self._arrays.kind or any(kind is plain for plain in self._plain):
            if _part(values, self._zone) is not None:
                return f"{names[0][:-1]}, with time zone]"
            return names[0]
        return name_of(kind)

    def _first(self, values: object, count: int) -> list:
        kind = type(values)
        if kind is self._arrays.kind or any(kind is plain for plain in self._plain):
            return self._arrays.first(self._arrays_in(values)[0], count)
        return []


def _parts(value: object) -> Iterator[object]:
    """What an object holds itself, in the order in which it was put there."""
    held = _referents_of(value)
    yield from held
    for each in held:
        if type(each) is dict:
            yield from islice(each.values(), FEW)


def _part(value: object, kind: type) -> object:
    """The first of exactly this type that an object holds; None when there is none."""
    return next((part for part in _parts(value) if type(part) is kind), None)
