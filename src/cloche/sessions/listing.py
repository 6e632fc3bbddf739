"""The files of a workspace, listed by the server, also while code runs beside it."""

from __future__ import annotations

import contextlib
import heapq
import os
import stat
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from cloche.description import WorkspaceFile
from cloche.workers.usage import valid_name

CAN_HOLD = os.open in os.supports_dir_fd and os.scandir in os.supports_fd
"""Whether folders can be opened one in the other. Only then may code run meanwhile: it could put a
link in the place of a folder between two looks, and a path would be followed out of the workspace.
"""

_DEEPEST = 64
_LONGEST_PATH = 4096
_MOST_CHARACTERS = 5000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST_SECONDS = 253_402_300_799  # the end of the year 9999


@dataclass(frozen=True)
class Listing:
    """What was found."""

    files: list[WorkspaceFile]
    """The files that were changed last, those first."""

    total: int
    """How many files were seen."""


def list_files(
    workspace: Path, *, most: int, entries: int, by_path: bool = not CAN_HOLD
) -> Listing:
    """List the `most` files that were changed last, of the first `entries` entries.

    Fewer if their paths are long: all of them together have at most 5000 characters.
    Links and what is no file are left out, and what lies 64 folders deep. `by_path` does without
    what not every system has; then no code is to run meanwhile.
    """
    found: list[tuple[int, str, int]] = []
    with contextlib.suppress(OSError), contextlib.ExitStack() as opened:
        scan = _scan_paths(workspace) if by_path else opened.enter_context(_scan_held(workspace))
        for path, status in islice(_walk(scan), entries):
            if stat.S_ISREG(status.st_mode):
                found.append((status.st_mtime_ns, path, status.st_size))
    files: list[WorkspaceFile] = []
    room = _MOST_CHARACTERS
    for modified_ns, path, size in heapq.nlargest(most, found):
        if len(path) <= min(room, _LONGEST_PATH):
            files.append(WorkspaceFile(path=path, size=size, modified_at=_time(modified_ns)))
            room -= len(path)
    return Listing(files, total=len(found))


_Names = tuple[str, ...]
_Entries = Iterator["os.DirEntry[str]"]
_Scan = Callable[[_Names], AbstractContextManager[_Entries]]
"""Opens the folder that these names lead to from the workspace on."""


def _walk(scan: _Scan) -> Generator[tuple[str, os.stat_result]]:
    """Yield what lies in the workspace, and its status; what goes away meanwhile is passed over."""
    ahead: list[_Names] = [()]
    while ahead:
        folder = ahead.pop()
        with contextlib.suppress(OSError), scan(folder) as entries:
            for entry in entries:
                names = (*folder, entry.name)
                try:
                    status = entry.stat(follow_symlinks=False)
                except OSError:
                    continue
                if stat.S_ISDIR(status.st_mode) and len(names) < _DEEPEST:
                    ahead.append(names)
                yield "/".join(map(valid_name, names)), status


@contextmanager
def _scan_held(workspace: Path) -> Generator[_Scan]:
    root = os.open(workspace, os.O_RDONLY | os.O_DIRECTORY)

    @contextmanager
    def scan(names: _Names) -> Generator[_Entries]:
        descriptor = os.dup(root)
        try:
            for name in names:
                flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
                inner = os.open(name, flags, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = inner
            with os.scandir(descriptor) as entries:
                yield entries
        finally:
            os.close(descriptor)

    try:
        yield scan
    finally:
        os.close(root)


def _scan_paths(workspace: Path) -> _Scan:
    return lambda names: os.scandir(workspace.joinpath(*names))


def _time(modified_ns: int) -> datetime:
    """Return the time that a file bears, or the nearest that there is a date for."""
    seconds = min(max(modified_ns // 1_000_000_000, 0), _LATEST_SECONDS)
    return _EPOCH + timedelta(seconds=seconds)
