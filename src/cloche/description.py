"""What a session holds and has done: contract of `get_workspace_info`."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from cloche.outcome import Language, Record, Status, WorkspacePath


class Package(Record):
    """A package that can be imported."""

    name: str
    """Its name."""

    version: str
    """Its version."""


class SessionLimits(Record):
    """What a session may use."""

    timeout_seconds: float
    """Wall time after which a call is interrupted, unless it asks for another."""

    max_timeout_seconds: float
    """The longest that a call may ask for."""

    memory_bytes: int
    """Memory of the sandbox."""

    cpu_seconds: float
    """Processor time of all calls together."""

    workspace_bytes: int
    """Disk space of the files."""

    workspace_files: int
    """How many files and folders there may be."""


class SessionUsage(Record):
    """What a session has used of that."""

    cpu_seconds: float
    """Processor time of all calls so far."""

    workspace_bytes: int
    """Disk space of the files, /tmp included, after the last turn."""

    workspace_files: int
    """Files and folders after the last turn."""

    memory_bytes: int | None
    """Size of the sandbox's memory after the last turn; null when none has run here yet."""

    checkpoint_bytes: int
    """Disk space of what is kept to go back to earlier turns."""


class Variable(Record):
    """A variable of the session."""

    name: str
    """Its name."""

    type: str
    """Name of its type."""

    size: int | None
    """Bytes that it takes, without what it refers to; null where that is not known."""

    preview: str
    """What it looks like: the value, or the beginning, shape, columns or signature of it."""


class WorkspaceFile(Record):
    """A file of the workspace."""

    path: WorkspacePath
    """Path relative to the workspace, with forward slashes."""

    size: int = Field(ge=0)
    """Size in bytes."""

    modified_at: datetime
    """When it was changed last, in UTC."""


class TurnRecord(Record):
    """A turn of the session."""

    turn: int
    """Its number."""

    status: Status | None
    """How it ended; null for a turn before the server was started anew."""

    restorable: bool
    """Whether reset_workspace can go back to it with to_turn."""


class WorkspaceInfo(Record):
    """What a session holds and has done."""

    session_id: str
    """The session."""

    language: Language
    """What it runs."""

    status: Literal["idle", "running", "hibernated"]
    """running: code runs or waits to; hibernated: at rest on disk, the next call resumes it."""

    detail: str
    """What to know of the rest: why variables are not listed, or when they were as they are."""

    variables: list[Variable] | None
    """Public variables, those defined last at the end; null while they cannot be looked at."""

    variables_total: int | None
    """How many there are, with those that are not listed."""

    imports: list[str] | None
    """What was imported, such as `numpy as np` or `from math import pi`; null as for variables."""

    files: list[WorkspaceFile]
    """Files of the workspace, those changed last at the front."""

    files_total: int
    """How many there are, with those that are not listed; of very many only the first."""

    packages: list[Package]
    """Packages that were installed into the session."""

    turns: list[TurnRecord]
    """The last turns, in order."""

    limits: SessionLimits
    """What it may use."""

    usage: SessionUsage
    """What it has used."""

    created_at: datetime
    """When it was made."""

    last_used_at: datetime
    """When code was last run in it."""

    expires_at: datetime
    """When it is destroyed, if it is not used before; asking for this does not count."""
