"""Homes: the folders of each session, their making and their removal."""

from __future__ import annotations

import contextlib
import secrets
import shutil
from pathlib import Path
from typing import Self

from filelock import FileLock, Timeout

from cloche.workers.pool import Home

_ID_BYTES = 20
_LOCK = "lock"


def session_id(home: Home) -> str:
    """Return the id of the session that lives in `home`: the name of its folder."""
    return home.workspace.parent.name


class Homes:
    """The homes of one server process, in a folder that others can tell to be in use.

    A server that was killed cannot tidy up; the next one to start removes what it left.
    """

    def __init__(self, data_dir: Path) -> None:
        self._all = data_dir / "homes"
        self._root = self._all / secrets.token_hex(8)
        self._lock = FileLock(self._root / _LOCK)

    def __enter__(self) -> Self:
        self._root.mkdir(parents=True, mode=0o700)
        self._lock.acquire()
        self._remove_abandoned()
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.release()
        _remove(self._root)

    def new(self) -> Home:
        """Make the folders of a new session; their name carries 160 random bits."""
        folder = self._root / f"s_{secrets.token_hex(_ID_BYTES)}"
        home = Home(folder / "workspace", folder / "tmp")
        folder.mkdir(mode=0o700)
        home.workspace.mkdir()
        home.scratch.mkdir()
        return home

    def remove(self, home: Home) -> None:
        """Remove a session's folders with all that is in them."""
        _remove(home.workspace.parent)

    def _remove_abandoned(self) -> None:
        for root in self._all.iterdir():
            if root == self._root:
                continue
            lock = FileLock(root / _LOCK, blocking=False)
            with contextlib.suppress(Timeout, OSError):
                lock.acquire()
                lock.release()
                _remove(root)


def _remove(folder: Path) -> None:
    # Links are removed, not followed; a file that cannot be removed is met again at next start.
    shutil.rmtree(folder, ignore_errors=True)
