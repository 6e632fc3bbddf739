"""Styled tables as text: the cells as they were formatted, in columns."""

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

_modules = sys.modules
_BETWEEN = "\x1f"


def is_styler(value: object) -> bool:
    """Whether `value` is a pandas Styler."""
    module = _modules.get("pandas.io.formats.style")
    return module is not None and isinstance(value, module.Styler)


def text_of(styler: "Styler") -> str:
    """The table without its colours."""
    rows = [line.split(_BETWEEN) for line in styler.to_string(delimiter=_BETWEEN).splitlines()]
    count = max((len(row) for row in rows), default=0)
    rows = [row + [""] * (count - len(row)) for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
