"""What Cloche is to reach, beside what was measured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Literal

from figures import Cell, Figure

Verdict = Literal["pass", "miss", "not measured"]

Statistic = Literal["median", "p99", "maximum"]


@dataclass(frozen=True, kw_only=True)
class Target:
    """An upper bound on one of Cloche's cells: on its median, unless another statistic is named."""

    title: str
    row: str
    bound: float
    unit: str
    statistic: Statistic = "median"

    def of(self, cell: Cell | None) -> float | None:
        """What is judged of a cell; None if it has no figure."""
        return getattr(cell, self.statistic) if isinstance(cell, Figure) else None


TARGETS = (
    Target(title="new session with pandas imported", row="imported", bound=15e-3, unit="seconds"),
    Target(
        title="new session with pandas imported, spare ready",
        row="imported_spare",
        bound=3e-3,
        unit="seconds",
    ),
    Target(title="turn in a live session", row="turn", bound=1e-3, unit="seconds"),
    Target(title='execute_code("1"), times echo', row="mcp", bound=2.5, unit="ratio"),
    Target(title="idle session, PSS", row="idle", bound=6e6, unit="bytes"),
    Target(title="fib(27), times native CPython 3.13", row="fib", bound=2.0, unit="ratio"),
)


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A target with what was measured, in the target's unit."""

    target: Target
    measured: float | None

    @property
    def verdict(self) -> Verdict:
        if self.measured is None:
            return "not measured"
        return "pass" if self.measured <= self.target.bound else "miss"

    def as_json(self) -> dict[str, object]:
        return {**asdict(self.target), "measured": self.measured, "verdict": self.verdict}


def judged(
    cells: dict[str, Cell], call_ratio: float | None, *, native_is_wanted: bool
) -> Iterator[Judged]:
    """Every target, judged by Cloche's column; fib only if native is the Python that it names."""
    for target in TARGETS:
        measured = target.of(cells.get(target.row))
        if target.row == "mcp":
            measured = call_ratio
        if target.row == "fib" and not native_is_wanted:
            measured = None
        yield Judged(target=target, measured=measured)
