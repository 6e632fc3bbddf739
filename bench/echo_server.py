"""The bare minimum of an MCP call: one asynchronous tool that returns its argument as a model.

Over standard input and output, or with the argument `http` over that.
"""

from __future__ import annotations

import socket
import sys

import uvicorn
from fastmcp import FastMCP
from pydantic import BaseModel, ConfigDict

app = FastMCP("echo")


class EchoResult(BaseModel):
    model_config = ConfigDict(frozen=True)

    text: str


@app.tool
async def echo(text: str) -> EchoResult:
    """Return the text."""
    return EchoResult(text=text)


def serve_http() -> None:
    """Serve on a free port of this machine, and log the address as Cloche does."""
    listening = socket.create_server(("127.0.0.1", 0))
    print(f"url=http://127.0.0.1:{listening.getsockname()[1]}/mcp", file=sys.stderr, flush=True)
    # A client that waits for the others to have asked Cloche must find its connection open.
    config = uvicorn.Config(
        app.http_app(path="/mcp"), http="h11", log_level="warning", timeout_keep_alive=120
    )
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    if sys.argv[1:] == ["http"]:
        serve_http()
    else:
        app.run(show_banner=False)
