"""Cloche through its public Python API: a session is a worker process with one guest in it.

`spare` is one worker started ahead (`Cloche(spares=1)`); without, a session starts its own worker
and restores the warm image. Sessions and workspaces go to a temporary data folder, so that the
user's own are neither read nor added to.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import AsyncExitStack

from cloche import Cloche

from .child import serve


class ClocheSession:
    def __init__(self, session, stack: AsyncExitStack) -> None:
        self._session = session
        self._stack = stack

    async def execute(self, code: str) -> str:
        outcome = await self._session.execute(code)
        error = outcome.error.message if outcome.error else ""
        return f"{outcome.stdout}{outcome.result or ''}{error}"

    async def close(self) -> None:
        await self._stack.aclose()


class ClochePeer:
    distributions = ("cloche", "wasmtime")
    echoes = True
    idle_runs_turn = True

    def __init__(self) -> None:
        self._stack = AsyncExitStack()

    async def open(self, *, spare: bool) -> None:
        data = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="cloche-bench-"))
        os.environ["CLOCHE_DATA_DIR"] = data
        self._cloche = await self._stack.enter_async_context(Cloche(spares=int(spare)))

    async def session(self, *, keep_variables: bool) -> ClocheSession:
        stack = AsyncExitStack()
        return ClocheSession(await stack.enter_async_context(self._cloche.session("python")), stack)

    async def close(self) -> None:
        await self._stack.aclose()


if __name__ == "__main__":
    serve(ClochePeer())
