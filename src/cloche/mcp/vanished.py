"""Clients that vanish: nobody waits for the answer any more, so the call is cancelled.

Standard input ends with its client, and in the era of 2026-07-28 the library sees to it. Over HTTP
of the older era it lets a call run on whose connection was closed, and drops the answer.
"""

from __future__ import annotations

import asyncio

from fastmcp.server.dependencies import fastmcp_request_ctx
from fastmcp.server.middleware import CallNext, Middleware, MiddlewareContext
from fastmcp.tools import ToolResult
from mcp_types import CallToolRequestParams
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from starlette.requests import Request


class CancelForVanished(Middleware):
    """Cancels a call when the connection closes that its answer was to take."""

    async def on_call_tool(
        self,
        context: MiddlewareContext[CallToolRequestParams],
        call_next: CallNext[CallToolRequestParams, ToolResult],
    ) -> ToolResult:
        """Pass the call on, and watch its connection meanwhile."""
        request = fastmcp_request_ctx.get()
        if (
            request is None
            or request.request is None
            or request.protocol_version in MODERN_PROTOCOL_VERSIONS
        ):
            return await call_next(context)
        call = asyncio.ensure_future(call_next(context))
        vanished = asyncio.create_task(_closed(request.request))
        try:
            await asyncio.wait({call, vanished}, return_when=asyncio.FIRST_COMPLETED)
            if not call.done():
                call.cancel()
            return await call
        finally:
            vanished.cancel()
            call.cancel()


async def _closed(request: Request) -> None:
    """Return when the connection of a request, whose body has been read, is closed."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
