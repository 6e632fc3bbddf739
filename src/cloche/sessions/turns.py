"""From what a worker sent to the outcome that a client sees."""

from __future__ import annotations

from cloche.errors import WorkerFailed
from cloche.limits import Limits
from cloche.outcome import CodeError, Language, Limit, Outcome, Output, State, Status
from cloche.sessions.history import Loss
from cloche.sessions.reasons import explained, limit_of
from cloche.workers.worker import Received


def build_outcome(
    received: Received,
    *,
    session_id: str,
    language: Language,
    turn: int,
    limits: Limits,
    stopped: Status | None,
    loss: Loss | None,
) -> Outcome:
    """Return the outcome of a turn that the guest has reported.

    `stopped` names why it was interrupted, if it was; `loss` is what its owner must be told of
    the variables that it found.
    """
    report, measured = received.report, received.measured
    if report is None or measured is None:
        raise WorkerFailed("the worker reported nothing")
    status: Status = "error" if report.status == "interrupted" else report.status
    if stopped is not None and status == "error":
        status = stopped
    text_bytes = limits.text_bytes
    error = report.error
    if error is not None:
        error = CodeError(
            type=shorten(error.type, 256),
            message=shorten(error.message, text_bytes),
            traceback=shorten(error.traceback, text_bytes),
            line=error.line,
        )
    limit = limit_of(error, measured, limits, stopped=stopped)
    if limit is not None:
        status, error = "limit", explained(error, limit, limits, measured)
    return Outcome(
        status=status,
        limit=limit,
        result=None if report.result is None else shorten(report.result, text_bytes),
        stdout=_whole(received.stdout, report.stdout_cut, report.stdout_tail, text_bytes),
        stderr=(loss.text if loss else "")
        + _whole(received.stderr, report.stderr_cut, report.stderr_tail, text_bytes),
        error=error,
        outputs=_outputs(received),
        files=measured.files,
        state=loss.state if loss else "kept",
        session_id=session_id,
        language=language,
        turn=turn,
        wall_seconds=round(measured.wall_seconds, 6),
        cpu_seconds=round(measured.cpu_seconds, 6),
        memory_bytes=measured.memory_bytes,
        truncated=report.truncated,
        full_output_path=report.full_output_path,
    )


def build_broken_outcome(
    received: Received,
    *,
    session_id: str,
    language: Language,
    turn: int,
    status: Status,
    limit: Limit | None,
    error: CodeError,
    state: State,
    wall_seconds: float,
    limits: Limits,
) -> Outcome:
    """Return the outcome of a turn whose worker is gone, with what it had sent until then."""
    return Outcome(
        status=status,
        limit=limit,
        result=None,
        stdout=_whole(received.stdout, 0, "", limits.text_bytes),
        stderr=_whole(received.stderr, 0, "", limits.text_bytes),
        error=error,
        outputs=_outputs(received),
        files=[],
        state=state,
        session_id=session_id,
        language=language,
        turn=turn,
        wall_seconds=round(wall_seconds, 6),
        cpu_seconds=0.0,
        memory_bytes=0,
        truncated=False,
        full_output_path=None,
    )


def shorten(text: str, limit: int) -> str:
    """Return `text` within `limit` characters, cut in the middle.

    Guest code cuts its texts by itself and adds a line that says so, hence the allowance.
    """
    allowance = limit + 256
    if len(text) <= allowance:
        return text
    half = limit // 2
    return f"{text[:half]}\n… {len(text) - 2 * half} characters cut …\n{text[-half:]}"


def _whole(head: bytearray, cut: int, tail: str, limit: int) -> str:
    text = head.decode(errors="replace")
    if cut:
        text = f"{text}\n… {cut} bytes cut …\n"
    return shorten(text + tail, limit)


def _outputs(received: Received) -> list[Output]:
    return [
        Output(
            kind=header.kind,
            mime=header.mime,
            path=header.path,
            width=header.width,
            height=header.height,
            text=header.text,
            data=data or None,
        )
        for header, data in received.displays
    ]
