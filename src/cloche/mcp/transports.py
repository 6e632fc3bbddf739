"""Transports: how the application meets its clients, and how serving ends."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType

from fastmcp import FastMCP


async def serve_stdio(app: FastMCP) -> None:
    """Serve one client on standard input and output until it goes, or a signal asks to end.

    After a signal a thread goes on reading standard input, which nothing can end: the caller
    winds up everything else and then leaves by `os._exit`.
    """
    loop = asyncio.get_running_loop()
    asked = asyncio.Event()
    with _signals(lambda: loop.call_soon_threadsafe(asked.set)):
        serving = asyncio.create_task(app.run_stdio_async(show_banner=False, log_level="WARNING"))
        waiting = asyncio.create_task(asked.wait())
        await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if serving.done():
            serving.result()


@contextmanager
def _signals(act: Callable[[], object]) -> Generator[None]:
    """Have the signals that ask a process to end call `act` instead."""

    def handle(number: int, frame: FrameType | None) -> None:
        act()

    before = {number: signal.signal(number, handle) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
