"""The pool: starts workers for homes, and keeps a few spares ready for new ones."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import structlog

from cloche.engine.image import CAN_MAP
from cloche.errors import WorkerFailed
from cloche.limits import Limits
from cloche.mounts import Mount
from cloche.runtimes.install import PreparedRuntime
from cloche.workers import confine
from cloche.workers.link import CAN_FORK, ForkStarter, SpawnStarter, Starter
from cloche.workers.order import Order
from cloche.workers.worker import Worker

_log = structlog.get_logger()

_SETTLE_SECONDS = 0.02
"""How long a refill waits: a new session's first turn must not share its core with one."""


@dataclass(frozen=True)
class Home:
    """The folders of the host that one worker may touch."""

    workspace: Path
    scratch: Path
    checkpoints: Path


class Pool:
    """Workers of one runtime. An `async with`; leaving it ends every worker it ever made."""

    def __init__(
        self,
        runtime: PreparedRuntime,
        limits: Limits,
        *,
        new_home: Callable[[], Home],
        mounts: Sequence[Mount],
        spares: int,
        portable: bool,
    ) -> None:
        """Keep `spares` workers ready, each in a home from `new_home`, all with these mounts.

        `portable` starts workers and restores images as on a system without fork and mmap.
        """
        self._runtime = runtime
        self._limits = limits
        self._new_home = new_home
        self._mounts = list(mounts)
        self._wanted = spares
        self._portable = portable or not CAN_MAP
        self._starter: Starter = SpawnStarter()
        if CAN_FORK and not portable:
            self._starter = ForkStarter(self._order(new_home(), restore=[], rehearse=False))
        self._spares: deque[tuple[Home, Worker]] = deque()
        self._refilling: asyncio.Task[None] | None = None
        self._closed = False

    async def __aenter__(self) -> Self:
        if walls := confine.missing():
            _log.warning("wall_missing", walls=", ".join(walls))
        self._refill(after_seconds=0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closed = True
        if self._refilling is not None:
            self._refilling.cancel()
            await asyncio.wait([self._refilling])
        await self._starter.close()

    async def new(self) -> tuple[Home, Worker]:
        """Return a worker in a home of its own: a spare if one is ready. Raises `WorkerFailed`."""
        try:
            while self._spares:
                home, worker = self._spares.popleft()
                if worker.alive:
                    return home, worker
            home = self._new_home()
            return home, await self.start(home)
        finally:
            self._refill(after_seconds=_SETTLE_SECONDS)

    async def start(
        self, home: Home, *, restore: Sequence[int] = (), rehearse: bool = False
    ) -> Worker:
        """Start a worker for a home that exists.

        `restore` names turns whose images it is to begin with, best first; `rehearse` makes its
        first turns faster. Raises `WorkerFailed`.
        """
        order = self._order(home, restore=restore, rehearse=rehearse)
        return await Worker.start(self._starter, order, self._limits)

    def _order(self, home: Home, *, restore: Sequence[int], rehearse: bool) -> Order:
        runtime, limits = self._runtime, self._limits
        return Order(
            module=str(runtime.module),
            stdlib=str(runtime.stdlib),
            mpl_data=str(runtime.mpl_data),
            image=str(runtime.image),
            image_info=str(runtime.image_info),
            image_digest=runtime.digest,
            workspace=str(home.workspace),
            scratch=str(home.scratch),
            mounts=self._mounts,
            checkpoints=str(home.checkpoints),
            restore=list(restore),
            memory_bytes=limits.memory_bytes,
            stream_bytes=limits.text_bytes,
            displays=limits.displays,
            display_bytes=limits.image_bytes + 8192,
            workspace_bytes=limits.workspace_bytes,
            workspace_files=limits.workspace_files,
            workspace_entries=limits.workspace_entries,
            changed_files=limits.changed_files,
            grace_seconds=limits.grace_seconds,
            rehearse=rehearse,
            portable=self._portable,
        )

    def _refill(self, *, after_seconds: float) -> None:
        idle = self._refilling is None or self._refilling.done()
        if idle and not self._closed and len(self._spares) < self._wanted:
            self._refilling = asyncio.create_task(self._make_spares(after_seconds))

    async def _make_spares(self, after_seconds: float) -> None:
        await asyncio.sleep(after_seconds)
        while len(self._spares) < self._wanted:
            home = self._new_home()
            try:
                worker = await self.start(home, rehearse=True)
            except WorkerFailed:
                return  # whoever needs a worker next meets the reason
            self._spares.append((home, worker))
