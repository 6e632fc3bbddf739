"""What a worker says, as it is checked: nothing of it is believed before."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from cloche.limits import GIB
from cloche.outcome import CodeError, FileChange, Limit, WorkspacePath

MOST_VARIABLES = 100
"""As many variables, and as many imports, one inspection tells of."""

_REASON_BYTES = 4096

_MOST_BYTES = 2**63 - 1

_NAME_CHARACTERS = 512
_PREVIEW_CHARACTERS = 512


class _Untrusted(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Report(_Untrusted):
    """What the guest says of a turn that ended by itself or was interrupted."""

    status: Literal["ok", "error", "interrupted"]
    result: str | None
    error: CodeError | None
    stdout_tail: str
    stderr_tail: str
    stdout_cut: int = Field(ge=0)
    stderr_cut: int = Field(ge=0)
    truncated: bool
    full_output_path: WorkspacePath | None


class Measured(_Untrusted):
    """What the worker says of a turn."""

    wall_seconds: float = Field(ge=0, allow_inf_nan=False)
    cpu_seconds: float = Field(ge=0, allow_inf_nan=False)
    memory_bytes: int = Field(ge=0, le=4 * GIB)
    files: list[FileChange]
    workspace_bytes: int = Field(ge=0, le=_MOST_BYTES)
    workspace_files: int = Field(ge=0, le=_MOST_BYTES)
    limit: Literal["disk", "cpu"] | None
    """For what it interrupted the turn, or what the turn has gone past at its end."""


class Death(_Untrusted):
    """Why the worker ended itself."""

    reason: str = Field(max_length=_REASON_BYTES)
    limit: Limit | None


class Restored(_Untrusted):
    """What the worker says of the images it was to begin with."""

    turn: int = Field(ge=0)
    """The turn whose image it took; 0 for none: then it is what a new session has."""

    refused: list[str]
    """Why images that were preferred could not be used."""


class Checkpoint(_Untrusted):
    """What the worker says of the checkpoint of a turn."""

    turn: int = Field(ge=1)
    written_bytes: int = Field(ge=0, le=_MOST_BYTES)
    full: int = Field(ge=1)
    """The turn whose image it builds on, perhaps its own."""
    files: list[int]
    """The turns whose data files it needs."""
    error: str | None = Field(max_length=1024)
    """Why there is none."""


class DisplayHeader(_Untrusted):
    """What the guest says of one piece of display data."""

    kind: Literal["image"]
    mime: Literal["image/png", "image/jpeg", "image/svg+xml"]
    path: WorkspacePath | None
    width: int | None = Field(ge=0, le=1_000_000)
    height: int | None = Field(ge=0, le=1_000_000)
    text: str | None = Field(max_length=4096)


class Variable(_Untrusted):
    """What the guest says of one variable of the user's."""

    name: str = Field(min_length=1, max_length=_NAME_CHARACTERS)
    type: str = Field(max_length=_NAME_CHARACTERS)
    size: int | None = Field(ge=0, le=4 * GIB)
    preview: str = Field(max_length=_PREVIEW_CHARACTERS)


class Inspection(_Untrusted):
    """What the guest says of the user's variables and imports."""

    variables: list[Variable] = Field(max_length=MOST_VARIABLES)
    """Those defined last, oldest first."""
    total: int = Field(ge=0, le=_MOST_BYTES)
    """How many there are."""
    imports: list[Annotated[str, Field(max_length=_NAME_CHARACTERS)]] = Field(
        max_length=MOST_VARIABLES
    )
    complete: bool
    """Whether all imports are there."""
