"""What is told of a session without disturbing it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cloche.description import Variable
from cloche.workers.reports import Inspection

MOST_FILES = 50
"""As many files are listed."""


@dataclass(frozen=True)
class Known:
    """The variables as they were after a turn, which never change for that turn."""

    turn: int
    """0 for a session that has run nothing: then there are none."""

    inspection: Inspection

    @property
    def variables(self) -> list[Variable]:
        """Those that were told."""
        return [Variable(**each.model_dump()) for each in self.inspection.variables]


NOTHING = Known(0, Inspection(variables=[], total=0, imports=[], complete=True))


def detail_of(
    status: Literal["idle", "running", "hibernated"],
    known: Known | None,
    *,
    files: bool,
    lost: bool,
) -> str:
    """Return what a reader must know of the rest, in a sentence or two; perhaps nothing.

    `known` are the variables that are told, if any; `files` is whether files are listed, and
    `lost` whether a worker died with what was not saved.
    """
    if status == "running":
        said = "Code runs, and variables cannot be looked at meanwhile"
        if known is not None:
            before = f"after turn {known.turn}" if known.turn else "before the first turn"
            said += f"; those listed are as they were {before}"
        if not files:
            said += "; nor can files"
        return f"{said}. cancel_execution stops it."
    if known is not None:
        return "" if known.inspection.complete else "Memory or imports are too many to list all."
    if lost:
        return "The sandbox died; the next call begins with the last variables that were saved."
    if status == "hibernated":
        return "Variables are at rest on disk; any execute_code brings them back, to be listed."
    return "Variables could not be looked at; ask again."
