"""The gate: which requests are being served, and how they end when the server is to end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cloche.mcp.transports.connection import PROBES, too_busy

_LOOK_SECONDS = 0.02


class Gate:
    """Lets requests in until it drains, and ends what is left when it closes."""

    def __init__(self) -> None:
        self.draining = False
        """Whether nothing new is let in."""
        self.calls = 0
        """Requests that are being served, but for streams, which never end by themselves."""
        self._closing = asyncio.Event()

    def drain(self) -> None:
        """Let in nothing any more."""
        self.draining = True

    def close(self) -> None:
        """Have the requests that are left end, as if their clients had gone."""
        self.draining = True
        self._closing.set()

    @staticmethod
    async def until(condition: Callable[[], bool], seconds: float) -> bool:
        """Wait until a condition holds, and say whether it does."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(_LOOK_SECONDS)
        return True

    def middleware(self, app: ASGIApp) -> ASGIApp:
        """Return `app` behind the gate."""

        async def enter(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or scope["path"] in PROBES:
                await app(scope, receive, send)
            elif self.draining:
                await too_busy("the server is shutting down; try again")(scope, receive, send)
            else:
                await self._serve(app, scope, receive, send)

        return enter

    async def _serve(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = _Exchange(receive, send, self._closing)
        call = not _is_stream(scope)
        self.calls += call
        try:
            await app(scope, exchange.receive, exchange.send)
        finally:
            self.calls -= call
        await exchange.finish()


class _Exchange:
    """A request and its response, which end early when the gate closes."""

    def __init__(self, receive: Receive, send: Send, closing: asyncio.Event) -> None:
        self._receive, self._send, self._closing = receive, send, closing
        self._begun = self._ended = False

    async def receive(self) -> Message:
        receiving = asyncio.ensure_future(self._receive())
        closing = asyncio.ensure_future(self._closing.wait())
        try:
            await asyncio.wait({receiving, closing}, return_when=asyncio.FIRST_COMPLETED)
            if receiving.done() and receiving.result()["type"] != "http.disconnect":
                return receiving.result()
            return {"type": "http.disconnect"}
        finally:
            receiving.cancel()
            closing.cancel()

    async def send(self, message: Message) -> None:
        self._begun = True
        self._ended = message["type"] == "http.response.body" and not message.get("more_body")
        await self._send(message)

    async def finish(self) -> None:
        """End a response that the closing gate has cut, so that its reader sees an end."""
        if self._closing.is_set() and self._begun and not self._ended:
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})


def _is_stream(scope: Scope) -> bool:
    """Whether a response goes on until its client leaves: notifications, in either era."""
    listens = (b"mcp-method", b"subscriptions/listen") in scope["headers"]
    return scope["method"] == "GET" or listens
