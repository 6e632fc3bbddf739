"""Streamable HTTP: one server for many clients, in both eras of the protocol."""

from __future__ import annotations

import asyncio
import logging
import math
import socket
import ssl
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio
import structlog
import uvicorn
from fastmcp import FastMCP
from fastmcp.server.http import StarletteWithLifespan, StreamableHTTPASGIApp
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from cloche.errors import InvalidRequest
from cloche.limits import KIB
from cloche.mcp.transports.answers import PlainErrors
from cloche.mcp.transports.bounds import BodyBounds, HeadBounds
from cloche.mcp.transports.connection import HEADER_BUFFER_BYTES, protocol_class
from cloche.mcp.transports.gate import Gate
from cloche.mcp.transports.listen import is_loopback, listen, tls_of, url_of

if TYPE_CHECKING:
    from cloche.api import Cloche
    from cloche.config import Settings
    from cloche.config_http import HttpSettings

_log = structlog.get_logger()

PATH = "/mcp"

_ENVELOPE_BYTES = 64 * KIB
"""What a call takes beside its code."""

_ESCAPED = 3
"""How much larger text can be in JSON: a letter of two bytes becomes six."""

_CORS_REQUEST_HEADERS = (
    "accept",
    "authorization",
    "content-type",
    "last-event-id",
    "mcp-method",
    "mcp-name",
    "mcp-protocol-version",
    "mcp-session-id",
)
_CORS_RESPONSE_HEADERS = ("mcp-session-id", "retry-after", "www-authenticate")

_LAST_WORDS_SECONDS = 2.0
"""How long answers may take once no code runs any more."""


@dataclass(frozen=True)
class Listeners:
    """Where clients can reach the server."""

    sockets: list[socket.socket]
    tls: ssl.SSLContext | None


@contextmanager
def listening(settings: Settings) -> Generator[Listeners]:
    """Check what was set, and listen. Raises `InvalidRequest`, also where anybody could get in."""
    http = settings.http
    _check_sizes(settings)
    local, tls = is_loopback(http.host), tls_of(http)
    if not local and http.auth == "none":
        raise InvalidRequest(
            f"{http.host} can be reached from other machines, and CLOCHE_HTTP__AUTH is 'none': "
            "anybody could run code here. Set it to tokens (make one with `cloche token add OWNER`)"
            ", jwt or oauth, or listen on 127.0.0.1"
        )
    if not local and tls is None:
        _log.warning(
            "no_tls",
            host=http.host,
            reason="tokens and code cross the network in the clear, unless a proxy speaks TLS; "
            "set CLOCHE_HTTP__CERTFILE and CLOCHE_HTTP__KEYFILE, or listen on 127.0.0.1",
        )
    with ExitStack() as opened:
        yield Listeners([opened.enter_context(each) for each in listen(http.host, http.port)], tls)


async def serve_http(
    app: FastMCP, cloche: Cloche, listeners: Listeners, asked: asyncio.Event
) -> None:
    """Serve clients until it is `asked` to end; then calls get their outcomes, and it returns."""
    http = cloche.settings.http
    # Its warnings tell what clients do wrong, with the ids of their sessions.
    logging.getLogger("mcp.server.streamable_http_manager").setLevel(logging.ERROR)
    logging.getLogger("mcp.server.streamable_http").addFilter(_is_news)
    gate = Gate()
    asgi = _assemble(app, cloche, gate)
    async with asgi.lifespan(asgi):
        _bound_transport_sessions(asgi, http)
        server = _Server(_configure(asgi, http), http, listeners.tls)
        async with asyncio.TaskGroup() as tasks:
            serving = tasks.create_task(server.serve(sockets=listeners.sockets))
            asking = tasks.create_task(asked.wait())
            for bound in listeners.sockets:
                url = url_of(bound, tls=listeners.tls is not None)
                _log.info("listening", url=f"{url}{PATH}", auth=http.auth)
            await asyncio.wait({serving, asking}, return_when=asyncio.FIRST_COMPLETED)
            asking.cancel()
            await _wind_down(gate, cloche)
            server.should_exit = True


def _is_news(record: logging.LogRecord) -> bool:
    """Whether it is of more than a request that came as its client ended the connection."""
    raised = record.exc_info[1] if record.exc_info else None
    return not isinstance(raised, anyio.ClosedResourceError | anyio.BrokenResourceError)


async def _wind_down(gate: Gate, cloche: Cloche) -> None:
    """Let code run out, interrupt what does not, and end what is left."""
    sessions, limits = cloche.sessions, cloche.settings.limits
    seconds = cloche.settings.http.shutdown_seconds
    _log.info("shutting_down", calls=gate.calls, running=sessions.running, seconds=seconds)
    gate.drain()

    def ended() -> bool:
        # A call that waits for the preparation of its runtime would wait for minutes.
        return not sessions.running and (not gate.calls or not _is_ready(cloche))

    def interrupted() -> bool:
        sessions.interrupt()  # again and again: the next turn of a session begins
        return ended()

    if not await gate.until(ended, seconds):
        _log.warning("turns_interrupted", running=sessions.running)
        await gate.until(interrupted, limits.grace_seconds + _LAST_WORDS_SECONDS)
    await gate.until(lambda: not gate.calls, _LAST_WORDS_SECONDS if _is_ready(cloche) else 0)
    sessions.watchers.end()
    gate.close()


def _check_sizes(settings: Settings) -> None:
    needed = _ESCAPED * settings.limits.code_bytes + _ENVELOPE_BYTES
    if settings.http.body_bytes < needed:
        raise InvalidRequest(
            f"CLOCHE_HTTP__BODY_BYTES is {settings.http.body_bytes}, and a call with "
            f"CLOCHE_LIMITS__CODE_BYTES={settings.limits.code_bytes} takes up to {needed}"
        )
    if settings.http.buffered_bytes < settings.http.body_bytes:
        raise InvalidRequest(
            f"CLOCHE_HTTP__BUFFERED_BYTES is {settings.http.buffered_bytes}, less than one body of "
            f"CLOCHE_HTTP__BODY_BYTES={settings.http.body_bytes}"
        )


def _assemble(app: FastMCP, cloche: Cloche, gate: Gate) -> StarletteWithLifespan:
    http = cloche.settings.http
    middleware = [Middleware(gate.middleware)]
    if http.allowed_origins:
        middleware.append(
            Middleware(
                CORSMiddleware,
                allow_origins=http.allowed_origins,
                allow_methods=("GET", "POST", "DELETE"),
                allow_headers=_CORS_REQUEST_HEADERS,
                expose_headers=_CORS_RESPONSE_HEADERS,
            )
        )
    middleware.append(Middleware(BodyBounds, settings=http))
    asgi = app.http_app(
        path=PATH,
        middleware=middleware,
        json_response=False,  # progress needs a stream
        stateless_http=False,
        host_origin_protection=True,
        allowed_hosts=list(http.allowed_hosts),
        allowed_origins=list(http.allowed_origins),
        session_idle_timeout=http.session_idle_seconds,
    )
    asgi.router.routes += _probes(cloche, gate)
    return asgi


def _probes(cloche: Cloche, gate: Gate) -> list[Route]:
    async def health(_: Request) -> JSONResponse:
        return JSONResponse({"status": "ok"})

    async def ready(_: Request) -> JSONResponse:
        reason = "shutting down" if gate.draining else _unreadiness(cloche)
        if reason is None:
            return JSONResponse({"status": "ready"})
        return JSONResponse({"status": "not ready", "reason": reason}, status_code=503)

    return [Route("/health", health), Route("/ready", ready)]


def _is_ready(cloche: Cloche) -> bool:
    return _unreadiness(cloche) is None


def _unreadiness(cloche: Cloche) -> str | None:
    standings = cloche.readiness.standings()
    if preparing := [each for each in standings if each.status == "preparing"]:
        return f"preparing {preparing[0].language}, {preparing[0].progress:.0%}"
    if not any(each.status == "ready" for each in standings):
        return "no runtime is available; the log says why"
    return None


def _bound_transport_sessions(asgi: StarletteWithLifespan, http: HttpSettings) -> None:
    """Set what FastMCP gives no way to set: the bounds of the library below it."""
    for route in asgi.routes:
        endpoint = getattr(route, "endpoint", None)
        endpoint = getattr(endpoint, "app", endpoint)  # without what asks for a token
        if isinstance(endpoint, StreamableHTTPASGIApp) and endpoint.session_manager is not None:
            endpoint.session_manager.max_sessions = http.transport_sessions
            endpoint.session_manager.asgi_app.max_body_size = http.body_bytes
            return
    raise LookupError("FastMCP's application has no endpoint of Streamable HTTP")


def _configure(asgi: ASGIApp, http: HttpSettings) -> uvicorn.Config:
    return uvicorn.Config(
        PlainErrors(HeadBounds(asgi, http), access_log=http.access_log),
        interface="asgi3",
        http="h11",
        ws="none",
        lifespan="off",  # entered by `serve_http`, before and after anybody is served
        log_config=None,
        log_level=logging.ERROR,  # what clients do wrong is for them to know
        access_log=False,
        proxy_headers=bool(http.forwarded_allow_ips),
        forwarded_allow_ips=list(http.forwarded_allow_ips),
        server_header=False,
        timeout_keep_alive=math.ceil(http.keep_alive_seconds),
        timeout_graceful_shutdown=1,
        h11_max_incomplete_event_size=HEADER_BUFFER_BYTES,
    )


class _Server(uvicorn.Server):
    """Listens with a bound on how long TLS may take to begin, and leaves signals to others."""

    def __init__(
        self, config: uvicorn.Config, http: HttpSettings, tls: ssl.SSLContext | None
    ) -> None:
        super().__init__(config)
        self._protocol = protocol_class(http)
        self._tls = tls
        self._handshake_seconds = None if tls is None else http.header_seconds

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self.servers = [
            await asyncio.get_running_loop().create_server(
                self._connect,
                sock=each,
                ssl=self._tls,
                ssl_handshake_timeout=self._handshake_seconds,
                ssl_shutdown_timeout=self._handshake_seconds,
            )
            for each in sockets or ()
        ]
        self.started = True

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield

    def _connect(self) -> asyncio.Protocol:
        return self._protocol(self.config, self.server_state, app_state={})
