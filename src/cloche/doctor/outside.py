"""What lies outside of every wall, to be reached for."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Outside:
    """A file, a folder and two listeners that no guest may reach, and a folder to be read."""

    folder: Path
    readable: Path
    secret: Path
    tcp_port: int
    unix_socket: str


@contextmanager
def outside() -> Generator[Outside]:
    """Make them for the time of a `with`."""
    with tempfile.TemporaryDirectory(prefix="cloche-doctor-") as name, socket.socket() as tcp:
        folder = Path(name).resolve()
        secret = folder / "secret"
        secret.write_text(os.urandom(8).hex())
        readable = folder / "readable"
        readable.mkdir()
        tcp.bind(("127.0.0.1", 0))
        tcp.listen()
        path = ""
        with socket.socket(getattr(socket, "AF_UNIX", socket.AF_INET)) as unix:
            if hasattr(socket, "AF_UNIX"):
                path = str(folder / "socket")
                unix.bind(path)
                unix.listen()
            yield Outside(folder, readable, secret, tcp.getsockname()[1], path)
