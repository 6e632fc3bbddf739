"""The result of a run as tables on a terminal and as a JSON file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from figures import Blank, Cell
from mcp_call import ratio
from measures import ROWS, Column
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from targets import Judged

RESULTS = Path(__file__).parent / "results"
_WIDTH = 150  # where the output is not a terminal


@dataclass(frozen=True, kw_only=True)
class Run:
    """Everything that one run found out."""

    started: datetime
    quick: bool
    seconds: float
    machine: dict[str, Any]
    columns: dict[str, Column]  # by product
    calls: dict[str, Cell] | None  # None: not asked for
    targets: list[Judged]


def printed(run: Run) -> None:
    """Show the tables."""
    tables = [_comparison(run)]
    if run.calls:
        tables.append(_calls(run.calls))
    if run.targets:
        tables.append(targets_table(run.targets))
    show(tables, run.machine)


def written(run: Run) -> Path:
    """Write results/<timestamp>.json; its path."""
    document = {
        "started": run.started.isoformat(),
        "quick": run.quick,
        "seconds": run.seconds,
        "machine": run.machine,
        "products": {
            name: {
                "python": column.python,
                "versions": column.versions,
                "cells": _as_json(column.cells),
            }
            for name, column in run.columns.items()
        },
        "mcp": {**_as_json(run.calls), "ratio": ratio(run.calls)} if run.calls else None,
        "targets": [judged.as_json() for judged in run.targets],
    }
    return write(f"{run.started:%Y%m%dT%H%M%SZ}", document)


def show(tables: list[Table], machine: dict[str, Any]) -> None:
    """Print tables, and the machine that they hold for."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDTH)
    for table in tables:
        console.print(table)
    console.print(f"{machine['cpu']}, {machine['cores']} cores, {machine['os']}", style="dim")


def write(name: str, document: dict[str, Any]) -> Path:
    """Write results/<name>.json; its path."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(document, indent=1), encoding="utf-8")
    return path


def _as_json(cells: Mapping[str, Cell]) -> dict[str, Any]:
    return {name: cell.as_json() for name, cell in cells.items()}


def _comparison(run: Run) -> Table:
    table = Table(title="median, with 95th percentile and number of repetitions", show_lines=True)
    table.add_column("")
    for name, column in run.columns.items():
        table.add_column(f"{name}\n[dim]on Python {column.python}" if column.python else name)
    for row, title in ROWS.items():
        table.add_row(title, *(_shown(column.cells[row]) for column in run.columns.values()))
    return table


def _calls(cells: dict[str, Cell]) -> Table:
    table = Table(title="one MCP call over stdio", show_lines=True)
    for heading in ("echo tool", 'execute_code("1")', "ratio"):
        table.add_column(heading)
    times = ratio(cells)
    shown = "" if times is None else amount(times, "ratio")
    table.add_row(_shown(cells["echo"]), _shown(cells["execute_code"]), shown)
    return table


def targets_table(targets: list[Judged]) -> Table:
    """A row for each target, with its verdict."""
    table = Table(title="targets for Cloche")
    for heading in ("", "at most", "measured", ""):
        table.add_column(heading)
    colours = {"pass": "green", "miss": "red", "not measured": "dim"}
    for one in targets:
        unit = one.target.unit
        table.add_row(
            one.target.title,
            amount(one.target.bound, unit),
            "" if one.measured is None else amount(one.measured, unit),
            f"[{colours[one.verdict]}]{one.verdict}",
        )
    return table


def _shown(cell: Cell) -> str:
    if isinstance(cell, Blank):
        return f"[dim]{escape(cell.reason)}[/]"
    shown = f"[bold]{amount(cell.median, cell.unit)}[/]"
    if len(cell.samples) > 1:
        shown += f"\n[dim]p95 {amount(cell.p95, cell.unit)}, n {len(cell.samples)}[/]"
    return shown


def amount(value: float, unit: str) -> str:
    """A value with its unit, in few digits."""
    match unit:
        case "seconds" if value < 10:
            return f"{value * 1e3:.3g} ms" if value < 0.1 else f"{value * 1e3:.0f} ms"
        case "seconds":
            return f"{value:.1f} s"
        case "bytes" if value >= 1e9:
            return f"{value / 1e9:.2f} GB"
        case "bytes":
            return f"{value / 1e6:.2f} MB"
        case "count":
            return f"{value:.0f}"
        case _:
            return f"{value:.2f}"
