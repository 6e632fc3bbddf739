"""Connections: how many there are, and how long a client may keep one without doing its part.

uvicorn bounds none of this: a connection may send its headers a byte an hour, go on sending the
body of a request that was refused, or read nothing of what it is sent.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import h11
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    from uvicorn.config import Config
    from uvicorn.server import ServerState

    from cloche.config_http import HttpSettings

PROBES = frozenset({"/health", "/ready"})
"""Paths that are served whatever else is refused."""

HEADER_BUFFER_BYTES = 64 * 1024
"""What is kept of headers that have not ended yet."""

_SPARE_CONNECTIONS = 64
"""Connections past the bound that are told so; further ones are just closed."""

_AHEAD_BYTES = 256 * 1024
"""What may be sent before the answer to the request before it; clients of MCP send nothing."""

_LINGER_SECONDS = 2.0
"""How long the rest of a body is read and thrown away, so that the client can read its answer."""

RETRY_SECONDS = 1


def protocol_class(settings: HttpSettings) -> type[BoundedProtocol]:
    """Return the protocol of connections that keep the bounds of `settings`."""

    class Protocol(BoundedProtocol):
        bounds = settings

    return Protocol


class BoundedProtocol(H11Protocol):
    """HTTP/1.1 on one connection, within `bounds`."""

    bounds: HttpSettings

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._patience: asyncio.TimerHandle | None = None  # with what the client has to send next
        self._linger: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, or refuse it because there are too many."""
        super().connection_made(transport)
        # Whatever is not sent at once counts as unread; 1 because TLS takes 0 for "always full".
        transport.set_write_buffer_limits(high=1, low=0)
        excess = len(self.connections) - self.bounds.connections
        if excess > _SPARE_CONNECTIONS:
            transport.abort()
        elif excess > 0:
            self.app = _refuse_unless_probe(self.app)
        self._await_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget every deadline."""
        for timer in (self._patience, self._linger, self._unread):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what the client sends; headers have a deadline from their first byte on."""
        if self._patience is None and self._rests:
            self._await_headers()
        super().data_received(data)
        # uvicorn reads on with every answer, however many requests wait already.
        if self.conn.their_state is h11.DONE and len(self.conn.trailing_data[0]) > _AHEAD_BYTES:
            self.transport.abort()

    def handle_events(self) -> None:
        """Serve what has come whole."""
        super().handle_events()
        if not self._rests and self._patience is not None:
            self._patience.cancel()  # the headers are whole
            self._patience = None
        if self._linger is not None and self.conn.their_state is not h11.SEND_BODY:
            self._linger.cancel()
            self._linger = None

    def on_response_complete(self) -> None:
        """Give the client a while to read its answer, if it is still sending."""
        super().on_response_complete()
        if self.conn.their_state is h11.SEND_BODY and not self.transport.is_closing():
            self._linger = self.loop.call_later(_LINGER_SECONDS, self.transport.close)

    def pause_writing(self) -> None:
        """Cut the connection if the client reads nothing for too long."""
        super().pause_writing()
        self._unread = self.loop.call_later(self.bounds.write_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """Note that the client has read everything."""
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    @property
    def _rests(self) -> bool:
        """Whether the next that comes are the headers of a request."""
        return self.conn.their_state is h11.IDLE

    def _await_headers(self) -> None:
        self._patience = self.loop.call_later(self.bounds.header_seconds, self._give_up)

    def _give_up(self) -> None:
        if self.transport.is_closing():
            return
        if self.conn.our_state is h11.IDLE and self.conn.trailing_data[0]:
            for event in (
                h11.Response(
                    status_code=408,
                    headers=[("connection", "close"), ("content-length", "0")],
                    reason=b"Request Timeout",
                ),
                h11.EndOfMessage(),
            ):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


def _refuse_unless_probe(app: ASGIApp) -> ASGIApp:
    async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in PROBES:
            app_or_answer: ASGIApp = too_busy("too many connections; try again")
        else:
            app_or_answer = app
        await app_or_answer(scope, receive, send)

    return refuse


def too_busy(reason: str) -> JSONResponse:
    """Return the answer to a request that would be served at another time."""
    headers = {"Retry-After": str(RETRY_SECONDS), "Connection": "close"}
    return JSONResponse({"error": reason}, status_code=503, headers=headers)
