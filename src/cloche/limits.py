"""Finite bounds on what one session may use; each has a default and none can be switched off."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB


class Limits(BaseModel):
    """What one session may use. Times are seconds, sizes are bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    timeout_seconds: float = Field(default=60.0, gt=0, le=3600)
    """Wall time of one turn when the call names none."""

    max_timeout_seconds: float = Field(default=600.0, gt=0, le=86_400)
    """Largest wall time that a call may ask for."""

    grace_seconds: float = Field(default=2.0, gt=0, le=60)
    """How long interrupted code may take to stop before its worker is killed."""

    memory_bytes: int = Field(default=1 * GIB, ge=256 * MIB, le=4 * GIB)
    """Guest memory; past it the code gets MemoryError."""

    code_bytes: int = Field(default=1 * MIB, ge=1, le=16 * MIB)
    """Size of one piece of code, in UTF-8."""

    text_bytes: int = Field(default=16 * KIB, ge=KIB, le=MIB)
    """What is returned of each text (stdout, stderr, result, traceback); head and tail are kept."""

    spool_bytes: int = Field(default=16 * MIB, ge=MIB, le=1 * GIB)
    """What is kept in the workspace of output longer than `text_bytes`, per stream and turn."""

    image_bytes: int = Field(default=512 * KIB, ge=64 * KIB, le=4 * MIB)
    """Size of one image as it is sent; a larger one is sent downscaled and kept whole."""

    displays: int = Field(default=20, ge=0, le=1000)
    """Images and other display data returned by one turn; more are counted, not returned."""

    workspace_entries: int = Field(default=10_000, ge=1, le=1_000_000)
    """Files and folders of a workspace that are looked at to tell what a turn changed."""

    changed_files: int = Field(default=200, ge=0, le=100_000)
    """Changed files that one outcome names, by path; the others are changed all the same."""

    queued_calls: int = Field(default=8, ge=0, le=1000)
    """Calls that may wait for a session that is running another."""
