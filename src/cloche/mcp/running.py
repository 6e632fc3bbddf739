"""Turns that outlast the call that began them: their outcome waits to be picked up."""

from __future__ import annotations

import asyncio
import time
from contextvars import ContextVar
from weakref import WeakKeyDictionary

from cloche.outcome import Outcome
from cloche.sessions.session import Session
from cloche.workers.worker import Listener

patient: ContextVar[bool] = ContextVar("patient", default=False)
"""Whether whoever called waits for the outcome, however long it takes."""

_KEPT_OUTCOMES = 4
"""Outcomes of one session that wait to be picked up; older ones are let go."""


class Run:
    """A piece of code that runs in a session, whoever waits for it.

    What it prints reaches the listener that waits now.
    """

    def __init__(self, session: Session, code: str, timeout_seconds: float | None) -> None:
        self.listener: Listener | None = None
        self.text = ""
        """What it has printed since the last answer, within the session's bounds."""
        self.began = time.time()
        """Seconds since 1970."""
        self.task = asyncio.create_task(
            session.execute(code, timeout_seconds=timeout_seconds, listener=self._hear)
        )
        # Whoever called may be gone when it fails, and then nobody asks for the reason.
        self.task.add_done_callback(lambda task: task.cancelled() or task.exception())

    @property
    def wall_seconds(self) -> float:
        """How long ago it began."""
        return time.time() - self.began

    def _hear(self, text: str) -> None:
        self.text += text
        if self.listener is not None:
            self.listener(text)

    async def outcome(
        self, *, within_seconds: float | None, listener: Listener | None = None
    ) -> Outcome | None:
        """Wait for the outcome; None when it runs on. Cancelling this interrupts the code.

        Raises what `Session.execute` raises.
        """
        self.listener = listener
        try:
            done, _ = await asyncio.wait([self.task], timeout=within_seconds)
        except asyncio.CancelledError:
            self.task.cancel()
            raise
        finally:
            self.listener = None
        return self.task.result() if done else None


class Runs:
    """The runs that were answered with "running", of every session, oldest first."""

    def __init__(self) -> None:
        # With a session its outcomes go, pictures and all.
        self._waiting: WeakKeyDictionary[Session, list[Run]] = WeakKeyDictionary()

    def put_aside(self, session: Session, run: Run) -> None:
        """Keep a run until somebody picks its outcome up, in the order in which they began."""
        waiting = self._waiting.setdefault(session, [])
        waiting.append(run)
        waiting.sort(key=lambda each: each.began)
        del waiting[:-_KEPT_OUTCOMES]

    def pick_up(self, session: Session) -> Run | None:
        """Return the oldest run of a session that waits to be picked up, if there is one."""
        waiting = self._waiting.get(session)
        return waiting.pop(0) if waiting else None


def outcome_so_far(run: Run, session: Session) -> Outcome:
    """Return what there is to say of code that runs on."""
    text, run.text = run.text, ""
    return Outcome(
        status="running",
        limit=None,
        result=None,
        stdout=text,
        stderr="",
        error=None,
        outputs=[],
        files=[],
        state="kept",
        session_id=session.id,
        language=session.language,
        turn=session.turns,
        wall_seconds=round(run.wall_seconds, 6),
        cpu_seconds=0.0,
        memory_bytes=0,
        truncated=False,
        full_output_path=None,
    )
