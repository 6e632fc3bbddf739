"""What the tools return beside outcomes: records whose field docstrings become schemas."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from cloche.description import Package, SessionLimits
from cloche.outcome import Language, Record, State


class RuntimeInfo(Record):
    """A language, and whether it can run now."""

    language: Language
    """The language."""

    version: str
    """Version of the language, or an empty string while it is unknown."""

    status: Literal["ready", "preparing", "unavailable"]
    """ready: code runs now; preparing: the first call waits for it; unavailable: see detail."""

    progress: float
    """Share of the preparation that is done, 0 to 1."""

    detail: str
    """What the preparation is doing, or why the runtime is unavailable."""

    packages: list[Package]
    """Packages that can be imported without being installed."""


class RuntimeList(Record):
    """Every language of this server."""

    runtimes: list[RuntimeInfo]
    """One entry for each language."""


class SessionInfo(Record):
    """A session that was made."""

    session_id: str
    """What the other tools take to name it."""

    language: Language
    """What it runs."""

    created_at: datetime
    """When it was made."""

    expires_at: datetime
    """When it is destroyed, if it is not used before."""

    limits: SessionLimits
    """What it may use."""


class Destruction(Record):
    """A session that is gone."""

    session_id: str
    """Its id, which nothing answers to any more."""

    destroyed: bool
    """Always true; a session that cannot be destroyed is an error."""


class Cancellation(Record):
    """What became of a call that was to be stopped."""

    cancelled: bool
    """Whether a call was stopped; false when none ran, or it ended by itself."""

    turn: int
    """The turn that was stopped, or the session's last one; 0 before the first."""

    state: State
    """What became of the variables."""


class Reset(Record):
    """A session that began anew, or went back."""

    session_id: str
    """The session."""

    turn: int
    """The turn after which the variables were as they are now; 0: there are none."""

    removed_files: int
    """How many files were removed."""
