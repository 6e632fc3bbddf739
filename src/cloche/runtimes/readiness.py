"""Readiness: which languages can run here now, and how far the preparation of the others is."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from cloche.errors import ClocheError, RuntimeUnavailable
from cloche.outcome import Language
from cloche.runtimes.install import PreparedRuntime, Progress, locate, prepare

Listener = Callable[[Progress], None]


@dataclass(frozen=True)
class Standing:
    """How one language stands."""

    language: Language
    status: Literal["ready", "preparing", "unavailable"]
    progress: float
    """Share of the preparation that is done, 0 to 1."""
    detail: str
    runtime: PreparedRuntime | None


class Readiness:
    """Prepares the runtimes beside everything else. An `async with`; leaving it stops that."""

    def __init__(self, cache_dir: Path) -> None:
        self._cache_dir = cache_dir
        self._stop = threading.Event()
        self._runtime: PreparedRuntime | None = None
        self._progress: Progress | None = None
        self._preparing: asyncio.Task[PreparedRuntime] | None = None
        self._listeners: set[Listener] = set()
        self._failure: str | None = None

    async def __aenter__(self) -> Self:
        try:
            self._runtime = locate(self._cache_dir)
        except ClocheError as error:
            self._failure = str(error)
        else:
            if self._runtime is None:
                self._begin()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stop.set()
        if self._preparing is not None:
            await asyncio.wait([self._preparing])

    def standings(self) -> list[Standing]:
        """Return how every language of this version stands, in a stable order."""
        if self._runtime is not None:
            return [Standing("python", "ready", 1.0, "", self._runtime)]
        if self._failure is not None:
            return [Standing("python", "unavailable", 0.0, self._failure, None)]
        progress = self._progress
        if progress is None:
            return [Standing("python", "preparing", 0.0, "starting", None)]
        detail = f"{progress.stage}: {progress.detail}" if progress.detail else progress.stage
        if progress.seconds_left is not None:
            detail += f", about {progress.seconds_left:.0f} s left"
        return [Standing("python", "preparing", progress.fraction, detail, None)]

    async def ready(self, language: Language, listener: Listener | None = None) -> PreparedRuntime:
        """Return the runtime, as soon as it is prepared; `listener` hears how far that is.

        A failed preparation is tried again by the next call. Raises `RuntimeUnavailable`.
        """
        if language != "python":
            raise RuntimeUnavailable(
                f"{language} has no runtime in this version of Cloche; available: python"
            )
        if self._runtime is not None:
            return self._runtime
        preparing = self._begin()
        if listener is not None:
            self._listeners.add(listener)
        try:
            return await asyncio.shield(preparing)
        except ClocheError as error:
            raise RuntimeUnavailable(f"python could not be prepared: {error}") from error
        finally:
            if listener is not None:
                self._listeners.discard(listener)

    @contextlib.asynccontextmanager
    async def within(self, seconds: float | None) -> AsyncGenerator[None]:
        """Bound what is done inside, if it has to wait for a runtime; None: as long as it takes.

        Raises `RuntimeUnavailable`.
        """
        try:
            async with asyncio.timeout(None if self._runtime else seconds):
                yield
        except TimeoutError:
            standing = self.standings()[0]
            raise RuntimeUnavailable(
                f"{standing.language} is being prepared, which a machine does once "
                f"({standing.progress:.0%}; {standing.detail}); call again in a minute"
            ) from None

    def _begin(self) -> asyncio.Task[PreparedRuntime]:
        if self._preparing is None or self._preparing.done():
            self._failure = None
            self._preparing = asyncio.create_task(self._prepare())
            self._preparing.add_done_callback(_retrieve)
        return self._preparing

    async def _prepare(self) -> PreparedRuntime:
        loop = asyncio.get_running_loop()

        def report(progress: Progress) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens any more
                loop.call_soon_threadsafe(self._hear, progress)

        try:
            self._runtime = await asyncio.to_thread(
                prepare, self._cache_dir, report=report, stop=self._stop
            )
        except ClocheError as error:
            self._failure = str(error)
            raise
        return self._runtime

    def _hear(self, progress: Progress) -> None:
        self._progress = progress
        for listener in list(self._listeners):
            listener(progress)


def _retrieve(preparing: asyncio.Task[PreparedRuntime]) -> None:
    """Take note of a failure that nobody waits for: `standings` tells of it."""
    if not preparing.cancelled():
        preparing.exception()
