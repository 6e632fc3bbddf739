"""The server over HTTP: start, callers, browsers, TLS, bounds of connections, and its end."""

import asyncio
import json
import os
import signal
import socket
import ssl

import httpx2
import pytest
from fastmcp import Client
from fastmcp.client.transports import StreamableHttpTransport

pytestmark = pytest.mark.anyio

PATIENCE_SECONDS = 60
ERAS = ["modern", "legacy"]


def connect(server, *, owner=None, era="modern", **options):
    headers = server.bearer(owner) if owner else {}
    transport = StreamableHttpTransport(server.url, headers=headers)
    return Client(transport, mode="legacy" if era == "legacy" else "auto", **options)


async def run(client, code, **arguments):
    result = await client.call_tool("execute_code", {"code": code, **arguments})
    return result.structured_content


@pytest.fixture(scope="module")
async def server(anyio_backend, http_server):
    """One server for what needs no settings of its own, with two owners."""
    return await http_server("alice", "bob")


@pytest.mark.parametrize("era", ERAS)
async def test_code_runs_and_variables_stay(server, era):
    async with connect(server, owner="alice", era=era) as client:
        first = await run(client, "x = 41")
        again = await run(client, "x + 1", session_id=first["session_id"])
    assert again["result"] == "42"


@pytest.mark.parametrize("era", ERAS)
async def test_prints_stream_as_progress(server, era):
    heard = []

    async def hear(progress, total, message):
        heard.append(message)

    async with connect(server, owner="alice", era=era) as client:
        code = "import time\nfor i in range(3):\n    print('step', i)\n    time.sleep(0.2)"
        await client.call_tool("execute_code", {"code": code}, progress_handler=hear)
    assert "".join(heard).startswith("step 0\n")
