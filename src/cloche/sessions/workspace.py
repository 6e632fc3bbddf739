"""Homes: the folders of each session, their making and their removal."""

from __future__ import annotations

import contextlib
import secrets
import shutil
from pathlib import Path
from typing import Self

from filelock import FileLock, Timeout

from cloche.errors import InvalidRequest
from cloche.workers.pool import Home

_ID_BYTES = 20
_LOCK = "lock"
_ABANDONED = ".abandoned"


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
        try:
            self._all.mkdir(parents=True, exist_ok=True, mode=0o700)
            # Nobody looks for abandoned folders between the making of ours and its lock.
            with FileLock(self._all.with_suffix(".lock")):
                self._root.mkdir(mode=0o700)
                self._lock.acquire()
                abandoned = self._set_aside_abandoned()
        except OSError as error:
            raise InvalidRequest(
                f"{self._all} cannot hold the files of sessions ({error.strerror}); "
                "name another folder by CLOCHE_DATA_DIR"
            ) from error
        for folder in abandoned:
            _remove(folder)
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

    def _set_aside_abandoned(self) -> list[Path]:
        """Return the folders of servers that are gone, under names that no server looks for."""
        found: list[Path] = []
        for root in self._all.iterdir():
            if root == self._root or not root.is_dir():
                continue
            if root.suffix == _ABANDONED:
                found.append(root)
                continue
            lock = FileLock(root / _LOCK, blocking=False)
            with contextlib.suppress(Timeout, OSError):
                lock.acquire()
                lock.release()
                found.append(root.rename(root.with_suffix(_ABANDONED)))
        return found


def _remove(folder: Path) -> None:
    # Links are removed, not followed; a file that cannot be removed is met again at next start.
    shutil.rmtree(folder, ignore_errors=True)
