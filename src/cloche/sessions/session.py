"""A session: a worker, a workspace, and one turn at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Literal, Protocol, TypeVar

import structlog

from cloche.description import WorkspaceInfo
from cloche.errors import CapacityReached, InvalidRequest, UnknownSession, WorkerFailed
from cloche.limits import Limits
from cloche.outcome import FileChange, Language, Outcome
from cloche.sessions.describing import MOST_FILES, NOTHING, Known, describe
from cloche.sessions.history import History
from cloche.sessions.line import Line, Turn, checked_turn
from cloche.sessions.listing import Listing, newest_files
from cloche.sessions.reasons import Usage, error_of_death, reason_for
from cloche.sessions.turns import build_broken_outcome, build_outcome
from cloche.sessions.watching import changed_files
from cloche.sessions.workspace import copy_files, empty
from cloche.workers.pool import Home
from cloche.workers.worker import Listener, Received, Worker, WorkerDied

_log = structlog.get_logger()

_T = TypeVar("_T")

Status = Literal["idle", "running", "hibernated"]

StartWorker = Callable[[Home, Sequence[int]], Awaitable[Worker]]
"""Starts a worker in a home, with the image of the first of these turns that is sound."""


class Spawn(Protocol):
    """Starts a task that nobody who waits for it can cancel."""

    def __call__(self, work: Coroutine[None, None, _T], /) -> asyncio.Task[_T]: ...  # noqa: D102


class Session:
    """What a client holds. Made by a `SessionManager`, for one owner.

    It has a worker only while it is in use: one that lies idle hibernates, and a worker that died
    is replaced, by the call that needs it next.
    """

    def __init__(
        self,
        *,
        session_id: str,
        owner: str,
        language: Language,
        limits: Limits,
        home: Home,
        history: History,
        worker: Worker | None,
        start_worker: StartWorker,
        spawn: Spawn,
        files_changed: Callable[[Sequence[FileChange] | None], None],
        idle_seconds: float,
        durable: bool,
    ) -> None:
        self.id = session_id
        self.owner = owner
        self.language: Language = language
        self.limits = limits
        self.home = home
        self.durable = durable
        """Whether it outlives its server."""
        self.automatic = False
        """Whether its owner's calls mean it when they name no session."""
        self.history = history
        self.cpu_used = 0.0
        """Seconds of processor time that its turns have taken."""
        self.usage = Usage()
        """What it took at the end of the last turn that reported it."""
        self.created_at = self.last_used_at = time.time()
        self.idle_seconds = idle_seconds
        """How long it may lie unused until it is destroyed."""
        self._start_worker = start_worker
        self._spawn = spawn
        self._files_changed = files_changed
        self._worker: Worker | None = None
        if worker is not None:
            self._adopt(worker)
        self._free = asyncio.Lock()  # one turn at a time, in the order of the calls
        self._line = Line(session_id, limits)
        self._known = NOTHING  # the variables that were looked at last
        self._looking: asyncio.Task[Listing] | None = None
        self.closed = False

    @property
    def turns(self) -> int:
        """Number of the last turn."""
        return self.history.begun

    @property
    def expires_at(self) -> float:
        """When it is destroyed, in seconds since 1970, if it is not used before."""
        return self.last_used_at + self.idle_seconds

    @property
    def status(self) -> Status:
        """What it is doing."""
        if len(self._line):
            return "running"
        return "idle" if self.is_live else "hibernated"

    @property
    def is_busy(self) -> bool:
        """Whether something is being done with it: a turn, a copy, a look."""
        return len(self._line) > 0 or self._free.locked()

    @property
    def is_live(self) -> bool:
        """Whether it has a worker."""
        return self._worker is not None and self._worker.alive

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
        turn = checked_turn(code, timeout_seconds, listener, self.limits)
        self._line.join(turn)
        task = turn.task = self._spawn(self._take_turn(turn))
        task.add_done_callback(_retrieve)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            self._line.stop(turn, "cancelled", self._worker)
            raise

    def cancel(self) -> int | None:
        """Interrupt the turn that runs and return its number; None when nothing runs."""
        if self._line.running is None:
            return None
        self._line.stop(self._line.running, "cancelled", self._worker)
        return self.turns

    async def interrupt(self) -> Outcome | None:
        """Interrupt the turn that runs and return its outcome; None when nothing runs.

        A turn that was about to end has the outcome that it has. Raises what `execute` raises.
        """
        turn = self._line.running
        if turn is None or turn.task is None:
            return None
        self._line.stop(turn, "cancelled", self._worker)
        return await asyncio.shield(turn.task)

    async def saved(self) -> bool:
        """Return when what the last turn left is on disk, and whether it is."""
        if self._worker is not None:
            await self._worker.checkpointed()
        return self.history.is_saved

    async def describe(self) -> WorkspaceInfo:
        """Return what it holds and has done, at once: code that runs is not waited for.

        Nothing is woken, and neither its own life nor its worker's is prolonged. Variables are
        looked at once after each turn; a worker that does not tell them is ended, as one whose
        turn does not stop. Raises `UnknownSession`.
        """
        self._check_open()
        if not len(self._line):
            if self._looking is None or self._looking.done():
                self._looking = self._spawn(self._look())
                self._looking.add_done_callback(_retrieve)
            listing = await asyncio.shield(self._looking)
        else:
            listing = await self._list_files()
        self._check_open()
        lost = not self.is_live and not self.history.is_saved
        known = None if lost else self._known_of(self.history.held)
        return describe(self, known, listing, lost=lost)

    async def _look(self) -> Listing:
        """Look at variables and files between turns."""
        async with self._free:
            self._check_open()
            worker, turn = self._worker, self.history.held
            if worker is not None and worker.alive and self._known_of(turn) is None:
                try:
                    self._known = Known(turn, await worker.inspect())
                except WorkerDied as death:
                    _log.warning("inspection_failed", session=self.id, reason=str(death))
            return await self._list_files()

    async def _list_files(self) -> Listing:
        entries = self.limits.workspace_entries
        return await asyncio.to_thread(
            newest_files, self.home.workspace, most=MOST_FILES, entries=entries
        )

    def _known_of(self, turn: int) -> Known | None:
        """Return the variables after a turn, if they were looked at: they are what they were."""
        return next((known for known in (NOTHING, self._known) if known.turn == turn), None)

    async def hibernate(self) -> bool:
        """Give up the worker, unless a turn runs or something would be lost; say whether it did.

        The next call brings it back, some milliseconds later.
        """
        if self.is_busy:
            return False
        async with self._free:
            worker = self._worker
            if worker is None or self.closed:
                return False
            await worker.checkpointed()
            if not self.history.is_saved:
                return False
            self._worker = None
            await worker.kill()
            return True

    async def wake(self) -> None:
        """Have a worker ready for the next call. Raises `WorkerFailed` and `CapacityReached`."""
        async with self._free:
            self._check_open()
            await self._live_worker()

    async def reset(self, *, to_turn: int | None = None, keep_files: bool = False) -> int:
        """Begin anew, or with the variables as they were after a turn; returns how many files went.

        Going back to a turn leaves the files as they are: an image holds variables only. Waits
        for the turns that run or wait. Raises `InvalidRequest` for a turn that has no image.
        """
        self._check_open()
        async with self._free:
            self._check_open()
            await self.saved()
            await self.history.images.settle()  # which may be about to thin that turn out
            if to_turn is not None and to_turn not in [0, *self.history.images.turns]:
                raise InvalidRequest(
                    f"turn {to_turn} has no image; there are those of the turns "
                    f"{', '.join(map(str, self.history.images.turns)) or '(none)'}"
                )
            worker, self._worker = self._worker, None
            self.history.go_back(to_turn or 0)
            if worker is not None:
                await worker.kill()
            self._touch()
            if keep_files or to_turn is not None:
                return 0
            removed = await asyncio.to_thread(empty, self.home)
            self._files_changed(None)
            return removed

    async def copy_to(self, home: Home) -> None:
        """Copy variables and files into the home of another session, between turns.

        Raises `WorkerFailed` when the variables could not be saved, `InvalidRequest` when the
        files cannot be copied.
        """
        async with self._free:
            self._check_open()
            if not await self.saved():
                raise WorkerFailed(f"the variables of turn {self.history.held} were not saved")
            try:
                await asyncio.to_thread(self._copy_to, home)
            except OSError as error:
                raise InvalidRequest(
                    f"the files of session {self.id!r} cannot be copied: {error.strerror}"
                ) from error

    def _copy_to(self, home: Home) -> None:
        if self.history.held:
            self.history.images.copy_to(home.checkpoints, self.history.held)
        copy_files(self.home, home)

    async def close(self, *, keep: bool = False) -> None:
        """End the worker; calls that run or wait fail with `UnknownSession`.

        With `keep` what the last finished turn left is saved before.
        """
        self.closed = True
        if self._worker is not None:
            if keep:
                await self._worker.checkpointed()
            await self._worker.kill()
        await self.history.images.settle()

    def _check_open(self) -> None:
        if self.closed:
            raise UnknownSession(self.id)

    def _check_budget(self) -> None:
        if self.cpu_used >= self.limits.cpu_seconds:
            raise CapacityReached(f"session {self.id!r}: {reason_for('cpu', self.limits)}")

    def _charge(self, received: Received, wall_seconds: float) -> None:
        """Count what a turn took.

        A worker that is gone is charged the whole time: a guest has one thread, so it took no
        more. One that lies takes no more per turn than the turn's wall time, which is kept here.
        """
        measured = received.measured
        self.cpu_used += wall_seconds if measured is None else measured.cpu_seconds
        if measured is not None:
            self.usage = Usage(
                measured.workspace_bytes, measured.workspace_files, measured.memory_bytes
            )

    async def _take_turn(self, turn: Turn) -> Outcome:
        try:
            outcome = await self._take_turn_alone(turn)
        finally:
            self._line.leave(turn)
        self._files_changed(changed_files(outcome, self.limits))
        return outcome

    async def _take_turn_alone(self, turn: Turn) -> Outcome:
        async with self._free:
            self._check_open()
            self._check_budget()
            worker = await self._live_worker()
            if turn.stopped is not None:
                raise asyncio.CancelledError
            self._line.running = turn
            try:
                outcome = await self._run(turn, worker)
                self.history.note(outcome.status)
                return outcome
            finally:
                self._line.running = None
                self._touch()
                turn.forget_ends()

    async def _live_worker(self) -> Worker:
        """Return the worker, or a new one with the session's variables."""
        if self._worker is not None and self._worker.alive:
            return self._worker
        if self._worker is not None:  # it died between turns
            self.history.drop_unsaved()
        try:
            worker = await self._start_worker(self.home, self.history.to_restore)
        except WorkerFailed:
            self._check_open()  # its folders go with the session
            raise
        if self.closed:  # meanwhile, and then nobody else ends the new worker
            await worker.kill()
            raise UnknownSession(self.id)
        self.history.restored(worker.restored)
        self._adopt(worker)
        return worker

    def _adopt(self, worker: Worker) -> None:
        self._worker = worker
        worker.on_checkpoint = self.history.saved

    def _touch(self) -> None:
        self.last_used_at = time.time()

    async def _run(self, turn: Turn, worker: Worker) -> Outcome:
        received, began = Received(), time.monotonic()
        turn.later(turn.timeout_seconds, lambda: self._line.stop(turn, "timeout", worker))
        try:
            ended = worker.run(
                self.history.begun + 1,
                turn.code,
                received,
                turn.listener,
                cpu_seconds=self.limits.cpu_seconds - self.cpu_used,
            )
            self.history.begin(self.cpu_used)  # now, while the guest works
            await ended
        except WorkerDied as death:
            self._charge(received, time.monotonic() - began)
            self._check_open()
            loss = self.history.abort()
            return build_broken_outcome(
                received,
                session_id=self.id,
                language=self.language,
                turn=self.turns,
                status="limit" if death.limit else turn.stopped or "crashed",
                limit=death.limit,
                error=error_of_death(
                    death, loss, self.limits, stopped=turn.stopped, seconds=turn.timeout_seconds
                ),
                state=loss.state,
                wall_seconds=time.monotonic() - began,
                limits=self.limits,
            )
        self._charge(received, time.monotonic() - began)
        self.history.finish()
        return build_outcome(
            received,
            loss=self.history.take_loss(),
            session_id=self.id,
            language=self.language,
            turn=self.turns,
            limits=self.limits,
            stopped=turn.stopped,
        )


def _retrieve(task: asyncio.Task[Any]) -> None:
    """Take note of how a task ended: whoever called knows it, or has gone."""
    if not task.cancelled():
        task.exception()
