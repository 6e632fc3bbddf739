"""Links: how the server starts worker processes and holds the other end of their channels.

Where fork exists, workers come from a `forkserver`; elsewhere each is spawned, with its standard
streams as the channel. Both give the same `Link`.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from typing import Protocol

from cloche.errors import WorkerFailed
from cloche.workers.order import Order

CAN_FORK = sys.platform in {"linux", "darwin"}

Received = Callable[[bytes], None]
Closed = Callable[[], None]


class Link(Protocol):
    """The server's end of one worker process."""

    pid: int
    """Number of the process; 0 until it is known."""

    def send(self, data: bytes) -> None:
        """Queue bytes for the worker; bytes for a worker that is gone are dropped."""
        ...

    def kill(self) -> None:
        """Have the process ended at once; a process that is gone is no error."""
        ...

    async def ended(self) -> None:
        """Return when the process is gone."""
        ...


class Starter(Protocol):
    """Starts worker processes."""

    async def start(self, received: Received, closed: Closed) -> Link:
        """Start a process; raises `WorkerFailed`.

        `received` gets what the worker sends, `closed` is called once when its end is closed.
        """
        ...

    async def close(self) -> None:
        """End every process that was started, and return when they are gone."""
        ...


def worker_environment() -> dict[str, str]:
    """Return the variables of a worker: none, but those without which Python does not start."""
    kept = ("SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
    return {name: os.environ[name] for name in kept if name in os.environ}


def worker_command(module: str, *arguments: str) -> list[str]:
    """Return the command that runs a module of ours as a worker process."""
    return [sys.executable, "-I", "-m", module, *arguments]


class _Wires(asyncio.SubprocessProtocol, asyncio.Protocol):
    """Hands on what arrives, from a socket or from a process's standard output."""

    def __init__(self, received: Received, closed: Closed) -> None:
        self._received, self._closed = received, closed
        self._open = True
        self._transport: asyncio.BaseTransport | None = None
        self.ended = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received(data)

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        self._received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._close()

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        self._close()

    def process_exited(self) -> None:
        self.ended.set()
        if self._transport is not None:
            self._transport.close()

    def _close(self) -> None:
        if self._open:
            self._open = False
            self._closed()


class ForkStarter:
    """Starts workers by forking a lean process that has everything loaded."""

    def __init__(self, order: Order) -> None:
        """`order` is that of a worker in folders which no session ever gets."""
        self._order = order
        self._names = itertools.count(1)
        self._server: asyncio.subprocess.Process | None = None
        self._control: asyncio.Transport | None = None
        self._socket: socket.socket | None = None
        self._workers: dict[int, _ForkLink] = {}
        self._text = b""
        self._closed = False
        self._starting = asyncio.Lock()  # one fork server, however many ask for it at once

    async def start(self, received: Received, closed: Closed) -> Link:
        """Fork a worker; raises `WorkerFailed`."""
        control = await self._fork_server()
        name = next(self._names)
        try:
            ours, theirs = socket.socketpair()
        except OSError as error:
            raise WorkerFailed(f"a worker could not be reached: {error}") from error
        ours.setblocking(False)
        worker = self._workers[name] = _ForkLink(name, self.kill)
        try:
            with theirs:
                message = json.dumps({"fork": name}).encode() + b"\n"
                socket.send_fds(control, [message], [theirs.fileno()])
            # The worker need not be there yet: what is sent waits for it.
            worker.transport, _ = await asyncio.get_running_loop().create_connection(
                lambda: _Wires(received, closed), sock=ours
            )
        except BaseException as error:
            ours.close()
            self.kill(name)
            if isinstance(error, OSError):
                raise WorkerFailed(f"the fork server is gone: {error}") from error
            raise
        return worker

    async def close(self) -> None:
        """End every worker and the fork server."""
        async with self._starting:
            self._closed = True
            if self._control is not None:
                self._control.close()
            if self._server is not None:
                await self._server.wait()

    def kill(self, name: int) -> None:
        """Order the death of a worker."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.sendall(json.dumps({"kill": name}).encode() + b"\n")

    async def _fork_server(self) -> socket.socket:
        async with self._starting:
            if self._closed:
                raise WorkerFailed("the pool is closed")
            if self._socket is None:
                try:
                    self._socket = await self._start_fork_server()
                except OSError as error:
                    raise WorkerFailed(f"no fork server could be started: {error}") from error
            return self._socket

    async def _start_fork_server(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                self._server = await asyncio.create_subprocess_exec(
                    *worker_command(
                        "cloche.workers.forkserver",
                        str(theirs.fileno()),
                        self._order.encode().decode(),
                    ),
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    env=worker_environment(),
                    cwd="/",
                    start_new_session=True,
                )
            reading = ours.dup()
            reading.setblocking(False)
            self._control, _ = await asyncio.get_running_loop().create_connection(
                lambda: _Wires(self._heard, self._lost), sock=reading
            )
            ours.setblocking(True)  # both have one mode: asyncio reads only what is there
        except BaseException:
            ours.close()
            raise
        return ours

    def _heard(self, data: bytes) -> None:
        *lines, self._text = (self._text + data).split(b"\n")
        for line in lines:
            message: dict[str, int] = json.loads(line)
            if "forked" in message:
                self._workers[message["forked"]].pid = message["pid"]
            elif worker := self._workers.pop(message["ended"], None):
                worker.has_ended()

    def _lost(self) -> None:
        """The fork server is gone, and with it every worker; the next start makes a new one."""
        for worker in self._workers.values():
            worker.has_ended()
        self._workers.clear()
        self._text = b""  # half a line of its is no beginning of the next one's
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class _ForkLink:
    """A link to a forked worker."""

    def __init__(self, name: int, kill: Callable[[int], None]) -> None:
        self.pid = 0
        self.transport: asyncio.Transport | None = None
        self._name, self._kill = name, kill
        self._ended = asyncio.Event()

    def send(self, data: bytes) -> None:
        if self.transport is not None:
            self.transport.write(data)

    def kill(self) -> None:
        self._kill(self._name)
        self._disconnect()

    def has_ended(self) -> None:
        """Note that the process is gone."""
        self._ended.set()
        self._disconnect()

    def _disconnect(self) -> None:
        if self.transport is not None:
            self.transport.abort()

    async def ended(self) -> None:
        await self._ended.wait()


class SpawnStarter:
    """Starts each worker as a process of its own: slower, and possible on every system."""

    def __init__(self) -> None:
        self._links: set[_SpawnLink] = set()
        self._closed = False

    async def start(self, received: Received, closed: Closed) -> Link:
        """Spawn a worker; raises `WorkerFailed`."""
        if self._closed:
            raise WorkerFailed("the pool is closed")
        try:
            transport, wires = await asyncio.get_running_loop().subprocess_exec(
                lambda: _Wires(received, closed),
                *worker_command("cloche.workers.process"),
                stderr=subprocess.DEVNULL,
                env=worker_environment(),
                start_new_session=True,
            )
        except OSError as error:
            raise WorkerFailed(f"a worker could not be started: {error}") from error
        link = _SpawnLink(transport, wires)
        self._links = {each for each in self._links if not each.wires.ended.is_set()} | {link}
        if self._closed:  # while it was started
            link.kill()
        return link

    async def close(self) -> None:
        """End every worker."""
        self._closed = True
        for link in self._links:
            link.kill()
        for link in self._links:
            await link.ended()


class _SpawnLink:
    """A link to a spawned worker."""

    def __init__(self, transport: asyncio.SubprocessTransport, wires: _Wires) -> None:
        self.pid = transport.get_pid()
        self.wires = wires
        self._transport = transport
        self._killed = False

    def send(self, data: bytes) -> None:
        stdin = self._transport.get_pipe_transport(0)
        if isinstance(stdin, asyncio.WriteTransport):
            stdin.write(data)

    def kill(self) -> None:
        # Once only: the second would find the process reaped, and its number perhaps another's.
        if not self._killed and self._transport.get_returncode() is None:
            self._killed = True
            with contextlib.suppress(ProcessLookupError):
                self._transport.kill()

    async def ended(self) -> None:
        await self.wires.ended.wait()
