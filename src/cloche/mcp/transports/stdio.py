"""Standard input and output: one client for as long as the process lives."""

from __future__ import annotations

import asyncio

from fastmcp import FastMCP

from cloche.mcp.transports.signals import on_signals


async def serve_stdio(app: FastMCP) -> None:
    """Serve one client on standard input and output until it goes, or a signal asks to end.

    After a signal a thread goes on reading standard input, which nothing can end: the caller
    winds up everything else and then leaves by `os._exit`.
    """
    loop = asyncio.get_running_loop()
    asked = asyncio.Event()
    with on_signals(lambda _: loop.call_soon_threadsafe(asked.set)):
        serving = asyncio.create_task(app.run_stdio_async(show_banner=False, log_level="WARNING"))
        waiting = asyncio.create_task(asked.wait())
        await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if serving.done():
            serving.result()
