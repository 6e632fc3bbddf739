"""Takes a checkpoint after every turn, off the path of the reply.

What has changed is copied while the guest rests, which takes about a millisecond; a thread then
compresses and writes it while the guest may run again.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from cloche.engine.checkpoint import Base, Capture, Checkpoints, Saved
from cloche.engine.pages import KernelNotes, new_tracker, open_notes
from cloche.errors import ImageRejected
from cloche.runtimes.python import PythonGuest
from cloche.workers.order import Order
from cloche.workers.syscalls import trim_memory

_MOST_WAITING = 2
"""Captures that may wait to be written; past it the guest waits, not the memory grows."""

_PAUSE_SECONDS = 0.003
_INTERVAL_SECONDS = 0.5
"""Writing takes some milliseconds of a processor, and so waits for a pause between turns and for
some time since it was done last. Of turns that follow each other closely only the last is written;
what waits is written at once when somebody asks for it."""

_TRIM_SECONDS = 0.25
"""After so long without a turn, memory that was needed to write goes back to the system."""

_FINISH_SECONDS = 10.0


@dataclass
class Restored:
    """What a guest became."""

    turn: int = 0
    """The turn after which its memory was like that; 0 for that of a new session."""

    refused: list[str] = field(default_factory=list[str])
    """Why images that were preferred could not be used."""


def notes_for(order: Order) -> KernelNotes:
    """Open what a keeper needs of the kernel, before the process gives up the right to."""
    return KernelNotes() if order.portable else open_notes()


class Keeper:
    """Keeps the checkpoints of one guest, whose thread makes the calls that name no other."""

    def __init__(
        self,
        guest: PythonGuest,
        order: Order,
        notes: KernelNotes,
        tell: Callable[[dict[str, object]], None],
    ) -> None:
        """Call `tell` with what became of each checkpoint, on another thread."""
        base = Base(Path(order.image), order.image_digest)
        self._checkpoints: Checkpoints = guest.checkpoints(
            Path(order.checkpoints),
            base,
            lambda address: new_tracker(address, base.path, notes),
        )
        self._copy = order.portable
        self._tell = tell
        self._waiting: deque[Capture] = deque()
        self._writing = False
        self._in_haste = False
        self._written_at = 0.0
        self._changed = threading.Condition()
        self._writer: threading.Thread | None = None

    def restore(self, turns: Sequence[int]) -> Restored:
        """Make the guest what it was after the first of `turns` whose image is sound.

        When none is, it stays what a new session has. It is to be thawed in either case.
        """
        restored = Restored()
        for turn in turns:
            try:
                self._checkpoints.restore(turn, copy=self._copy)
            except ImageRejected as rejected:
                restored.refused.append(str(rejected))
            else:
                restored.turn = turn
                break
        return restored

    def take(self, turn: int) -> None:
        """Copy what the turn has changed, and have it written."""
        try:
            capture = self._checkpoints.capture(turn)
        except OSError as error:
            self._tell(_failure(turn, error))
            return
        with self._changed:
            # A newer one replaces one that nothing builds on.
            if self._waiting and not self._waiting[-1].is_full:
                self._waiting.pop()
            if len(self._waiting) >= _MOST_WAITING:
                self._in_haste = True
                self._changed.notify_all()
                self._changed.wait_for(lambda: len(self._waiting) < _MOST_WAITING)
            self._waiting.append(capture)
            self._changed.notify_all()
        if self._writer is None:
            self._writer = threading.Thread(target=self._write, name="checkpoints", daemon=True)
            self._writer.start()

    def hasten(self) -> None:
        """Have written at once what was copied. Any thread may call it."""
        with self._changed:
            self._in_haste = True
            self._changed.notify_all()

    def _wait_for_pause(self) -> None:
        latest = self._written_at + _INTERVAL_SECONDS
        now = time.monotonic()
        self._changed.wait_for(lambda: self._in_haste, max(_PAUSE_SECONDS, latest - now))

    @property
    def at_rest(self) -> bool:
        """Whether all is written that was copied."""
        return not self._waiting and not self._writing

    def finish(self) -> None:
        """Wait until all is written that was copied, or too long. Any thread may call it."""
        self.hasten()
        with self._changed:
            self._changed.wait_for(lambda: self.at_rest, timeout=_FINISH_SECONDS)

    def _write(self) -> None:
        while True:
            with self._changed:
                if not self._changed.wait_for(lambda: self._waiting, _TRIM_SECONDS):
                    trim_memory()
                    self._changed.wait_for(lambda: self._waiting)
                self._wait_for_pause()
            self._write_next()  # which leaves nothing of the capture in memory
            with self._changed:
                self._writing = False
                self._in_haste = self._in_haste and bool(self._waiting)
                self._written_at = time.monotonic()
                self._changed.notify_all()

    def _write_next(self) -> None:
        with self._changed:
            capture = self._waiting.popleft()
            self._writing = True
            self._changed.notify_all()
        try:
            saved = self._checkpoints.persist(capture)
        except OSError as error:
            self._tell(_failure(capture.turn, error))
        else:
            self._tell({**asdict(saved), "error": None})


def _failure(turn: int, error: OSError) -> dict[str, object]:
    failed = Saved(turn, written_bytes=0, full=turn, files=[])
    return {**asdict(failed), "error": str(error)[:1024]}
