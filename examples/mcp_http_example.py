"""Two people share one server over HTTP: each has a token, and variables of their own.

Run it with any Python that has Cloche installed: python examples/mcp_http_example.py
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from fastmcp import Client
from fastmcp.client.transports import StreamableHttpTransport

CLOCHE = [sys.executable, "-m", "cloche.cli"]
CALLS = [
    ("alice", "secret = 'glass bell'"),
    ("bob", "'secret' in globals()"),
    ("alice", "secret.title()"),
]


def main() -> None:
    """Make tokens, start a server, and call it as two owners."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "CLOCHE_DATA_DIR": folder, "CLOCHE_HTTP__AUTH": "tokens"}
        tokens = {owner: add_token(owner, environment) for owner in ("alice", "bob")}
        with server(environment) as url:
            print(f"the server answers at {url}")
            asyncio.run(call(url, tokens))


def add_token(owner: str, environment: dict[str, str]) -> str:
    """Return a new token, which the server will know by its hash."""
    command = [*CLOCHE, "token", "add", owner]
    return subprocess.check_output(command, env=environment, text=True).strip()


@contextmanager
def server(environment: dict[str, str]) -> Iterator[str]:
    """Start a server on a free port, and end it as an operator would."""
    command = [*CLOCHE, "serve", "--transport", "http", "--port", "0"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            log = ""
            for line in process.stderr or ():
                log += line
                if found := re.search(r"event=listening url=(\S+)", line):
                    yield found[1]
                    break
            else:
                raise SystemExit(f"the server did not start:\n{log}")
        finally:
            process.terminate()
            process.communicate()
    print(f"the server ended with {process.returncode}")


async def call(url: str, tokens: dict[str, str]) -> None:
    """Run code as each owner, and show that variables are kept and separate."""
    for owner, code in CALLS:
        headers = {"Authorization": f"Bearer {tokens[owner]}"}
        async with Client(StreamableHttpTransport(url, headers=headers)) as client:
            result = await client.call_tool("execute_code", {"code": code})
        outcome = result.structured_content
        print(f"{owner}: {code}  ->  {outcome['result']}  (session {outcome['session_id'][:8]}…)")


if __name__ == "__main__":
    main()
