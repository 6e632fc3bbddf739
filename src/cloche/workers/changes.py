"""What a turn changed in its workspace, and what its files take; found by looking at them."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, TypedDict

from cloche.workers.usage import Look, Nameless, Usage, walk

_CLOCK_REALTIME_COARSE = 5
"""Linux's own number; Python has no name for it."""

_SLACK_BYTES = 256 * 1024
"""What a turn may add that begins above the bound: file systems move some of it by themselves."""

_HOPELESS = 2
_HOPELESS_BYTES = 1024**3
_HOPELESS_FILES = 10_000
"""Above twice the bound and this much more, no code runs beside the files: it could go on so."""


class Change(TypedDict):
    """One file that a turn touched, in the form of `outcome.FileChange`."""

    path: str
    change: Literal["created", "modified", "deleted"]
    size: int


class Changes:
    """Compares the folders of a session with how they were at the last mark."""

    def __init__(
        self,
        workspace: Path,
        scratch: Path,
        *,
        entries: int,
        most: int,
        bound: Usage,
        mounts: Sequence[str] = (),
    ) -> None:
        """Watch both folders' use of the disk, and what changes in the workspace.

        `entries` files and folders of that are looked at, and `most` changes named at most. What
        the files take is counted on beyond `entries`, up to somewhat more than twice the `bound`.
        Files that were deleted from folders in `mounts` do not count.
        """
        self._workspace = workspace
        self._folders = [workspace, scratch]
        self._entries = entries
        self._most = most
        self._bound = bound
        self._mounts = mounts
        self._ceiling = Usage(
            _HOPELESS * bound.bytes + _HOPELESS_BYTES, _HOPELESS * bound.files + _HOPELESS_FILES
        )
        self._before = Look()
        self._marked_ns = 0
        self._nameless: Nameless | None = None
        self._nameless_bytes = 0
        # The guest may hold every other descriptor that this process can have. One is for looks
        # between turns; the other for those meanwhile, when the guest may be faster to take it.
        self._reserve = _Reserve()
        self._reserve_meanwhile = _Reserve()
        self._allowed = bound
        self.usage = Usage(0, 0)
        """What the files took when they were last looked at between turns."""

    def mark(self) -> None:
        """Remember how everything is now; the first time, also what the process itself has open."""
        if self._nameless is None:
            self._nameless = Nameless(self._mounts)
        self._marked_ns = _now_ns()
        self._before = self._look()
        start = self.usage = self._before.usage
        self._allowed = Usage(
            max(self._bound.bytes, start.bytes + _SLACK_BYTES), max(self._bound.files, start.files)
        )

    @property
    def hopeless(self) -> bool:
        """Whether the files were so far above the bound at the mark that no turn is to run."""
        return self.usage.exceeds(self._ceiling)

    @property
    def exceeded(self) -> bool:
        """Whether the files take more than the bound, and more than at the mark."""
        return self.usage.exceeds(self._allowed)

    def look_meanwhile(self, go_on: Callable[[], bool]) -> Look:
        """Look at what the files take while a turn runs, as far as needed to tell `allows`."""
        with self._reserve_meanwhile:
            return walk(
                self._folders,
                entries=0,
                bound=self._allowed,
                nameless_bytes=self._nameless.bytes() if self._nameless else 0,
                go_on=go_on,
            )

    def allows(self, look: Look) -> bool:
        """Whether what was seen is within the bound, or no more than at the mark."""
        return not look.usage.exceeds(self._allowed)

    def since_mark(self) -> list[Change]:
        """Return what differs, by path; a file counts as modified when size or time differ.

        Where not all could be looked at, only what is certain is told.
        """
        self._nameless_bytes = self._nameless.bytes() if self._nameless else 0
        after, before = self._look(), self._before
        self.usage = after.usage
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

    def _look(self) -> Look:
        look = self._look_around()
        if look.blind:
            with self._reserve:
                look = self._look_around()
        return look

    def _look_around(self) -> Look:
        return walk(
            self._folders,
            entries=self._entries,
            bound=self._ceiling,
            nameless_bytes=self._nameless_bytes,
        )


class _Reserve:
    """A descriptor kept back, and given up for the time of a `with`."""

    def __init__(self) -> None:
        self._descriptor: int | None = None
        self._take()

    def __enter__(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)

    def __exit__(self, *_: object) -> None:
        self._take()

    def _take(self) -> None:
        try:
            self._descriptor = os.open(os.devnull, os.O_RDONLY)
        except OSError:  # the guest was faster
            self._descriptor = None


def _now_ns() -> int:
    """Return the time that a file changed now would carry: a coarser clock than the usual."""
    if sys.platform == "linux":
        return time.clock_gettime_ns(_CLOCK_REALTIME_COARSE)
    return time.time_ns()
