"""What a measurement of the session layer yields, and how often it is repeated."""

from __future__ import annotations

from dataclasses import dataclass

from figures import Blank, Cell, Figure


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How often each thing is done."""

    interrupts: int
    stops: int  # of each kind
    checkpoints: int
    turns: int  # of a loop of turns
    forks: int
    resumes: int
    sessions: int  # of one owner
    calls: int  # to them
    durable: int  # sessions of a server that is killed
    kills: int


FULL = Effort(
    interrupts=200,
    stops=7,
    checkpoints=15,
    turns=300,
    forks=15,
    resumes=20,
    sessions=1000,
    calls=3000,
    durable=50,
    kills=5,
)
QUICK = Effort(
    interrupts=16,
    stops=1,
    checkpoints=3,
    turns=30,
    forks=3,
    resumes=3,
    sessions=60,
    calls=120,
    durable=10,
    kills=1,
)


@dataclass(frozen=True)
class Line:
    """A row of the table: Cloche's figure, and that of something else in the same run."""

    cell: Cell
    beside: Cell | None = None
    what: str = ""  # what `beside` is of

    @property
    def ratio(self) -> float | None:
        """Median by median."""
        if isinstance(self.cell, Figure) and isinstance(self.beside, Figure):
            return self.cell.median / self.beside.median
        return None

    def as_json(self) -> dict[str, object]:
        beside = None if self.beside is None else self.beside.as_json()
        return {
            **self.cell.as_json(),
            "beside": beside,
            "beside_is": self.what,
            "ratio": self.ratio,
        }


Lines = dict[str, Line]
"""Rows by key; `TITLES` of the module that measured them has their titles."""


def seconds(samples: list[float]) -> Figure:
    return Figure("seconds", tuple(samples))


def count(number: int) -> Figure:
    return Figure("count", (number,))


def blank(keys: dict[str, str], reason: str) -> Lines:
    """Rows without figures, for those that should have had them."""
    return {key: Line(Blank(reason)) for key in keys}
