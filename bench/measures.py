"""The measurements of one product, in the order of the table's rows.

Repetitions are counted and bounded in time by one rule for all products (`Effort`), so that a slow
product gets fewer of them and the run stays short; every figure carries its n.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from catalog import NATIVE, Product
from driver import Driver, NoFigureError, driven
from figures import Blank, Cell, Figure
from memory import tree_pss_bytes

ADD = {"statements": "", "expression": "1 + 1", "expect": "2"}
SET = {"statements": "x = 1", "expression": "", "expect": ""}
USE = {"statements": "", "expression": "x + 1", "expect": "2"}
IMPORTED = {
    "statements": "import pandas as pd",
    "expression": "pd.__version__",
    "expect": r"'?\d+\.\d+\.\d+'?",
}
PANDAS = {
    "statements": "import pandas as pd",
    "expression": "pd.DataFrame({'a': [1, 2, 3]}).a.sum()",
    "expect": r"6|np\.int64\(6\)",
}
COMPUTE = {
    "statements": """
import time

def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)

def loop():
    total = 0
    for i in range(10**7):
        total += i
    return total

start = time.perf_counter()
number = fib(27)
between = time.perf_counter()
total = loop()
end = time.perf_counter()
print(number, total, between - start, end - between)
""",
    "expression": "",
    "expect": r"196418 49999995000000 \S+ \S+",
}

Sample = TypeVar("Sample")

ROWS = {
    "fresh": "new session, 1 + 1",
    "fresh_spare": "new session, 1 + 1, spare ready",
    "turn": "turn in a live session, x + 1",
    "imported": "new session with pandas imported",
    "imported_spare": "new session with pandas imported, spare ready",
    "pandas": "new session, a DataFrame summed",
    "pandas_spare": "new session, a DataFrame summed, spare ready",
    "idle": "idle session, PSS",
    "idle_pandas": "idle session after using pandas, PSS",
    "fib": "fib(27), times native",
    "loop": "10**7 iterations, times native",
    "outside": "both with their new session, by the clock outside, times native",
}

PAUSE_SECONDS = 0.1  # before a new session: time to prepare the next spare, for those who do
SETTLE_SECONDS = 3.0  # before memory is read: time for whatever follows a turn


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How often to repeat: n times, but not past `seconds` once `minimum` is reached."""

    fresh: int
    turns: int
    compute: int
    calls: int
    held: int
    seconds: float
    minimum: int
    warm_up: int = 5
    warm_up_seconds: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Column:
    """One product's cells by row, with the Python that drove it and its versions."""

    cells: dict[str, Cell]
    python: str | None = None
    versions: dict[str, str] = field(default_factory=dict)

    @classmethod
    def blank(cls, reason: Blank) -> Column:
        """A column of a product that there are no figures of; the first row says why."""
        first, *rest = ROWS
        return cls(cells={first: reason} | dict.fromkeys(rest, Blank("not available")))


FULL = Effort(fresh=30, turns=200, compute=9, calls=200, held=20, seconds=8, minimum=3)
QUICK = Effort(fresh=8, turns=30, compute=2, calls=30, held=5, seconds=2, minimum=1)


async def measured(product: Product, python: Path, native: Path | None, effort: Effort) -> Column:
    """Measure one product; NoFigureError if it does not start."""
    cells: dict[str, Cell] = {}
    async with driven(python, product.adapter) as child:
        cells["fresh"] = await _cell(_fresh(child, ADD, effort))
        cells["turn"] = await _cell(_turn(child, effort))
        cells["imported"] = await _cell(_fresh(child, IMPORTED, effort))
        cells["pandas"] = await _cell(_fresh(child, PANDAS, effort))
        cells |= await _compute(product, child, native, effort)
    async with driven(python, product.adapter) as child:
        cells |= await _idle(child, effort)
    if product.prepares_spares:
        async with driven(python, product.adapter, spare=True) as child:
            cells["fresh_spare"] = await _cell(_fresh(child, ADD, effort))
            cells["imported_spare"] = await _cell(_fresh(child, IMPORTED, effort))
            cells["pandas_spare"] = await _cell(_fresh(child, PANDAS, effort))
    else:
        rows = ("fresh_spare", "imported_spare", "pandas_spare")
        cells |= {row: Blank("no spares") for row in rows}
    return Column(
        cells={row: cells[row] for row in ROWS}, python=child.python, versions=child.versions
    )


async def _repeat(
    take: Callable[[], Awaitable[Sample]], repetitions: int, seconds: float, minimum: int
) -> list[Sample]:
    """What `take` returned each time, repeated by the rule of `Effort`."""
    samples: list[Sample] = []
    end = time.monotonic() + seconds
    while len(samples) < repetitions and (len(samples) < minimum or time.monotonic() < end):
        samples.append(await take())
    return samples


async def _cell(figure: Awaitable[Figure]) -> Cell:
    try:
        return await figure
    except NoFigureError as reason:
        return Blank(str(reason))


async def _fresh(child: Driver, code: dict[str, str], effort: Effort) -> Figure:
    """Seconds from asking for a new session to the text of its first turn."""

    async def take() -> float:
        await asyncio.sleep(PAUSE_SECONDS)
        return (await child.ask("fresh", **code))["seconds"]

    await _repeat(take, effort.warm_up, effort.warm_up_seconds, 1)
    samples = await _repeat(take, effort.fresh, effort.seconds, effort.minimum)
    return Figure("seconds", tuple(samples))


async def _turn(child: Driver, effort: Effort) -> Figure:
    """Seconds of a turn that uses a variable of an earlier turn; that one was the warm-up."""
    await child.ask("turn", **SET)

    async def take() -> float:
        return (await child.ask("turn", **USE))["seconds"]

    samples = await _repeat(take, effort.turns, effort.seconds, effort.minimum)
    return Figure("seconds", tuple(samples))


async def _compute(
    product: Product, child: Driver, native: Path | None, effort: Effort
) -> dict[str, Cell]:
    """Seconds that the code itself counts, by what a native run right before it counted.

    The machine's speed wanders, so runs alternate, each pair gives one ratio, and the median of
    the ratios is the figure. The native column shows its seconds instead. `outside` is the same
    for the whole new session by the driving process's clock, as a check on the clock inside.
    """
    rows = ("fib", "loop", "outside")
    if native is None:
        return dict.fromkeys(rows, Blank("no native Python"))

    async def take(driver: Driver) -> tuple[float, ...]:
        answer = await driver.ask("fresh", **COMPUTE)
        fib_seconds, loop_seconds = answer["text"].split()[2:4]
        return float(fib_seconds), float(loop_seconds), answer["seconds"]

    async def run() -> tuple[float, ...]:
        if product is NATIVE:
            return await take(child)
        by, seconds = await take(reference), await take(child)
        return tuple(one / natively for one, natively in zip(seconds, by, strict=True))

    try:
        async with driven(native, NATIVE.adapter) as reference:
            runs = await _repeat(run, effort.compute, effort.seconds, effort.minimum)
    except NoFigureError as reason:
        return dict.fromkeys(rows, Blank(str(reason)))
    unit = "seconds" if product is NATIVE else "ratio"
    samples = zip(*runs, strict=True)
    return {row: Figure(unit, one) for row, one in zip(rows, samples, strict=True)}


async def _idle(child: Driver, effort: Effort) -> dict[str, Cell]:
    """PSS that each of `held` idle sessions adds to the process tree, in bytes.

    The zero is the tree after one session has come and gone, so that what all sessions share is
    loaded on both sides of the difference.
    """

    async def added(zero: int) -> Figure:
        await asyncio.sleep(SETTLE_SECONDS)
        return Figure("bytes", ((tree_pss_bytes(child.process.pid) - zero) / effort.held,))

    cells: dict[str, Cell] = {}
    try:
        await child.ask("fresh", **ADD)
        await asyncio.sleep(SETTLE_SECONDS)
        zero = tree_pss_bytes(child.process.pid)
        await child.ask("hold", count=effort.held)
        cells["idle"] = await added(zero)
        await child.ask("each", **PANDAS)
        cells["idle_pandas"] = await added(zero)
        await child.ask("release")
    except NoFigureError as reason:
        cells = {row: Blank(str(reason)) for row in ("idle", "idle_pandas")} | cells
    return cells
