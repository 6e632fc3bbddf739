"""The Python API, and the composition root that the server builds on."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Self

import structlog

from cloche.config import Settings, load_settings
from cloche.mounts import resolve_mounts
from cloche.outcome import Language
from cloche.runtimes.readiness import Readiness
from cloche.sessions.manager import SessionManager
from cloche.sessions.session import Session

_log = structlog.get_logger()

LOCAL_OWNER = "local"
"""Owner of the sessions of whoever runs this process."""


class Cloche:
    """Sandboxes to run code in. An `async with`; leaving it ends every session.

        async with Cloche() as cloche, cloche.session("python") as session:
            outcome = await session.execute("1 + 1")

    The first use on a machine prepares the runtime, which takes a minute or two.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        **overrides: Any,  # noqa: ANN401 - pydantic checks them
    ) -> None:
        """Use `settings`, or those of the environment with `overrides` by name.

        Raises `InvalidRequest` for settings that do not fit.
        """
        self.settings = settings or load_settings(**overrides)
        self.mounts = resolve_mounts(
            self.settings.mounts, private=[self.settings.data_dir, self.settings.cache_dir]
        )
        """The folders of the host that every session sees."""

        self.readiness = Readiness(self.settings.cache_dir)
        self.sessions = SessionManager(
            self.readiness,
            data_dir=self.settings.data_dir,
            limits=self.settings.limits,
            max_sessions=self.settings.max_sessions,
            max_sessions_per_owner=self.settings.max_sessions_per_owner,
            max_workers=self.settings.max_workers,
            worker_seconds=self.settings.worker_seconds,
            hibernate_seconds=self.settings.hibernate_seconds,
            expire_seconds=self.settings.expire_seconds,
            mounts=self.mounts,
            spares=self.settings.spares,
            portable=self.settings.portable,
        )
        self._exit = AsyncExitStack()

    async def __aenter__(self) -> Self:
        for mount in self.mounts:
            if mount.writable:
                _log.warning("mount_writable", host=mount.host, guest=mount.guest)
        async with AsyncExitStack() as exits:
            await exits.enter_async_context(self.readiness)
            await exits.enter_async_context(self.sessions)
            self._exit = exits.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._exit.aclose()

    @asynccontextmanager
    async def session(self, language: Language = "python") -> AsyncGenerator[Session]:
        """Make a session for the time of an `async with`.

        Raises `RuntimeUnavailable`, `CapacityReached` and `WorkerFailed`.
        """
        session = await self.sessions.create(language, owner=LOCAL_OWNER)
        try:
            yield session
        finally:
            await self.sessions.destroy(session)
