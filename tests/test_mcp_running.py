"""Code that takes long: picked up by a later call, or left as a task."""

import asyncio
from typing import Any, Literal

import pytest
from fastmcp import Client
from fastmcp.exceptions import ToolError
from mcp.client.extension import ClientExtension, ResultClaim
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, CallToolResult, Request, RequestParams, Result
from mcp_types.jsonrpc import MISSING_REQUIRED_CLIENT_CAPABILITY
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import Field

from cloche import Cloche
from cloche.mcp.server import build_app
from cloche.mcp.tasks import IDENTIFIER

pytestmark = pytest.mark.anyio

WAITING = """
import os, time
print('begun', flush=True)
while not os.path.exists('go'):
    time.sleep(0.01)
os.remove('go')
print('ended')
'the end'
"""
FOR_EVER = "print('begun', flush=True)\nwhile True: pass"


@pytest.fixture(scope="module")
async def hasty(anyio_backend, prepared, tmp_path_factory):
    """A server that answers at once, whether the code has ended or not."""
    async with Cloche(data_dir=tmp_path_factory.mktemp("hasty"), reply_seconds=0.5) as cloche:
        yield cloche


@pytest.fixture(params=["auto", "legacy"])
async def client(hasty, request):
    async with Client(build_app(hasty), mode=request.param) as client:
        outcome = await run(client, "ready = True")
        while outcome["status"] == "running":
            outcome = await run(client, "")
        yield client


async def run(client, code, **arguments):
    return (await client.call_tool("execute_code", {"code": code, **arguments})).structured_content


async def picked_up(client, **arguments):
    while (outcome := await run(client, "", **arguments))["status"] == "running":
        pass
    return outcome


def let_go(cloche, owner="local"):
    """Have the code end that waits."""
    for session in cloche.sessions.of_owner(owner):
        if session.status == "running":
            (session.home.workspace / "go").touch()


# Picked up.


async def test_code_that_takes_long_is_answered_and_picked_up(client, hasty):
    result = await client.call_tool("execute_code", {"code": WAITING})
    outcome = result.structured_content
    assert outcome["status"] == "running"
    assert not result.is_error
    assert "empty code" in result.content[0].text
    printed = outcome["stdout"]
    while not printed:
        again = await run(client, "")
        assert (again["status"], again["turn"]) == ("running", outcome["turn"])
        printed = again["stdout"]
    assert printed == "begun\n"
    let_go(hasty)
    ended = await picked_up(client)
    assert (ended["status"], ended["result"]) == ("ok", "'the end'")
    assert ended["stdout"] == "begun\nended\n"
    assert ended["turn"] == outcome["turn"]
    assert (await run(client, "ready"))["result"] == "True"


async def test_empty_code_without_anything_to_pick_up_is_an_ordinary_turn(client):
    before = await run(client, "1")
    outcome = await run(client, "  ")
    assert (outcome["status"], outcome["result"]) == ("ok", None)
    assert outcome["turn"] == before["turn"] + 1


async def test_code_that_was_answered_can_be_cancelled(client):
    assert (await run(client, FOR_EVER))["status"] == "running"
    stopped = (await client.call_tool("cancel_execution", {})).structured_content
    assert stopped["cancelled"] is True
    outcome = await picked_up(client)
    assert (outcome["status"], outcome["state"]) == ("cancelled", "kept")
    assert outcome["turn"] == stopped["turn"]


async def test_more_code_waits_its_turn_and_outcomes_come_in_order(client, hasty):
    assert (await run(client, WAITING))["status"] == "running"
    assert (await run(client, "'second'"))["status"] == "running"
    let_go(hasty)
    assert (await picked_up(client))["result"] == "'the end'"
    assert (await picked_up(client))["result"] == "'second'"


async def test_picking_up_can_be_given_up_which_stops_the_code(client):
    assert (await run(client, FOR_EVER))["status"] == "running"
    waiting = asyncio.create_task(run(client, ""))
    await asyncio.sleep(0.1)
    waiting.cancel()
    await asyncio.wait([waiting])
    assert (await picked_up(client))["status"] in {"ok", "cancelled"}
    assert (await run(client, "ready"))["result"] == "True"


async def test_code_keeps_its_timeout(client):
    assert (await run(client, FOR_EVER, timeout_seconds=1.5))["status"] == "running"
    assert (await picked_up(client))["status"] == "timeout"


async def test_of_a_session_that_is_gone_nothing_can_be_picked_up(client):
    outcome = await run(client, FOR_EVER)
    await client.call_tool("destroy_session", {"session_id": outcome["session_id"]})
    with pytest.raises(ToolError, match="does not exist"):
        await run(client, "", session_id=outcome["session_id"])
    assert (await picked_up(client))["result"] is None


# Left as tasks.


class TaskResult(Result):
    result_type: Literal["task"] = Field(alias="resultType")
    task_id: str = Field(alias="taskId")
    status: str
    ttl_ms: int = Field(alias="ttlMs")
    poll_interval_ms: int = Field(alias="pollIntervalMs")


class State(Result):
    task_id: str = Field(alias="taskId")
    status: str
    poll_interval_ms: int = Field(alias="pollIntervalMs")
    result: dict[str, Any] | None = None


class TasksClient(ClientExtension):
    """The client's half of the extension, as far as these tests need it."""

    identifier = IDENTIFIER

    def claims(self):
        async def resolve(created, context):
            raise AssertionError(created)

        eras = frozenset(MODERN_PROTOCOL_VERSIONS)
        return [
            ResultClaim(
                result_type="task", model=TaskResult, resolve=resolve, protocol_versions=eras
            )
        ]


class ByTaskId(RequestParams):
    task_id: str = Field(alias="taskId")
    input_responses: dict[str, Any] = Field(default={}, alias="inputResponses")


@pytest.fixture
async def patient_client(cloche):
    async with Client(build_app(cloche), extensions=[TasksClient()]) as client:
        yield client


async def begin(client, code):
    return await client.session.call_tool("execute_code", {"code": code}, allow_claimed=True)


async def ask(client, method, task_id, answer=State):
    request = Request(method=method, params=ByTaskId(taskId=task_id))
    return await client.session.send_request(request, answer)


async def result_of(client, task_id):
    while True:
        state = await ask(client, "tasks/get", task_id)
        if state.status != "working":
            return state
        await asyncio.sleep(state.poll_interval_ms / 1000)


async def test_a_client_that_can_is_answered_with_a_task(patient_client, cloche):
    created = await begin(patient_client, WAITING)
    assert (created.result_type, created.status) == ("task", "working")
    assert len(created.task_id) >= 22  # 128 bits
    assert (await ask(patient_client, "tasks/get", created.task_id)).status == "working"
    let_go(cloche)
    state = await result_of(patient_client, created.task_id)
    assert state.status == "completed"
    result = CallToolResult.model_validate(state.result)
    assert result.structured_content["result"] == "'the end'"
    assert "ended" in result.content[0].text
    assert not result.is_error


async def test_quick_code_is_answered_as_ever(patient_client):
    result = await begin(patient_client, "1 + 1")
    assert result.structured_content["result"] == "2"


async def test_a_task_can_be_cancelled_and_variables_stay(patient_client):
    await begin(patient_client, "x = 1")
    created = await begin(patient_client, FOR_EVER)
    await ask(patient_client, "tasks/cancel", created.task_id, Result)
    assert (await ask(patient_client, "tasks/get", created.task_id)).status == "cancelled"
    assert (await begin(patient_client, "x")).structured_content["result"] == "1"


async def test_a_call_that_cannot_be_served_says_so_in_its_task(patient_client, cloche):
    created = await begin(patient_client, FOR_EVER)
    for session in cloche.sessions.of_owner("local"):
        await cloche.sessions.destroy(session)
    state = await result_of(patient_client, created.task_id)
    assert state.status == "completed"
    result = CallToolResult.model_validate(state.result)
    assert result.is_error
    assert "does not exist" in result.content[0].text


@pytest.mark.parametrize("method", ["tasks/get", "tasks/cancel", "tasks/update"])
async def test_a_task_that_is_not_there_is_an_error(patient_client, method):
    with pytest.raises(MCPError, match="does not exist") as caught:
        await ask(patient_client, method, "no such task")
    assert caught.value.error.code == INVALID_PARAMS


async def test_who_does_not_declare_the_extension_gets_no_task_and_none_of_its_methods(cloche):
    async with Client(build_app(cloche)) as client:
        result = await client.call_tool("execute_code", {"code": "import time\ntime.sleep(2)\n2"})
        assert result.structured_content["result"] == "2"
        with pytest.raises(MCPError) as caught:
            await ask(client, "tasks/get", "any")
        assert caught.value.error.code == MISSING_REQUIRED_CLIENT_CAPABILITY
