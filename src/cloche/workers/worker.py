"""A worker as the server sees it: takes turns, can be interrupted, and is never believed."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field

import structlog
from pydantic import ValidationError

from cloche.errors import WorkerFailed
from cloche.limits import Limits
from cloche.outcome import Limit
from cloche.workers import wire
from cloche.workers.link import Link, Starter
from cloche.workers.order import Order, Task
from cloche.workers.reports import (
    Checkpoint,
    Death,
    DisplayHeader,
    Inspection,
    Measured,
    Report,
    Restored,
)
from cloche.workers.wire import Kind

_log = structlog.get_logger()

START_SECONDS = 60.0
"""How long a worker may take until it is ready, on the slowest of machines."""

_CHECKPOINT_SECONDS = 30.0
"""How long a checkpoint may take: a gigabyte on a slow disk."""

_INSPECTION_SECONDS = _CHECKPOINT_SECONDS + 10.0
"""How long an inspection may take: it waits while much is copied for a checkpoint, and a guest that
does not answer then is ended by its own worker."""


@dataclass
class Received:
    """What a worker has sent of a turn so far; complete once `report` is there."""

    stdout: bytearray = field(default_factory=bytearray)
    stderr: bytearray = field(default_factory=bytearray)
    displays: list[tuple[DisplayHeader, bytes]] = field(
        default_factory=list[tuple[DisplayHeader, bytes]]
    )
    measured: Measured | None = None
    report: Report | None = None


Listener = Callable[[str], None]
"""Called with text as it is printed."""


class WorkerDied(Exception):
    """The worker is gone; the message says why, as far as it is known."""

    def __init__(self, reason: str, limit: Limit | None = None) -> None:
        super().__init__(reason)
        self.limit: Limit | None = limit
        """The limit for which it ended itself, if that is why."""


class Worker:
    """One worker process and its guest. Use it from one event loop."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._link: Link | None = None
        self._decoder = wire.Decoder()
        self._turn: Received | None = None
        self._listener: Listener | None = None
        self._awaited: asyncio.Future[None] | None = None
        self._inspection: asyncio.Future[Inspection] | None = None
        self._death: WorkerDied | None = None
        self._runs = 0
        self._running = 0
        self._finished = 0  # the last turn that did
        self._at_rest = asyncio.Event()  # nothing more will be heard of checkpoints
        self._at_rest.set()
        self.restored = Restored(turn=0, refused=[])
        self.on_checkpoint: Callable[[Checkpoint], None] = _ignore

    @classmethod
    async def start(cls, starter: Starter, order: Order, limits: Limits) -> Worker:
        """Start a process and return it when its guest is ready. Raises `WorkerFailed`."""
        worker = cls(limits)
        ready = worker._await()
        try:
            worker._link = await starter.start(worker._on_data, worker._on_close)
            worker._link.send(wire.encode(Kind.START, order.encode()))
            async with asyncio.timeout(START_SECONDS):
                await ready
        except BaseException as error:
            ready.cancel()  # nobody waits for it any more
            await asyncio.shield(worker.kill())
            if isinstance(error, WorkerDied):
                raise WorkerFailed(f"a worker did not start: {error}") from error
            if isinstance(error, TimeoutError):
                raise WorkerFailed(f"a worker was not ready after {START_SECONDS:g} s") from error
            raise
        return worker

    @property
    def alive(self) -> bool:
        """Whether the process is there, as far as is known."""
        return self._death is None

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._link.pid if self._link else 0

    def run(
        self,
        turn: int,
        code: str,
        received: Received,
        listener: Listener | None,
        *,
        cpu_seconds: float,
    ) -> Coroutine[None, None, None]:
        """Begin a turn, and return what waits for its end.

        It fills `received`, which keeps what came when the worker dies.

        `cpu_seconds` is what it may take of processor time. Raises `WorkerDied`. Not to be
        cancelled: interrupt or kill the worker instead.
        """
        if self._link is None or self._death is not None:
            raise self._death or WorkerDied("it never started")
        limits = self._limits
        request = {
            "turn": turn,
            "code": code,
            "text_bytes": limits.text_bytes,
            "spool_bytes": limits.spool_bytes,
            "image_bytes": limits.image_bytes,
            "displays": limits.displays,
        }
        awaited = self._await()
        self._runs += 1
        self._turn, self._listener = received, listener
        task = Task(turn=turn, cpu_seconds=cpu_seconds)
        payload = wire.join_parts(task.encode(), json.dumps(request).encode())
        self._link.send(wire.encode(Kind.TURN, payload))
        self._running = turn
        return self._until(awaited)

    async def _until(self, ended: asyncio.Future[None]) -> None:
        try:
            await ended
        finally:
            self._turn = self._listener = None

    async def checkpointed(self) -> None:
        """Return when the last finished turn's checkpoint is on disk, or will never be."""
        if self._link is not None and not self._at_rest.is_set():
            self._link.send(wire.encode(Kind.SAVE, b""))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CHECKPOINT_SECONDS):
                await self._at_rest.wait()

    async def inspect(self) -> Inspection:
        """Return what variables there are, while no turn runs. Raises `WorkerDied`.

        A worker that does not answer is ended. Not to be cancelled, as `run`.
        """
        if self._link is None or self._death is not None:
            raise self._death or WorkerDied("it never started")
        told = self._inspection = asyncio.get_running_loop().create_future()
        self._link.send(wire.encode(Kind.INSPECT, b""))
        try:
            async with asyncio.timeout(_INSPECTION_SECONDS):
                return await told
        except TimeoutError:
            self.die("it did not tell what its variables are")
            raise WorkerDied("it did not tell what its variables are") from None
        finally:
            self._inspection = None

    def interrupt(self) -> None:
        """Raise KeyboardInterrupt in the turn that runs."""
        if self._link is not None:
            self._link.send(wire.encode(Kind.INTERRUPT, str(self._runs).encode()))

    async def kill(self) -> None:
        """End the process at once, and return when it is gone."""
        self.die("it was killed")
        if self._link is not None:
            await self._link.ended()

    def _await(self) -> asyncio.Future[None]:
        self._awaited = asyncio.get_running_loop().create_future()
        return self._awaited

    def _on_data(self, data: bytes) -> None:
        try:
            for kind, payload in self._decoder.feed(data):
                if self._death is not None:
                    return
                self._take(kind, payload)
        except (wire.WireError, ValidationError) as error:
            self.die(f"it broke the protocol: {error}")

    def _take(self, kind: Kind, payload: bytes) -> None:
        turn = self._turn
        if kind is Kind.DEAD:
            death = Death.model_validate_json(payload)
            self.die(death.reason, death.limit)
        elif kind is Kind.READY and turn is None:
            self.restored = Restored.model_validate_json(payload)
            self._settle()
        elif kind is Kind.CHECKPOINT:
            self._take_checkpoint(Checkpoint.model_validate_json(payload))
        elif kind is Kind.INSPECTED and self._inspection is not None:
            self._take_inspection(self._inspection, payload)
        elif turn is None or turn.report is not None:
            raise wire.WireError(f"it sent {kind.name} while no turn ran")
        elif kind is Kind.STDOUT:
            self._take_text(turn.stdout, payload)
        elif kind is Kind.STDERR:
            self._take_text(turn.stderr, payload)
        elif kind is Kind.DISPLAY:
            self._take_display(turn, payload)
        elif kind is Kind.FINISHED:
            measured, report = wire.split_parts(payload)
            turn.measured = Measured.model_validate_json(measured)
            if len(turn.measured.files) > self._limits.changed_files:
                raise wire.WireError("it named more files than it may")
            turn.report = Report.model_validate_json(report)
            self._finished = self._running
            self._at_rest.clear()
            self._settle()
        else:
            raise wire.WireError(f"it sent {kind.name}")

    def _take_text(self, stream: bytearray, payload: bytes) -> None:
        if len(stream) + len(payload) > self._limits.text_bytes:
            raise wire.WireError("it sent more text than was allowed")
        stream += payload
        if self._listener is not None:
            self._tell(self._listener, payload.decode(errors="replace"))

    def _tell(self, listener: Listener, text: str) -> None:
        try:
            listener(text)
        except Exception as error:  # noqa: BLE001 - the caller's own code, no fault of the worker
            _log.warning("listener_failed", exc_info=error)

    def _take_display(self, turn: Received, payload: bytes) -> None:
        header, data = wire.split_parts(payload)
        if len(turn.displays) >= self._limits.displays or len(data) > self._limits.image_bytes:
            raise wire.WireError("it sent more display data than was allowed")
        turn.displays.append((DisplayHeader.model_validate_json(header), data))

    def _take_checkpoint(self, checkpoint: Checkpoint) -> None:
        if checkpoint.turn > self._finished:
            raise wire.WireError("it sent the checkpoint of a turn that has not been")
        if checkpoint.turn == self._finished:
            self._at_rest.set()
        self.on_checkpoint(checkpoint)

    def _take_inspection(self, told: asyncio.Future[Inspection], payload: bytes) -> None:
        if len(payload) > wire.INSPECTION_BYTES:
            raise wire.WireError("it told more of its variables than was asked")
        inspection = Inspection.model_validate_json(payload)
        if told.done():
            raise wire.WireError("it told twice what its variables are")
        told.set_result(inspection)

    def _settle(self) -> None:
        if self._awaited is not None and not self._awaited.done():
            self._awaited.set_result(None)

    def _on_close(self) -> None:
        self.die("its process ended")

    def die(self, reason: str, limit: Limit | None = None) -> None:
        """Note the death, whatever its cause, and make sure of it."""
        if self._death is None:
            self._death = WorkerDied(reason, limit)
            self._at_rest.set()
            if self._link is not None:
                self._link.kill()
            for awaited in (self._awaited, self._inspection):
                if awaited is not None and not awaited.done():
                    awaited.set_exception(self._death)


def _ignore(checkpoint: Checkpoint) -> None:
    """Take note of a checkpoint that nobody asks for."""
