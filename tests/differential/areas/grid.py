"""What the areas choose from: dtypes, shapes, values at the edges, and the product of choices."""

import itertools
import re
from collections.abc import Iterator, Sequence

SIGNED = ("int8", "int16", "int32", "int64")
UNSIGNED = ("uint8", "uint16", "uint32", "uint64")
INTEGERS = SIGNED + UNSIGNED
FLOATS = ("float16", "float32", "float64")
COMPLEX = ("complex64", "complex128")
NUMBERS = ("bool", *INTEGERS, *FLOATS, *COMPLEX)
SOME = ("bool", "int8", "uint8", "int32", "uint32", "int64", "uint64", "float32", "float64")

EDGES = (
    *("0", "-1", "127", "255", "2**31 - 1", "2**31", "-2**31 - 1", "2**32", "2**53 + 1"),
    *("2**63 - 1", "2**63", "-2**63", "2**64 - 1", "2**64"),
)

FLOAT_EDGES = (
    "[0.0, -0.0, 1.0, -1.5, 2.5, 3.5, 1e-320, 1e308, float('inf'), -float('inf'), float('nan')]"
)
COMPLEX_EDGES = "[0, 1, -1, 1j, 1.5 - 2.5j, complex('inf'), complex('nan')]"


def each(template: str, **choices: Sequence[str]) -> Iterator[str]:
    """Fill in `<name>` in the template with every combination of the choices."""
    for chosen in itertools.product(*choices.values()):
        yield _filled(template, dict(zip(choices, chosen, strict=True)))


def _filled(template: str, named: dict[str, str]) -> str:
    return re.sub(r"<(\w+)>", lambda match: named[match[1]], template)


def lines(text: str) -> list[str]:
    """The expressions in a text, one a line, blank lines left out."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def extremes(dtype: str) -> str:
    """An array of a dtype's edges: the ends of its range, zero and its neighbours."""
    if dtype == "bool":
        return "np.array([True, False, True])"
    if dtype in SIGNED:
        bits = int(dtype[3:])
        return f"np.array([-2**{bits - 1}, -3, -1, 0, 1, 2, 2**{bits - 1} - 1], '{dtype}')"
    if dtype in UNSIGNED:
        return f"np.array([0, 1, 2, 7, 2**{dtype[4:]} - 1], '{dtype}')"
    if dtype in COMPLEX:
        return f"np.array({COMPLEX_EDGES}, '{dtype}')"
    return f"np.array({FLOAT_EDGES}).astype('{dtype}')"


def shaped(dtype: str) -> dict[str, str]:
    """Arrays of a dtype in every shape and layout."""
    return {
        "0-d": f"np.array(5, '{dtype}')",
        "empty": f"np.array([], '{dtype}')",
        "1-d": f"np.array([3, 1, 2, 100, 100, 0, 1], '{dtype}')",
        "2-d": f"np.array([[3, 1, 2], [100, 0, 7]], '{dtype}')",
        "F": f"np.array([[3, 1, 2], [100, 0, 7]], '{dtype}', order='F')",
        "strided": f"(np.arange(24) % 11).astype('{dtype}').reshape(4, 6)[::2, ::-2]",
    }
