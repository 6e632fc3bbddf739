"""Progress notifications of a running call: how far a preparation is, and what code prints."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
from typing import Self

import structlog
from fastmcp import Context

from cloche.runtimes.readiness import Progress

_log = structlog.get_logger()

_PENDING_MESSAGES = 64

_BEAT_SECONDS = 10.0
"""How often it is told that a call goes on: there are clients that give up on silence."""


class ProgressReporter:
    """Sends notifications beside the call, so that a slow client never slows the code."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        # What is told comes from callbacks that run in some other request's context.
        self._context = contextvars.copy_context()
        self._messages: asyncio.Queue[str] = asyncio.Queue(_PENDING_MESSAGES)
        self._sender: asyncio.Task[None] | None = None
        self._sent = 0
        self._beats = 0
        self._beat: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> Self:
        self._wait_for_beat()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._beat is not None:
            self._beat.cancel()
        if self._sender is not None:
            self._sender.cancel()
            await asyncio.wait([self._sender])

    def preparation(self, progress: Progress) -> None:
        """Tell how far the preparation of the runtime is."""
        detail = f": {progress.detail}" if progress.detail else ""
        self._tell(f"preparing the runtime, {progress.fraction:.0%} ({progress.stage}{detail})")

    def printed(self, text: str) -> None:
        """Tell what the code has printed."""
        self._tell(text)

    def _wait_for_beat(self) -> None:
        self._beat = asyncio.get_running_loop().call_later(_BEAT_SECONDS, self._on_beat)

    def _on_beat(self) -> None:
        self._beats += 1
        self._tell(f"going on for {self._beats * _BEAT_SECONDS:.0f} s")
        self._wait_for_beat()

    def _tell(self, message: str) -> None:
        # A client that reads slower than the code prints misses messages, not output.
        with contextlib.suppress(asyncio.QueueFull):
            self._messages.put_nowait(message)
        if self._sender is None:
            self._sender = asyncio.create_task(self._send(), context=self._context)

    async def _send(self) -> None:
        while True:
            message = await self._messages.get()
            self._sent += 1
            # FastMCP's own `Context.report_progress` misses the token of the 2026-07-28 era.
            try:
                await self._ctx.session.report_progress(self._sent, message=message)
            except Exception as error:  # noqa: BLE001 - the request was answered, or nobody listens
                _log.debug("progress_not_sent", reason=type(error).__name__)
                return
