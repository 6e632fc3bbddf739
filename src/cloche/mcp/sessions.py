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
            session = self._sessions.get(session_id, owner=self._owner)
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
