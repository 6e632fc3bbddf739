"""What a turn returned: a value, also when the code failed. Contract of `execute_code`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

Language = Literal["python", "javascript", "typescript"]

Status = Literal["ok", "error", "timeout", "cancelled", "limit", "crashed", "running"]

Limit = Literal["memory", "disk", "cpu"]

State = Literal["kept", "rolled_back", "lost"]


def _within(path: str) -> str:
    if path.startswith("/") or ".." in path.split("/") or "\0" in path:
        raise ValueError("the path does not stay within the workspace")
    return path


WorkspacePath = Annotated[str, Field(max_length=4096), AfterValidator(_within)]
"""Path relative to a workspace, with forward slashes, that does not lead out of it."""


class Record(BaseModel):
    """A complete, frozen piece of data whose field docstrings become schema descriptions."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class CodeError(Record):
    """Why the code failed, in the terms of the code's own language."""

    type: str
    """Name of the exception, for example ZeroDivisionError."""

    message: str
    """The exception's message."""

    traceback: str
    """The traceback, with the caller's frames only."""

    line: int | None
    """Line of the submitted code where it failed, from 1; null when it failed elsewhere."""


class Output(Record):
    """One piece of display data: a plot, an image, a rendered table."""

    kind: Literal["image", "text"]
    """What it is; images come as image blocks too."""

    mime: str
    """Media type, for example image/png."""

    path: WorkspacePath | None
    """Where the whole of it lies in the workspace, relative to it."""

    width: int | None
    """Width in pixels of the image as it lies in the workspace."""

    height: int | None
    """Height in pixels of the image as it lies in the workspace."""

    text: str | None
    """The text of it, for what is text, or a word about why no image block came with it."""

    data: Annotated[SkipJsonSchema[bytes | None], Field(exclude=True, repr=False)] = None
    """The encoded image within `image_bytes`, for use in Python; not part of any JSON."""


class FileChange(Record):
    """A file of the workspace that the turn touched."""

    path: WorkspacePath
    """Path relative to the workspace, with forward slashes."""

    change: Literal["created", "modified", "deleted"]
    """What happened to it."""

    size: int = Field(ge=0)
    """Size in bytes after the turn; 0 when it was deleted."""


class Outcome(Record):
    """What became of one execution of code."""

    status: Status
    """ok; error: the code raised, did not parse or exited non-zero; timeout; cancelled;
    limit: a hard limit ended it; crashed: the sandbox's interpreter trapped; running: it goes on,
    and a call with empty code waits for its outcome."""

    limit: Limit | None
    """Which limit ended it, with status limit."""

    result: str | None
    """Text of the value of the last expression, or null."""

    stdout: str
    """What the code printed."""

    stderr: str
    """What the code wrote to stderr, warnings included."""

    error: CodeError | None
    """Why the code failed, or null."""

    outputs: list[Output]
    """Plots and other display data, in order."""

    files: list[FileChange]
    """Workspace files that the turn created, modified or deleted, up to a number of them; none
    are named when the sandbox itself was ended."""

    state: State
    """What became of the session's variables: kept, rolled_back to the last checkpoint, or lost."""

    session_id: str
    """The session that ran it; pass it on to come back to these variables."""

    language: Language
    """Language of the code."""

    turn: int
    """Number of this turn in its session, from 1."""

    wall_seconds: float
    """Time it took."""

    cpu_seconds: float
    """Processor time it took."""

    memory_bytes: int
    """Peak size of the guest's memory so far."""

    truncated: bool
    """Whether any text above was cut in the middle."""

    full_output_path: WorkspacePath | None
    """Where in the workspace the uncut text lies, when it was cut."""
