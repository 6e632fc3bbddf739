"""A lean process that workers are forked from, with everything loaded that they have in common.

Forking it gives a worker in a few milliseconds that shares all it does not change with its
siblings. On Linux that includes a guest, the template: restored from the warm image and rehearsed,
and never used for anything else, so that a worker only moves its copy into folders of its own. No
thread may run when it is forked, because a fork loses it; wasmtime starts some of its own when a
guest first reads or writes a file, and the template does not.

It reads orders from a Unix socket, one line of JSON each, with the worker's channel attached as a
descriptor where one is needed:

    {"fork": id} + descriptor     answered by {"forked": id, "pid": pid}
    {"kill": id}                  the worker is killed
    and, when a worker has ended: {"ended": id, "status": wait status}

When the socket ends, every worker is killed and the process ends.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import selectors
import signal
import socket
import sys
import time
from collections import deque
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import NoReturn

from cloche.engine.module import in_guest_thread, load_module
from cloche.engine.wasi import descriptors_of
from cloche.runtimes.python import GuestFolders, PythonGuest, Silence, TurnSink
from cloche.workers import confine
from cloche.workers.channel import Channel
from cloche.workers.order import Order
from cloche.workers.process import Start, new_guest, work
from cloche.workers.syscalls import share_heap

_READ_BYTES = 4096
_DESCRIPTORS_AT_ONCE = 16

_ALONE_SECONDS = 10.0

_CAN_SHARE_GUEST = sys.platform == "linux"
"""Whether it can be seen here that no thread runs."""


class _ForkServer:
    """Forks, kills and reaps workers as ordered over `control`."""

    def __init__(self, control: socket.socket, start: Start) -> None:
        self._control, self._start = control, start
        self._workers: dict[int, int] = {}
        self._text = b""
        self._channels: deque[int] = deque()
        self._selector = selectors.DefaultSelector()
        self._sigchld, self._sigchld_end = os.pipe()
        for end in (self._sigchld, self._sigchld_end):
            os.set_blocking(end, False)

    def serve(self) -> None:
        """Work until the other end of the control socket is closed, then kill every worker."""
        signal.signal(signal.SIGCHLD, _ignore)
        signal.set_wakeup_fd(self._sigchld_end, warn_on_full_buffer=False)
        self._selector.register(self._control, selectors.EVENT_READ, self._take_orders)
        self._selector.register(self._sigchld, selectors.EVENT_READ, self._reap)
        try:
            while self._serve_ready():
                pass
        finally:
            for pid in self._workers.values():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def _serve_ready(self) -> bool:
        going = True
        for key, _ in self._selector.select():
            going = key.data() and going
        return going

    def _take_orders(self) -> bool:
        """Serve what has arrived; False when the other side is gone."""
        text, channels, _, _ = socket.recv_fds(self._control, _READ_BYTES, _DESCRIPTORS_AT_ONCE)
        if not text:
            return False
        self._channels.extend(channels)
        *lines, self._text = (self._text + text).split(b"\n")
        for line in lines:
            order = json.loads(line)
            if "fork" in order:
                self._fork(order["fork"], self._channels.popleft())
            elif order["kill"] in self._workers:
                # Listed means not reaped, so the number still is this worker's.
                os.kill(self._workers[order["kill"]], signal.SIGKILL)
        return True

    def _fork(self, name: int, channel: int) -> None:
        pid = os.fork()
        if pid == 0:
            self._become_worker(channel)
        os.close(channel)
        self._workers[name] = pid
        self._tell({"forked": name, "pid": pid})

    def _become_worker(self, channel: int) -> NoReturn:
        try:
            confine.die_with_parent()
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            # By name: wasmtime keeps descriptors of its own for the module.
            self._selector.close()
            self._control.close()
            for descriptor in (self._sigchld, self._sigchld_end, *self._channels):
                os.close(descriptor)
            connection = socket.socket(fileno=channel)
            work(Channel(connection, connection.sendall), self._start)
        finally:
            os._exit(1)  # nothing of the parent's may run in the child

    def _reap(self) -> bool:
        with contextlib.suppress(BlockingIOError):
            os.read(self._sigchld, _READ_BYTES)
        for name, pid in list(self._workers.items()):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                del self._workers[name]
                self._tell({"ended": name, "status": status})
        return True

    def _tell(self, message: dict[str, int]) -> None:
        with contextlib.suppress(OSError):
            self._control.sendall(json.dumps(message).encode() + b"\n")


def _ignore(number: int, frame: FrameType | None) -> None:
    """Handle a signal whose only purpose is to end a wait."""


def _starter(order: Order) -> Start:
    """Return how workers come by their guests: by fork, or as new ones of a loaded module."""
    program = load_module(Path(order.module))
    if not _CAN_SHARE_GUEST:
        return lambda order, sink: new_guest(program, order, sink)

    # The template never touches the mounts: each worker opens them anew.
    stand_ins = [
        replace(mount, host=os.path.realpath(f"{order.scratch}/mount-{number}"))
        for number, mount in enumerate(order.mounts)
    ]
    for mount in stand_ins:
        Path(mount.host).mkdir(exist_ok=True)

    def make() -> PythonGuest:
        guest = new_guest(program, replace(order, mounts=stand_ins), Silence())
        guest.thaw()
        guest.rehearse()
        return guest

    template = in_guest_thread(make)
    _wait_until_alone()

    folders = GuestFolders(
        descriptors_of(Path(order.workspace)),
        descriptors_of(Path(order.scratch)),
        [descriptors_of(Path(mount.host)) for mount in stand_ins],
    )

    def settle(order: Order, sink: TurnSink) -> PythonGuest:
        template.settle(
            folders,
            workspace=Path(order.workspace),
            scratch=Path(order.scratch),
            mounts=order.mounts,
            memory_bytes=order.memory_bytes,
            sink=sink,
        )
        return template

    return settle


def _wait_until_alone() -> None:
    """Return when no other thread is left: a joined one still is, for an instant."""
    deadline = time.monotonic() + _ALONE_SECONDS
    while len(list(Path("/proc/self/task").iterdir())) > 1:
        if time.monotonic() > deadline:
            raise RuntimeError("the template started a thread, which a fork would lose")
        time.sleep(0.001)


def main() -> None:
    """Be the process: arguments are the descriptor of the control socket and an order.

    The order is that of a worker which is never made; its folders are the template's.
    """
    control = socket.socket(fileno=int(sys.argv[1]))
    confine.silence_streams()
    confine.die_with_parent()
    confine.give_up()
    share_heap()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    server = _ForkServer(control, _starter(Order.decode(sys.argv[2].encode())))
    gc.collect()
    gc.freeze()  # keeps the collector of each worker from touching, and so copying, shared pages
    server.serve()


if __name__ == "__main__":
    main()
