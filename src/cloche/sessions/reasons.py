"""Which limit ended a turn, and what its outcome says of that: figures, and the next step."""

from __future__ import annotations

from dataclasses import dataclass

from cloche.limits import GIB, MIB, Limits
from cloche.outcome import CodeError, Limit, Status
from cloche.sessions.history import Loss
from cloche.workers.reports import Measured
from cloche.workers.worker import WorkerDied

LIMIT_ERRORS: dict[Limit, str] = {
    "memory": "MemoryError",
    "disk": "DiskLimitReached",
    "cpu": "CpuLimitReached",
}
"""Type of the error of a turn that a limit ended, where the code itself raised none."""

_PARSER = "too complex to parse"
"""How CPython says that code is nested too deeply: a MemoryError that no memory would cure."""


@dataclass(frozen=True)
class Usage:
    """What a session took at the end of a turn."""

    workspace_bytes: int = 0
    workspace_files: int = 0
    memory_bytes: int | None = None


def limit_of(
    error: CodeError | None, measured: Measured, limits: Limits, *, stopped: Status | None
) -> Limit | None:
    """Return the limit that ended a turn which the guest reported with `error`.

    `stopped` names why the server interrupted the turn, if it did. A turn that met its interrupt
    and mended what it was for, say by deleting files, was not ended by a limit.
    """
    if measured.limit is not None:
        over = (
            measured.workspace_bytes > limits.workspace_bytes
            or measured.workspace_files > limits.workspace_files
        )
        if error is not None or (over and measured.limit == "disk"):
            return measured.limit
    if error is None or stopped is not None or _PARSER in error.message:
        return None
    return "memory" if error.type.endswith("MemoryError") else None


def explained(
    error: CodeError | None, limit: Limit, limits: Limits, measured: Measured
) -> CodeError:
    """Return the error with what the limit means for whoever reads it, in message and traceback."""
    reason = reason_for(limit, limits)
    if limit == "disk":
        reason += f"; they hold {_size(measured.workspace_bytes)} in "
        reason += f"{measured.workspace_files:,} files and folders now"
    if error is None:
        return CodeError(type=LIMIT_ERRORS[limit], message=reason, traceback="", line=None)
    return CodeError(
        type=error.type,
        message=f"{error.message}\n{reason}" if error.message else reason,
        traceback=f"{error.traceback.rstrip()}\n{reason}\n" if error.traceback else "",
        line=error.line,
    )


def error_of_death(
    death: WorkerDied, loss: Loss, limits: Limits, *, stopped: Status | None, seconds: float
) -> CodeError:
    """Return the error of a turn whose worker died.

    `stopped` names why the server ended it, if it did; `seconds` is what it was allowed.
    """
    if death.limit is not None:
        message = f"{reason_for(death.limit, limits)}; {death}; {loss.text}"
        return CodeError(type=LIMIT_ERRORS[death.limit], message=message, traceback="", line=None)
    if stopped == "timeout":
        message = (
            f"the code ran longer than {seconds:g} s and did not stop within "
            f"{limits.grace_seconds:g} s of being interrupted"
        )
    elif stopped == "cancelled":
        message = f"the code did not stop within {limits.grace_seconds:g} s of being cancelled"
    else:
        message = f"the sandbox died while the code ran: {death}"
    return CodeError(
        type={"timeout": "TimeoutError", "cancelled": "CancelledError"}.get(
            stopped or "", "SandboxCrashed"
        ),
        message=f"{message}; {loss.text}",
        traceback="",
        line=None,
    )


def reason_for(limit: Limit, limits: Limits) -> str:
    """Return what a limit is and what can be done now that it is used up."""
    if limit == "memory":
        return (
            f"the {limits.memory_bytes // MIB} MiB of memory of this session are used up: delete "
            "variables that you no longer need, process the data in chunks, or use a session with "
            "more memory"
        )
    if limit == "disk":
        return (
            f"the workspace and /tmp together may hold {_size(limits.workspace_bytes)} in "
            f"{limits.workspace_files:,} files and folders, and this turn went past that: delete "
            "files that you no longer need"
        )
    return (
        f"the {limits.cpu_seconds:g} s of processor time of this session are used up: make a new "
        "session; the files of this one can still be read"
    )


def _size(count: int) -> str:
    return f"{count / GIB:.2f} GiB" if count >= GIB else f"{count / MIB:.1f} MiB"
