"""Our server as `cloche serve --transport http` has it, with the suite's fixtures, on a free port.

Prints the address once it listens, and serves until it is told to end.
"""

import asyncio
import socket
import sys
import tempfile
from pathlib import Path

import uvicorn
from fixtures import add_fixtures
from questions import add_questions

from cloche import Cloche
from cloche.mcp.server import build_app


def http_app(app):
    return app.http_app(path="/mcp", host_origin_protection="auto")


async def main():
    with tempfile.TemporaryDirectory() as data_dir, socket.create_server(("127.0.0.1", 0)) as door:
        async with Cloche(data_dir=Path(data_dir)) as cloche:
            app = build_app(cloche)
            if "--without-fixtures" not in sys.argv:
                add_fixtures(app)
                add_questions(app)
            server = uvicorn.Server(uvicorn.Config(http_app(app), log_level="warning"))
            print(f"http://127.0.0.1:{door.getsockname()[1]}/mcp", flush=True)
            await server.serve(sockets=[door])


if __name__ == "__main__":
    asyncio.run(main())
