"""The bare minimum of an MCP call: one asynchronous tool that returns its argument as a model."""

from __future__ import annotations

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


if __name__ == "__main__":
    app.run(show_banner=False)
