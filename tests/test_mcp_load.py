"""Many clients of one server at once: nothing is lost, nothing is crossed, memory stays flat."""

import asyncio
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from fastmcp import Client
from fastmcp.client.transports import StreamableHttpTransport

pytestmark = pytest.mark.anyio

CLIENTS = 64
MOST_GROWTH = 24 * 1024 * 1024


async def count(client, number, calls):
    """Call again and again; every answer must be this client's own."""
    code = "n = globals().get('n', 0) + 1\nmine = globals().setdefault('mine', {0})\nmine, n"
    ids = set()
    for call in range(1, calls + 1):
        result = await client.call_tool("execute_code", {"code": code.format(number)})
        outcome = result.structured_content
        assert (outcome["status"], outcome["result"]) == ("ok", f"({number}, {call})")
        ids.add(outcome["session_id"])
    (session_id,) = ids
    return session_id


def resident_bytes(pid):
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    (line,) = [each for each in status.splitlines() if each.startswith("VmRSS:")]
    return int(line.split()[1]) * 1024


# With fewer workers than clients sessions hibernate and wake all the time.
@pytest.mark.parametrize(("era", "calls", "workers"), [("modern", 50, 64), ("legacy", 6, 40)])
async def test_many_owners_call_at_once_and_each_counts_for_itself(
    http_server, era, calls, workers
):
    owners = [f"owner-{number}" for number in range(CLIENTS)]
    server = await http_server(*owners, CLOCHE_MAX_WORKERS=workers)
    async with AsyncExitStack() as connected:
        clients = []
        for owner in owners:
            transport = StreamableHttpTransport(server.url, auth=server.tokens[owner])
            mode = "legacy" if era == "legacy" else "auto"
            clients.append(await connected.enter_async_context(Client(transport, mode=mode)))
        ids = await asyncio.gather(*(count(client, n, calls) for n, client in enumerate(clients)))
    assert len(set(ids)) == CLIENTS


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
async def test_memory_of_the_server_stays_flat(http_server):
    server = await http_server("owner")
    transport = StreamableHttpTransport(server.url, auth=server.tokens["owner"])
    async with Client(transport) as client:

        async def call_often():
            for _ in range(5):
                await asyncio.gather(
                    *(client.call_tool("execute_code", {"code": f"{n}"}) for n in range(8))
                )
                made = await client.call_tool("create_session", {})
                name = {"session_id": made.structured_content["session_id"]}
                await client.call_tool("execute_code", {"code": "print('x' * 10_000)", **name})
                await client.call_tool("destroy_session", name)
            return resident_bytes(server.process.pid)

        for _ in range(4):
            before = await call_often()
        for _ in range(8):
            after = await call_often()
    assert after - before < MOST_GROWTH
