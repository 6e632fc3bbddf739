"""Watching: who hears when files of sessions change, and what they hear."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cloche.limits import Limits
from cloche.outcome import FileChange, Outcome


@dataclass(frozen=True)
class FilesChanged:
    """Files of a session have changed."""

    session_id: str
    owner: str
    """Whose session it is; nobody else may be told."""

    files: Sequence[FileChange] | None
    """Which; None: any of them, because the session is new, was reset, or is gone."""


Watcher = Callable[[FilesChanged], None]


class Watchers:
    """Those who want to hear of changes, in the order in which they came."""

    def __init__(self) -> None:
        self._watchers: dict[object, Watcher] = {}
        self.at_end: list[Callable[[], None]] = []
        """What is to be called once no more changes are told of, because the server ends."""

    def add(self, watcher: Watcher) -> Callable[[], None]:
        """Have `watcher` called at each change, on the event loop, until what is returned is.

        It must not block or raise.
        """
        key = object()
        self._watchers[key] = watcher

        def remove() -> None:
            self._watchers.pop(key, None)

        return remove

    def tell(self, change: FilesChanged) -> None:
        """Call everyone."""
        for watcher in list(self._watchers.values()):
            watcher(change)

    def end(self) -> None:
        """Call what is to be called at the end."""
        for call in self.at_end:
            call()

    def __len__(self) -> int:
        return len(self._watchers)


def changed_files(outcome: Outcome, limits: Limits) -> Sequence[FileChange] | None:
    """Return which files a turn has changed, or None if its outcome does not name them all."""
    complete = outcome.state == "kept" and len(outcome.files) < limits.changed_files
    return outcome.files if complete else None
