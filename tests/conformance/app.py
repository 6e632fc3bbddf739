"""Our server over HTTP as `cloche serve` runs it, with the suite's fixtures, on a free port.

Prints the address once it listens, and serves until it is told to end.
"""

import asyncio

from fixtures import add_fixtures
from questions import add_questions

from cloche import Cloche
from cloche.config import load_settings
from cloche.mcp.server import build_app
from cloche.mcp.transports.http import PATH, listening, serve_http
from cloche.mcp.transports.signals import on_signals


async def main():
    loop, asked = asyncio.get_running_loop(), asyncio.Event()
    settings = load_settings(http={"port": 0})
    with (
        on_signals(lambda number: loop.call_soon_threadsafe(asked.set)),
        listening(settings) as listeners,
    ):
        async with Cloche(settings) as cloche:
            app = build_app(cloche, local_owner=None)
            add_fixtures(app)
            add_questions(app)
            port = listeners.sockets[0].getsockname()[1]
            print(f"http://127.0.0.1:{port}{PATH}", flush=True)
            await serve_http(app, cloche, listeners, asked)


if __name__ == "__main__":
    asyncio.run(main())
