"""Binding: which session a call means. The only place that decides it."""

from __future__ import annotations

import asyncio

from cloche.errors import InvalidRequest
from cloche.outcome import Language
from cloche.runtimes.readiness import Listener
from cloche.sessions.manager import SessionManager
from cloche.sessions.session import Session


class WorkspaceSessionManager:
    """Finds the session of a call, and makes the caller's automatic one when it has none yet.

    A process that serves standard input has one client: it gets one automatic session for each
    runtime, for as long as the process lives.
    """

    def __init__(self, sessions: SessionManager, *, owner: str) -> None:
        """Serve this one owner."""
        self._sessions = sessions
        self._owner = owner
        self._automatic: dict[Language, Session] = {}
        self._binding = asyncio.Lock()  # two first calls at once get one automatic session

    async def resolve(
        self,
        session_id: str | None,
        language: Language | None,
        listener: Listener | None = None,
    ) -> Session:
        """Return the session that a call means; `language` None takes the session's own.

        `listener` hears about the preparation of a runtime that the call has to wait for. Raises
        `UnknownSession` and `InvalidRequest`, and what `SessionManager.create` raises.
        """
        if session_id is not None:
            session = self._own(session_id)
            if language is not None and language != session.language:
                raise InvalidRequest(
                    f"session {session_id!r} runs {session.language}, not {language}; "
                    "leave session_id out to use your automatic session for that language"
                )
            return session
        language = language or "python"
        async with self._binding:
            session = self._automatic.get(language)
            if session is None or session.closed:
                session = await self._sessions.create(
                    language, owner=self._owner, listener=listener
                )
                self._automatic[language] = session
            return session

    def find(self, session_id: str | None) -> Session | None:
        """Return the session that a call means, or None if that is an automatic one not yet made.

        Raises `UnknownSession`.
        """
        if session_id is not None:
            return self._own(session_id)
        session = self._automatic.get("python")
        return None if session is None or session.closed else session

    def listed(self) -> list[Session]:
        """Return the sessions that the caller may see, oldest first."""
        return self._sessions.of_owner(self._owner)

    def owner(self) -> str:
        """Return whose sessions those are."""
        return self._owner

    async def create(
        self,
        language: Language,
        *,
        fork_of: str | None,
        idle_seconds: float | None,
        listener: Listener | None = None,
    ) -> Session:
        """Make a session beside the automatic ones, if wanted as a copy of the one named.

        Raises `UnknownSession`, and what `SessionManager.create` raises.
        """
        return await self._sessions.create(
            language,
            owner=self._owner,
            fork_of=None if fork_of is None else self._own(fork_of),
            idle_seconds=idle_seconds,
            listener=listener,
        )

    async def destroy(self, session_id: str) -> None:
        """End a session and remove its files. Raises `UnknownSession`."""
        await self._sessions.destroy(self._own(session_id))

    def _own(self, session_id: str) -> Session:
        return self._sessions.get(session_id, owner=self._owner)
