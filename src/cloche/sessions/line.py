"""The line of calls on one session: the turn that runs, and those that wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from cloche.errors import CapacityReached, InvalidRequest
from cloche.limits import Limits
from cloche.outcome import Outcome
from cloche.workers.worker import Listener, Worker

Reason = Literal["timeout", "cancelled"]


@dataclass
class Turn:
    """One execution, from the call until its outcome."""

    code: str
    timeout_seconds: float
    listener: Listener | None
    task: asyncio.Task[Outcome] | None = None
    stopped: Reason | None = None
    ending: asyncio.Task[None] | None = None
    timers: list[asyncio.TimerHandle] = field(default_factory=list[asyncio.TimerHandle])

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        """Do something after a time, unless the turn has ended by then."""
        self.timers.append(asyncio.get_running_loop().call_later(seconds, act))

    def end(self, worker: Worker) -> None:
        """Kill a worker whose turn does not stop, once the turn before is on disk."""
        if self.ending is None:
            self.ending = asyncio.create_task(_kill_when_saved(worker))

    def forget_ends(self) -> None:
        """Cancel what was to end it: it has ended."""
        for timer in self.timers:
            timer.cancel()
        if self.ending is not None:
            self.ending.cancel()


def checked_turn(
    code: str, timeout_seconds: float | None, listener: Listener | None, limits: Limits
) -> Turn:
    """Return the turn that a call asks for. Raises `InvalidRequest`."""
    try:
        size = len(code.encode())
    except UnicodeEncodeError as error:
        raise InvalidRequest(
            f"code has a lone surrogate at character {error.start}; send valid Unicode"
        ) from error
    if size > limits.code_bytes:
        raise InvalidRequest(
            f"code has {size} bytes, and {limits.code_bytes} are allowed; "
            "write data to a file of the workspace in several calls"
        )
    if timeout_seconds is None:
        timeout_seconds = limits.timeout_seconds
    elif not 0 < timeout_seconds <= limits.max_timeout_seconds:
        raise InvalidRequest(
            f"timeout_seconds is {timeout_seconds:g}; "
            f"it must be above 0 and at most {limits.max_timeout_seconds:g}"
        )
    return Turn(code, timeout_seconds, listener)


class Line:
    """Turns in the order of their calls."""

    def __init__(self, session_id: str, limits: Limits) -> None:
        self._session_id, self._limits = session_id, limits
        self._turns: list[Turn] = []
        self.running: Turn | None = None
        """The turn that is in the guest."""

    def __len__(self) -> int:
        return len(self._turns)

    def join(self, turn: Turn) -> None:
        """Add a turn. Raises `CapacityReached`."""
        queued_calls = self._limits.queued_calls
        if len(self._turns) > queued_calls:
            raise CapacityReached(
                f"session {self._session_id!r} runs a turn and {queued_calls} more calls wait "
                "for it; wait for one of them, or use another session"
            )
        self._turns.append(turn)

    def leave(self, turn: Turn) -> None:
        """Take a turn out, if it is there."""
        self._turns = [each for each in self._turns if each is not turn]

    def stop(self, turn: Turn, reason: Reason, worker: Worker | None) -> None:
        """Interrupt a turn and kill its worker after the grace; one that waits never begins."""
        if turn.stopped is not None:
            return
        turn.stopped = reason
        if turn is not self.running:
            self.leave(turn)
        elif worker is not None:
            worker.interrupt()
            turn.later(self._limits.grace_seconds, lambda: turn.end(worker))


async def _kill_when_saved(worker: Worker) -> None:
    await worker.checkpointed()
    worker.die("it did not stop when it was interrupted")
