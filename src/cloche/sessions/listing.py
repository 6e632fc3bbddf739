"""The files of a workspace as a session's description has them: those changed last."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cloche.description import WorkspaceFile
from cloche.sessions.files import walk_files
from cloche.workers.usage import valid_name

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


def newest_files(workspace: Path, *, most: int, entries: int) -> Listing:
    """List the `most` files that were changed last, of the first `entries` entries of a walk.

    Fewer if their paths are long: all of them together have at most 5000 characters.
    """
    found = [
        (file.modified_at, valid_name(file.path), file.size)
        for file in walk_files(workspace, entries=entries)
    ]
    files: list[WorkspaceFile] = []
    room = _MOST_CHARACTERS
    for modified_at, path, size in heapq.nlargest(most, found):
        if len(path) <= room:
            files.append(WorkspaceFile(path=path, size=size, modified_at=_time(modified_at)))
            room -= len(path)
    return Listing(files, total=len(found))


def _time(modified_at: float) -> datetime:
    """Return the time that a file bears, or the nearest that there is a date for."""
    return _EPOCH + timedelta(seconds=int(min(max(modified_at, 0), _LATEST_SECONDS)))
