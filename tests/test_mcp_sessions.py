"""Which session a call means: over HTTP with and without authentication, in both eras."""

import asyncio
import sys
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import pytest
from fastmcp import Client
from fastmcp.client.transports import StreamableHttpTransport
from fastmcp.exceptions import ToolError

from cloche import Cloche
from cloche.config import load_settings
from cloche.mcp.auth import build_auth
from cloche.mcp.auth.token_file import add_token, remove_tokens
from cloche.mcp.server import build_app
from cloche.mcp.sessions import UNBOUND_IDLE_SECONDS
from cloche.mcp.transports.http import listening, serve_http

pytestmark = pytest.mark.anyio

ERAS = ["modern", "legacy"]
OWNERS = ["alice", "bob", "carol", "dave"]
QUOTAS = {"dave": 1}
NEVER = "s_" + "0" * 40


@asynccontextmanager
async def served(cloche, *, auth=True):
    """Serve HTTP from this process; yields a function that connects a client."""
    data_dir = cloche.settings.data_dir
    http = {"port": 0, "auth": "tokens" if auth else "none"}
    tokens = {}
    for name in OWNERS:
        remove_tokens(data_dir / "tokens.jsonl", name)
        tokens[name] = add_token(data_dir / "tokens.jsonl", name, max_sessions=QUOTAS.get(name))
    settings = load_settings(data_dir=data_dir, http=http)
    with listening(settings) as listeners:
        app = build_app(cloche, auth=build_auth(settings), local_owner=None)
        asked = asyncio.Event()
        serving = asyncio.create_task(serve_http(app, cloche, listeners, asked))
        port = listeners.sockets[0].getsockname()[1]

        def connect(owner=None, era="modern"):
            transport = StreamableHttpTransport(connect.url, auth=tokens.get(owner))
            return Client(transport, mode="legacy" if era == "legacy" else "auto")

        connect.url, connect.tokens = f"http://127.0.0.1:{port}/mcp", tokens
        try:
            yield connect
        finally:
            asked.set()
            await serving


@pytest.fixture(scope="module")
async def with_auth(cloche):
    async with served(cloche) as connect:
        yield connect


@pytest.fixture(scope="module")
async def without_auth(cloche):
    async with served(cloche, auth=False) as connect:
        yield connect


async def use(client, tool, **arguments):
    return (await client.call_tool(tool, arguments)).structured_content


async def run(client, code, **arguments):
    return await use(client, "execute_code", code=code, **arguments)


async def value(client, code, **arguments):
    outcome = await run(client, code, **arguments)
    assert outcome["status"] == "ok", outcome
    return outcome["result"]


async def refused(client, tool, **arguments):
    with pytest.raises(ToolError) as caught:
        await client.call_tool(tool, arguments)
    return str(caught.value)


# With authentication.


@pytest.mark.parametrize("era", ERAS)
async def test_a_principal_finds_its_variables_from_any_connection(with_auth, era):
    async with with_auth("alice", era) as client:
        first = await run(client, f"x = 'of alice, {era}'")
    async with with_auth("alice", era) as client, with_auth("alice", "modern") as other:
        assert await value(client, "x") == f"'of alice, {era}'"
        assert (await run(other, "x"))["session_id"] == first["session_id"]


@pytest.mark.parametrize("era", ERAS)
async def test_principals_have_nothing_in_common(with_auth, era):
    async with with_auth("alice", era) as alice, with_auth("bob", era) as bob:
        mine = await run(alice, "secret = 'hers'\nopen('hers', 'w').close()")
        theirs = await run(bob, "import os\n'secret' in globals() or 'hers' in os.listdir()")
        assert theirs["result"] == "False"
        assert theirs["session_id"] != mine["session_id"]


@pytest.mark.parametrize("era", ERAS)
async def test_a_foreign_session_is_told_like_one_that_never_was(with_auth, era):
    async with with_auth("alice", era) as alice, with_auth("bob", era) as bob:
        made = (await use(alice, "create_session"))["session_id"]
        automatic = (await run(alice, "x = 1"))["session_id"]
        for name in (made, automatic):
            for tool, more in (
                ("execute_code", {"code": "1"}),
                ("cancel_execution", {}),
                ("reset_workspace", {}),
                ("destroy_session", {}),
            ):
                foreign = await refused(bob, tool, session_id=name, **more)
                never = await refused(bob, tool, session_id=NEVER, **more)
                assert foreign.replace(name, NEVER) == never
            foreign = await refused(bob, "create_session", fork_of=name)
            assert foreign.replace(name, NEVER) == await refused(
                bob, "create_session", fork_of=NEVER
            )
        assert await value(alice, "x") == "1"
        await use(alice, "destroy_session", session_id=made)


async def test_two_first_calls_at_once_get_one_session(with_auth):
    async with with_auth("carol") as client, with_auth("carol") as other:
        outcomes = await asyncio.gather(
            *(run(each, "n = globals().get('n', 0) + 1\nn") for each in [client, other] * 3)
        )
    assert len({outcome["session_id"] for outcome in outcomes}) == 1
    assert {outcome["result"] for outcome in outcomes} == {str(n) for n in range(1, 7)}


async def test_what_was_destroyed_comes_again_empty(with_auth):
    async with with_auth("carol") as client:
        gone = (await run(client, "x = 1"))["session_id"]
        await use(client, "destroy_session", session_id=gone)
        again = await run(client, "'x' in globals()")
        assert again["result"] == "False"
        assert again["session_id"] != gone


@pytest.mark.parametrize("era", ERAS)
async def test_sessions_of_a_principal_outlive_the_server(prepared, tmp_path, era):
    async with (
        Cloche(data_dir=tmp_path) as cloche,
        served(cloche) as connect,
        connect("alice", era) as client,
    ):
        automatic = (await run(client, "x = 'automatic'"))["session_id"]
        made = (await use(client, "create_session"))["session_id"]
        await run(client, "x = 'made'", session_id=made)
    async with Cloche(data_dir=tmp_path) as cloche, served(cloche) as connect:
        async with connect("bob", era) as client:
            assert await value(client, "'x' in globals()") == "False"
            assert NEVER in await refused(client, "execute_code", code="x", session_id=NEVER)
            assert made in await refused(client, "execute_code", code="x", session_id=made)
        async with connect("alice", era) as client:
            outcome = await run(client, "x")
            assert (outcome["result"], outcome["session_id"]) == ("'automatic'", automatic)
            assert await value(client, "x", session_id=made) == "'made'"


async def test_who_is_at_the_bound_learns_which_session_to_give_up(prepared, tmp_path):
    async with (
        Cloche(data_dir=tmp_path, max_sessions_per_owner=2) as cloche,
        served(cloche) as connect,
        connect("alice") as alice,
        connect("bob") as bob,
    ):
        oldest = (await use(alice, "create_session"))["session_id"]
        newer = (await use(alice, "create_session"))["session_id"]
        text = await refused(alice, "execute_code", code="1")
        assert oldest in text
        assert newer not in text
        assert await value(bob, "1") == "1"
        await use(alice, "destroy_session", session_id=oldest)
        assert await value(alice, "1") == "1"


async def test_an_owner_may_have_a_quota_of_its_own(with_auth):
    async with with_auth("dave") as client:
        only = (await run(client, "1"))["session_id"]
        text = await refused(client, "create_session")
        assert "all 1 sessions" in text
        assert only in text


# Without.


async def test_a_connection_of_the_older_era_has_a_session_that_ends_with_it(
    without_auth, cloche, until
):
    async with without_auth(era="legacy") as client, without_auth(era="legacy") as other:
        mine = await run(client, "x = 'mine'")
        assert await value(client, "x") == "'mine'"
        assert await value(other, "'x' in globals()") == "False"
        assert "pass session_id" not in (
            (await client.call_tool("execute_code", {"code": "x"})).content[0].text
        )
        assert cloche.sessions.get(mine["session_id"], owner="anonymous")
    await until(
        lambda: mine["session_id"] not in ids_of(cloche, "anonymous"), "the end of the session"
    )


async def test_where_nothing_binds_calls_the_client_is_told_to_name_its_session(without_auth):
    async with without_auth() as client:
        result = await client.call_tool("execute_code", {"code": "x = 1"})
        name = result.structured_content["session_id"]
        assert f"pass session_id {name}" in result.content[0].text
        assert await value(client, "'x' in globals()") == "False"
        named = await client.call_tool("execute_code", {"code": "x", "session_id": name})
        assert named.structured_content["result"] == "1"
        assert "pass session_id" not in named.content[0].text
        assert (await use(client, "cancel_execution"))["cancelled"] is False
        assert (await use(client, "get_workspace_info"))["session_id"] != name
        assert (await use(client, "get_workspace_info", session_id=name))["session_id"] == name
    async with without_auth() as client:
        assert await value(client, "x", session_id=name) == "1"


async def test_what_nothing_binds_does_not_lie_about_for_long(without_auth, cloche):
    async with without_auth() as client:
        name = (await run(client, "1"))["session_id"]
        made = await use(client, "create_session")
    session = cloche.sessions.get(name, owner="anonymous")
    assert session.idle_seconds == UNBOUND_IDLE_SECONDS
    lifetime = datetime.fromisoformat(made["expires_at"]) - datetime.fromisoformat(
        made["created_at"]
    )
    assert lifetime > timedelta(seconds=UNBOUND_IDLE_SECONDS)


async def test_who_is_anonymous_learns_of_no_session_when_there_are_too_many(prepared, tmp_path):
    async with (
        Cloche(data_dir=tmp_path, max_sessions_per_owner=1) as cloche,
        served(cloche, auth=False) as connect,
        connect() as client,
        connect() as other,
    ):
        name = (await run(client, "1"))["session_id"]
        text = await refused(other, "execute_code", code="1")
        assert "sessions" in text
        assert name not in text


# Calls that are given up.


FOR_EVER = "print('begun', flush=True)\nwhile True: pass"


def status_of(cloche, owner):
    return [session.status for session in cloche.sessions.of_owner(owner)]


@pytest.fixture
async def own(prepared, tmp_path):
    """A sandbox with a server over HTTP for one test."""
    async with Cloche(data_dir=tmp_path) as cloche, served(cloche) as connect:
        yield cloche, connect


@pytest.mark.parametrize("era", ERAS)
async def test_a_call_that_is_cancelled_stops_its_code(own, era, until):
    cloche, connect = own
    async with connect("alice", era) as client:
        await run(client, "x = 1")
        call = asyncio.create_task(run(client, FOR_EVER, timeout_seconds=600))
        await until(lambda: status_of(cloche, "token:alice") == ["running"], "the turn")
        call.cancel()
        await until(lambda: status_of(cloche, "token:alice") == ["idle"], "the turn's end")
        assert await value(client, "x") == "1"


@pytest.mark.parametrize("era", ERAS)
async def test_a_client_that_vanishes_stops_its_code_and_keeps_its_session(own, era, until):
    cloche, connect = own
    async with connect("alice", era) as client:
        await run(client, "x = 1")
    program = f"""
import asyncio
from fastmcp import Client
from fastmcp.client.transports import StreamableHttpTransport

async def main():
    transport = StreamableHttpTransport({connect.url!r}, auth={connect.tokens["alice"]!r})
    async with Client(transport, mode={"legacy" if era == "legacy" else "auto"!r}) as client:
        await client.call_tool("execute_code", {{"code": {FOR_EVER!r}, "timeout_seconds": 600}})

asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program)
    await until(lambda: status_of(cloche, "token:alice") == ["running"], "the turn")
    process.kill()
    await process.wait()
    await until(lambda: status_of(cloche, "token:alice") == ["idle"], "the turn's end")
    async with connect("alice", era) as client:
        assert await value(client, "x") == "1"


def ids_of(cloche, owner):
    return {session.id for session in cloche.sessions.of_owner(owner)}
