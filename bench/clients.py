"""Many clients of one server over HTTP, each with an owner of its own: `execute_code` beside echo.

Usage: uv run python bench/clients.py [--clients N] [--calls N] [--long N] [--quick]

All clients call at once, from one process on the same machine, first the one server and then the
other, round by round; the ratio is that of the medians. Afterwards one client calls `--long` times
in a row while the memory of the server's own process is read.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import subprocess
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import machine
import report
from catalog import CLOCHE
from environments import interpreter
from fastmcp import Client
from fastmcp.client.transports import StreamableHttpTransport
from figures import Figure
from rich.table import Table

from cloche.mcp.auth.token_file import add_token

_ECHO = Path(__file__).parent / "echo_server.py"
_READINGS = 10


async def main() -> None:
    """Run what the command line asks for."""
    arguments = _arguments()
    started, clock = datetime.now(UTC), time.monotonic()
    described = machine.described()
    interpreter(CLOCHE)  # set up
    with tempfile.TemporaryDirectory(prefix="cloche-bench-") as folder:
        figures, memory = await _measured(Path(folder), arguments)
    report.show([_table(figures), _memory_table(memory, arguments.long)], described)
    document = {
        "started": started.isoformat(),
        "quick": arguments.quick,
        "seconds": time.monotonic() - clock,
        "machine": described,
        "clients": arguments.clients,
        "calls": {name: figure.as_json() for name, figure in figures.items()},
        "ratio": figures["execute_code"].median / figures["echo"].median,
        "server_bytes": memory,
    }
    print(f"written to {report.write(f'{started:%Y%m%dT%H%M%SZ}-clients', document)}")


async def _measured(
    folder: Path, arguments: argparse.Namespace
) -> tuple[dict[str, Figure], list[int]]:
    owners = [f"owner-{number}" for number in range(arguments.clients)]
    tokens = [add_token(folder / "data" / "tokens.jsonl", owner) for owner in owners]
    settings = {
        "CLOCHE_DATA_DIR": str(folder / "data"),
        "CLOCHE_HTTP__AUTH": "tokens",
        "CLOCHE_HTTP__PORT": "0",
        "CLOCHE_MAX_WORKERS": str(arguments.clients + 1),
    }
    serve = ["-m", "cloche.cli", "serve", "--transport", "http"]
    cloche, url = _start(serve, settings, folder / "cloche.log")
    echo, echo_url = _start([str(_ECHO), "http"], {}, folder / "echo.log")
    try:
        async with AsyncExitStack() as connected:

            async def connect(url: str, token: str | None) -> Client:
                transport = StreamableHttpTransport(url, auth=token)
                return await connected.enter_async_context(Client(transport, timeout=120))

            ours = [await connect(url, token) for token in tokens]
            theirs = [await connect(echo_url, None) for _ in tokens]
            figures = await _rounds(ours, theirs, arguments.calls)
            return figures, await _memory(ours[0], cloche.pid, arguments.long)
    finally:
        for process in (cloche, echo):
            process.terminate()
            process.wait(timeout=60)


def _start(
    command: list[str], settings: dict[str, str], log: Path
) -> tuple[subprocess.Popen[bytes], str]:
    """Start a server and return it with its address, which it logs once it listens."""
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, *command],
            env={**os.environ, **settings},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
        )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if found := re.search(r"url=(\S+)", log.read_text("utf-8")):
            return process, found[1]
        time.sleep(0.05)
    process.kill()
    raise RuntimeError(f"a server did not start: {log.read_text('utf-8')}")


async def _rounds(ours: list[Client], theirs: list[Client], calls: int) -> dict[str, Figure]:
    samples: dict[str, list[float]] = {"echo": [], "execute_code": []}
    for turn in range(calls + 1):
        echoes = await asyncio.gather(
            *(_call(client, "echo", {"text": "1"}, "text", "1") for client in theirs)
        )
        code = f"n = globals().get('n', {turn}) + 1\n(mine := globals().get('mine', {{0}})), n"
        executions = await asyncio.gather(
            *(
                _call(
                    client,
                    "execute_code",
                    {"code": code.format(number)},
                    "result",
                    f"({number}, {turn + 1})",
                )
                for number, client in enumerate(ours)
            )
        )
        if turn:  # the first makes the sessions
            samples["echo"] += echoes
            samples["execute_code"] += executions
    return {name: Figure("seconds", tuple(found)) for name, found in samples.items()}


async def _call(
    client: Client, tool: str, arguments: dict[str, str], field: str, expected: str
) -> float:
    began = time.perf_counter()
    result = await client.call_tool(tool, arguments)
    elapsed = time.perf_counter() - began
    if result.structured_content[field] != expected:
        raise ValueError(f"{tool} answered {result.structured_content}, and not {expected}")
    return elapsed


async def _memory(client: Client, pid: int, calls: int) -> list[int]:
    """Resident bytes of the server's process, before and in the course of so many calls."""
    found = [_resident_bytes(pid)]
    for _ in range(_READINGS):
        for number in range(calls // _READINGS):
            await _call(client, "execute_code", {"code": f"{number}"}, "result", f"{number}")
        found.append(_resident_bytes(pid))
    return found


def _resident_bytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found
    return int(found[1]) * 1024


def _table(figures: dict[str, Figure]) -> Table:
    table = Table(title="a call over HTTP, all clients at once")
    for column in ("tool", "calls", "median ms", "p95", "p99", "max", "times echo"):
        table.add_column(column, justify="left" if column == "tool" else "right")
    for name, figure in figures.items():
        times = [figure.median, figure.p95, figure.p99, figure.maximum]
        table.add_row(
            name,
            str(len(figure.samples)),
            *(f"{seconds * 1000:.1f}" for seconds in times),
            f"{figure.median / figures['echo'].median:.2f}",
        )
    return table


def _memory_table(memory: list[int], calls: int) -> Table:
    table = Table(title=f"memory of the server's process in the course of {calls} calls, MB")
    for part in range(len(memory)):
        table.add_column(str(part * calls // _READINGS), justify="right")
    table.add_row(*(f"{each / 1e6:.1f}" for each in memory))
    return table


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure many clients over HTTP.")
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--calls", type=int, default=50, help="of each client")
    parser.add_argument("--long", type=int, default=10_000, help="calls of one client in a row")
    parser.add_argument("--quick", action="store_true", help="does it work, not how fast")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.clients, arguments.calls, arguments.long = 4, 5, 100
    return arguments


if __name__ == "__main__":
    asyncio.run(main())
