"""A session: a worker, a workspace, and one turn at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Literal

from cloche.errors import CapacityReached, InvalidRequest, UnknownSession, WorkerFailed
from cloche.limits import Limits
from cloche.outcome import CodeError, Language, Outcome
from cloche.sessions.turns import build_broken_outcome, build_outcome
from cloche.workers.pool import Home, Pool
from cloche.workers.worker import Listener, Received, Worker, WorkerDied

Reason = Literal["timeout", "cancelled"]


@dataclass
class _Turn:
    """One execution, from the call until its outcome."""

    code: str
    timeout_seconds: float
    listener: Listener | None
    stopped: Reason | None = None
    timers: list[asyncio.TimerHandle] = field(default_factory=list[asyncio.TimerHandle])


class Session:
    """What a client holds. Made by a `SessionManager`, for one owner."""

    def __init__(
        self,
        *,
        session_id: str,
        owner: str,
        language: Language,
        limits: Limits,
        home: Home,
        worker: Worker,
        pool: Pool,
        spawn: Callable[[Coroutine[None, None, Outcome]], asyncio.Task[Outcome]],
    ) -> None:
        self.id = session_id
        self.owner = owner
        self.language: Language = language
        self.limits = limits
        self.home = home
        self.turns = 0
        self._worker = worker
        self._pool = pool
        self._spawn = spawn
        self._free = asyncio.Lock()  # one turn at a time, in the order of the calls
        self._line: list[_Turn] = []  # the turn that runs, and those that wait for it
        self._running: _Turn | None = None
        self.closed = False
        self._lost_at = 0  # the last turn whose outcome said that variables are lost
        self._lost = False  # variables are lost, and no outcome has said so yet

    async def execute(
        self,
        code: str,
        *,
        timeout_seconds: float | None = None,
        listener: Listener | None = None,
    ) -> Outcome:
        """Run code and return its outcome, also when the code fails.

        Calls on one session run in order. Cancelling this call interrupts the turn and keeps the
        session. `listener` gets what is printed, up to half of `text_bytes` of each stream.
        Raises `InvalidRequest`, `CapacityReached`, `UnknownSession` and `WorkerFailed`.
        """
        self._check_open()
        turn = _Turn(code, self._check(code, timeout_seconds), listener)
        if len(self._line) > self.limits.queued_calls:
            raise CapacityReached(
                f"session {self.id!r} runs a turn and {self.limits.queued_calls} more calls wait "
                "for it; wait for one of them, or use another session"
            )
        self._line.append(turn)
        task = self._spawn(self._take_turn(turn))
        task.add_done_callback(_retrieve)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            self._stop(turn, "cancelled")
            raise

    def cancel(self) -> int | None:
        """Interrupt the turn that runs and return its number; None when nothing runs."""
        if self._running is None:
            return None
        self._stop(self._running, "cancelled")
        return self.turns

    async def close(self) -> None:
        """End the worker; calls that run or wait fail with `UnknownSession`."""
        self.closed = True
        await self._worker.kill()

    def _check_open(self) -> None:
        if self.closed:
            raise UnknownSession(self.id)

    def _check(self, code: str, timeout_seconds: float | None) -> float:
        limits = self.limits
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
            return limits.timeout_seconds
        if not 0 < timeout_seconds <= limits.max_timeout_seconds:
            raise InvalidRequest(
                f"timeout_seconds is {timeout_seconds:g}; "
                f"it must be above 0 and at most {limits.max_timeout_seconds:g}"
            )
        return timeout_seconds

    async def _take_turn(self, turn: _Turn) -> Outcome:
        try:
            return await self._take_turn_alone(turn)
        finally:
            self._leave_line(turn)

    def _leave_line(self, turn: _Turn) -> None:
        self._line = [each for each in self._line if each is not turn]

    async def _take_turn_alone(self, turn: _Turn) -> Outcome:
        async with self._free:
            self._check_open()
            if not self._worker.alive:
                self._worker = await self._start_worker()
                self._lost = self.turns > self._lost_at
            if turn.stopped is not None:
                raise asyncio.CancelledError
            self.turns += 1
            self._running = turn
            try:
                return await self._run(turn, self._worker)
            finally:
                self._running = None
                for timer in turn.timers:
                    timer.cancel()

    async def _start_worker(self) -> Worker:
        try:
            worker = await self._pool.start(self.home)
        except WorkerFailed:
            self._check_open()  # its folders go with the session
            raise
        if self.closed:  # meanwhile, and then nobody else ends the new worker
            await worker.kill()
            raise UnknownSession(self.id)
        return worker

    async def _run(self, turn: _Turn, worker: Worker) -> Outcome:
        received, began = Received(), time.monotonic()
        self._later(turn, turn.timeout_seconds, lambda: self._stop(turn, "timeout"))
        try:
            await worker.run(self.turns, turn.code, received, turn.listener)
        except WorkerDied as death:
            self._check_open()
            self._lost_at = self.turns
            return build_broken_outcome(
                received,
                session_id=self.id,
                language=self.language,
                turn=self.turns,
                status=turn.stopped or "crashed",
                error=_error_of_death(turn, death, self.limits),
                state="lost",
                wall_seconds=time.monotonic() - began,
                limits=self.limits,
            )
        lost, self._lost = self._lost, False
        return build_outcome(
            received,
            state="lost" if lost else "kept",
            session_id=self.id,
            language=self.language,
            turn=self.turns,
            limits=self.limits,
            stopped=turn.stopped,
        )

    def _stop(self, turn: _Turn, reason: Reason) -> None:
        """Interrupt a turn and kill its worker after the grace; one that waits never begins."""
        if turn.stopped is not None:
            return
        turn.stopped = reason
        if turn is not self._running:
            self._leave_line(turn)
        else:
            worker = self._worker
            worker.interrupt()
            self._later(
                turn,
                self.limits.grace_seconds,
                lambda: worker.die("it did not stop when it was interrupted"),
            )

    def _later(self, turn: _Turn, seconds: float, act: Callable[[], None]) -> None:
        turn.timers.append(asyncio.get_running_loop().call_later(seconds, act))


def _retrieve(task: asyncio.Task[Outcome]) -> None:
    """Take note of how a turn ended: whoever called knows it, or has gone."""
    if not task.cancelled():
        task.exception()


def _error_of_death(turn: _Turn, death: WorkerDied, limits: Limits) -> CodeError:
    if turn.stopped == "timeout":
        message = (
            f"the code ran longer than {turn.timeout_seconds:g} s and did not stop within "
            f"{limits.grace_seconds:g} s of being interrupted"
        )
    elif turn.stopped == "cancelled":
        message = f"the code did not stop within {limits.grace_seconds:g} s of being cancelled"
    else:
        message = f"the sandbox died while the code ran: {death}"
    return CodeError(
        type={"timeout": "TimeoutError", "cancelled": "CancelledError"}.get(
            turn.stopped or "", "SandboxCrashed"
        ),
        message=message,
        traceback="",
        line=None,
    )
