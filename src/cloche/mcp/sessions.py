"""Binding: which session a call means. The only place that decides it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from weakref import WeakSet, WeakValueDictionary

from mcp.server.connection import Connection

from cloche.errors import CapacityReached, InvalidRequest
from cloche.mcp.auth.quotas import Quota
from cloche.mcp.identity import Caller, Identity
from cloche.outcome import Language
from cloche.runtimes.readiness import Listener
from cloche.sessions.manager import SessionManager
from cloche.sessions.session import Session
from cloche.sessions.watching import FilesChanged

UNBOUND_IDLE_SECONDS = 900.0
"""How long a session lives unused that was made for a call which nothing binds to the next one."""

_KNOWN, _MADE = "cloche.known", "cloche.made"  # in the state of a connection

_Key = tuple[str, str, Language]


class WorkspaceSessionManager:
    """Finds the session of a call, and makes the caller's automatic one when it has none yet.

    In this order: the session that the call names, if it is the caller's; a process that serves
    standard input has one client, and it one automatic session for each language; over HTTP it is
    one for each principal, which outlives the server, or without authentication one for each
    connection of the older era, which ends with it. Where nothing tells a client's calls apart,
    each makes a session, and the client must name it from then on.
    """

    def __init__(
        self, sessions: SessionManager, identity: Identity, quota_of: Callable[[str], Quota]
    ) -> None:
        """Bind calls to the sessions of `sessions`, by who `identity` says is calling.

        `quota_of` tells what an owner may have beside what everybody may.
        """
        self._sessions = sessions
        self._identity = identity
        self._quota_of = quota_of
        self._automatic: dict[_Key, Session] = {}
        self._binding: WeakValueDictionary[_Key, asyncio.Lock] = WeakValueDictionary()

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
        caller = self._identity.caller()
        if session_id is not None:
            session = self._sessions.get(session_id, owner=caller.owner)
            if language is not None and language != session.language:
                raise InvalidRequest(
                    f"session {session_id!r} runs {session.language}, not {language}; "
                    "leave session_id out to use your automatic session for that language"
                )
            return session
        language = language or "python"
        if caller.client is None:
            return await self._make(
                caller, language, idle_seconds=UNBOUND_IDLE_SECONDS, listener=listener
            )
        self._end_with_connection(caller)
        key = (caller.owner, caller.client, language)
        # Two first calls at once get one automatic session.
        async with self._binding.setdefault(key, asyncio.Lock()):
            return self._bound(caller, language) or await self._make_automatic(
                caller, language, listener
            )

    def find(self, session_id: str | None) -> Session | None:
        """Return the session that a call means, or None if that is an automatic one not yet made.

        Raises `UnknownSession`.
        """
        caller = self._identity.caller()
        if session_id is not None:
            return self._sessions.get(session_id, owner=caller.owner)
        return self._bound(caller, "python")

    def is_bound(self, session: Session) -> bool:
        """Whether the caller's next call that names no session means this one."""
        return self._bound(self._identity.caller(), session.language) is session

    def listed(self) -> list[Session]:
        """Return the sessions that the caller may be told of without naming them, oldest first.

        Without authentication these are the ones that were made over its own connection.
        """
        caller = self._identity.caller()
        if caller.knows_its_sessions:
            return self._sessions.of_owner(caller.owner)
        made = [session for session in _made_over(caller.connection) if not session.closed]
        return sorted(made, key=lambda session: session.created_at)

    def lister(self) -> Callable[[FilesChanged], bool]:
        """Return what tells whether a change is in a session that `listed` has for this caller."""
        caller = self._identity.caller()
        if caller.knows_its_sessions:
            return lambda change: change.owner == caller.owner
        made = _made_over(caller.connection)
        return lambda change: any(session.id == change.session_id for session in made)

    def owner(self) -> str:
        """Return whose sessions the caller may name."""
        return self._identity.caller().owner

    async def create(
        self,
        language: Language,
        *,
        fork_of: str | None,
        idle_seconds: float | None,
        listener: Listener | None = None,
    ) -> Session:
        """Make a session beside the automatic ones, if wanted as a copy of the one named.

        It outlives the server. Raises `UnknownSession`, and what `SessionManager.create` raises.
        """
        caller = self._identity.caller()
        source = None if fork_of is None else self._sessions.get(fork_of, owner=caller.owner)
        return await self._make(
            caller,
            language,
            durable=True,
            fork_of=source,
            idle_seconds=idle_seconds,
            listener=listener,
        )

    async def destroy(self, session_id: str) -> None:
        """End a session and remove its files. Raises `UnknownSession`."""
        owner = self._identity.caller().owner
        await self._sessions.destroy(self._sessions.get(session_id, owner=owner))

    def _bound(self, caller: Caller, language: Language) -> Session | None:
        if caller.client is None:
            return None
        key = (caller.owner, caller.client, language)
        session = self._automatic.get(key)
        if session is None and caller.lasting:
            # Perhaps a server that is gone has made it.
            for each in self._sessions.of_owner(caller.owner):
                if each.automatic and each.language == language:
                    session = self._automatic[key] = each
        return None if session is None or session.closed else session

    async def _make_automatic(
        self, caller: Caller, language: Language, listener: Listener | None
    ) -> Session:
        assert caller.client is not None
        session = await self._make(
            caller, language, durable=caller.lasting, automatic=True, listener=listener
        )
        # Those that have ended are let go of here.
        self._automatic = {key: each for key, each in self._automatic.items() if not each.closed}
        self._automatic[caller.owner, caller.client, language] = session
        return session

    def _end_with_connection(self, caller: Caller) -> None:
        """Have the caller's automatic sessions end when its connection does, if it has one."""
        if caller.connection is not None and _KNOWN not in caller.connection.state:
            caller.connection.state[_KNOWN] = True
            caller.connection.exit_stack.push_async_callback(self._end, caller)

    async def _end(self, caller: Caller) -> None:
        for key in [key for key in self._automatic if key[:2] == (caller.owner, caller.client)]:
            await self._sessions.destroy(self._automatic.pop(key))

    async def _make(
        self,
        caller: Caller,
        language: Language,
        *,
        durable: bool = False,
        automatic: bool = False,
        fork_of: Session | None = None,
        idle_seconds: float | None = None,
        listener: Listener | None = None,
    ) -> Session:
        try:
            session = await self._sessions.create(
                language,
                owner=caller.owner,
                most=self._quota_of(caller.owner).max_sessions,
                durable=durable,
                automatic=automatic,
                fork_of=fork_of,
                idle_seconds=idle_seconds,
                listener=listener,
            )
        except CapacityReached as error:
            own = self._sessions.of_owner(caller.owner) if caller.knows_its_sessions else []
            if not own:
                raise
            oldest = min(own, key=lambda session: session.last_used_at)
            raise CapacityReached(f"{error}; of yours, {oldest.id} was used longest ago") from None
        _made_over(caller.connection).add(session)
        if fork_of is not None and not caller.knows_its_sessions:
            # When its files were told of, nobody knew yet who may hear of them.
            self._sessions.watchers.tell(FilesChanged(session.id, caller.owner, None))
        return session


def _made_over(connection: Connection | None) -> WeakSet[Session]:
    """Return the sessions that were made over a connection, to be added to."""
    return WeakSet() if connection is None else connection.state.setdefault(_MADE, WeakSet())
