"""The other side of ratios: a native Python process that takes turns, without any sandbox."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from driver import NoFigureError
from environments import UnavailableError, interpreter
from figures import Blank, Cell

from session_layer.lines import seconds

_CHILD = str(Path(__file__).with_name("native_child.py"))
_PATIENCE_SECONDS = 120


class NativeSession:
    """One process with one namespace."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def begin(self, statements: str, expression: str = "") -> None:
        """Return when the code is about to run."""
        request = json.dumps({"statements": statements, "expression": expression}) + "\n"
        self._process.stdin.write(request.encode())
        await self._answer("begun")

    async def value(self) -> str:
        """The text of the expression, when the code has ended."""
        return str(await self._answer("value"))

    async def execute(self, statements: str, expression: str = "") -> str:
        await self.begin(statements, expression)
        return await self.value()

    async def interrupt(self) -> None:
        """Return when the code has been interrupted."""
        if sys.platform == "win32":
            raise NoFigureError("POSIX only")
        self._process.send_signal(signal.SIGINT)
        await self._answer("interrupted")

    async def _answer(self, name: str) -> object:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            line = await self._process.stdout.readline()
        answer = json.loads(line or "{}")
        if name not in answer:
            raise NoFigureError(f"native Python: {answer.get('failed', 'no answer')}")
        return answer[name]


class Native:
    """An interpreter with pandas, or the reason why there is none."""

    def __init__(self, python: Path | Blank) -> None:
        self._python = python

    @property
    def python(self) -> Path:
        """Raises `NoFigureError` when there is none."""
        if isinstance(self._python, Blank):
            raise NoFigureError(self._python.reason)
        return self._python

    @asynccontextmanager
    async def session(self) -> AsyncGenerator[NativeSession]:
        """A process of its own."""
        process = await asyncio.create_subprocess_exec(
            str(self.python),
            _CHILD,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            yield NativeSession(process)
        finally:
            process.kill()
            await process.wait()

    async def start_with_pandas(self, times: int) -> Cell:
        """Seconds of `python -c "import pandas"`, from the start of the process to its end."""
        try:
            python = str(self.python)
        except NoFigureError as reason:
            return Blank(str(reason))
        samples = []
        for _ in range(times + 1):
            started = time.perf_counter()
            process = await asyncio.create_subprocess_exec(python, "-c", "import pandas")
            if await process.wait() != 0:
                return Blank("native Python has no pandas")
            samples.append(time.perf_counter() - started)
        return seconds(samples[1:])  # the first one read the disk


def found_native(product) -> Native:
    """The native Python of the comparison, its environment made if there is none."""
    try:
        return Native(interpreter(product))
    except UnavailableError as refusal:
        return Native(Blank(f"not available: {refusal}"))
