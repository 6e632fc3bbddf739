"""The figures of the session layer as a table on a terminal."""

from __future__ import annotations

from figures import Blank, Cell
from report import amount
from rich.markup import escape
from rich.table import Table

from session_layer.lines import Line, Lines


def section_table(title: str, lines: Lines, titles: dict[str, str]) -> Table:
    """A row for each line, in the order of `titles`."""
    table = Table(title=title)
    table.add_column("", ratio=1)
    for heading in ("median", "p99", "max", "n"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("beside, median", justify="right")
    table.add_column("ratio", justify="right", no_wrap=True)
    for key, shown in titles.items():
        if key in lines:
            table.add_row(shown, *_cells(lines[key]))
    return table


def _cells(line: Line) -> list[str]:
    cell = line.cell
    if isinstance(cell, Blank):
        return [f"[dim]{escape(cell.reason)}[/]"]
    spread = ["", "", ""]
    if len(cell.samples) > 1:
        spread = [amount(cell.p99, cell.unit), amount(cell.maximum, cell.unit)]
        spread.append(str(len(cell.samples)))
    times = "" if line.ratio is None else amount(line.ratio, "ratio")
    return [f"[bold]{amount(cell.median, cell.unit)}[/]", *spread, _beside(line), times]


def _beside(line: Line) -> str:
    other: Cell | None = line.beside
    if other is None:
        return ""
    if isinstance(other, Blank):
        return f"[dim]{escape(other.reason)}[/]"
    name = f"\n[dim]{line.what}[/]" if line.what else ""
    return f"{amount(other.median, other.unit)}{name}"
