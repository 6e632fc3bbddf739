"""A worker process: one guest, and nothing else.

Two threads: the main one reads frames, so that an interrupt or the end of the channel is met
while the guest runs; the other holds the guest. A channel that ends means that nobody is left to
work for, and the process ends at once, in the middle of whatever it does.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn, Protocol

from cloche.engine.guest import GuestTrapped
from cloche.engine.module import Program, load_module, start_guest_thread
from cloche.runtimes.python import ImageInfo, PythonFiles, PythonGuest, TurnSink
from cloche.workers import confine, wire
from cloche.workers.changes import Changes
from cloche.workers.order import Order
from cloche.workers.wire import Kind

_TICK_SECONDS = 0.1
"""How often a running turn is asked to send on what it has printed."""

_RETRIP_SECONDS = 0.02
"""How soon an interrupt that the guest has not met is raised again."""


class Channel(Protocol):
    """The worker's end of its connection to the server, blocking."""

    def receive(self) -> bytes:
        """Return what has arrived; empty when the other side is gone."""
        ...

    def send(self, data: bytes) -> None:
        """Send all of it, or raise OSError."""
        ...


class DescriptorChannel:
    """A channel over two descriptors, which may be the same."""

    def __init__(self, receiving: int, sending: int) -> None:
        self._receiving, self._sending = receiving, sending

    def receive(self) -> bytes:
        """Return what has arrived; empty when the other side is gone."""
        try:
            return os.read(self._receiving, 65536)
        except OSError:
            return b""

    def send(self, data: bytes) -> None:
        """Send all of it, or raise OSError."""
        view = memoryview(data)
        while view:
            view = view[os.write(self._sending, view) :]


Start = Callable[[Order, TurnSink], PythonGuest]
"""How this process comes by its guest."""


def new_guest(program: Program, order: Order, sink: TurnSink) -> PythonGuest:
    """Return a guest as `order` wants it, ready for its first turn."""
    guest = PythonGuest(
        program,
        PythonFiles(Path(order.module), Path(order.stdlib), Path(order.mpl_data)),
        workspace=Path(order.workspace),
        scratch=Path(order.scratch),
        memory_bytes=order.memory_bytes,
        sink=sink,
    )
    info = ImageInfo.load(Path(order.image_info))
    guest.resume(Path(order.image), info, copy=order.portable)
    return guest


def work(channel: Channel, start: Start) -> NoReturn:
    """Serve the server at the other end of `channel` until it goes away."""
    worker = _Worker(channel, start)
    decoder = wire.Decoder()
    while data := channel.receive():
        for kind, payload in decoder.feed(data):
            worker.take(kind, payload)
    os._exit(0)


class _Worker:
    """Takes frames on the main thread and runs the guest on its own."""

    def __init__(self, channel: Channel, start: Start) -> None:
        self._channel = channel
        self._start = start
        self._guest: PythonGuest | None = None
        self._requests: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._sending = threading.Lock()  # keeps the frames of two threads apart
        self._turning = threading.Lock()  # holds still which turn runs: no signal outlives its turn
        self._accepted = 0
        self._finished = 0
        self._in_guest = False
        self._began = threading.Event()

    def take(self, kind: Kind, payload: bytes) -> None:
        """Serve one frame from the server."""
        if kind is Kind.START:
            order = Order.decode(payload)
            confine.confine()  # before any other thread: what it gives up, it gives up for itself
            start_guest_thread(lambda: self._live(order))
            threading.Thread(target=self._tick, daemon=True).start()
        elif kind is Kind.TURN:
            self._accepted += 1
            self._requests.put(payload)
        elif kind is Kind.INTERRUPT:
            threading.Thread(target=self._interrupt, args=(self._accepted,), daemon=True).start()
        else:
            raise wire.WireError(f"the server sent a {kind.name} frame")

    def send(self, kind: Kind, payload: bytes) -> None:
        """Send a frame; a server that is gone ends the process."""
        try:
            with self._sending:
                self._channel.send(wire.encode(kind, payload))
        except OSError:
            os._exit(0)

    def _live(self, order: Order) -> None:
        """Be the guest of `order` until it dies: the whole life of the guest's thread."""
        try:
            changes = Changes(
                Path(order.workspace), entries=order.workspace_entries, most=order.changed_files
            )
            meter = _Meter(self, order)
            guest = self._guest = self._start(order, meter)
            if order.rehearse:
                self._accepted += 1
                self._turn(guest, meter, changes, None)
            self.send(Kind.READY, json.dumps({"memory_bytes": guest.memory_bytes}).encode())
            while True:
                request = self._requests.get()
                self.send(Kind.FINISHED, self._turn(guest, meter, changes, request))
        except GuestTrapped as trapped:
            self.send(Kind.DEAD, str(trapped).encode(errors="replace")[:4096])
        except Exception as error:  # noqa: BLE001 - the process edge
            reason = f"{type(error).__name__}: {error}"
            self.send(Kind.DEAD, reason.encode(errors="replace")[:4096])
        os._exit(1)

    def _turn(
        self, guest: PythonGuest, meter: _Meter, changes: Changes, request: bytes | None
    ) -> bytes:
        """Run a turn, or with no request a rehearsal, and return what to tell of it."""
        meter.reset()
        changes.mark()
        wall, cpu = time.monotonic(), time.process_time()
        self._enter_guest(True)
        self._began.set()
        try:
            report = guest.rehearse() if request is None else guest.run(request)
        finally:
            self._enter_guest(False)
        measured = {
            "wall_seconds": time.monotonic() - wall,
            "cpu_seconds": time.process_time() - cpu,
            "memory_bytes": guest.memory_bytes,
            "files": changes.since_mark(),
        }
        return wire.join_parts(json.dumps(measured).encode(), report)

    def _enter_guest(self, entered: bool) -> None:
        with self._turning:
            self._in_guest = entered
            self._finished += not entered

    def _interrupt(self, turn: int) -> None:
        """Raise the interrupt until the guest has met it or the turn is over."""
        raised = False
        while True:
            with self._turning:
                if self._finished >= turn or self._guest is None:
                    return
                if self._in_guest:
                    if raised and self._guest.interrupt_taken():
                        return
                    raised = self._guest.interrupt() or raised
            time.sleep(_RETRIP_SECONDS)

    def _tick(self) -> None:
        """Ask turns that take long to send on what they print; sleep while none runs."""
        while True:
            self._began.wait()
            turn = self._accepted
            time.sleep(_TICK_SECONDS)
            with self._turning:
                if not self._in_guest:
                    self._began.clear()
                elif self._accepted == turn and self._guest is not None:
                    self._guest.tick()


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


def main() -> NoReturn:
    """Be a worker that was spawned: the channel is standard input and output."""
    receiving, sending = os.dup(0), os.dup(1)
    if sys.platform == "win32":
        import msvcrt

        for fd in (receiving, sending):
            msvcrt.setmode(fd, os.O_BINARY)
    confine.silence_streams()
    confine.die_with_parent()
    try:
        work(
            DescriptorChannel(receiving, sending),
            lambda order, sink: new_guest(load_module(Path(order.module)), order, sink),
        )
    finally:
        os._exit(1)


if __name__ == "__main__":
    main()
