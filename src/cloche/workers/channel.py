"""Channels: the worker's end of its connection to the server, a socket or a pair of pipes."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable


class Channel:
    """The worker's end of its connection to the server."""

    def __init__(self, receiving: socket.socket, send: Callable[[bytes], object]) -> None:
        self._receiving = receiving
        self.send = send
        """Sends all of it, or raises OSError."""

    def fileno(self) -> int:
        """Return what `select` takes for this channel."""
        return self._receiving.fileno()

    def receive(self) -> bytes:
        """Return what has arrived, as soon as there is something; empty when nobody is left."""
        try:
            return self._receiving.recv(65536)
        except OSError:
            return b""

    def confined(self) -> None:
        """Start what threads the channel needs: each is confined only if it starts after that."""


class PipeChannel(Channel):
    """A channel of two pipes, as a spawned worker has it.

    A thread pumps what arrives into a socket, because `select` takes no pipes on Windows.
    """

    def __init__(self, receiving: int, sending: int) -> None:
        self._pipe = receiving
        self._inside, outside = socket.socketpair()
        self._pumped = False
        super().__init__(outside, lambda data: _write_all(sending, data))

    def receive(self) -> bytes:
        """Return what has arrived, from the pipe itself while nothing pumps."""
        return super().receive() if self._pumped else os.read(self._pipe, 65536)

    def confined(self) -> None:
        """Start to pump."""
        self._pumped = True
        threading.Thread(target=self._pump, daemon=True).start()

    def _pump(self) -> None:
        while data := os.read(self._pipe, 65536):
            self._inside.sendall(data)
        self._inside.close()


def _write_all(sending: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(sending, view) :]
