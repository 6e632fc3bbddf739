"""An MCP call over stdio: Cloche's `execute_code("1")` beside a tool that only echoes.

Both servers run on this environment's FastMCP, each with one FastMCP client session that stays
open. Calls alternate, so that the machine's wandering speed meets both alike. The ratio is that of
the medians.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

from fastmcp import Client
from fastmcp.client.transports import StdioTransport
from figures import Blank, Cell, Figure
from measures import Effort

_CLOCHE = ["-m", "cloche.cli", "serve"]
_ECHO = [str(Path(__file__).parent / "echo_server.py")]
_WARM_UP = 10


async def compared(effort: Effort) -> dict[str, Cell]:
    """Cells `echo` and `execute_code`; a server that does not serve leaves a blank."""
    with tempfile.TemporaryDirectory(prefix="cloche-bench-") as folder:
        environment = {**os.environ, "CLOCHE_DATA_DIR": folder}
        logs = Path(folder) / "stderr.log"
        async with _client(_ECHO, environment, logs) as echo:
            try:
                async with _client(_CLOCHE, environment, logs) as cloche:
                    return await _alternating(echo, cloche, effort)
            except Exception as error:  # noqa: BLE001 - any refusal of a server is a blank cell
                refusal = Blank(f"failed: {error}"[:300])
        return {"echo": refusal, "execute_code": refusal}


def ratio(cells: dict[str, Cell]) -> float | None:
    """Median of execute_code by median of echo."""
    echo, execute = cells["echo"], cells["execute_code"]
    if isinstance(echo, Figure) and isinstance(execute, Figure):
        return execute.median / echo.median
    return None


def _client(arguments: list[str], environment: dict[str, str], logs: Path) -> Client:
    return Client(
        StdioTransport(sys.executable, arguments, env=environment, keep_alive=False, log_file=logs),
        timeout=120,
    )


async def _alternating(echo: Client, cloche: Client, effort: Effort) -> dict[str, Cell]:
    echoes, executions = [], []
    for turn in range(_WARM_UP + effort.calls):
        pair = (
            await _call(echo, "echo", "text", "text"),
            await _call(cloche, "execute_code", "code", "result"),
        )
        if turn >= _WARM_UP:
            echoes.append(pair[0])
            executions.append(pair[1])
    return {
        "echo": Figure("seconds", tuple(echoes)),
        "execute_code": Figure("seconds", tuple(executions)),
    }


async def _call(client: Client, tool: str, parameter: str, field: str) -> float:
    started = time.perf_counter()
    result = await client.call_tool(tool, {parameter: "1"})
    seconds = time.perf_counter() - started
    if result.structured_content[field] != "1":
        raise ValueError(f"{tool} answered {result.structured_content}")
    return seconds
