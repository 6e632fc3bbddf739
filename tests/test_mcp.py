"""The server, as real clients see it: over memory and stdio, in both eras of the protocol."""

import asyncio
import base64
import contextlib
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
from types import SimpleNamespace

import jsonschema
import pytest
from fastmcp import Client
from fastmcp.exceptions import ToolError
from filelock import FileLock

from cloche import Cloche
from cloche.mcp.server import build_app

pytestmark = pytest.mark.anyio

PNG = b"\x89PNG\r\n\x1a\n"
PATIENCE_SECONDS = 60
ENDING_SECONDS = 5
"""How soon a server must be gone once it was asked to go."""


async def call(client, code, **arguments):
    return await client.call_tool("execute_code", {"code": code, **arguments})


async def outcome_of(client, code, **arguments):
    return (await call(client, code, **arguments)).structured_content


def text_of(result):
    return "\n".join(block.text for block in result.content if block.type == "text")


# Code.


async def test_variables_are_there_on_the_next_call_without_any_session(client):
    assert (await outcome_of(client, "x = 41"))["result"] is None
    result = await call(client, "x + 1")
    assert result.structured_content["result"] == "42"
    assert "42" in text_of(result)
    assert not result.is_error


async def test_a_table_as_last_expression_comes_as_text(client):
    result = await call(client, "import pandas as pd\npd.DataFrame({'name': ['a'], 'n': [7]})")
    shown = "  name  n\n0    a  7"
    assert result.structured_content["result"] == shown
    assert shown in text_of(result)


async def test_failing_code_is_an_ordinary_result(client):
    result = await call(client, "x = 1\n1 / 0")
    assert not result.is_error
    outcome = result.structured_content
    assert (outcome["status"], outcome["state"]) == ("error", "kept")
    assert (outcome["error"]["type"], outcome["error"]["line"]) == ("ZeroDivisionError", 2)
    assert "ZeroDivisionError: division by zero" in text_of(result)
    assert "1 / 0" in text_of(result)


async def test_what_was_printed_is_in_text_and_structure(client):
    result = await call(client, "import sys\nprint('out')\nprint('err', file=sys.stderr)")
    outcome = result.structured_content
    assert (outcome["stdout"], outcome["stderr"]) == ("out\n", "err\n")
    assert "out" in text_of(result)
    assert "err" in text_of(result)


async def test_a_plot_comes_as_an_image_block_and_as_a_file(client):
    result = await call(client, "import matplotlib.pyplot as plt\nplt.plot([1, 4, 9]);")
    (image,) = [block for block in result.content if block.type == "image"]
    assert image.mime_type == "image/png"
    assert base64.b64decode(image.data).startswith(PNG)
    (output,) = result.structured_content["outputs"]
    assert output["path"] in {f["path"] for f in result.structured_content["files"]}
    assert output["path"] in text_of(result)
    assert (await outcome_of(client, f"open({output['path']!r}, 'rb').read(4)"))["result"] == (
        "b'\\x89PNG'"
    )


async def test_files_are_told_in_text_and_structure(client):
    result = await call(client, "open('told.txt', 'w').write('123');")
    assert {"path": "told.txt", "change": "created", "size": 3} in result.structured_content[
        "files"
    ]
    assert "told.txt" in text_of(result)


async def test_a_timeout_is_an_ordinary_result_that_says_what_was_kept(client):
    await call(client, "x = 5")
    result = await call(client, "while True: pass", timeout_seconds=0.3)
    assert not result.is_error
    assert (result.structured_content["status"], result.structured_content["state"]) == (
        "timeout",
        "kept",
    )
    assert "timeout" in text_of(result)
    assert (await outcome_of(client, "x"))["result"] == "5"


async def test_an_outcome_fits_its_published_schema(client):
    (tool,) = [tool for tool in await client.list_tools() if tool.name == "execute_code"]
    for code in (
        "1",
        "1 / 0",
        "x =",
        "print('x' * 10**6)",
        "import os\nos._exit(1)",
        "import matplotlib.pyplot as plt\nplt.plot([1]);",
        "open('f', 'w').close()",
    ):
        outcome = await outcome_of(client, code)
        jsonschema.validate(outcome, tool.output_schema)
    assert outcome["session_id"]


async def test_a_session_can_be_named_by_the_id_that_its_outcome_told(client):
    first = await outcome_of(client, "named = 1")
    again = await outcome_of(client, "named", session_id=first["session_id"])
    assert (again["result"], again["session_id"]) == ("1", first["session_id"])
    assert (await outcome_of(client, "1", language="python"))["session_id"] == first["session_id"]


async def test_a_result_stays_small_enough_for_clients_whatever_the_code_does(cloche):
    code = (
        "import os\nos.makedirs('many')\n"
        "for i in range(5000): open(f'many/{\"n\" * 240}{i}', 'w').close()\n"
        "print('x' * 10**7)\n'y' * 10**7"
    )
    async with Client(build_app(cloche)) as client:
        result = await call(client, code)
    assert len(json.dumps(result.structured_content)) + len(text_of(result)) < 1_000_000


# Errors.


async def refused(client, tool="execute_code", **arguments):
    with pytest.raises(ToolError) as caught:
        await client.call_tool(tool, arguments)
    text = str(caught.value)
    assert text
    assert "Traceback" not in text
    return text


async def test_an_unknown_session_is_an_error_that_names_the_next_step(client):
    text = await refused(client, code="1", session_id="s_unknown")
    assert "s_unknown" in text
    assert "does not exist or has expired" in text
    assert "leave session_id out" in text


async def test_a_language_that_cannot_run_yet_is_refused_by_name(client):
    text = await refused(client, code="1", language="javascript")
    assert "javascript" in text
    assert "python" in text


async def test_a_language_that_is_not_the_sessions_is_refused_by_name(client):
    session_id = (await outcome_of(client, "1"))["session_id"]
    text = await refused(client, code="1", language="typescript", session_id=session_id)
    assert "python" in text
    assert "typescript" in text


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({}, "code"),
        ({"code": None}, "code"),
        ({"code": ["1"]}, "code"),
        ({"code": "1", "language": "cobol"}, "language"),
        ({"code": "1", "timeout_seconds": 0}, "timeout_seconds"),
        ({"code": "1", "timeout_seconds": -1}, "timeout_seconds"),
        ({"code": "1", "timeout_seconds": 601}, "timeout_seconds"),
        ({"code": "1", "timeout_seconds": "soon"}, "timeout_seconds"),
        ({"code": "1", "session_id": "x" * 300}, "session_id"),
        ({"code": "1", "session_id": 5}, "session_id"),
        ({"code": "#" * (1024 * 1024 + 1)}, "code"),
        ({"code": "é" * (1024 * 512 + 1)}, "code"),
        ({"code": "1", "nonsense": 1}, "nonsense"),
        ({"code": "1", "Session_ID": "s"}, "Session_ID"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_bad_arguments_are_an_error_that_names_them(client, arguments, word):
    text = await refused(client, **arguments)
    assert word in text
    assert len(text) < 2000
    assert (await outcome_of(client, "1"))["result"] == "1"


async def test_bad_arguments_are_told_in_our_words(cloche):
    async with Client(build_app(cloche)) as client:
        text = await refused(client, code="1", timeout_seconds=-1)
    assert "timeout_seconds" in text
    assert "pydantic" not in text


async def test_an_unknown_tool_is_an_error(client):
    with pytest.raises(Exception, match="nonsense"):
        await client.call_tool("nonsense", {})


# What is listed.


async def test_runtimes_are_listed_with_their_packages(client):
    result = await client.call_tool("list_runtimes", {})
    (tool,) = [tool for tool in await client.list_tools() if tool.name == "list_runtimes"]
    jsonschema.validate(result.structured_content, tool.output_schema)
    python = result.structured_content["runtimes"][0]
    assert (python["language"], python["status"], python["progress"]) == ("python", "ready", 1.0)
    assert python["version"].startswith("3.")
    packages = {package["name"].lower(): package["version"] for package in python["packages"]}
    assert {"numpy", "pandas", "matplotlib"} <= packages.keys()
    assert "python" in text_of(result)
    assert packages["pandas"] in text_of(result)
    imported = await outcome_of(client, "import pandas\npandas.__version__")
    assert imported["result"] == repr(packages["pandas"])


async def test_tools_are_listed_in_a_stable_order_with_every_parameter_described(client):
    first, second = await client.list_tools(), await client.list_tools()
    assert [tool.name for tool in first] == [tool.name for tool in second]
    assert [tool.name for tool in first] == [
        "execute_code",
        "list_runtimes",
        "create_session",
        "destroy_session",
        "cancel_execution",
        "get_workspace_info",
        "reset_workspace",
    ]
    for tool in first:
        assert tool.description
        assert tool.title
        assert tool.output_schema["type"] == "object"
        assert tool.annotations.read_only_hint is not None
        assert tool.input_schema.get("additionalProperties") is False
        for name, schema in tool.input_schema["properties"].items():
            assert schema.get("description"), name
        jsonschema.Draft202012Validator.check_schema(tool.input_schema)
        jsonschema.Draft202012Validator.check_schema(tool.output_schema)


async def test_every_field_of_a_result_is_described(client):
    for tool in await client.list_tools():
        for schema in [tool.output_schema, *tool.output_schema.get("$defs", {}).values()]:
            for name, field in schema.get("properties", {}).items():
                assert field.get("description"), (tool.name, name)


# While a call runs.


async def test_prints_reach_the_client_as_progress_while_the_code_runs(client):
    heard = []

    async def hear(progress, total, message):
        heard.append((progress, message))

    code = "import time\nfor i in range(3):\n    print('step', i)\n    time.sleep(0.2)"
    result = await client.call_tool("execute_code", {"code": code}, progress_handler=hear)
    assert result.structured_content["status"] == "ok"
    said = "".join(message for _, message in heard)
    assert said.startswith("step 0\n")
    numbers = [number for number, _ in heard]
    assert numbers == sorted(set(numbers))


async def test_a_client_that_asks_for_no_progress_gets_its_result_all_the_same(client):
    code = "import time\nfor i in range(5):\n    print(i)\n    time.sleep(0.02)"
    assert (await outcome_of(client, code))["stdout"] == "0\n1\n2\n3\n4\n"


async def begin(client, code):
    """Have code run that prints something soon; return the running call once it has."""
    begun = asyncio.Event()

    async def hear(progress, total, message):
        begun.set()

    arguments = {"code": code, "timeout_seconds": 600}
    running = asyncio.create_task(
        client.call_tool("execute_code", arguments, progress_handler=hear)
    )
    await asyncio.wait_for(begun.wait(), PATIENCE_SECONDS)
    return running


async def test_cancelling_a_call_stops_the_loop_and_keeps_the_variables(client):
    await call(client, "x = 41\nstop = False")
    running = await begin(
        client,
        "print('begun')\nimport time\ntry:\n    while True: time.sleep(0.01)\nfinally: stop = True",
    )
    running.cancel()
    await asyncio.wait([running])
    after = await asyncio.wait_for(outcome_of(client, "x + 1, stop"), PATIENCE_SECONDS)
    assert (after["status"], after["result"], after["state"]) == ("ok", "(42, True)", "kept")


async def test_calls_at_once_run_in_order_and_listing_does_not_wait_for_them(client):
    await call(client, "order = []")
    running = [
        asyncio.create_task(call(client, f"import time\ntime.sleep(0.05)\norder.append({i})"))
        for i in range(4)
    ]
    assert (await client.call_tool("list_runtimes", {})).structured_content["runtimes"]
    await asyncio.gather(*running)
    assert sorted(eval((await outcome_of(client, "order"))["result"])) == [0, 1, 2, 3]


async def test_calls_past_the_bound_of_the_queue_are_an_error(client):
    running = await begin(client, "import time\nprint('begun')\ntime.sleep(3600)")
    waiting = {asyncio.create_task(call(client, f"'{i}'")) for i in range(10)}
    refused, waiting = await asyncio.wait(
        waiting, timeout=PATIENCE_SECONDS, return_when=asyncio.FIRST_EXCEPTION
    )
    while len(refused) < 2:
        more, waiting = await asyncio.wait(
            waiting, timeout=PATIENCE_SECONDS, return_when=asyncio.FIRST_EXCEPTION
        )
        assert more
        refused |= more
    for task in refused:
        assert isinstance(task.exception(), ToolError)
        assert "8 more calls wait" in str(task.exception())
    running.cancel()
    for result in await asyncio.gather(*waiting):
        assert result.structured_content["status"] == "ok"
    assert len(waiting) == 8


# Two clients.


async def test_two_clients_share_nothing(connect):
    async with connect() as one, connect() as other:
        await asyncio.gather(call(one, "secret = 1"), call(other, "mine = 1"))
        outcome = await outcome_of(other, "'secret' in globals()")
        assert outcome["result"] == "False"
        assert (await outcome_of(one, "secret"))["result"] == "1"


async def test_a_session_of_another_owner_is_as_unknown_as_any(cloche):
    foreign = await cloche.sessions.create("python", owner="somebody else")
    async with Client(build_app(cloche)) as client:
        text = await refused(client, code="1", session_id=foreign.id)
        other = await refused(client, code="1", session_id="s_none")
    assert text.replace(foreign.id, "") == other.replace("s_none", "")
    await cloche.sessions.destroy(foreign)


# The server as a process. Spoken to by hand, for what no well-behaved client does.


class Server:
    """A `cloche` process with its pipes in the test's hands."""

    def __init__(self, environment):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cloche.cli"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
        )
        self._ids = itertools.count(1)

    def send(self, **message):
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
        self.process.stdin.flush()

    async def answer(self, number):
        """Read lines, all of which must be protocol, up to the answer with this id."""
        while True:
            line = await asyncio.wait_for(
                asyncio.to_thread(self.process.stdout.readline), PATIENCE_SECONDS
            )
            assert line, "the server hung up"
            message = json.loads(line)
            assert message["jsonrpc"] == "2.0"
            if message.get("id") == number:
                return message

    async def ask(self, method, **params):
        number = next(self._ids)
        self.send(id=number, method=method, params=params)
        return await self.answer(number)

    async def initialize(self):
        answer = await self.ask(
            "initialize",
            protocolVersion="2025-11-25",
            capabilities={},
            clientInfo={"name": "test", "version": "1"},
        )
        self.send(method="notifications/initialized")
        return answer

    def begin(self, code):
        """Have code run, without waiting for it."""
        number = next(self._ids)
        self.send(
            id=number,
            method="tools/call",
            params={
                "name": "execute_code",
                "arguments": {"code": code},
            },
        )
        return number

    async def run(self, code):
        answer = await self.answer(self.begin(code))
        return answer["result"]["structuredContent"]

    async def ended(self):
        """Wait for the end, which must come soon; return the exit code, rest and stderr."""
        out, err = await asyncio.to_thread(self.process.communicate, timeout=ENDING_SECONDS)
        for line in out.splitlines():
            assert json.loads(line)["jsonrpc"] == "2.0"
        return self.process.returncode, err.decode()


@pytest.fixture
def serve(server_environment, tmp_path):
    servers = []

    def serve(**variables):
        data = {"CLOCHE_DATA_DIR": str(tmp_path)}
        servers.append(Server({**server_environment, **data, **variables}))
        return servers[-1]

    yield serve
    for server in servers:
        server.process.kill()
        server.process.wait()
        for pipe in (server.process.stdin, server.process.stdout, server.process.stderr):
            with contextlib.suppress(BrokenPipeError):
                if pipe is not None:
                    pipe.close()


ENDS = {
    "EOF": lambda process: process.stdin.close(),
    "SIGTERM": lambda process: process.send_signal(signal.SIGTERM),
    "SIGINT": lambda process: process.send_signal(signal.SIGINT),
}

BUSY = {
    "before a session": None,
    "idle": "1",
    "busy loop": "open('begun', 'w').close()\nwhile True: pass",
    "stubborn loop": (
        "open('begun', 'w').close()\nwhile True:\n    try:\n        while True: pass\n"
        "    except: pass"
    ),
    "sleeping": "import time\nopen('begun', 'w').close()\ntime.sleep(3600)",
    "one long call": "open('begun', 'w').close();\nsum(range(10**11))",
}


@pytest.mark.parametrize(
    ("end", "busy"),
    [*((end, busy) for end in ("EOF", "SIGTERM") for busy in BUSY), ("SIGINT", "busy loop")],
)
async def test_a_server_that_is_asked_to_end_exits_with_0_and_leaves_nothing(
    serve, tmp_path, processes, until, end, busy
):
    server = serve()
    await server.initialize()
    code = BUSY[busy]
    if code is not None:
        number = server.begin(code)
        if "begun" in code:
            await until(lambda: list(tmp_path.glob("homes/*/*/workspace/begun")), "the turn runs")
        else:
            await server.answer(number)
        assert len(processes.workers_below(server.process.pid)) >= 2
    workers = processes.workers_below(server.process.pid)
    ENDS[end](server.process)
    if end == "EOF":
        server.process.stdin = None
    returncode, err = await server.ended()
    assert returncode == 0, err
    assert "Traceback" not in err, err
    assert "never retrieved" not in err, err
    assert not any(worker.alive for worker in workers)
    assert list((tmp_path / "homes").iterdir()) == []


async def test_a_server_told_to_end_twice_leaves_nothing(serve, processes, until):
    server = serve()
    await server.initialize()
    await server.run("1")
    workers = processes.workers_below(server.process.pid)
    server.process.send_signal(signal.SIGTERM)
    server.process.send_signal(signal.SIGTERM)
    await server.ended()
    await until(lambda: not any(worker.alive for worker in workers), "the workers are gone")


async def test_a_client_that_closes_both_pipes_in_mid_turn_leaves_no_worker(
    serve, tmp_path, processes, until
):
    server = serve()
    await server.initialize()
    server.begin("open('begun', 'w').close()\nwhile True: print('x' * 1000)")
    await until(lambda: list(tmp_path.glob("homes/*/*/workspace/begun")), "the turn runs")
    workers = processes.workers_below(server.process.pid)
    server.process.stdout.close()
    server.process.stdin.close()
    await until(lambda: server.process.poll() is not None, "the server is gone")
    await until(lambda: not any(worker.alive for worker in workers), "the workers are gone")
    assert list((tmp_path / "homes").iterdir()) == []


CLIENT = """
import asyncio, os, sys
from fastmcp import Client
from fastmcp.client.transports import StdioTransport

async def main():
    server = StdioTransport(sys.executable, ["-m", "cloche.cli"], env=dict(os.environ))
    async with Client(server) as client:
        code = "open('begun', 'w').close()\\nwhile True: pass"
        await client.call_tool("execute_code", {"code": code})

asyncio.run(main())
"""


@pytest.fixture
def client_process(server_environment, tmp_path):
    """A client in a process of its own, whose server runs for ever."""
    process = subprocess.Popen(
        [sys.executable, "-c", CLIENT],
        env={**server_environment, "CLOCHE_DATA_DIR": str(tmp_path)},
        stderr=subprocess.DEVNULL,
    )
    yield process
    process.kill()
    process.wait()


async def test_a_client_killed_in_mid_turn_leaves_no_worker(
    client_process, tmp_path, processes, until
):
    await until(lambda: list(tmp_path.glob("homes/*/*/workspace/begun")), "the turn runs")
    below = processes.below(client_process.pid)
    assert processes.workers_below(client_process.pid)
    client_process.kill()
    client_process.wait()
    await until(lambda: not any(process.alive for process in below), "server and workers are gone")


async def test_a_killed_server_leaves_no_worker(serve, tmp_path, processes, until):
    server = serve()
    await server.initialize()
    server.begin("open('begun', 'w').close()\nwhile True: pass")
    await until(lambda: list(tmp_path.glob("homes/*/*/workspace/begun")), "the turn runs")
    workers = processes.workers_below(server.process.pid)
    server.process.kill()
    await until(lambda: not any(worker.alive for worker in workers), "the workers are gone")


async def test_each_client_over_stdio_has_a_process_of_its_own(connect_by, processes):
    way = SimpleNamespace(transport="stdio", era="modern")
    before = processes.workers_below(os.getpid())
    async with connect_by(way) as one, connect_by(way) as other:
        first, second = await outcome_of(one, "x = 1"), await outcome_of(other, "x = 2")
        assert first["session_id"] != second["session_id"]
        assert (await outcome_of(one, "x"))["result"] == "1"
        await refused(other, code="x", session_id=first["session_id"])
        assert len(processes.workers_below(os.getpid()) - before) >= 4
    assert not any(p.alive for p in processes.workers_below(os.getpid()) - before)


async def test_nothing_but_protocol_comes_on_standard_output(serve):
    server = serve()
    await server.initialize()
    outcome = await server.run(
        "import os, sys\nfor fd in (1, 2):\n    try: os.write(fd, b'raw\\n')\n"
        "    except OSError: pass\nprint('printed')\nsys.__stdout__.write('dunder\\n')\n"
        'print(\'{"jsonrpc": "2.0"}\')'
    )
    assert outcome["status"] == "ok"
    assert "printed" in outcome["stdout"]
    server.process.stdin.close()
    server.process.stdin = None
    returncode, err = await server.ended()  # checks every line of the rest
    assert returncode == 0
    assert "raw" not in err


async def test_broken_lines_of_a_client_do_not_end_the_server(serve):
    server = serve()
    await server.initialize()
    for line in (
        b"no json\n",
        b"{}\n",
        b"[]\n",
        b"\xff\xfe\n",
        b"\n",
        b"[" * 10_000 + b"\n",
        b'{"jsonrpc": "2.0", "id": 99, "method": "tools/call", "params": 5}\n',
        b'{"jsonrpc": "2.0", "method": "notifications/cancelled", '
        b'"params": {"requestId": 12345}}\n',
    ):
        server.process.stdin.write(line)
    assert (await server.run("6 * 7"))["result"] == "42"


async def test_a_lone_surrogate_from_a_client_does_not_end_the_server(serve):
    server = serve()
    await server.initialize()
    server.begin("x = '\ud800'")  # never answered: the protocol library passes over such a line
    assert (await server.run("6 * 7"))["result"] == "42"


# While the runtime is not prepared.


@pytest.fixture
def without_index():
    """Variables with which no package can be fetched: the only index refuses connections."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        hidden = {name: "" for name in os.environ if name.startswith(("UV_", "PIP_"))}
        yield {
            **hidden,
            "UV_DEFAULT_INDEX": f"http://127.0.0.1:{deaf.getsockname()[1]}/simple",
            "UV_HTTP_RETRIES": "0",
            "UV_NO_CONFIG": "1",
        }


async def listed(server, *, but="preparing"):
    """What the server says of Python, as soon as it says something else than `but`."""
    while True:
        answer = await server.ask("tools/call", name="list_runtimes", arguments={})
        python = answer["result"]["structuredContent"]["runtimes"][0]
        assert not python["detail"].startswith("compile"), "a test must not cost minutes"
        if but not in (python["status"], python["detail"]):
            return python
        await asyncio.sleep(0.02)


async def test_a_server_whose_runtime_is_being_prepared_answers_at_once_and_says_so(
    serve, tmp_path, without_index
):
    cache = tmp_path / "cache"
    cache.mkdir(mode=0o700)
    with FileLock(cache / "prepare.lock"):  # as if another process prepared
        server = serve(CLOCHE_CACHE_DIR=str(cache), **without_index)
        assert "result" in await server.initialize()
        python = await listed(server, but="starting")
        assert (python["language"], python["status"]) == ("python", "preparing")
        assert 0 <= python["progress"] <= 1
        assert "another process" in python["detail"]
        assert python["packages"] == []
        server.process.send_signal(signal.SIGTERM)
        returncode, err = await server.ended()
        assert returncode == 0, err
        assert "Traceback" not in err


async def test_a_call_that_waits_for_the_preparation_hears_of_it_and_can_be_cancelled(
    serve, tmp_path, without_index
):
    cache = tmp_path / "cache"
    cache.mkdir(mode=0o700)
    with FileLock(cache / "prepare.lock"):
        server = serve(CLOCHE_CACHE_DIR=str(cache), **without_index)
        await server.initialize()
        server.send(
            id="waits",
            method="tools/call",
            params={
                "name": "execute_code",
                "arguments": {"code": "1"},
                "_meta": {"progressToken": "t"},
            },
        )
        line = await asyncio.to_thread(server.process.stdout.readline)
        message = json.loads(line)
        assert message["method"] == "notifications/progress"
        assert "preparing the runtime" in message["params"]["message"]
        server.send(
            method="notifications/cancelled", params={"requestId": "waits", "reason": "test"}
        )
        assert (await listed(server, but=None))["status"] == "preparing"


async def test_a_runtime_that_cannot_be_prepared_is_unavailable_and_says_why(
    serve, tmp_path, without_index
):
    server = serve(CLOCHE_CACHE_DIR=str(tmp_path / "cache"), **without_index)
    await server.initialize()
    python = await listed(server)
    assert python["status"] == "unavailable"
    assert "could not be fetched" in python["detail"]
    number = server.begin("1")
    result = (await server.answer(number))["result"]
    assert result["isError"]
    assert "python could not be prepared" in result["content"][0]["text"]
    server.process.stdin.close()
    server.process.stdin = None
    returncode, err = await server.ended()
    assert returncode == 0
    assert "never retrieved" not in err, err


async def test_a_cache_folder_that_others_can_write_to_is_told_and_not_used(serve, tmp_path):
    cache = tmp_path / "cache"
    cache.mkdir()
    cache.chmod(0o777)
    server = serve(CLOCHE_CACHE_DIR=str(cache))
    await server.initialize()
    python = await listed(server)
    assert python["status"] == "unavailable"
    assert "0777" in python["detail"]


async def test_a_failure_of_ours_is_told_by_reference_and_nothing_else(prepared, tmp_path):
    async with Cloche(data_dir=tmp_path / "data", spares=0) as cloche:
        (tmp_path / "data" / "homes").rename(tmp_path / "gone")
        async with Client(build_app(cloche)) as client:
            result = await client.call_tool("execute_code", {"code": "1"}, raise_on_error=False)
        (tmp_path / "gone").rename(tmp_path / "data" / "homes")
    assert result.is_error
    (text,) = (block.text for block in result.content)
    assert "reference" in text
    assert str(tmp_path) not in text
