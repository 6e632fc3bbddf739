"""What a session remembers of its turns: whose variables it holds, and to which it can go back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from cloche.description import TurnRecord
from cloche.outcome import State, Status
from cloche.sessions.images import Images
from cloche.workers.reports import Checkpoint, Restored

_log = structlog.get_logger()

_MOST_REMEMBERED = 50
"""As many turns a session knows the status of, and as many are listed."""


class Journal(Protocol):
    """Where it is noted for the time after this process."""

    def begin(self, turn: int, cpu_seconds: float) -> None:
        """Note that a turn is about to run, and the processor time that those before it took."""
        ...

    def settle(self, *, held: int, told: int, line: Sequence[int]) -> None:
        """Note whose variables the session holds, up to which turn its owner knows, and the line.

        What the owner was told once stays told: a smaller `told` changes nothing.
        """
        ...


class Forgetful:
    """The journal of a session that ends with its server."""

    def begin(self, turn: int, cpu_seconds: float) -> None:
        """Note nothing."""

    def settle(self, *, held: int, told: int, line: Sequence[int]) -> None:
        """Note nothing."""


@dataclass(frozen=True)
class Loss:
    """What became of variables that could not be kept."""

    state: State
    text: str
    """A sentence for the owner."""


class History:
    """The turns of one session, by number, from 1.

    Numbers only grow. After a session has gone back to an earlier turn, the turns since then are
    of another line: it can still go to them by name, and never does so by itself.
    """

    def __init__(self, images: Images, journal: Journal) -> None:
        self.images = images
        self._journal = journal
        self.begun = 0
        """The last turn that was begun."""
        self.held = 0
        """The turn whose variables the session holds; 0 for those of a new session."""
        self._line: list[int] = []
        self._loss: Loss | None = None
        self._lost_until = 0
        self._aborted = 0  # turns in a row
        self._unsaved = 0  # the last turn of which no checkpoint could be made
        self._statuses: dict[int, Status] = {}

    def records(self, *, live: bool) -> list[TurnRecord]:
        """Return the last turns, in order: those that it has seen end, or that have an image.

        A session that is `live` can still save what it holds, and does so before it goes back.
        """
        restorable = set(self.images.turns)
        if live and self.held != self._unsaved:
            restorable.add(self.held)
        known = sorted((restorable | self._statuses.keys()) - {0})
        return [
            TurnRecord(turn=turn, status=self._statuses.get(turn), restorable=turn in restorable)
            for turn in known[-_MOST_REMEMBERED:]
        ]

    def note(self, status: Status) -> None:
        """Note how the turn that was begun last has ended."""
        self._statuses[self.begun] = status
        self._statuses.pop(self.begun - _MOST_REMEMBERED, None)

    def recover(self, *, begun: int, held: int, told: int, line: Sequence[int]) -> None:
        """Take up what a server that is gone has noted, and what lies in the folder."""
        self.images.load()
        turns = self.images.turns
        # Perhaps it was killed between the writing of an image and the note of it.
        later = [turn for turn in turns if turn > max(told, held)]
        self._line = [turn for turn in turns if turn in line] + later
        self.held = later[-1] if later else held
        self.begun = max([begun, self.held, *turns])
        told = max(told, self.held)
        if self.begun > told:
            self._lose(told + 1, self.begun, "the server was stopped before they were saved")
        self._settle(told=0)

    def fork(self, other: History) -> None:
        """Go on from where another session is; its image must have been copied."""
        self.images.load()
        self.begun, self.held = other.begun, other.held
        self._statuses = dict(other._statuses)
        self._line = [self.held] if self.held else []
        self._journal.begin(self.begun, 0.0)
        self._settle(told=self.begun)

    @property
    def to_restore(self) -> list[int]:
        """The turns whose images a new worker should try, best first."""
        return self._line[::-1]

    @property
    def is_saved(self) -> bool:
        """Whether nothing would be lost with the worker."""
        return not self.held or (bool(self._line) and self._line[-1] == self.held)

    def begin(self, cpu_seconds: float) -> None:
        """Note that the next turn runs, and what those before it took of the processor."""
        self.begun += 1
        self._journal.begin(self.begun, cpu_seconds)

    def finish(self) -> None:
        """Note that the turn which ran has left its variables."""
        self.held = self.begun
        self._aborted = 0

    def saved(self, checkpoint: Checkpoint) -> None:
        """Note what became of a checkpoint."""
        if checkpoint.error is not None:
            self._unsaved = checkpoint.turn
            _log.warning("checkpoint_failed", turn=checkpoint.turn, reason=checkpoint.error)
            return
        self.images.add(checkpoint, keep=self.held)
        kept = set(self.images.turns)
        self._line = [turn for turn in self._line if turn in kept] + [checkpoint.turn]
        self._journal.settle(held=checkpoint.turn, told=checkpoint.turn, line=self._line)

    def abort(self) -> Loss:
        """Note that the worker died in the turn that ran; returns what that means."""
        before = self.held
        self.held = self._line[-1] if self._line else 0
        self._settle(told=self.begun)
        self._loss = None  # what this turn's outcome says covers it
        self._aborted += 1
        if before and not self.held:
            return Loss("lost", f"variables are lost: no image of turn {before} was saved")
        text = f"variables are {_as_after(self.held)}"
        if self.held != before:
            text += "; what later turns did to them is lost"
        elif self._aborted > 1 and self.held:
            # Perhaps one of them is the reason.
            text += "; if no turn succeeds any more, reset the session, or to an earlier turn"
        return Loss("rolled_back", text)

    def drop_unsaved(self) -> None:
        """Note that the worker died between turns, and with it what was not saved."""
        if not self.is_saved:
            before = self.held
            self.held = self._line[-1] if self._line else 0
            self._lose(self.held + 1, before, "the sandbox died before they were saved")
            self._settle(told=0)

    def restored(self, restored: Restored) -> None:
        """Note what a new worker began with."""
        for reason in restored.refused:
            _log.warning("image_rejected", reason=reason)
        before = self.held
        for turn in self._line:
            if turn > restored.turn:
                self.images.forget(turn)
        self._line = [turn for turn in self._line if turn <= restored.turn]
        self.held = restored.turn
        if self.held != before:
            self._lose(self.held + 1, before, "their images could not be restored")
            self._settle(told=0)

    def go_back(self, turn: int) -> None:
        """Hold the variables that a turn left, which must be in `images`; 0 for none at all."""
        line = self._line if turn in self._line else self.images.turns
        self._line = [each for each in line if each <= turn]
        self.held = turn
        self._loss = None
        self._aborted = 0
        self._settle(told=self.begun)

    def take_loss(self) -> Loss | None:
        """Return what the owner has not been told yet, once."""
        loss, self._loss = self._loss, None
        if loss is not None:
            # Of the turn that has just ended nothing is saved yet, nor told.
            saved = self._line[-1] if self._line else 0
            self._journal.settle(held=saved, told=self.begun - 1, line=self._line)
        return loss

    def _settle(self, *, told: int) -> None:
        self._journal.settle(held=self.held, told=told, line=self._line)

    def _lose(self, first: int, last: int, why: str) -> None:
        if self._loss is not None:  # and has not been told: this one goes further back
            last = max(last, self._lost_until)
        self._lost_until = last
        which = f"turn {first}" if first == last else f"turns {first} to {last}"
        self._loss = Loss(
            "rolled_back" if self.held else "lost",
            f"note: the sandbox was restarted. Variables are {_as_after(self.held)}; what {which} "
            f"did to them is lost ({why}). Files are as they were.\n",
        )


def _as_after(turn: int) -> str:
    return f"as after turn {turn}" if turn else "those of a new session"
