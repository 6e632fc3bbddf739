"""`python -c`: a native process per execution, without any sandbox. The floor for speed of code.

The result counts as there when the process has ended, as that is when its caller has all output.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile

from .child import MissingError, serve


class OneProcess:
    def __init__(self, folder: str) -> None:
        self._folder = folder

    async def execute(self, code: str) -> str:
        return _run(code, self._folder)

    async def close(self) -> None:
        pass


class ProcessPeer:
    distributions = ("pandas",)
    echoes = False
    idle_runs_turn = True

    async def open(self, *, spare: bool) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="cloche-bench-")

    async def session(self, *, keep_variables: bool) -> OneProcess:
        if keep_variables:
            raise MissingError("no sessions")
        return OneProcess(self._folder.name)

    async def close(self) -> None:
        self._folder.cleanup()


def _run(code: str, folder: str) -> str:
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    return done.stdout + done.stderr


if __name__ == "__main__":
    serve(ProcessPeer())
