"""Answers: every error is JSON and says nothing about our inside; each request can be logged."""

from __future__ import annotations

import contextlib
import json
import time
from http import HTTPStatus
from typing import Any

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_log = structlog.get_logger()

_MOST_BYTES = 64 * 1024


class PlainErrors:
    """Rewords errors of the libraries: plain text becomes JSON, a validator's report is cut."""

    def __init__(self, app: ASGIApp, *, access_log: bool) -> None:
        self._app = app
        self._access_log = access_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, answer = time.monotonic(), _Answer(send, head=scope["method"] == "HEAD")
        try:
            await self._app(scope, receive, answer.send)
        finally:
            if self._access_log:
                _log.info(
                    "request",
                    method=scope["method"],
                    path=scope["path"],
                    status=answer.status,
                    seconds=round(time.monotonic() - began, 4),
                    client=(scope["client"] or ("",))[0],
                )


class _Answer:
    """Holds an error back until it is whole; everything else passes through."""

    def __init__(self, send: Send, *, head: bool) -> None:
        self._send = send
        self._head = head
        self.status: int | None = None
        self._held: Message | None = None
        self._body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            if message["status"] >= 400 and _is_ours(message):
                self._held = message
                return
        elif self._held is not None:
            self._body += message.get("body", b"")[: _MOST_BYTES - len(self._body)]
            if message.get("more_body"):
                return
            start, self._held = self._held, None
            body = reworded(start["status"], self._body)
            headers = MutableHeaders(raw=list(start["headers"]))
            headers["content-type"] = "application/json"
            headers["content-length"] = str(len(body))
            await self._send({**start, "headers": headers.raw})
            message = {"type": "http.response.body", "body": b"" if self._head else body}
        await self._send(message)


def _is_ours(start: Message) -> bool:
    """Whether an error is no page for people, as those of OAuth are."""
    headers = MutableHeaders(raw=list(start["headers"]))
    kind = headers.get("content-type", "text/plain").partition(";")[0].strip()
    return kind in {"text/plain", "application/json"} and "content-encoding" not in headers


def reworded(status: int, body: bytes) -> bytes:
    """Return the body of an error as a client may see it."""
    try:
        told: Any = json.loads(body)
    except ValueError:
        text = body.decode("utf-8", "replace").strip()
        told = {"error": text if _is_plain(text) else HTTPStatus(status).phrase}
    with contextlib.suppress(LookupError, TypeError):  # no JSON-RPC
        if not _is_plain(message := told["error"]["message"]):
            told["error"]["message"] = message.partition(":")[0].partition("\n")[0][:80]
    return json.dumps(told, separators=(",", ":")).encode()


def _is_plain(text: str) -> bool:
    """Whether a text is a sentence, and no report of a validator or a trace."""
    return bool(text) and len(text) <= 300 and "\n" not in text
