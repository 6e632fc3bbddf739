"""Bounds on what one request may bring, and how long its body may take."""

from __future__ import annotations

import time
from asyncio import timeout
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cloche.mcp.transports.connection import RETRY_SECONDS

if TYPE_CHECKING:
    from cloche.config_http import HttpSettings

_CLOSE = {"Connection": "close"}
"""With what a client is told that its next request on the connection would not be understood."""


class HeadBounds:
    """Refuses requests by their first lines, before anything is made of them."""

    def __init__(self, app: ASGIApp, settings: HttpSettings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] == "http" and (fault := self._fault(scope)):
            status, reason = fault
            answer = JSONResponse({"error": reason}, status_code=status, headers=_CLOSE)
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _fault(self, scope: Scope) -> tuple[int, str] | None:
        bounds, headers = self._settings, scope["headers"]
        names = [name for name, _ in headers]
        if len(scope["raw_path"]) + len(scope["query_string"]) > bounds.url_bytes:
            return 414, f"the address is longer than {bounds.url_bytes} bytes"
        if len(headers) > bounds.headers:
            return 431, f"there are more than {bounds.headers} headers"
        if sum(len(name) + len(value) for name, value in headers) > bounds.header_bytes:
            return 431, f"the headers are larger than {bounds.header_bytes} bytes"
        if b"transfer-encoding" in names and b"content-length" in names:
            # A proxy before us may have believed the other of the two (RFC 9112, 6.1).
            return 400, "a request has either Transfer-Encoding or Content-Length"
        for name in (b"authorization", b"mcp-session-id", b"origin", b"content-type"):
            if names.count(name) > 1:
                return 400, f"there is more than one header {name.decode()}"
        return None


class BodyBounds:
    """Refuses bodies that are too large, come too slowly, or are too much for all requests."""

    def __init__(self, app: ASGIApp, settings: HttpSettings) -> None:
        self._app = app
        self._settings = settings
        self._buffered = 0  # bytes of the bodies of all requests that are being served

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        bounds = self._settings
        _check_length(scope, bounds.body_bytes)
        deadline = time.monotonic() + bounds.body_seconds
        received, whole = 0, False

        async def receive_bounded() -> Message:
            nonlocal received, whole
            if whole:
                return await receive()
            try:
                async with timeout(max(deadline - time.monotonic(), 0)):
                    message = await receive()
            except TimeoutError:
                reason = f"the body took longer than {bounds.body_seconds:g} s"
                raise HTTPException(408, reason, _CLOSE) from None
            if message["type"] != "http.request":
                raise HTTPException(400, "the body ended before its end")  # nobody reads this
            size = len(message.get("body", b""))
            received += size
            self._buffered += size
            if received > bounds.body_bytes:
                raise HTTPException(413, f"the body is larger than {bounds.body_bytes} bytes")
            if self._buffered > bounds.buffered_bytes:
                retry = {"Retry-After": str(RETRY_SECONDS)}
                raise HTTPException(503, "too many large requests; try again", retry)
            whole = not message.get("more_body", False)
            return message

        try:
            await self._app(scope, receive_bounded, send)
        finally:
            self._buffered -= received


def _check_length(scope: Scope, most: int) -> None:
    for name, value in scope["headers"]:
        if name == b"content-length" and int(value) > most:
            raise HTTPException(413, f"the body is larger than {most} bytes")
