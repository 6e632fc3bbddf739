"""The images of one session on disk: which turns it can go back to, and what is thinned out."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

from cloche.engine.checkpoint_files import data_name, image_name, needs_of, sync_folder
from cloche.errors import ImageRejected
from cloche.sessions.copying import copy_file
from cloche.workers.reports import Checkpoint

_SUFFIXES = {".image", ".pages", ".partial"}
_MOST_DIGITS = 12


class Images:
    """The checkpoints in a session's folder. Use it from one event loop."""

    def __init__(self, folder: Path, *, most: int, most_bytes: int) -> None:
        """Keep `most` checkpoints in `most_bytes`, and the newest in any case."""
        self._folder, self._most, self._most_bytes = folder, most, most_bytes
        self._needs: dict[int, frozenset[str]] = {}
        self._bytes = 0
        self._thinning: asyncio.Task[None] | None = None

    @property
    def turns(self) -> list[int]:
        """The turns after which the session can be restored, oldest first."""
        return sorted(self._needs)

    @property
    def taken_bytes(self) -> int:
        """Disk space that they take."""
        return self._bytes

    def load(self) -> None:
        """Find what lies in the folder; what is no image is left out."""
        self._needs.clear()
        for path in self._folder.glob("*.image"):
            if path.stem.isdecimal() and len(path.stem) <= _MOST_DIGITS:
                with contextlib.suppress(ImageRejected):
                    self._needs[int(path.stem)] = _names(path, *needs_of(path))
        self._bytes = self._size()

    def add(self, checkpoint: Checkpoint, *, keep: int) -> None:
        """Note a new one; thin out the others, but for that of the turn `keep`."""
        turn = checkpoint.turn
        self._needs[turn] = _names(
            self._folder / image_name(turn), checkpoint.full, checkpoint.files
        )
        self._bytes += checkpoint.written_bytes
        # A few more at a time, so that not every turn ends with a look at the folder.
        too_many = len(self._needs) > self._most + self._most // 4
        too_much = too_many or self._bytes > self._most_bytes
        if too_much and (self._thinning is None or self._thinning.done()):
            self._thinning = asyncio.create_task(self._thin_out(keep))

    def forget(self, turn: int) -> None:
        """Leave out one that proved to be of no use; its files go with the next thinning."""
        self._needs.pop(turn, None)

    async def settle(self) -> None:
        """Return when nothing is being removed."""
        if self._thinning is not None:
            await asyncio.wait([self._thinning])

    def copy_to(self, folder: Path, turn: int) -> None:
        """Have another folder hold the checkpoint of `turn` too. Raises OSError.

        Files are shared where the system can: they are never changed once they are written.
        """
        for name in self._needs[turn]:
            original = self._folder / name
            try:
                os.link(original, folder / name, follow_symlinks=False)
            except (OSError, NotImplementedError):
                copy_file(original, folder / name)
            if (folder / name).is_symlink():  # which no honest worker makes
                raise OSError(errno.EINVAL, "an image is no file", name)
        sync_folder(folder)

    async def _thin_out(self, keep: int) -> None:
        while len(self._needs) > self._most and (turn := self._most_dispensable(keep)):
            del self._needs[turn]
        await self._sweep()
        while self._bytes > self._most_bytes and (turn := self._oldest(keep)):
            del self._needs[turn]
            await self._sweep()

    def _most_dispensable(self, keep: int) -> int | None:
        """Return the turn that lies closest to the next one, of the older half."""
        turns = self.turns
        pairs = list(pairwise(turns))[: max(1, len(turns) // 2)]
        gaps = [(later - turn, turn) for turn, later in pairs if turn != keep]
        return min(gaps)[1] if gaps else self._oldest(keep)

    def _oldest(self, keep: int) -> int | None:
        return next((turn for turn in self.turns[:-1] if turn != keep), None)

    async def _sweep(self) -> None:
        """Remove the files that no checkpoint needs; those of newer turns are in the making."""
        needed = frozenset[str]().union(*self._needs.values())
        newest = max(self._needs, default=0)
        self._bytes = await asyncio.to_thread(self._remove_all_but, needed, newest)

    def _remove_all_but(self, needed: frozenset[str], newest: int) -> int:
        for path in self._folder.iterdir():
            number = path.stem.isdecimal() and len(path.stem) <= _MOST_DIGITS
            ours = path.suffix in _SUFFIXES and number
            if ours and int(path.stem) <= newest and path.name not in needed:
                path.unlink(missing_ok=True)
        return self._size()

    def _size(self) -> int:
        with os.scandir(self._folder) as entries:
            return sum(entry.stat(follow_symlinks=False).st_size for entry in entries)


def _names(image: Path, full: int, files: Iterable[int]) -> frozenset[str]:
    """Return the names of all files that a checkpoint consists of."""
    return frozenset({image.name, image_name(full), *(data_name(file) for file in files)})
