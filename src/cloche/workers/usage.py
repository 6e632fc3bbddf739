"""What the files of a session take on the disk: a walk over its folders that stays finite."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import stat
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

if sys.platform != "win32":
    import resource

_DEPTH = 64
"""Entries of a folder this deep count twice, of one twice as deep thrice: they are far to reach."""

_FAR_BYTES = 3800
"""A path this long, with a name at its end, may be more than the system takes at once."""

_MOST_CHARACTER_BYTES = 4

_MOST_DESCRIPTORS = 1024

_HAS_BLOCKS = hasattr(os.stat_result, "st_blocks")
_BLOCK_BYTES = 512

_BREATH = 256
"""After how many entries a walk asks whether to go on."""

_MISSED = (errno.EMFILE, errno.ENFILE, errno.ENOENT)


@dataclass(frozen=True)
class Usage:
    """What files take."""

    bytes: int
    """Space on the disk: less than the length of a sparse file."""

    files: int
    """Files, folders and links."""

    def exceeds(self, bound: Usage) -> bool:
        """Whether either figure is above that of `bound`."""
        return self.bytes > bound.bytes or self.files > bound.files


@dataclass
class Look:
    """What one walk saw."""

    files: dict[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])
    """Size, and time of change in nanoseconds, of files in the first folder, by path."""

    complete: bool = True
    """Whether `files` has all of them."""

    blind: bool = False
    """Whether folders were missed: no descriptor was left, or they were moved meanwhile."""

    usage: Usage = field(default_factory=lambda: Usage(0, 0))
    """What everything takes, or what that had come to when the walk stopped."""


def walk(
    folders: Sequence[Path],
    *,
    entries: int,
    bound: Usage,
    nameless_bytes: int = 0,
    go_on: Callable[[], bool] = lambda: True,
) -> Look:
    """Look at everything in `folders`, also while it changes.

    Stops once above `bound`, or when it is not to `go_on`. `files` has what is among the first
    `entries` of the first folder. A file with several names counts once.
    """
    look = Look()
    files, complete = look.files, True
    taken, count, seen = nameless_bytes, 0, 0
    linked: set[tuple[int, int]] = set()
    for number, folder in enumerate(folders):
        named = number == 0
        ahead = [("", str(folder), 0)]
        while ahead:
            prefix, path, depth = ahead.pop()
            weight = 1 + depth // _DEPTH
            try:
                with _scan(path) as found:
                    for entry in found:
                        seen += 1
                        count += weight
                        if named and seen > entries:
                            complete = named = False
                        try:
                            status = entry.stat(follow_symlinks=False)
                        except FileNotFoundError:
                            complete = False
                            continue
                        # Links are never followed: they may lead out of the workspace.
                        if stat.S_ISDIR(status.st_mode):
                            name = f"{prefix}{valid_name(entry.name)}/" if named else ""
                            ahead.append((name, f"{path}/{entry.name}", depth + 1))
                        elif named and stat.S_ISREG(status.st_mode):
                            files[prefix + valid_name(entry.name)] = (
                                status.st_size,
                                status.st_mtime_ns,
                            )
                        if status.st_nlink < 2 or _is_new(status, linked):
                            taken += _space_of(status)
                        if taken > bound.bytes or count > bound.files:
                            complete, ahead = False, []
                            break
                        if seen % _BREATH == 0 and not go_on():
                            complete, ahead = False, []
                            break
            except OSError as error:
                complete = False
                look.blind = look.blind or error.errno in _MISSED
    look.complete, look.usage = complete, Usage(taken, count)
    return look


class Nameless:
    """Finds what files take that this process has open and that were deleted. POSIX.

    Where a file that is open cannot be deleted, there are none.
    """

    def __init__(self, mounts: Sequence[str] = ()) -> None:
        """Leave out what is open now; that must stay open. Leave out what was in `mounts`."""
        self._mounts = [f"{mount.rstrip('/')}/" for mount in mounts]
        self._poll: select.poll | None = None
        self._polling = threading.Lock()  # a poll object refuses a second thread
        if sys.platform != "win32":
            most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
            self._polled = set(range(min(most, _MOST_DESCRIPTORS)))
            poll = self._poll = select.poll()
            for descriptor in self._polled:
                poll.register(descriptor, 0)
            closed = {descriptor for descriptor, _ in poll.poll(0)}
            for descriptor in self._polled - closed:
                poll.unregister(descriptor)
            self._polled = closed

    def bytes(self) -> int:
        """Return how much that is; one system call while nothing more is open."""
        if self._poll is None:
            return 0
        with self._polling:
            closed = self._poll.poll(0)  # which tells of those that are closed, and of no others
        taken = 0
        if len(closed) < len(self._polled):
            seen: set[tuple[int, int]] = set()
            for descriptor in self._polled.difference(number for number, _ in closed):
                with contextlib.suppress(OSError):  # closed by now
                    status = os.fstat(descriptor)
                    unnamed = status.st_nlink == 0 and stat.S_ISREG(status.st_mode)
                    if unnamed and _is_new(status, seen) and not self._was_mounted(descriptor):
                        taken += _space_of(status)
        return taken

    def _was_mounted(self, descriptor: int) -> bool:
        """Whether an open file was in a mount; False where the system does not tell."""
        if not self._mounts or sys.platform != "linux":
            return False
        path = str(Path(f"/proc/self/fd/{descriptor}").readlink())
        return path.startswith(tuple(self._mounts))


def _is_new(status: os.stat_result, seen: set[tuple[int, int]]) -> bool:
    """Whether a file was not met by another name; folders have several from their own entries."""
    if stat.S_ISDIR(status.st_mode):
        return True
    identity = (status.st_dev, status.st_ino)
    if identity in seen:
        return False
    seen.add(identity)
    return True


if _HAS_BLOCKS:

    def _space_of(status: os.stat_result) -> int:
        return status.st_blocks * _BLOCK_BYTES

else:

    def _space_of(status: os.stat_result) -> int:
        return status.st_size


def _scan(path: str) -> os._ScandirIterator[str]:  # pyright: ignore[reportPrivateUsage]
    near = len(path) * _MOST_CHARACTER_BYTES < _FAR_BYTES or len(os.fsencode(path)) < _FAR_BYTES
    if near or sys.platform == "win32":
        return os.scandir(path)
    descriptor = _open_far(path)
    try:
        return os.scandir(descriptor)  # which copies it
    finally:
        os.close(descriptor)


def _open_far(path: str) -> int:
    """Open a folder whose path is longer than the system takes, a part of it at a time."""
    parts = path.split("/")
    descriptor: int | None = None
    while parts:
        near, size = 0, 0
        while near < len(parts) and size < _FAR_BYTES:
            size += len(os.fsencode(parts[near])) + 1
            near += 1
        further = os.open("/".join(parts[:near]) or "/", os.O_RDONLY, dir_fd=descriptor)
        if descriptor is not None:
            os.close(descriptor)
        descriptor, parts = further, parts[near:]
    if descriptor is None:
        raise FileNotFoundError(errno.ENOENT, path)
    return descriptor


def valid_name(name: str) -> str:
    """Return a name that is valid Unicode: the host may have put a file with another there."""
    return name.encode(errors="surrogateescape").decode(errors="replace")
