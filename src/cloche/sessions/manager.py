"""The session manager: every session of one server, and who may name it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Self

from cloche.errors import CapacityReached, RuntimeUnavailable, UnknownSession
from cloche.limits import Limits
from cloche.outcome import Language, Outcome
from cloche.runtimes.readiness import Listener, Readiness
from cloche.sessions.session import Session
from cloche.sessions.workspace import Homes, session_id
from cloche.workers.pool import Pool

_CLOSED = "the server is shutting down; connect again when it is back"


class SessionManager:
    """Makes, finds and destroys sessions. An `async with`; leaving it ends them all."""

    def __init__(
        self,
        readiness: Readiness,
        *,
        data_dir: Path,
        limits: Limits,
        max_sessions: int,
        spares: int,
        portable: bool,
    ) -> None:
        """Hold at most `max_sessions`; the rest is as in `Pool`."""
        self._readiness = readiness
        self._homes = Homes(data_dir)
        self._limits = limits
        self._max_sessions = max_sessions
        self._spares = spares
        self._portable = portable
        self._sessions: dict[str, Session] = {}
        self._pool: Pool | None = None
        self._making_pool = asyncio.Lock()  # one pool, however many first calls there are
        self._making = 0
        self._closed = False
        self._tasks: set[asyncio.Task[Outcome]] = set()
        self._exit = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self._exit.enter_context(self._homes)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closed = True
        for session in list(self._sessions.values()):
            await self.destroy(session)
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self._exit.aclose()

    async def create(
        self, language: Language, *, owner: str, listener: Listener | None = None
    ) -> Session:
        """Make a session; waits for its runtime, and `listener` hears how far that is.

        Raises `CapacityReached`, `RuntimeUnavailable` and `WorkerFailed`.
        """
        if len(self._sessions) + self._making >= self._max_sessions:
            raise CapacityReached(
                f"all {self._max_sessions} sessions are in use; destroy one, or try again later"
            )
        self._making += 1
        try:
            pool = await self._ready_pool(language, listener)
            home, worker = await pool.new()
        finally:
            self._making -= 1
        if self._closed:  # meanwhile; the pool ends the worker
            raise RuntimeUnavailable(_CLOSED)
        session = Session(
            session_id=session_id(home),
            owner=owner,
            language=language,
            limits=self._limits,
            home=home,
            worker=worker,
            pool=pool,
            spawn=self._spawn,
        )
        self._sessions[session.id] = session
        return session

    def get(self, name: str, *, owner: str) -> Session:
        """Return the owner's session. Raises `UnknownSession`, also for someone else's."""
        session = self._sessions.get(name)
        if session is None or session.owner != owner:
            raise UnknownSession(name)
        return session

    async def destroy(self, session: Session) -> None:
        """End a session and remove its files."""
        self._sessions.pop(session.id, None)
        await session.close()
        await asyncio.to_thread(self._homes.remove, session.home)

    async def _ready_pool(self, language: Language, listener: Listener | None) -> Pool:
        runtime = await self._readiness.ready(language, listener)
        async with self._making_pool:
            if self._closed:
                raise RuntimeUnavailable(_CLOSED)
            if self._pool is None:
                self._pool = await self._exit.enter_async_context(
                    Pool(
                        runtime,
                        self._limits,
                        new_home=self._homes.new,
                        spares=self._spares,
                        portable=self._portable,
                    )
                )
            return self._pool

    def _spawn(self, turn: Coroutine[None, None, Outcome]) -> asyncio.Task[Outcome]:
        task = asyncio.create_task(turn)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
