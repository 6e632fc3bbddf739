"""The tools for sessions, as real clients use them: over memory and stdio, in both eras."""

import asyncio
import re
from datetime import UTC, datetime, timedelta

import jsonschema
import pytest
from fastmcp import Client
from fastmcp.exceptions import ToolError

from cloche import Cloche, Limits
from cloche.mcp.server import build_app

pytestmark = pytest.mark.anyio

PATIENCE_SECONDS = 60


async def use(client, tool, **arguments):
    """Call a tool and return its structured content, which its schema describes."""
    result = await client.call_tool(tool, arguments)
    (listed,) = [each for each in await client.list_tools() if each.name == tool]
    jsonschema.validate(result.structured_content, listed.output_schema)
    return result.structured_content


async def value(client, code, **arguments):
    """Run code that must not fail and return the text of its value."""
    outcome = await use(client, "execute_code", code=code, **arguments)
    assert outcome["status"] == "ok", outcome
    return outcome["result"]


async def refused(client, tool, **arguments):
    with pytest.raises(ToolError) as caught:
        await client.call_tool(tool, arguments)
    return str(caught.value)


async def begin(client, code, **arguments):
    """Have code run that prints something soon; return the running call once it has."""
    begun = asyncio.Event()

    async def hear(progress, total, message):
        begun.set()

    running = asyncio.create_task(
        client.call_tool(
            "execute_code",
            {"code": code, "timeout_seconds": 600, **arguments},
            progress_handler=hear,
        )
    )
    await asyncio.wait_for(begun.wait(), PATIENCE_SECONDS)
    return running


FOR_EVER = "print('begun')\nwhile True: pass"

# Made and destroyed.


async def test_a_session_that_was_made_has_variables_and_files_of_its_own(client):
    await value(client, "x = 'automatic'")
    made = await use(client, "create_session")
    name = made["session_id"]
    assert made["language"] == "python"
    assert made["limits"]["memory_bytes"] == Limits().memory_bytes
    lifetime = datetime.fromisoformat(made["expires_at"]) - datetime.fromisoformat(
        made["created_at"]
    )
    assert timedelta(0) < lifetime
    assert abs(datetime.now(UTC) - datetime.fromisoformat(made["created_at"])) < timedelta(hours=1)
    outcome = await use(client, "execute_code", code="x", session_id=name)
    assert outcome["error"]["type"] == "NameError"
    await value(client, "x = 'mine'\nopen('mine', 'w').close()", session_id=name)
    assert await value(client, "import os\nx, os.path.exists('mine')") == "('automatic', False)"
    assert await value(client, "import os\nx, os.listdir()", session_id=name) == (
        "('mine', ['mine'])"
    )
    await use(client, "destroy_session", session_id=name)


async def test_an_id_cannot_be_guessed_and_no_two_are_alike(client):
    made = [await use(client, "create_session") for _ in range(3)]
    names = {each["session_id"] for each in made}
    assert len(names) == 3
    for name in names:
        assert re.fullmatch(r"s_[0-9a-f]{32,}", name)
        await use(client, "destroy_session", session_id=name)


async def test_a_destroyed_session_is_told_like_one_that_never_was(client):
    name = (await use(client, "create_session"))["session_id"]
    assert await use(client, "destroy_session", session_id=name) == {
        "session_id": name,
        "destroyed": True,
    }
    never = "s_" + "0" * 40
    for tool, more in (
        ("execute_code", {"code": "1"}),
        ("destroy_session", {}),
        ("cancel_execution", {}),
        ("get_workspace_info", {}),
        ("reset_workspace", {}),
    ):
        gone = await refused(client, tool, session_id=name, **more)
        assert gone.replace(name, never) == await refused(client, tool, session_id=never, **more)
        assert "leave session_id out" in gone
    assert name in await refused(client, "create_session", fork_of=name)


async def test_the_automatic_session_can_be_destroyed_and_comes_again_empty(client):
    outcome = await use(client, "execute_code", code="x = 1")
    await use(client, "destroy_session", session_id=outcome["session_id"])
    again = await use(client, "execute_code", code="'x' in globals()")
    assert again["result"] == "False"
    assert again["session_id"] != outcome["session_id"]


async def test_destroying_a_session_stops_its_code(client):
    name = (await use(client, "create_session"))["session_id"]
    running = await begin(client, FOR_EVER, session_id=name)
    await asyncio.wait_for(use(client, "destroy_session", session_id=name), PATIENCE_SECONDS)
    with pytest.raises(ToolError, match="does not exist or has expired"):
        await asyncio.wait_for(running, PATIENCE_SECONDS)


async def test_a_copy_has_variables_and_files_and_goes_its_own_way(client):
    await value(client, "x = [1]\nwith open('f', 'w') as f: f.write('first')")
    first = (await use(client, "execute_code", code="x"))["session_id"]
    name = (await use(client, "create_session", fork_of=first))["session_id"]
    await value(client, "x.append(2)\nwith open('f', 'a') as f: f.write('!')", session_id=name)
    assert await value(client, "x, open('f').read()", session_id=name) == "([1, 2], 'first!')"
    assert await value(client, "x, open('f').read()") == "([1], 'first')"
    await use(client, "destroy_session", session_id=name)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"language": "cobol"}, "cobol"),
        ({"language": "javascript"}, "javascript"),
        ({"idle_seconds": 0}, "idle_seconds"),
        ({"idle_seconds": 1e12}, "idle_seconds"),
        ({"fork_of": "s_unknown"}, "s_unknown"),
        ({"name": "mine"}, "name"),
    ],
    ids=str,
)
async def test_a_session_that_cannot_be_made_is_an_error_that_names_why(client, arguments, word):
    assert word in await refused(client, "create_session", **arguments)


async def test_a_session_that_nobody_uses_expires(client):
    made = await use(client, "create_session", idle_seconds=0.5)
    for _ in range(PATIENCE_SECONDS * 2):
        await asyncio.sleep(0.5)  # to ask is to use it
        try:
            await use(client, "execute_code", code="1", session_id=made["session_id"])
        except ToolError as error:
            assert "has expired" in str(error)  # noqa: PT017 - one of many calls
            return
        await asyncio.sleep(0.5)
    pytest.fail("it did not expire")


async def test_sessions_past_the_bound_are_refused_and_a_destroyed_one_makes_room(
    anyio_backend, prepared, tmp_path
):
    async with (
        Cloche(data_dir=tmp_path, max_sessions_per_owner=2) as cloche,
        Client(build_app(cloche)) as client,
    ):
        first = await use(client, "create_session")
        await use(client, "create_session")
        assert "all 2 sessions" in await refused(client, "create_session")
        assert "all 2 sessions" in await refused(client, "execute_code", code="1")
        await use(client, "destroy_session", session_id=first["session_id"])
        assert await value(client, "1") == "1"


# Stopped.


async def test_code_that_runs_is_stopped_and_variables_are_kept(client):
    await value(client, "x = 41")
    running = await begin(client, FOR_EVER)
    stopped = await asyncio.wait_for(use(client, "cancel_execution"), PATIENCE_SECONDS)
    outcome = (await asyncio.wait_for(running, PATIENCE_SECONDS)).structured_content
    assert stopped == {"cancelled": True, "turn": outcome["turn"], "state": "kept"}
    assert (outcome["status"], outcome["error"]["type"]) == ("cancelled", "KeyboardInterrupt")
    assert await value(client, "x + 1") == "42"


async def test_to_stop_when_nothing_runs_is_no_error(client):
    outcome = await use(client, "execute_code", code="1")
    assert await use(client, "cancel_execution") == {
        "cancelled": False,
        "turn": outcome["turn"],
        "state": "kept",
    }


async def test_to_stop_before_the_first_call_makes_no_session(cloche):
    before = len(cloche.sessions.of_owner("local"))
    async with Client(build_app(cloche)) as client:
        stopped = await use(client, "cancel_execution")
    assert stopped == {"cancelled": False, "turn": 0, "state": "kept"}
    assert len(cloche.sessions.of_owner("local")) == before


async def test_code_that_does_not_heed_loses_its_own_turn_only(client):
    name = (await use(client, "create_session"))["session_id"]
    await value(client, "x = 41", session_id=name)
    running = await begin(
        client, "x = 0\nprint('begun', flush=True)\nsum(range(10**12))", session_id=name
    )
    stopped = await asyncio.wait_for(
        use(client, "cancel_execution", session_id=name), PATIENCE_SECONDS
    )
    assert (stopped["cancelled"], stopped["state"]) == (True, "rolled_back")
    assert (await running).structured_content["state"] == "rolled_back"
    assert await value(client, "x + 1", session_id=name) == "42"
    await use(client, "destroy_session", session_id=name)


# Told of.


async def test_what_a_session_holds_is_told_in_text_and_structure(client):
    made = await use(client, "create_session")
    name = made["session_id"]
    await value(
        client,
        "import pandas as pd\nfrom math import sqrt\nx = [1, 2]\n"
        "table = pd.DataFrame({'a': [1, 2]})\nwith open('kept.txt', 'w') as f: _ = f.write('123')",
        session_id=name,
    )
    info = await use(client, "get_workspace_info", session_id=name)
    assert (info["session_id"], info["language"], info["status"]) == (name, "python", "idle")
    variables = {each["name"]: each for each in info["variables"]}
    assert (variables["x"]["type"], variables["x"]["preview"]) == ("list", "[1, 2]")
    assert variables["table"]["preview"] == "2 rows x 1 columns: a int64"
    assert info["imports"] == ["pandas as pd", "from math import sqrt"]
    assert [(each["path"], each["size"]) for each in info["files"]] == [("kept.txt", 3)]
    modified = datetime.fromisoformat(info["files"][0]["modified_at"])
    assert abs(datetime.now(UTC) - modified) < timedelta(hours=1)
    assert info["packages"] == []
    assert info["turns"] == [{"turn": 1, "status": "ok", "restorable": True}]
    assert info["limits"] == made["limits"]
    assert info["usage"]["workspace_files"] == 1
    assert info["created_at"] == made["created_at"]
    assert info["last_used_at"] > info["created_at"]
    result = await client.call_tool("get_workspace_info", {"session_id": name})
    text = result.content[0].text
    for told in ("x: list = [1, 2]", "table: pandas.DataFrame", "pandas as pd", "kept.txt", name):
        assert told in text
    await use(client, "destroy_session", session_id=name)


async def test_the_automatic_session_is_told_of_without_its_id(client):
    outcome = await use(client, "execute_code", code="x = 41")
    info = await use(client, "get_workspace_info")
    assert info["session_id"] == outcome["session_id"]
    assert "x" in {each["name"] for each in info["variables"]}


async def test_a_session_is_told_of_while_its_code_runs(client):
    name = (await use(client, "create_session"))["session_id"]
    running = await begin(client, FOR_EVER, session_id=name)
    info = await asyncio.wait_for(
        use(client, "get_workspace_info", session_id=name), PATIENCE_SECONDS
    )
    assert (info["status"], info["variables"]) == ("running", [])
    assert "turn 0" not in info["detail"]
    await use(client, "cancel_execution", session_id=name)
    await asyncio.wait_for(running, PATIENCE_SECONDS)
    await use(client, "destroy_session", session_id=name)


async def test_to_ask_before_the_first_call_makes_the_session_of_the_calls_after_it(cloche):
    async with Client(build_app(cloche)) as client:
        name = (await use(client, "get_workspace_info"))["session_id"]
        assert (await use(client, "execute_code", code="1"))["session_id"] == name


async def test_the_tool_that_only_looks_says_so(client):
    (tool,) = [t for t in await client.list_tools() if t.name == "get_workspace_info"]
    hints = tool.annotations
    assert (hints.read_only_hint, hints.idempotent_hint, hints.destructive_hint) == (
        True,
        True,
        False,
    )


# Reset.


async def test_a_reset_removes_variables_and_files(client):
    outcome = await use(client, "execute_code", code="x = 1\nopen('f', 'w').close()")
    name = outcome["session_id"]
    reset = await use(client, "reset_workspace")
    assert (reset["session_id"], reset["turn"]) == (name, 0)
    assert reset["removed_files"] >= 1
    after = await use(client, "execute_code", code="import os\n'x' in globals(), os.listdir()")
    assert (after["result"], after["session_id"]) == ("(False, [])", name)


async def test_a_reset_can_keep_files(client):
    await value(client, "x = 1\nopen('f', 'w').close()")
    assert (await use(client, "reset_workspace", keep_files=True))["removed_files"] == 0
    assert await value(client, "import os\n'x' in globals(), os.listdir()") == "(False, ['f'])"
    await use(client, "reset_workspace")


async def test_a_reset_goes_back_to_a_turn_and_leaves_files(client):
    name = (await use(client, "create_session"))["session_id"]
    first = await use(client, "execute_code", code="x = 1", session_id=name)
    await value(client, "x = 2\nopen('f', 'w').close()", session_id=name)
    reset = await use(client, "reset_workspace", session_id=name, to_turn=first["turn"])
    assert reset == {"session_id": name, "turn": first["turn"], "removed_files": 0}
    assert await value(client, "import os\nx, os.listdir()", session_id=name) == "(1, ['f'])"
    text = await refused(client, "reset_workspace", session_id=name, to_turn=99)
    assert "turn 99 has no image" in text
    assert await value(client, "x", session_id=name) == "1"
    await use(client, "destroy_session", session_id=name)
