"""What is told of a session without disturbing it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cloche.description import SessionLimits, SessionUsage, Variable, WorkspaceInfo
from cloche.sessions.listing import Listing
from cloche.workers.reports import Inspection

if TYPE_CHECKING:
    from cloche.sessions.session import Session, Status

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


def describe(
    session: Session, known: Known | None, listing: Listing, *, lost: bool
) -> WorkspaceInfo:
    """Return what is told of a session, with the variables and files that are known.

    `lost` is whether its worker died with variables that were not saved.
    """
    history, limits, status = session.history, session.limits, session.status
    return WorkspaceInfo(
        session_id=session.id,
        language=session.language,
        status=status,
        detail=_detail(status, known, lost=lost),
        variables=known and known.variables,
        variables_total=known and known.inspection.total,
        imports=known and known.inspection.imports,
        files=listing.files,
        files_total=listing.total,
        packages=[],
        turns=history.records(live=session.is_live),
        limits=SessionLimits(**limits.model_dump(include=set(SessionLimits.model_fields))),
        usage=SessionUsage(
            cpu_seconds=round(session.cpu_used, 6),
            checkpoint_bytes=history.images.taken_bytes,
            **asdict(session.usage),
        ),
        created_at=datetime.fromtimestamp(session.created_at, UTC),
        last_used_at=datetime.fromtimestamp(session.last_used_at, UTC),
        expires_at=datetime.fromtimestamp(session.expires_at, UTC),
    )


def _detail(status: Status, known: Known | None, *, lost: bool) -> str:
    """Return what a reader must know of the rest, in a sentence or two; perhaps nothing."""
    if status == "running":
        said = "Code runs, and variables cannot be looked at meanwhile"
        if known is not None:
            before = f"after turn {known.turn}" if known.turn else "before the first turn"
            said += f"; those listed are as they were {before}"
        return f"{said}. cancel_execution stops it."
    if known is not None:
        return "" if known.inspection.complete else "Memory or imports are too many to list all."
    if lost:
        return "The sandbox died; the next call begins with the last variables that were saved."
    if status == "hibernated":
        return "Variables are at rest on disk; any execute_code brings them back, to be listed."
    return "Variables could not be looked at; ask again."
