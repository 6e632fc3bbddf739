"""A real MCP client analyses a CSV file in Cloche: numbers, a plot, and variables that stay.

Run it with `make run`, or with any Python that has Cloche installed.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from pathlib import Path

from fastmcp import Client
from fastmcp.client.transports import StdioTransport

HERE = Path(__file__).parent
CSV = HERE / "sales.csv"
PLOT = HERE / "out" / "revenue.png"
CONFIGURATION = HERE / "mcp_claude_desktop_config.json"

SUMMARISE = """
import pandas as pd

sales = pd.read_csv("sales.csv", parse_dates=["month"])
sales["revenue"] = sales.units * sales.unit_price
sales.pivot_table(index="product", columns="region", values="revenue", aggfunc="sum", margins=True)
"""

DRAW = """
import matplotlib.pyplot as plt

by_month = sales.pivot_table(index="month", columns="product", values="revenue", aggfunc="sum")
axes = by_month.plot(figsize=(8, 4), title="Revenue by product", ylabel="revenue")
best = by_month.sum().idxmax()
print("best product:", best)
"""


async def main() -> None:
    """Start the server as a client program would, and talk to it."""
    server = StdioTransport(sys.executable, ["-m", "cloche.cli", "serve"])
    async with Client(server) as client:
        await show(client, "Upload the file", upload(CSV))
        await show(client, "Summarise it", SUMMARISE)
        await show(client, "Draw a plot", DRAW)
        await show(client, "Use a variable of the call before", "f'{by_month[best].max():,.2f}'")
    print_configuration()


def upload(file: Path) -> str:
    """Return code that writes a copy of `file` into the session's folder."""
    return f"import pathlib\npathlib.Path({file.name!r}).write_text({file.read_text()!r})"


async def show(client: Client, title: str, code: str) -> None:
    """Run code in the client's automatic session and print what came back."""
    print(f"\n=== {title}")
    result = await client.call_tool("execute_code", {"code": code})
    for block in result.content:
        if block.type == "text":
            print(block.text)
        elif block.type == "image":
            PLOT.parent.mkdir(exist_ok=True)
            PLOT.write_bytes(base64.b64decode(block.data))
            print(f"plot written to {PLOT}")
    if result.structured_content["status"] != "ok":
        raise SystemExit(1)


def print_configuration() -> None:
    """Print what makes Claude use this installation instead of a published one."""
    block = json.loads(CONFIGURATION.read_text("utf-8"))
    server = block["mcpServers"]["cloche"]
    server["command"] = str(Path(sys.executable).with_name("cloche"))
    server["args"].remove("cloche")
    print("\n=== To use it from Claude Desktop, put this into claude_desktop_config.json:")
    print(json.dumps(block, indent=2))
    print("\n=== To use it from Claude Code, run:")
    print("claude mcp add cloche --", server["command"], *server["args"])


if __name__ == "__main__":
    asyncio.run(main())
