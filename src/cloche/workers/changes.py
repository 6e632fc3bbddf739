"""What a turn changed in its workspace, found by looking at names, sizes and times."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, TypedDict

Seen = dict[str, tuple[int, int]]
"""Size and time of change in nanoseconds, by path."""


class Change(TypedDict):
    """One file that a turn touched, in the form of `outcome.FileChange`."""

    path: str
    change: Literal["created", "modified", "deleted"]
    size: int


class Changes:
    """Compares a workspace with how it was at the last mark."""

    def __init__(self, workspace: Path, entries: int) -> None:
        """Look at `entries` files and folders at most; what is beyond goes unnoticed."""
        self._workspace = str(workspace)
        self._entries = entries
        self._before: Seen = {}

    def mark(self) -> None:
        """Remember how the workspace is now."""
        self._before = self._look()

    def since_mark(self) -> list[Change]:
        """Return what differs, by path; a file counts as modified when size or time differ."""
        after, before = self._look(), self._before
        found: list[Change] = []
        for path in sorted(after.keys() | before.keys()):
            if path not in after:
                found.append({"path": path, "change": "deleted", "size": 0})
            elif path not in before:
                found.append({"path": path, "change": "created", "size": after[path][0]})
            elif after[path] != before[path]:
                found.append({"path": path, "change": "modified", "size": after[path][0]})
        return found

    def _look(self) -> Seen:
        seen: Seen = {}
        folders = [("", self._workspace)]
        left = self._entries
        while folders:
            prefix, folder = folders.pop()
            try:
                with os.scandir(folder) as entries:
                    for entry in entries:
                        left -= 1
                        if left < 0:
                            return seen
                        # Links are never followed: they may lead out of the workspace.
                        if entry.is_dir(follow_symlinks=False):
                            folders.append((f"{prefix}{_shown(entry.name)}/", entry.path))
                        elif entry.is_file(follow_symlinks=False):
                            status = entry.stat(follow_symlinks=False)
                            seen[prefix + _shown(entry.name)] = (status.st_size, status.st_mtime_ns)
            except OSError:
                continue  # it went away while we looked
        return seen


def _shown(name: str) -> str:
    """Return a name that is valid Unicode: the host may have put a file with another there."""
    return name.encode(errors="surrogateescape").decode(errors="replace")
