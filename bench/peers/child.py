"""The child's half of the benchmark: JSON requests on stdin, a JSON answer line each on stdout.

Every adapter calls `serve` with its product, so all of them are timed by the same lines. Adapters
and this module import nothing but the standard library and the product, because they run on the
product's own interpreter.

Requests (`op`) and what is timed, with time.perf_counter, in seconds:

    open     start the product                                          not timed
    fresh    open a session, run one turn, have its text in hand        timed; closing it is not
    turn     one turn in the session that stays open                    timed
    hold     open `count` sessions, run a turn in each, keep them open  not timed
    each     run one turn in every held session                         not timed
    release  close the held sessions                                    not timed

A turn is `statements` and then `expression`; its text must match the pattern `expect`, or there is
no figure: a wrong answer has no speed. The answer is `{"ok": {...}}`, or `{"missing": reason}` when
the product does not have what is asked, or `{"failed": reason}`.
"""

from __future__ import annotations

import asyncio
import importlib.metadata
import json
import os
import platform
import re
import sys
import time
import traceback
from typing import Any, Protocol


class MissingError(Exception):
    """The product does not have the thing that is to be measured; the text says what it lacks."""


class Session(Protocol):
    """A sandbox that a product opened for one client."""

    async def execute(self, code: str) -> str:
        """Run code; what it printed, with the value of its last expression where there is one."""
        ...

    async def close(self) -> None:
        """Give the session up."""
        ...


class Peer(Protocol):
    """A product, as its documentation says to drive it from Python."""

    distributions: tuple[str, ...]  # whose versions the report names
    echoes: bool  # a turn's text has the value of its last expression
    idle_runs_turn: bool  # a held session runs one turn first

    async def open(self, *, spare: bool) -> None:
        """Start the product, with one session prepared ahead if `spare`, else with none."""
        ...

    async def session(self, *, keep_variables: bool) -> Session:
        """Open a session; raise MissingError if variables are to be kept and the product cannot."""
        ...

    async def close(self) -> None:
        """Stop the product."""
        ...


class _Child:
    """Answers requests about one peer."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self._live: Session | None = None
        self._held: list[Session] = []

    async def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        handler = getattr(self, "_" + request.pop("op"))
        return await handler(**request)

    async def _open(self, spare: bool) -> dict[str, Any]:
        await self._peer.open(spare=spare)
        names = self._peer.distributions
        return {
            "python": platform.python_version(),
            "versions": {name: importlib.metadata.version(name) for name in names},
        }

    async def _fresh(self, statements: str, expression: str, expect: str) -> dict[str, Any]:
        code = self._code(statements, expression)
        started = time.perf_counter()
        session = await self._peer.session(keep_variables=False)
        try:
            text = await session.execute(code)
            seconds = time.perf_counter() - started
        finally:
            await session.close()
        return {"seconds": seconds, "text": _checked(text, expect)}

    async def _turn(self, statements: str, expression: str, expect: str) -> dict[str, Any]:
        if self._live is None:
            self._live = await self._peer.session(keep_variables=True)
        code = self._code(statements, expression)
        started = time.perf_counter()
        text = await self._live.execute(code)
        seconds = time.perf_counter() - started
        return {"seconds": seconds, "text": _checked(text, expect)}

    async def _hold(self, count: int) -> dict[str, Any]:
        for _ in range(count):
            session = await self._peer.session(keep_variables=True)
            self._held.append(session)
            if self._peer.idle_runs_turn:
                _checked(await session.execute(self._code("", "1 + 1")), "2")
        return {}

    async def _each(self, statements: str, expression: str, expect: str) -> dict[str, Any]:
        code = self._code(statements, expression)
        for session in self._held:
            _checked(await session.execute(code), expect)
        return {}

    async def _release(self) -> dict[str, Any]:
        while self._held:
            await self._held.pop().close()
        return {}

    async def close(self) -> None:
        await self._release()
        if self._live is not None:
            await self._live.close()
        await self._peer.close()

    def _code(self, statements: str, expression: str) -> str:
        if expression and not self._peer.echoes:
            expression = f"print({expression})"
        return f"{statements}\n{expression}".strip()


def serve(peer: Peer) -> None:
    """Answer requests until stdin ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a product prints must not land among the answers
    asyncio.run(_serve(_Child(peer), answers))


async def _serve(child: _Child, answers: Any) -> None:
    # stdin is read in a thread, so that a product's own background tasks run between requests.
    while line := await asyncio.to_thread(sys.stdin.readline):
        try:
            answer = {"ok": await child.answer(json.loads(line))}
        except MissingError as lack:
            answer = {"missing": str(lack)}
        except Exception as error:  # noqa: BLE001 - the process edge: reported to the parent
            traceback.print_exc()
            answer = {"failed": f"{type(error).__name__}: {error}"[:500]}
        print(json.dumps(answer), file=answers, flush=True)
    await child.close()


def _checked(text: str, expect: str) -> str:
    """The text, if it is the right one."""
    if "No module named 'pandas'" in text:
        raise MissingError("no pandas")
    if not re.fullmatch(expect, text.strip()):
        raise ValueError(f"expected {expect!r}, got {text[-300:]!r}")
    return text
