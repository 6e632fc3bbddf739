"""Files that a turn leaves in the workspace: long output whole, and images.

User code owns the workspace, so nothing in it is relied on: what cannot be written is not
written, and the turn goes on without a path.
"""

import os
import stat
from contextlib import suppress

WORKSPACE = "/workspace"

_open, _write, _close, _unlink = os.open, os.write, os.close, os.unlink
_mkdir, _lstat = os.mkdir, os.lstat


def create(path: str) -> int:
    """Create a new file at `folder/name` below the workspace, and return its descriptor."""
    folder = f"{WORKSPACE}/{path.partition('/')[0]}"
    try:
        if not stat.S_ISDIR(_lstat(folder).st_mode):
            raise NotADirectoryError(folder)
    except FileNotFoundError:
        _mkdir(folder)
    whole = f"{WORKSPACE}/{path}"
    with suppress(FileNotFoundError):
        _unlink(whole)
    return _open(whole, os.O_WRONLY | os.O_CREAT | os.O_EXCL)


def write_all(fd: int, data: bytes) -> None:
    """Write all of `data`."""
    view = memoryview(data)
    while view:
        view = view[_write(fd, view) :]


def save(path: str, data: bytes) -> str | None:
    """Write a whole file below the workspace; None if that cannot be done."""
    try:
        fd = create(path)
    except OSError:
        return None
    try:
        write_all(fd, data)
    except OSError:
        _discard(path)
        return None
    finally:
        _close(fd)
    return path


def _discard(path: str) -> None:
    with suppress(OSError):
        _unlink(f"{WORKSPACE}/{path}")


class Spool:
    """The whole text of a turn: in memory while it is short, in a file once it is long."""

    def __init__(self) -> None:
        self.begin(0, 0)

    def begin(self, turn: int, spool_bytes: int) -> None:
        """Start empty, for a new turn."""
        self._path = f"output/turn-{turn}.txt"
        self._room = spool_bytes
        self._early = bytearray()
        self._fd = -1
        self._usable = True

    def put(self, data: bytes) -> None:
        """Add to the text; what is over the limit of the file is lost."""
        if not self._usable:
            return
        if self._fd < 0:
            self._early += data
            return
        kept = data[: self._room]
        self._room -= len(kept)
        try:
            write_all(self._fd, kept)
            if len(kept) < len(data):
                write_all(self._fd, b"\n[the limit for this file is reached; the rest is lost]\n")
                self._usable = False
        except OSError:
            self._fail()

    def open(self) -> None:
        """From now on the text is long: put it into the file."""
        if self._fd >= 0 or not self._usable:
            return
        try:
            self._fd = create(self._path)
        except OSError:
            self._usable = False
            return
        early, self._early = self._early, bytearray()
        self.put(early)

    def end(self) -> str | None:
        """Close the file; its path in the workspace, or None if there is none."""
        self._early = bytearray()
        self._usable = False
        if self._fd < 0:
            return None
        fd, self._fd = self._fd, -1
        _close(fd)
        return self._path

    def _fail(self) -> None:
        fd, self._fd = self._fd, -1
        self._usable = False
        _close(fd)
        _discard(self._path)
