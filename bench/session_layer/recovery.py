"""A server process with durable sessions is killed; how soon the next one answers in their place.

All sessions have their last checkpoint on disk when it is killed, and the next server is started
at once. Each must have its value and its file.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time

from driver import BENCH

from session_layer.lines import Effort, Line, Lines, count, seconds
from session_layer.native import Native
from session_layer.sandbox import WrongAnswerError

TITLES = {
    "recovery": "server killed with kill -9: from starting the next one to the first answer",
    "recovery_call": "… of this, the call",
    "recovery_lost": "… durable sessions that were lost or gave a wrong answer",
    "recovery_sessions": "… durable sessions",
}

_PATIENCE_SECONDS = 300


async def measured(effort: Effort, native: Native) -> Lines:
    """Seconds to the first answer, and sessions that were lost in any of the kills."""
    answered, called, lost = [], [], 0
    for _ in range(effort.kills):
        with tempfile.TemporaryDirectory(prefix="cloche-bench-") as folder:
            made = await _made(folder, effort.durable)
            elapsed, call, found = await _recovered(folder)
            answered.append(elapsed)
            called.append(call)
            lost += sum(found.get(name) != answer for name, answer in made.items())
    start = await native.start_with_pandas(5)
    return {
        "recovery": Line(seconds(answered), start, 'python -c "import pandas"'),
        "recovery_call": Line(seconds(called)),
        "recovery_lost": Line(count(lost)),
        "recovery_sessions": Line(count(effort.durable)),
    }


async def _made(folder: str, sessions: int) -> dict[str, str]:
    """Have a server make sessions, and kill it; what each of them is to answer."""
    process = await _server("make", folder, str(sessions))
    try:
        return await _line(process)
    finally:
        process.kill()
        await process.wait()


async def _recovered(folder: str) -> tuple[float, float, dict[str, str]]:
    """Seconds from the start of a server to its first answer, those of the call, all answers."""
    began = time.perf_counter()
    process = await _server("recover", folder)
    try:
        first = await _line(process)
        elapsed = time.perf_counter() - began
        found = await _line(process)
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await process.wait()
    except BaseException:
        process.kill()
        await process.wait()
        raise
    return elapsed, first["seconds"], found


async def _server(*arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "session_layer.server",
        *arguments,
        cwd=BENCH,
        stdout=asyncio.subprocess.PIPE,
        limit=2**24,
    )


async def _line(process: asyncio.subprocess.Process) -> dict:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        line = await process.stdout.readline()
    if not line:
        raise WrongAnswerError("a server ended before it answered")
    return json.loads(line)
