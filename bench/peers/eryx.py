"""pyeryx: CPython on wasmtime inside the calling process.

It has two notions of a sandbox. `Session` keeps variables and is always instantiated on demand;
`Sandbox` starts anew at every execute and takes an instance prepared in the background, of which
ERYX_WARM_INSTANCES says how many. So with `spare` a sandbox that need not keep variables is a
`Sandbox`, and every other one is a `Session`, the faster of the two when nothing is prepared.
"""

from __future__ import annotations

import os

from .child import serve


class EryxSession:
    def __init__(self, sandbox, error: type[Exception]) -> None:
        self._sandbox = sandbox
        self._error = error

    async def execute(self, code: str) -> str:
        try:
            return self._sandbox.execute(code).stdout_text
        except self._error as error:
            return str(error)

    async def close(self) -> None:
        del self._sandbox


class EryxPeer:
    distributions = ("pyeryx",)
    echoes = False
    idle_runs_turn = True

    async def open(self, *, spare: bool) -> None:
        os.environ["ERYX_WARM_INSTANCES"] = str(int(spare))
        import eryx  # reads its environment when it is imported

        self._spare = spare
        self._eryx = eryx

    async def session(self, *, keep_variables: bool) -> EryxSession:
        on_demand = keep_variables or not self._spare
        sandbox = self._eryx.Session() if on_demand else self._eryx.Sandbox()
        return EryxSession(sandbox, self._eryx.ExecutionError)

    async def close(self) -> None:
        pass


if __name__ == "__main__":
    serve(EryxPeer())
