"""The parent's half of the benchmark: an adapter as a child process that answers requests."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

BENCH = Path(__file__).parent
ANSWER_SECONDS = 240


class NoFigureError(Exception):
    """A cell without a figure; the text says why."""


@dataclass
class Driver:
    """A running child. `python` and `versions` are what the child says of itself."""

    process: asyncio.subprocess.Process
    stderr: Path
    python: str = ""
    versions: dict[str, str] = field(default_factory=dict)

    async def ask(self, op: str, **parameters: Any) -> dict[str, Any]:
        """One request and its answer; NoFigureError if the product lacks it or fails."""
        request = json.dumps({"op": op, **parameters}) + "\n"
        try:
            self.process.stdin.write(request.encode())
            await self.process.stdin.drain()
            async with asyncio.timeout(ANSWER_SECONDS):
                line = await self.process.stdout.readline()
        except TimeoutError:
            self.process.kill()  # its answer would be taken for that of the next request
            raise NoFigureError(f"failed: no answer to {op} within {ANSWER_SECONDS} s") from None
        except ConnectionError:
            line = b""
        if not line:
            raise NoFigureError(f"failed: {_last_line(self.stderr)}")
        answer = json.loads(line)
        if "ok" in answer:
            return answer["ok"]
        raise NoFigureError(answer.get("missing") or f"failed: {answer['failed']}")


@asynccontextmanager
async def driven(python: Path, adapter: str, *, spare: bool = False) -> AsyncIterator[Driver]:
    """A started product; it is stopped, or killed if it will not, on the way out."""
    with tempfile.TemporaryDirectory(prefix="cloche-bench-") as folder:
        stderr = Path(folder) / "stderr"
        with stderr.open("wb") as sink:
            process = await asyncio.create_subprocess_exec(
                str(python),
                "-m",
                adapter,
                cwd=BENCH,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=sink,
                limit=2**24,
            )
        driver = Driver(process=process, stderr=stderr)
        try:
            hello = await driver.ask("open", spare=spare)
            driver.python, driver.versions = hello["python"], hello["versions"]
            yield driver
        finally:
            await _stop(process)


async def _stop(process: asyncio.subprocess.Process) -> None:
    process.stdin.close()
    try:
        async with asyncio.timeout(30):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def _last_line(stderr: Path) -> str:
    lines = stderr.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1][:300] if lines else "the adapter ended without a message"
