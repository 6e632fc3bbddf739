"""What a turn changed in its workspace, found by looking at names, sizes and times."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypedDict

_CLOCK_REALTIME_COARSE = 5
"""Linux's own number; Python has no name for it."""


class Change(TypedDict):
    """One file that a turn touched, in the form of `outcome.FileChange`."""

    path: str
    change: Literal["created", "modified", "deleted"]
    size: int


@dataclass
class _Look:
    """What was seen of a workspace: size and time of change in nanoseconds, by path."""

    files: dict[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])
    complete: bool = True


class Changes:
    """Compares a workspace with how it was at the last mark."""

    def __init__(self, workspace: Path, *, entries: int, most: int) -> None:
        """Look at `entries` files and folders at most, and name at most `most` changes."""
        self._workspace = workspace
        self._entries = entries
        self._most = most
        self._before = _Look()
        self._marked_ns = 0
        # The guest may hold every other descriptor that this process can have.
        self._reserve = os.open(os.devnull, os.O_RDONLY)

    def mark(self) -> None:
        """Remember how the workspace is now."""
        self._marked_ns = _now_ns()
        self._before = self._look()

    def since_mark(self) -> list[Change]:
        """Return what differs, by path; a file counts as modified when size or time differ.

        Where not all could be looked at, only what is certain is told.
        """
        after, before = self._look(), self._before
        found: list[Change] = []
        for path in sorted(after.files.keys() | before.files.keys()):
            if len(found) == self._most:
                break
            if path not in after.files:
                if after.complete or self._is_gone(path):
                    found.append({"path": path, "change": "deleted", "size": 0})
            elif path not in before.files:
                size, changed_ns = after.files[path]
                if before.complete or changed_ns >= self._marked_ns:
                    found.append({"path": path, "change": "created", "size": size})
            elif after.files[path] != before.files[path]:
                found.append({"path": path, "change": "modified", "size": after.files[path][0]})
        return found

    def _is_gone(self, path: str) -> bool:
        return not os.path.lexists(self._workspace / path)

    def _look(self) -> _Look:
        look = self._look_around()
        if not look.complete:
            os.close(self._reserve)
            try:
                look = self._look_around()
            finally:
                self._reserve = os.open(os.devnull, os.O_RDONLY)
        return look

    def _look_around(self) -> _Look:
        look = _Look()
        folders = [("", str(self._workspace))]
        left = self._entries
        while folders:
            prefix, folder = folders.pop()
            try:
                with os.scandir(folder) as entries:
                    for entry in entries:
                        left -= 1
                        if left < 0:
                            look.complete = False
                            return look
                        name = prefix + _shown(entry.name)
                        # Links are never followed: they may lead out of the workspace.
                        if entry.is_dir(follow_symlinks=False):
                            folders.append((name + "/", entry.path))
                        elif entry.is_file(follow_symlinks=False):
                            status = entry.stat(follow_symlinks=False)
                            look.files[name] = (status.st_size, status.st_mtime_ns)
            except OSError:
                look.complete = False  # no descriptor left, say, or a folder without permission
        return look


def _now_ns() -> int:
    """Return the time that a file changed now would carry: a coarser clock than the usual."""
    if sys.platform == "linux":
        return time.clock_gettime_ns(_CLOCK_REALTIME_COARSE)
    return time.time_ns()


def _shown(name: str) -> str:
    """Return a name that is valid Unicode: the host may have put a file with another there."""
    return name.encode(errors="surrogateescape").decode(errors="replace")
