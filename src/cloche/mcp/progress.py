"""Progress notifications of a running call: how far a preparation is, and what code prints."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
from typing import Self

from fastmcp import Context

from cloche.runtimes.readiness import Progress

_PENDING_MESSAGES = 64


class ProgressReporter:
    """Sends notifications beside the call, so that a slow client never slows the code."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        # What is told comes from callbacks that run in some other request's context.
        self._context = contextvars.copy_context()
        self._messages: asyncio.Queue[str] = asyncio.Queue(_PENDING_MESSAGES)
        self._sender: asyncio.Task[None] | None = None
        self._sent = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
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
            await self._ctx.session.report_progress(self._sent, message=message)
