"""Measure numpy, pandas and what builds on them in Cloche beside native Python: a table, and JSON.

Usage: uv run python bench/numerics.py [--as-shipped] [--only TEXT]... [--quick]
"""

from __future__ import annotations

import argparse
import ast
import asyncio
import math
import sys
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import machine
import report
from catalog import Product
from driver import NoFigureError
from figures import Blank, Cell, Figure
from numeric import as_shipped
from rich.markup import escape
from rich.table import Table
from session_layer.lines import seconds
from session_layer.native import found_native
from session_layer.sandbox import checkpointed, opened

from cloche.config import Settings
from cloche.runtimes.install import prepare

NATIVE, CLOCHE, AS_SHIPPED = "native", "Cloche", "as shipped"

_WORKLOADS = Path(__file__).parent / "numeric" / "workloads.py"
_LIBRARIES = ("numpy", "pandas", "scikit-learn", "matplotlib", "scipy")
_SAME = 1e-9
_TURN_SECONDS = 120


@dataclass(frozen=True)
class Effort:
    """How often each thing is done."""

    rounds: int  # in each of which all sides take their turn
    seconds: float  # for which a turn repeats its work


FULL = Effort(rounds=5, seconds=0.3)
QUICK = Effort(rounds=1, seconds=0.05)


class Side(Protocol):
    """A Python that has the workloads."""

    async def value(self, expression: str) -> str:
        """The text of an expression; NoFigureError if it fails."""
        ...


class NativeSide:
    def __init__(self, session) -> None:
        self._session = session

    async def value(self, expression: str) -> str:
        return await self._session.execute("", expression)


class ClocheSide:
    def __init__(self, session) -> None:
        self._session = session

    async def value(self, expression: str) -> str:
        outcome = await self._session.execute(expression, timeout_seconds=_TURN_SECONDS)
        if outcome.error or outcome.result is None:
            said = outcome.error.message if outcome.error else outcome.status
            raise NoFigureError(f"failed: {said}"[:100])
        await checkpointed(self._session)  # it takes time from whoever is next
        return outcome.result


async def main() -> None:
    """Run what the command line asks for."""
    arguments = _arguments()
    effort = QUICK if arguments.quick else FULL
    started, clock = datetime.now(UTC), time.monotonic()
    described = machine.described()
    async with AsyncExitStack() as stack:
        sides = await _sides(stack, with_as_shipped=arguments.as_shipped)
        titles = ast.literal_eval(await sides[CLOCHE].value("list(WORK)"))
        only = arguments.only or [""]
        wanted = [title for title in titles if any(text in title for text in only)]
        versions = {name: await _versions(side) for name, side in sides.items()}
        rows: dict[str, dict[str, Cell]] = {}
        for title in wanted:
            print(f"{title}: measuring", file=sys.stderr)  # no spinner: it would take time
            rows[title] = await _cells(sides, title, effort)

    report.show([_table(rows, list(sides))], described)
    document = {
        "started": started.isoformat(),
        "quick": arguments.quick,
        "seconds": time.monotonic() - clock,
        "machine": described,
        "versions": versions,
        "workloads": {
            title: {
                **{name: cell.as_json() for name, cell in cells.items()},
                "ratio_to_native": _ratio(cells, NATIVE),
                "ratio_to_as_shipped": _ratio(cells, AS_SHIPPED),
            }
            for title, cells in rows.items()
        },
    }
    print(f"written to {report.write(f'{started:%Y%m%dT%H%M%SZ}-numerics', document)}")


async def _sides(stack: AsyncExitStack, *, with_as_shipped: bool) -> dict[str, Side | Blank]:
    source = _WORKLOADS.read_text(encoding="utf-8")
    runtime = prepare(Settings().cache_dir, report=lambda progress: None)
    packages = dict(runtime.packages)
    product = Product(
        name="native-numerics",
        adapter="session_layer.native_child",
        requirements=tuple(f"{name}=={packages[name]}" for name in _LIBRARIES),
    )
    sides: dict[str, Side | Blank] = {}
    try:
        native = await stack.enter_async_context(found_native(product).session())
        await native.execute(source)
        sides[NATIVE] = NativeSide(native)
    except NoFigureError as refusal:
        sides[NATIVE] = Blank(str(refusal))
    sides[CLOCHE] = await _cloche(stack, source)
    if with_as_shipped:
        print("preparing the runtime as shipped", file=sys.stderr)
        cache_dir = as_shipped.prepared()
        sides[AS_SHIPPED] = await _cloche(stack, source, cache_dir=cache_dir)
        if "int32" not in await sides[AS_SHIPPED].value("np.array([1]).dtype"):
            raise SystemExit("the runtime as shipped has wide integers: as_shipped.py is outdated")
    return sides


async def _cloche(stack: AsyncExitStack, source: str, **settings: object) -> ClocheSide:
    cloche = await stack.enter_async_context(opened(**settings))
    session = await stack.enter_async_context(cloche.session())
    side = ClocheSide(session)
    await side.value(f"{source}\nlen(WORK)")
    return side


async def _versions(side: Side | Blank) -> object:
    if isinstance(side, Blank):
        return side.as_json()
    return ast.literal_eval(await side.value(f"versions({_LIBRARIES})"))


async def _cells(sides: dict[str, Side | Blank], title: str, effort: Effort) -> dict[str, Cell]:
    """The least time of every round by side; the sides take turns."""
    samples: dict[str, list[float]] = {name: [] for name in sides}
    blanks = {name: side for name, side in sides.items() if isinstance(side, Blank)}
    numbers: dict[str, float] = {}
    for _ in range(effort.rounds):
        for name, side in sides.items():
            if name in blanks or isinstance(side, Blank):
                continue
            try:
                answer = await side.value(f"timed({title!r}, {effort.seconds})")
            except NoFigureError as failure:
                blanks[name] = Blank(str(failure))
                continue
            least, numbers[name] = ast.literal_eval(answer)
            samples[name].append(least)
            expected = next(iter(numbers.values()))
            if not math.isclose(numbers[name], expected, rel_tol=_SAME):
                blanks[name] = Blank(f"wrong: {numbers[name]!r}, not {expected!r}")
    return {name: blanks.get(name) or seconds(samples[name]) for name in sides}


def _ratio(cells: dict[str, Cell], other: str) -> float | None:
    """Least time by least time."""
    ours, theirs = cells[CLOCHE], cells.get(other)
    if isinstance(ours, Figure) and isinstance(theirs, Figure):
        return min(ours.samples) / min(theirs.samples)
    return None


def _table(rows: dict[str, dict[str, Cell]], names: list[str]) -> Table:
    others = [name for name in names if name != CLOCHE]
    table = Table(title="numpy, pandas and what builds on them: the least time, in ms")
    table.add_column("")
    for name in names:
        table.add_column(name, justify="right")
    for other in others:
        table.add_column(f"times {other}", justify="right")
    for title, cells in rows.items():
        ratios = [_ratio(cells, other) for other in others]
        table.add_row(
            escape(title),
            *(_shown(cells[name]) for name in names),
            *("" if ratio is None else f"{ratio:.2f}" for ratio in ratios),
        )
    if len(rows) > 1:
        means = [_mean([_ratio(cells, other) for cells in rows.values()]) for other in others]
        table.add_section()
        table.add_row("geometric mean", *[""] * len(names), *means)
    return table


def _mean(ratios: list[float | None]) -> str:
    known = [math.log(ratio) for ratio in ratios if ratio is not None]
    return f"{math.exp(sum(known) / len(known)):.2f}" if known else ""


def _shown(cell: Cell) -> str:
    if isinstance(cell, Blank):
        return f"[dim]{escape(cell.reason)}[/]"
    return f"{min(cell.samples) * 1e3:.3g}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure numpy and pandas in Cloche.")
    parser.add_argument(
        "--as-shipped",
        action="store_true",
        help="also measure the runtime without 64-bit integers; preparing it takes minutes, once",
    )
    parser.add_argument(
        "--only",
        action="append",
        metavar="TEXT",
        help="measure the workloads with this in their title; may be given more than once",
    )
    parser.add_argument(
        "--quick", action="store_true", help="few repetitions: to see that it works, not how fast"
    )
    return parser.parse_args()


if __name__ == "__main__":
    asyncio.run(main())
