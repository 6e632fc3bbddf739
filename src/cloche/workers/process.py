"""A worker process: one guest, and nothing else.

One thread holds the guest, and reads the channel between turns; the main one, the watch, reads it
while a turn takes long, so that an interrupt or the end of the channel is met; a third, the
keeper's, writes checkpoints. A channel
that ends means that nobody is left to work for, and the process ends at once, in the middle of
whatever it does.
"""

from __future__ import annotations

import json
import math
import os
import select
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from cloche.engine.guest import GuestTrapped
from cloche.engine.module import Program, load_module, start_guest_thread
from cloche.engine.pages import KernelNotes
from cloche.runtimes.python import ImageInfo, PythonFiles, PythonGuest, TurnSink
from cloche.workers import confine, wire
from cloche.workers.budget import REFUSED, Budget
from cloche.workers.changes import Changes
from cloche.workers.channel import Channel, PipeChannel
from cloche.workers.keeper import Keeper, notes_for
from cloche.workers.order import Order, Task
from cloche.workers.syscalls import share_heap
from cloche.workers.usage import Usage
from cloche.workers.wire import Kind

if TYPE_CHECKING:  # for it imports pydantic, which a worker has no use for
    from cloche.outcome import Limit

_MOMENT_SECONDS = 0.005
"""How long a turn runs unwatched; most are over by then."""

_TICK_SECONDS = 0.1
"""How often a running turn is asked to send on what it has printed."""

_SWITCH_SECONDS = 0.0002
"""How soon the guest's thread gets the interpreter back from one that writes a checkpoint."""

_RETRIP_SECONDS = 0.02
"""How soon an interrupt that the guest has not met is raised again."""

_INSPECTION_SECONDS = 5.0
"""How long a guest may take to tell its variables, which takes it some milliseconds."""

_REHEARSAL = Task(turn=0, cpu_seconds=math.inf)

_IMAGE_MARGIN_BYTES = 16 * 1024 * 1024
"""What an image may hold beside the guest's memory."""


_LAST_WORDS_SECONDS = 1.0
"""How long a worker that ends itself waits to say why, while its guest is sending."""

_REASON_CHARACTERS = 4096

_FULL_BYTES = 1024 * 1024
"""A guest that traps with no more memory left than this has trapped for want of it."""


Start = Callable[[Order, TurnSink], PythonGuest]
"""How this process comes by its guest."""


def new_guest(program: Program, order: Order, sink: TurnSink) -> PythonGuest:
    """Return a guest as `order` wants it, ready for its first turn."""
    guest = PythonGuest(
        program,
        PythonFiles(Path(order.module), Path(order.stdlib), Path(order.mpl_data)),
        workspace=Path(order.workspace),
        scratch=Path(order.scratch),
        mounts=order.mounts,
        memory_bytes=order.memory_bytes,
        sink=sink,
    )
    info = ImageInfo.load(Path(order.image_info))
    guest.resume(Path(order.image), info, copy=order.portable)
    return guest


def work(channel: Channel, start: Start) -> NoReturn:
    """Serve the server at the other end of `channel` until it goes away."""
    worker = _Worker(channel, start)
    worker.begin()
    worker.watch()


class _Worker:
    """The guest's thread, and the watch, which is the main one."""

    def __init__(self, channel: Channel, start: Start) -> None:
        self._channel = channel
        self._start = start
        self._decoder = wire.Decoder()
        self._requests: deque[tuple[Kind, bytes]] = deque()
        self._reading = threading.Lock()  # held by the one thread that reads the channel
        self._sending = threading.Lock()  # keeps frames whole
        self._turning = threading.Lock()  # guards what follows: no signal outlives its turn
        self._guest: PythonGuest | None = None
        self._budget: Budget | None = None
        self._keeper: Keeper | None = None
        self._turn = 0  # number of the turn that runs or ran last; 0 for a rehearsal
        self._in_guest = False
        self._inspection_ends: float | None = None  # while the guest is inspected
        self._interrupted = 0  # the turn that is to be interrupted
        self._watched = False
        self._began = threading.Event()
        # A pair of sockets, because that is what `select` takes on every system.
        self._over, self._say_over = socket.socketpair()

    def begin(self) -> None:
        """Take the order that makes this process a worker, and start the guest's thread."""
        frames: list[tuple[Kind, bytes]] = []
        while not frames:
            frames = self._read()
        ((kind, payload),) = frames
        if kind is not Kind.START:
            raise wire.WireError(f"the server began with a {kind.name} frame")
        order = Order.decode(payload)
        notes = notes_for(order)
        _shut_in(order)
        sys.setswitchinterval(_SWITCH_SECONDS)
        self._channel.confined()
        start_guest_thread(lambda: self._live(order, notes))

    def watch(self) -> NoReturn:
        """Watch over turns that take longer than a moment."""
        while True:
            self._began.wait()
            turn = self._turn
            time.sleep(_MOMENT_SECONDS)
            with self._turning:
                if not self._in_guest:
                    self._began.clear()
                watched = self._watched = self._in_guest and self._turn == turn
            if watched:
                with self._reading:
                    self._watch_turn()

    def _watch_turn(self) -> None:
        """Read the channel and hand on signals, until the turn that runs is over."""
        raised = False
        # An interrupt that came with its turn has been read already.
        wait = 0.0 if self._interrupted == self._turn else _TICK_SECONDS
        while True:
            ready, _, _ = select.select([self._over, self._channel], [], [], wait)
            if self._over in ready:
                self._over.recv(1)
                return
            if ready:
                for kind, payload in self._read():
                    self._take(kind, payload)
            self._mind_limits()
            with self._turning:
                if not self._in_guest or self._guest is None:
                    continue
                if self._interrupted != self._turn:
                    self._guest.tick()
                elif not raised or not self._guest.interrupt_taken():
                    raised = self._guest.interrupt() or raised
                    wait = _RETRIP_SECONDS
                else:
                    wait = _TICK_SECONDS
                    self._guest.tick()

    def _mind_limits(self) -> None:
        """Interrupt a turn that went past a limit; after the grace, end the process."""
        budget = self._budget
        if budget is None or self._inspection_ends is not None:
            self._mind_inspection()
            return
        limit = budget.exceeded(lambda: self._in_guest) if budget.limit is None else None
        with self._turning:
            if not self._in_guest or self._inspection_ends is not None:
                return
            if limit is not None:
                self._interrupted = self._turn
                budget.stop(limit)
            at_rest = self._keeper is None or self._keeper.at_rest
            ended = budget.limit is not None and not budget.enforce(may_forbid=at_rest)
        if ended:
            self._die("the code did not stop when it was interrupted", budget.limit)

    def _mind_inspection(self) -> None:
        with self._turning:
            ends = self._inspection_ends
        if ends is not None and time.monotonic() > ends:
            self._die("the guest did not tell what its variables are")

    def _read(self) -> list[tuple[Kind, bytes]]:
        data = self._channel.receive()
        if not data:
            os._exit(0)
        return list(self._decoder.feed(data))

    def _take(self, kind: Kind, payload: bytes) -> None:
        if kind in (Kind.TURN, Kind.INSPECT):
            self._requests.append((kind, payload))
        elif kind is Kind.INTERRUPT:
            self._interrupted = int(payload)
        elif kind is Kind.SAVE and self._keeper is not None:
            self._keeper.hasten()
        else:
            raise wire.WireError(f"the server sent a {kind.name} frame")

    def _next_request(self) -> tuple[Kind, bytes]:
        with self._reading:
            while not self._requests:
                for kind, payload in self._read():
                    self._take(kind, payload)
            return self._requests.popleft()

    def send(self, kind: Kind, payload: bytes) -> None:
        """Send a frame; a server that is gone ends the process."""
        try:
            with self._sending:
                self._channel.send(wire.encode(kind, payload))
        except OSError:
            os._exit(0)

    def _tell_checkpoint(self, checkpoint: dict[str, object]) -> None:
        self.send(Kind.CHECKPOINT, json.dumps(checkpoint).encode())

    def _die(self, reason: str, limit: Limit | None = None) -> NoReturn:
        """Say why, and end the process, once what the earlier turns left is on disk."""
        if self._keeper is not None:
            self._keeper.finish()
        shown = reason.encode(errors="replace").decode()[:_REASON_CHARACTERS]
        payload = json.dumps({"reason": shown, "limit": limit}).encode()
        try:
            if self._sending.acquire(timeout=_LAST_WORDS_SECONDS):
                self._channel.send(wire.encode(Kind.DEAD, payload))
        finally:
            os._exit(1)

    def _live(self, order: Order, notes: KernelNotes) -> None:
        """Be the guest of `order` until it dies: the whole life of the guest's thread."""
        try:
            changes = Changes(
                Path(order.workspace),
                Path(order.scratch),
                entries=order.workspace_entries,
                most=order.changed_files,
                bound=Usage(order.workspace_bytes, order.workspace_files),
                mounts=[mount.host for mount in order.mounts],
            )
            budget = self._budget = Budget(changes, grace_seconds=order.grace_seconds)
            meter = _Meter(self, order)
            guest = self._guest = self._start(order, meter)
            keeper = self._keeper = Keeper(guest, order, notes, self._tell_checkpoint)
            restored = keeper.restore(order.restore)
            guest.thaw()
            if order.rehearse:
                self._run(guest, meter, changes, budget, _REHEARSAL, None)
            self.send(Kind.READY, json.dumps(asdict(restored)).encode())
            while True:
                kind, payload = self._next_request()
                if kind is Kind.INSPECT:
                    self.send(Kind.INSPECTED, self._inspect(guest))
                    continue
                head, request = wire.split_parts(payload)
                task = Task.decode(head)
                self._turn += 1
                self.send(Kind.FINISHED, self._run(guest, meter, changes, budget, task, request))
                keeper.take(task.turn)
        except GuestTrapped as trapped:
            full = self._guest is not None and (
                self._guest.memory_bytes + _FULL_BYTES > order.memory_bytes
            )
            self._die(str(trapped), "memory" if full and not trapped.exited else None)
        except Exception as error:  # noqa: BLE001 - the process edge
            self._die(f"{type(error).__name__}: {error}")

    def _run(
        self,
        guest: PythonGuest,
        meter: _Meter,
        changes: Changes,
        budget: Budget,
        task: Task,
        request: bytes | None,
    ) -> bytes:
        """Run a turn, or with no request a rehearsal, and return what to tell of it."""
        meter.reset()
        changes.mark()
        budget.begin(task.cpu_seconds)
        wall, cpu = time.monotonic(), time.thread_time()  # not the time of a checkpoint's writing
        self._enter_guest()
        try:
            if request is None:
                report = guest.rehearse()
            else:
                report = REFUSED if changes.hopeless else guest.run(request)
        finally:
            self._leave_guest()
        measured = {
            "wall_seconds": time.monotonic() - wall,
            "cpu_seconds": time.thread_time() - cpu,
            "memory_bytes": guest.memory_bytes,
            "files": changes.since_mark(),
            "workspace_bytes": changes.usage.bytes,
            "workspace_files": changes.usage.files,
            "limit": "disk" if report is REFUSED else budget.end(),
        }
        return wire.join_parts(json.dumps(measured).encode(), report)

    def _inspect(self, guest: PythonGuest) -> bytes:
        """Return what the guest tells of its variables; a checkpoint may be written meanwhile."""
        self._enter_guest(inspection_ends=time.monotonic() + _INSPECTION_SECONDS)
        try:
            told = guest.inspect()
        finally:
            self._leave_guest()
        if len(told) > wire.INSPECTION_BYTES:
            raise wire.WireError(f"the guest told {len(told)} bytes of its variables")
        return told

    def _enter_guest(self, *, inspection_ends: float | None = None) -> None:
        with self._turning:
            self._in_guest, self._inspection_ends = True, inspection_ends
            self._began.set()

    def _leave_guest(self) -> None:
        with self._turning:
            self._in_guest, self._inspection_ends = False, None
            if self._watched:
                self._watched = False
                self._say_over.send(b"x")


class _Meter:
    """Forwards what a turn sends, within the order's bounds.

    Our guest code keeps to them by itself; a guest that calls the host on its own does not.
    """

    def __init__(self, worker: _Worker, order: Order) -> None:
        self._worker, self._order = worker, order
        self.reset()

    def reset(self) -> None:
        """Begin a turn."""
        self._left = {Kind.STDOUT: self._order.stream_bytes, Kind.STDERR: self._order.stream_bytes}
        self._displays_left = self._order.displays

    def stdout(self, text: bytes) -> None:
        """Take a piece of standard output."""
        self._text(Kind.STDOUT, text)

    def stderr(self, text: bytes) -> None:
        """Take a piece of standard error."""
        self._text(Kind.STDERR, text)

    def display(self, parts: bytes) -> None:
        """Take display data."""
        if self._displays_left > 0 and len(parts) <= self._order.display_bytes:
            self._displays_left -= 1
            self._worker.send(Kind.DISPLAY, parts)

    def _text(self, kind: Kind, text: bytes) -> None:
        text = text[: self._left[kind]]
        if text:
            self._left[kind] -= len(text)
            self._worker.send(kind, text)


def _shut_in(order: Order) -> None:
    """Leave this process what a worker with this order needs.

    The largest files are those of the workspace, and images.
    """
    own = [order.module, order.stdlib, order.mpl_data, order.image, order.image_info]
    read_only = [mount.host for mount in order.mounts if not mount.writable]
    writable = [mount.host for mount in order.mounts if mount.writable]
    confine.shut_in(
        readable=[*own, *read_only],
        writable=[order.workspace, order.scratch, order.checkpoints, *writable],
        file_bytes=max(order.workspace_bytes, order.memory_bytes + _IMAGE_MARGIN_BYTES),
    )


def main() -> NoReturn:
    """Be a worker that was spawned: the channel is standard input and output."""
    receiving, sending = os.dup(0), os.dup(1)
    if sys.platform == "win32":
        import msvcrt

        for fd in (receiving, sending):
            msvcrt.setmode(fd, os.O_BINARY)
    confine.silence_streams()
    confine.die_with_parent()
    confine.give_up()
    share_heap()
    try:
        work(
            PipeChannel(receiving, sending),
            lambda order, sink: new_guest(load_module(Path(order.module)), order, sink),
        )
    finally:
        os._exit(1)


if __name__ == "__main__":
    main()
