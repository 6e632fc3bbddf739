"""Homes: the folders of each session, their making and their removal."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Self

from filelock import FileLock, Timeout

from cloche.errors import InvalidRequest
from cloche.sessions.copying import copy_tree
from cloche.sessions.removal import remove_folder
from cloche.workers.pool import Home

_ID_BYTES = 20
_LOCK = "lock"
_PREFIX = "s_"


def session_id(home: Home) -> str:
    """Return the id of the session that lives in `home`: the name of its folder."""
    return home.workspace.parent.name


def empty(home: Home) -> int:
    """Remove all files of a session whose worker is gone; returns how many there were."""
    count = 0
    for folder in (home.workspace, home.scratch):
        removed = folder.with_suffix(f".{secrets.token_hex(4)}")
        with contextlib.suppress(FileNotFoundError):
            folder.rename(removed)
            count += remove_folder(removed)
        folder.mkdir(exist_ok=True)
    return count


def copy_files(home: Home, target: Home) -> None:
    """Copy the files of a session that rests. Raises OSError."""
    copy_tree(home.workspace, target.workspace)
    copy_tree(home.scratch, target.scratch)


class Homes:
    """The homes of one server process, below a root that others can tell to be in use.

    A server that is gone leaves a root that nobody has locked. The next one to start takes it
    over: it goes on with the sessions in it that are to outlive a server, and removes the others.
    """

    def __init__(self, data_dir: Path) -> None:
        self._all = data_dir / "homes"
        self.root = secrets.token_hex(8)
        self.outliving: set[str] = set()
        """Sessions that the next server is to go on with; the homes of all others go at the end."""
        self._locks: dict[str, FileLock] = {}

    def __enter__(self) -> Self:
        try:
            self._all.mkdir(parents=True, exist_ok=True, mode=0o700)
            # Nobody looks for roots without a server between the making of ours and its lock.
            with self._among_servers():
                (self._all / self.root).mkdir(mode=0o700)
                self._lock(self.root)
        except OSError as error:
            raise InvalidRequest(
                f"{self._all} cannot hold the files of sessions ({error.strerror}); "
                "name another folder by CLOCHE_DATA_DIR"
            ) from error
        return self

    def __exit__(self, *_: object) -> None:
        for root in list(self._locks):
            for home in self._homes_in(root):
                if home.name not in self.outliving:
                    remove_folder(home)
            self._leave(root)

    def take_over(self, there: Callable[[list[str]], None]) -> dict[str, list[str]]:
        """Lock the roots of servers that are gone; returns the sessions in each of them.

        `there` gets the names of all roots, while nobody can add one.
        """
        with self._among_servers():
            roots = [root.name for root in self._all.iterdir() if root.is_dir()]
            there(roots)
            taken = [root for root in roots if root not in self._locks and self._lock(root)]
        return {root: [home.name for home in self._homes_in(root)] for root in taken}

    def discard(self, leftovers: dict[str, list[str]]) -> None:
        """Remove homes that nobody goes on with, and the roots that are empty then."""
        for root, names in leftovers.items():
            for name in names:
                remove_folder(self._all / root / name)
            if root != self.root and not self._homes_in(root):
                self._leave(root)

    def new(self) -> Home:
        """Make the folders of a new session; their name carries 160 random bits."""
        return self.of(self.root, f"{_PREFIX}{secrets.token_hex(_ID_BYTES)}")

    def of(self, root: str, session_id: str) -> Home:
        """Return the folders of a session; those that are missing are made."""
        folder = self.folder_of(root, session_id)
        home = Home(folder / "workspace", folder / "tmp", folder / "checkpoints")
        folder.mkdir(mode=0o700, exist_ok=True)
        for each in (home.workspace, home.scratch, home.checkpoints):
            each.mkdir(exist_ok=True)
        return home

    def folder_of(self, root: str, session_id: str) -> Path:
        """Return the folder that the folders of a session lie in."""
        return self._all / root / session_id

    def remove(self, home: Home) -> None:
        """Remove a session's folders with all that is in them."""
        remove_folder(home.workspace.parent)

    def _homes_in(self, root: str) -> list[Path]:
        return list((self._all / root).glob(f"{_PREFIX}*"))

    def _among_servers(self) -> FileLock:
        return FileLock(self._all.with_suffix(".lock"))

    def _lock(self, root: str) -> bool:
        lock = FileLock(self._all / root / _LOCK, blocking=False)
        with contextlib.suppress(Timeout, OSError):
            lock.acquire()
            self._locks[root] = lock
            return True
        return False

    def _leave(self, root: str) -> None:
        """Unlock a root; one that still has sessions is for the next server."""
        # Only an unlocked folder can be removed everywhere, and then anyone could look into it.
        with self._among_servers():
            self._locks.pop(root).release()
            if not self._homes_in(root):
                remove_folder(self._all / root)
