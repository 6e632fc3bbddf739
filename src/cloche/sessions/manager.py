"""The session manager: every session of one server, and who may name it."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Coroutine, Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Self

import structlog

from cloche.errors import CapacityReached, InvalidRequest, RuntimeUnavailable, UnknownSession
from cloche.limits import Limits
from cloche.outcome import Language, Outcome
from cloche.runtimes.readiness import Listener, Readiness
from cloche.sessions.history import Forgetful, History
from cloche.sessions.images import Images
from cloche.sessions.session import Session
from cloche.sessions.store import Record, Store, StoreJournal
from cloche.sessions.workspace import Homes, session_id
from cloche.workers.pool import Home, Pool
from cloche.workers.worker import Worker

_log = structlog.get_logger()

_CLOSED = "the server is shutting down; connect again when it is back"

_LOOK_SECONDS = 1.0
"""How often it is looked for sessions that have lain idle too long."""


class SessionManager:
    """Makes, finds and destroys sessions. An `async with`; leaving it ends them all.

    Durable ones are only put to rest: the next server with the same folder goes on with them.
    """

    def __init__(
        self,
        readiness: Readiness,
        *,
        data_dir: Path,
        limits: Limits,
        max_sessions: int,
        max_sessions_per_owner: int,
        max_workers: int,
        hibernate_seconds: float,
        expire_seconds: float,
        spares: int,
        portable: bool,
    ) -> None:
        """Hold at most `max_sessions`, of which `max_workers` have a worker at a time.

        A session without use gives its worker up after `hibernate_seconds`, and is destroyed
        after `expire_seconds`. The rest is as in `Pool`.
        """
        self._readiness = readiness
        self._homes = Homes(data_dir)
        self._store = Store(data_dir / "sessions.sqlite")
        self._limits = limits
        self._max_sessions = max_sessions
        self._max_sessions_per_owner = max_sessions_per_owner
        self._max_workers = max_workers
        self._hibernate_seconds = hibernate_seconds
        self._expire_seconds = expire_seconds
        self._spares = spares
        self._portable = portable
        self._sessions: dict[str, Session] = {}
        self._pool: Pool | None = None
        self._making_pool = asyncio.Lock()  # one pool, however many first calls there are
        self._making_room = asyncio.Lock()
        self._making = Counter[str]()  # sessions that are being made, by owner
        self._starting = 0  # workers that are being started
        self._closed = False
        self._tasks: set[asyncio.Task[Outcome]] = set()
        self._housekeeping: asyncio.Task[None] | None = None
        self._exit = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self._exit.enter_context(self._homes)
        try:
            self._exit.enter_context(self._store)
            leftovers = self._recover()
        except BaseException:
            await self._exit.aclose()
            raise
        self._housekeeping = asyncio.create_task(self._keep_house(leftovers))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closed = True
        if self._housekeeping is not None:
            self._housekeeping.cancel()
            await asyncio.wait([self._housekeeping])
        for session in list(self._sessions.values()):
            if session.durable:
                self._homes.outliving.add(session.id)
                self._sessions.pop(session.id, None)
                await session.close(keep=True)
            else:
                await self.destroy(session)
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self._exit.aclose()

    async def create(
        self,
        language: Language,
        *,
        owner: str,
        durable: bool = False,
        idle_seconds: float | None = None,
        fork_of: Session | None = None,
        listener: Listener | None = None,
    ) -> Session:
        """Make a session; waits for its runtime, and `listener` hears how far that is.

        A `durable` one outlives this server. `idle_seconds` is how long it may lie unused.
        `fork_of` is one of the same owner, whose variables and files it begins with and whose
        turns it goes on numbering. Raises `CapacityReached`, `InvalidRequest`,
        `RuntimeUnavailable` and `WorkerFailed`.
        """
        idle_seconds = self._check_idle(idle_seconds)
        if fork_of is not None and fork_of.language != language:
            raise InvalidRequest(
                f"session {fork_of.id!r} runs {fork_of.language}, and a copy of it cannot run "
                f"{language}"
            )
        self._check_capacity(owner)
        self._making[owner] += 1
        try:
            pool = await self._ready_pool(language, listener)
            worker: Worker | None = None
            if fork_of is None:
                home, worker = await self._new_worker(pool)
            else:
                home = await self._forked_home(fork_of)
        finally:
            self._making[owner] -= 1
        if self._closed:  # meanwhile; the pool ends the worker
            raise RuntimeUnavailable(_CLOSED)
        name, now = session_id(home), time.time()
        if durable:
            record = Record(name, self._homes.root, owner, language, now, now, idle_seconds)
            record.save(home.workspace.parent)
            self._store.add(record)
        session = self._session(
            name, owner, language, home, worker, idle_seconds=idle_seconds, durable=durable
        )
        self._sessions[session.id] = session
        if fork_of is not None:
            session.history.fork(fork_of.history)
            try:
                await session.wake()
            except BaseException:
                await self.destroy(session)
                raise
        return session

    def get(self, name: str, *, owner: str) -> Session:
        """Return the owner's session. Raises `UnknownSession`, also for someone else's."""
        session = self._sessions.get(name)
        if session is None or session.owner != owner:
            raise UnknownSession(name)
        return session

    def of_owner(self, owner: str) -> list[Session]:
        """Return all sessions of an owner, oldest first."""
        return sorted(
            (session for session in self._sessions.values() if session.owner == owner),
            key=lambda session: session.created_at,
        )

    @property
    def running(self) -> int:
        """How many sessions run code."""
        return sum(session.status == "running" for session in self._sessions.values())

    def interrupt(self) -> None:
        """Interrupt the turn that each session runs; their callers get their outcomes."""
        for session in self._sessions.values():
            session.cancel()

    async def destroy(self, session: Session) -> None:
        """End a session and remove its files."""
        self._sessions.pop(session.id, None)
        await session.close()
        if session.durable:
            self._store.remove(session.id)
        await asyncio.to_thread(self._homes.remove, session.home)

    def _check_idle(self, idle_seconds: float | None) -> float:
        if idle_seconds is None:
            return self._expire_seconds
        if not 0 < idle_seconds <= self._expire_seconds:
            raise InvalidRequest(
                f"idle_seconds is {idle_seconds:g}; "
                f"it must be above 0 and at most {self._expire_seconds:g}"
            )
        return idle_seconds

    def _check_capacity(self, owner: str) -> None:
        own = sum(session.owner == owner for session in self._sessions.values())
        if own + self._making[owner] >= self._max_sessions_per_owner:
            raise CapacityReached(
                f"all {self._max_sessions_per_owner} sessions that one owner may have are in use; "
                "destroy one of yours, or go on in one of them"
            )
        if len(self._sessions) + self._making.total() >= self._max_sessions:
            raise CapacityReached(
                f"all {self._max_sessions} sessions are in use; destroy one, or try again later"
            )

    def _session(
        self,
        name: str,
        owner: str,
        language: Language,
        home: Home,
        worker: Worker | None,
        *,
        idle_seconds: float,
        durable: bool,
    ) -> Session:
        limits = self._limits
        images = Images(
            home.checkpoints, most=limits.checkpoints, most_bytes=limits.checkpoint_bytes
        )
        return Session(
            session_id=name,
            owner=owner,
            language=language,
            limits=limits,
            home=home,
            history=History(images, StoreJournal(self._store, name) if durable else Forgetful()),
            worker=worker,
            start_worker=partial(self._start_worker, language),
            spawn=self._spawn,
            idle_seconds=idle_seconds,
            durable=durable,
        )

    # Workers.

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

    async def _new_worker(self, pool: Pool) -> tuple[Home, Worker]:
        await self._make_room()
        self._starting += 1
        try:
            return await pool.new()
        finally:
            self._starting -= 1

    async def _start_worker(self, language: Language, home: Home, turns: Sequence[int]) -> Worker:
        pool = await self._ready_pool(language, None)
        await self._make_room()
        self._starting += 1
        try:
            return await pool.start(home, restore=turns)
        finally:
            self._starting -= 1

    async def _make_room(self) -> None:
        """Have the session that was used longest ago give up its worker, if there are too many.

        Raises `CapacityReached` when every one of them is running.
        """
        async with self._making_room:
            live = [session for session in self._sessions.values() if session.is_live]
            excess = len(live) + self._starting + 1 - self._max_workers
            if excess <= 0:
                return
            for session in sorted(live, key=lambda session: session.last_used_at):
                if await session.hibernate():
                    excess -= 1
                if excess <= 0:
                    return
            raise CapacityReached(
                f"all {self._max_workers} workers are busy; try again in a moment"
            )

    async def _forked_home(self, session: Session) -> Home:
        home = await asyncio.to_thread(self._homes.new)
        try:
            await session.copy_to(home)
        except BaseException:
            await asyncio.to_thread(self._homes.remove, home)
            raise
        return home

    def _spawn(self, turn: Coroutine[None, None, Outcome]) -> asyncio.Task[Outcome]:
        task = asyncio.create_task(turn)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    # What time brings.

    def _recover(self) -> dict[str, list[str]]:
        """Take up durable sessions of servers that are gone; returns homes that are to go."""
        leftovers = self._homes.take_over(self._store.forget_all_but)
        for root, names in leftovers.items():
            records = {record.id: record for record in self._store.of_root(root)}
            for name in list(names):
                record = records.pop(name, None) or self._record_of(root, name)
                if record is None:
                    continue
                if record.used + record.idle_seconds < time.time():
                    self._store.remove(name)
                    continue
                names.remove(name)
                try:
                    self._take_up(record)
                except Exception as error:  # noqa: BLE001 - one session's trouble is not the others'
                    self._homes.outliving.add(name)
                    _log.error("session_not_recovered", session=name, exc_info=error)
            for name in records:
                self._store.remove(name)
        return leftovers

    def _record_of(self, root: str, name: str) -> Record | None:
        """Return the record of a session that the database has none of, if it is a durable one."""
        record = Record.load(self._homes.folder_of(root, name))
        if record is not None:
            _log.warning("session_record_rebuilt", session=name)
            self._store.add(record)
        return record

    def _take_up(self, record: Record) -> None:
        session = self._session(
            record.id,
            record.owner,
            record.language,
            self._homes.of(record.root, record.id),
            None,
            idle_seconds=record.idle_seconds,
            durable=True,
        )
        session.created_at, session.last_used_at = record.created, record.used
        session.cpu_used = record.cpu_seconds
        session.history.recover(
            begun=record.begun,
            held=record.held,
            told=record.told,
            line=[int(turn) for turn in record.line.split(",") if turn],
        )
        self._sessions[session.id] = session

    async def _keep_house(self, leftovers: dict[str, list[str]]) -> None:
        """Remove what others left, then look after sessions that nobody uses."""
        await asyncio.to_thread(self._homes.discard, leftovers)
        while True:
            await asyncio.sleep(min(_LOOK_SECONDS, self._hibernate_seconds / 4))
            now = time.time()
            for session in list(self._sessions.values()):
                idle = now - session.last_used_at
                try:
                    if session.status != "running" and now > session.expires_at:
                        await self.destroy(session)
                    elif session.is_live and idle > self._hibernate_seconds:
                        await session.hibernate()
                except Exception as error:  # noqa: BLE001 - one session's trouble is not the others'
                    _log.error("housekeeping_failed", session=session.id, exc_info=error)
