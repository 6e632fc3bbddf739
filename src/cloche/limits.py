"""Finite bounds on what one session may use; each has a default and none can be switched off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB


@dataclass(frozen=True)
class Fires:
    """What happens when a limit is reached, for `docs/LIMITS.md`."""

    text: str


class Limits(BaseModel):
    """What one session may use. Times are seconds, sizes are bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    timeout_seconds: Annotated[
        float,
        Fires(
            "The code is interrupted (KeyboardInterrupt), variables are kept, and the outcome's"
            " status is timeout. Code that does not stop within `grace_seconds` is ended with "
            "its worker."
        ),
    ] = Field(default=60.0, gt=0, le=3600)
    """Wall time of one turn when the call names none."""

    max_timeout_seconds: Annotated[
        float,
        Fires("The call is refused, with both figures."),
    ] = Field(default=600.0, gt=0, le=86_400)
    """Largest wall time that a call may ask for."""

    grace_seconds: Annotated[
        float,
        Fires("The worker is killed. Variables are as the outcome's state says; files stay."),
    ] = Field(default=2.0, gt=0, le=60)
    """How long interrupted code may take to stop before its worker is killed."""

    memory_bytes: Annotated[
        int,
        Fires(
            "The code gets MemoryError, which it may catch. Uncaught, it ends the turn with "
            "status limit (memory), and variables are kept. An interpreter that can do nothing "
            "without more memory ends in the same status, and its worker with it."
        ),
    ] = Field(default=1 * GIB, ge=256 * MIB, le=4 * GIB)
    """Guest memory; past it the code gets MemoryError."""

    code_bytes: Annotated[
        int,
        Fires("The call is refused, with both figures."),
    ] = Field(default=1 * MIB, ge=1, le=16 * MIB)
    """Size of one piece of code, in UTF-8."""

    text_bytes: Annotated[
        int,
        Fires(
            "The text is cut in its middle, and the whole of it written to `full_output_path` "
            "in the workspace."
        ),
    ] = Field(default=16 * KIB, ge=KIB, le=MIB)
    """What is returned of each text (stdout, stderr, result, traceback); head and tail are kept."""

    spool_bytes: Annotated[
        int,
        Fires("What is printed beyond it is dropped; the outcome says how much."),
    ] = Field(default=16 * MIB, ge=MIB, le=1 * GIB)
    """What is kept in the workspace of output longer than `text_bytes`, per stream and turn."""

    image_bytes: Annotated[
        int,
        Fires("The image is sent smaller; the whole one lies in the workspace."),
    ] = Field(default=512 * KIB, ge=64 * KIB, le=4 * MIB)
    """Size of one image as it is sent; a larger one is sent downscaled and kept whole."""

    resource_bytes: Annotated[
        int,
        Fires(
            "The file is refused as a resource, with both figures; a part of it can be read with "
            "code. The default keeps the answer, which is a third longer where it is no text, "
            "below the megabyte that some clients take."
        ),
    ] = Field(default=700 * KIB, ge=KIB, le=64 * MIB)
    """Size of one workspace file that is served as a resource."""

    displays: Annotated[
        int,
        Fires("Further ones are counted, and not returned."),
    ] = Field(default=20, ge=0, le=1000)
    """Images and other display data returned by one turn; more are counted, not returned."""

    cpu_seconds: Annotated[
        float,
        Fires(
            "The turn is interrupted, and ended with its worker after `grace_seconds`; its "
            "status is limit (cpu). Later calls of the session are refused; its files can still"
            " be read. Time spent asleep does not count. A turn whose worker was ended counts "
            "with its wall time."
        ),
    ] = Field(default=3600.0, gt=0, le=1_000_000)
    """Processor time of all turns of one session together."""

    workspace_bytes: Annotated[
        int,
        Fires(
            "A turn that goes above it is interrupted, and ended with its worker after "
            "`grace_seconds`, writes failing before that; its status is limit (disk). It is "
            "looked at ten times a second or less, and after each turn. A turn that begins "
            "above it may run as long as it adds nothing. Above twice as much and 1 GiB, code "
            "is refused until reset_workspace. Blocks on the disk count, so sparse files take "
            "little, and files that are deleted and still open count. No file can be longer "
            "than this, or than the guest's memory if that is more: the code gets OSError."
        ),
    ] = Field(default=1 * GIB, ge=MIB, le=1024 * GIB)
    """What the files of a session, in its workspace and in /tmp, may take on the disk."""

    workspace_files: Annotated[
        int,
        Fires(
            "As for `workspace_bytes`; code is refused above twice as many and 10,000. Entries "
            "of a folder nested 64 levels deep count twice, 128 levels deep thrice, and so on. "
            "A turn that for 3 s keeps its folders from being counted, by moving them all the "
            "time or by leaving no descriptor, is interrupted as well."
        ),
    ] = Field(default=100_000, ge=100, le=1_000_000)
    """Files and folders of a session, in its workspace and in /tmp."""

    workspace_entries: Annotated[
        int,
        Fires("`files` of the outcome may be incomplete; nothing else changes."),
    ] = Field(default=10_000, ge=1, le=1_000_000)
    """Files and folders of a workspace that are looked at to tell what a turn changed."""

    changed_files: Annotated[
        int,
        Fires("Further ones are left out of `files`."),
    ] = Field(default=200, ge=0, le=100_000)
    """Changed files that one outcome names, by path; the others are changed all the same."""

    queued_calls: Annotated[
        int,
        Fires("The call is refused; wait for one of the others, or use another session."),
    ] = Field(default=8, ge=0, le=1000)
    """Calls that may wait for a session that is running another."""

    checkpoints: Annotated[
        int,
        Fires("Older ones are thinned out; the newest half is kept as it is."),
    ] = Field(default=20, ge=2, le=1000)
    """Turns to which a session can go back."""

    checkpoint_bytes: Annotated[
        int,
        Fires("The oldest are removed, but never the newest, however large it is."),
    ] = Field(default=2 * GIB, ge=MIB, le=1024 * GIB)
    """Disk space of a session's checkpoints."""
