"""Previews of numpy's arrays and scalars, read by numpy's C code."""

from typing import TYPE_CHECKING

from . import previews
from .previews import Sketch

if TYPE_CHECKING:
    import numpy as np

_FIRST = 6
_NUMBERS = {"b": "bool", "i": "int", "u": "uint", "f": "float", "c": "complex"}
_TIMES = {"M": "datetime64", "m": "timedelta64"}
_OTHERS = {"O": "object", "U": "str", "S": "bytes", "V": "struct", "T": "StringDType"}
_SCALARS = (
    *("bool_", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("intc", "uintc", "long", "ulong", "longlong", "ulonglong", "float16", "float32", "float64"),
    *("complex64", "complex128", "datetime64", "timedelta64", "str_", "bytes_"),
)


class Arrays:
    """What can be read off arrays, by the functions that numpy has when this is made."""

    def __init__(self) -> None:
        import numpy as np

        self.kind = np.ndarray
        # Attributes of types that no Python code can change, but subclasses can answer for.
        self.size, self.nbytes = np.ndarray.size.__get__, np.ndarray.nbytes.__get__
        self.shape, self._dtype = np.ndarray.shape.__get__, np.ndarray.dtype.__get__
        self._flat, self._to_list = np.ndarray.flat.__get__, np.ndarray.tolist
        self._as_type, self._item = np.ndarray.astype, np.generic.item
        self._letter, self._itemsize = np.dtype.kind.__get__, np.dtype.itemsize.__get__
        self._unit = np.datetime_data
        previews.know(np.ndarray, self._show, self.nbytes)
        for name in _SCALARS:
            previews.know(getattr(np, name), self._show_scalar, object.__sizeof__)

    def dtype_name(self, array: "np.ndarray") -> str:
        """The name of an array's dtype, as far as it is one of numpy's own."""
        dtype = self._dtype(array)
        letter = self._letter(dtype)
        if letter == "b":
            return "bool"
        if letter in _NUMBERS:
            return f"{_NUMBERS[letter]}{8 * self._itemsize(dtype)}"
        if letter in _TIMES:
            unit, count = self._unit(dtype)
            return f"{_TIMES[letter]}[{unit if count == 1 else f'{count}{unit}'}]"
        return _OTHERS.get(letter, "dtype")

    def first(self, array: "np.ndarray", count: int) -> list:
        """The first elements of an array, as Python's own objects where there are such."""
        letter = self._letter(self._dtype(array))
        if letter not in _NUMBERS and letter not in _TIMES and letter != "O":
            return []
        some = self._flat(array)[:count]
        if letter in _TIMES:
            # Of nanoseconds there would be bare numbers.
            some = self._as_type(some, f"{letter}8[us]")
        return self._to_list(some)

    def _show(self, sketch: Sketch, array: "np.ndarray", depth: int) -> str:
        shape = self.shape(array)
        size = " x ".join(map(str, shape)) if shape else "a scalar"
        text = f"{self.dtype_name(array)}, {size}"
        first = [] if depth else self.first(array, _FIRST)
        if not first:
            return f"<array of {text}>" if depth else text
        return f"{text}: {sketch.row(first, self.size(array), 1)}"

    def _show_scalar(self, sketch: Sketch, scalar: "np.generic", depth: int) -> str:
        return sketch.of(self._item(scalar), depth)
