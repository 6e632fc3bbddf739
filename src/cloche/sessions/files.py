"""Files of a workspace, looked at from outside while a guest may be changing them.

The guest is hostile and may be running: it can put a link in the place of a folder at any moment.
So no path is checked first and used later. Where the system has it, each part of a path is opened
within the folder opened before, and never through a link; elsewhere a file is opened by its path,
and then the system says which file that is. Links are not followed, also not within the workspace:
neither listed nor read.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections import deque
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from cloche.errors import InvalidRequest, UnknownFile
from cloche.sessions.final_path import final_path, literal

_PORTABLE = os.open not in os.supports_dir_fd or os.scandir not in os.supports_fd

_LONGEST_PATH = 4096
_LONGEST_LISTED = 1024
_PART_BYTES = 1024 * 1024

_OURS = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EIO)
"""What the caller's path has no part in."""

_FILE = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)  # a pipe without a writer is not waited for
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_NOINHERIT", 0)
)
_FOLDER = _FILE | getattr(os, "O_DIRECTORY", 0)


@dataclass(frozen=True)
class File:
    """A file of a workspace."""

    path: str
    """Relative to the workspace, with forward slashes; bytes that are no Unicode as `os.fsdecode`
    has them."""

    size: int
    """In bytes."""

    modified_at: float
    """In seconds since 1970."""


def walk_files(workspace: Path, *, entries: int, portable: bool = _PORTABLE) -> Generator[File]:
    """Yield files: those of a folder by name, then those of its subfolders.

    At most `entries` files and folders are looked at, folders nested n deep counting n times.
    Files with a path of more than 1,024 characters are left out. A workspace that is gone has none.
    """
    scan = _scan_by_path if portable else _scan_within
    ahead: deque[tuple[str, ...]] = deque([()])
    while ahead and entries > 0:
        folder = ahead.popleft()
        entries -= len(folder)
        try:
            for name, status in scan(workspace, folder, entries):
                entries -= 1
                path = "/".join((*folder, name))
                if len(path) > _LONGEST_LISTED:
                    continue
                if stat.S_ISDIR(status.st_mode):
                    ahead.append((*folder, name))
                elif stat.S_ISREG(status.st_mode):
                    yield File(path, status.st_size, status.st_mtime)
        except OSError:  # gone, or no folder any more
            continue


def list_files(
    workspace: Path, *, most: int, entries: int, portable: bool = _PORTABLE
) -> list[File]:
    """Return the first `most` files of a walk."""
    return list(islice(walk_files(workspace, entries=entries, portable=portable), most))


def read_file(workspace: Path, path: str, *, most_bytes: int, portable: bool = _PORTABLE) -> bytes:
    """Return what is in a file; what a guest writes meanwhile may be in it or not.

    Raises `UnknownFile` for what is no file of the workspace, `InvalidRequest` for one of more than
    `most_bytes`, without reading it, and OSError when the disk or the system fails.
    """
    open_file = _open_by_path if portable else _open_within
    try:
        descriptor = open_file(workspace, _parts(path))
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno in _OURS:
            raise
        raise UnknownFile(path) from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise UnknownFile(path)
        data = b"" if status.st_size > most_bytes else _read(descriptor, most_bytes + 1)
        size = max(status.st_size, len(data))
    finally:
        os.close(descriptor)
    if size > most_bytes:
        raise InvalidRequest(
            f"{path!r} has {size} bytes, and {most_bytes} are served at most; read a part of it "
            "with code, or write that part to a file of its own"
        )
    return data


def _parts(path: str) -> Sequence[str]:
    parts = path.split("/")
    if len(path) > _LONGEST_PATH or any(part in {"", ".", ".."} or "\0" in part for part in parts):
        raise ValueError(path)
    return parts


def _read(descriptor: int, most: int) -> bytes:
    parts: list[bytes] = []
    while most > 0 and (part := os.read(descriptor, min(most, _PART_BYTES))):
        parts.append(part)
        most -= len(part)
    return b"".join(parts)


# Where folders can be opened, and names looked up in them.


def _open_within(workspace: Path, parts: Sequence[str]) -> int:
    with _folder_within(workspace, parts[:-1]) as folder:
        return os.open(parts[-1], _FILE, dir_fd=folder)


@contextmanager
def _folder_within(workspace: Path, parts: Sequence[str]) -> Generator[int]:
    """Open a folder, with no more than two descriptors at a time, however deep it lies."""
    folder = os.open(workspace, _FOLDER)
    try:
        for part in parts:
            deeper = os.open(part, _FOLDER, dir_fd=folder)
            os.close(folder)
            folder = deeper
        yield folder
    finally:
        os.close(folder)


def _scan_within(
    workspace: Path, parts: Sequence[str], most: int
) -> Generator[tuple[str, os.stat_result]]:
    with _folder_within(workspace, parts) as folder:
        for name in _names(folder, most):
            try:
                yield name, os.stat(name, dir_fd=folder, follow_symlinks=False)
            except FileNotFoundError:
                continue


def _names(folder: int | str, most: int) -> list[str]:
    names: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if len(names) == most:
                break
            names.append(entry.name)
    return sorted(names)


# Where they cannot.


def _open_by_path(workspace: Path, parts: Sequence[str]) -> int:
    if sys.platform == "win32" and any(set(part) & {"\\", ":"} for part in parts):
        raise ValueError(parts)  # a further separator, and the sign of a stream within a file
    path = os.path.join(literal(workspace), *parts)  # noqa: PTH118 - a Path would change the names
    descriptor = os.open(path, _FILE)
    inside = False
    try:
        inside = os.path.normcase(final_path(descriptor)) == os.path.normcase(path)
    finally:
        if not inside:
            os.close(descriptor)
    if not inside:
        raise FileNotFoundError(path)
    return descriptor


def _scan_by_path(
    workspace: Path, parts: Sequence[str], most: int
) -> Generator[tuple[str, os.stat_result]]:
    folder = os.path.join(literal(workspace), *parts)  # noqa: PTH118
    for name in _names(folder, most):
        try:
            status = os.lstat(f"{folder}{os.sep}{name}")
            if stat.S_ISREG(status.st_mode):  # and in the workspace: the folder may be a link
                descriptor = _open_by_path(workspace, (*parts, name))
                try:
                    status = os.fstat(descriptor)
                finally:
                    os.close(descriptor)
        except (OSError, ValueError):
            continue
        yield name, status
