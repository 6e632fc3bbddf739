"""Real clients with no model behind them: what they get from our server, over stdio and HTTP."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastmcp import Client

from cloche.mcp.server import build_app

HERE = Path(__file__).parent / "clients"


@dataclass(frozen=True)
class RealClient:
    """A script in `clients/`, the environment it needs, and what it can do."""

    script: str
    environment: str | None = None
    """None: our own Python; else the name of an environment of its own, or "node"."""

    options: tuple[str, ...] = ()
    modern: bool = False
    """Whether it speaks the newer era of the protocol."""

    tells_structure: bool = True
    """Whether it hands over structured content beside the text."""


CLIENTS = [
    RealClient("mcp_client.py", modern=True),
    RealClient("mcp_client.py", options=("--legacy",)),
    RealClient("mcp_1_client.py", "mcp_1"),
    RealClient("fastmcp_client.py", modern=True),
    RealClient("fastmcp_client.py", options=("--legacy",)),
    RealClient("typescript_client.mjs", "node", modern=True),
    RealClient("typescript_client.mjs", "node", options=("--legacy",)),
    RealClient("typescript_1_client.mjs", "node"),
    RealClient("langchain_client.py", "langchain"),
    RealClient("pydantic_ai_client.py", "pydantic_ai", modern=True, tells_structure=False),
    RealClient("openai_agents_client.py", "openai_agents", modern=True, tells_structure=False),
]
"""Scripts that print a report of one and the same conversation."""


@pytest.fixture(scope="module")
async def schemas(anyio_backend, cloche):
    """The input schema of each tool by its name, in the order of the list."""
    async with Client(build_app(cloche)) as client:
        return {tool.name: tool.input_schema for tool in await client.list_tools()}


@pytest.fixture(scope="module")
def started(node, client_python, request):
    """Return the beginning of the command line of a client, and its variables."""

    def started(client):
        if client.environment == "node":
            modules = request.getfixturevalue("node_modules")
            return [node, HERE / client.script], {"NODE_MODULES": str(modules)}
        python = client_python(client.environment) if client.environment else sys.executable
        return [python, HERE / client.script], {}

    return started


@pytest.mark.parametrize(
    "client", CLIENTS, ids=lambda client: " ".join((client.script, *client.options))
)
def test_a_client_gets_values_variables_plots_and_errors(
    client, target, started, run_client, schemas
):
    command, variables = started(client)
    done = run_client(*command, json.dumps(target), *client.options, **variables)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["tools"] == list(schemas)
    version = "2026-07-28" if client.modern else "2025-11-25"
    assert report.get("protocol") in {version, None}  # some keep it to themselves
    if "url" not in target or not client.modern:  # else nothing binds it to its session
        assert report["by_itself"] == "42"
    assert report["by_id"] == "42"
    if client.tells_structure:
        assert report["structured"] == "42"
    assert report["image"] == ["image/png"]
    assert not report["failure"]["is_error"]
    assert "ZeroDivisionError" in report["failure"]["text"]
    assert report["refusal"]["is_error"] in {True, None}
    assert "'s_nobody' does not exist" in report["refusal"]["text"]
    if "progress" in report:
        assert report["progress"] == ["begun\n"]
        assert report["after_cancel"] == "42"
    if "without_session" in report and "url" not in target:
        assert report["without_session"] == "False"  # a process for each call


def test_claude_code_connects(node, node_modules, target, run_client, server_environment):
    claude = [node, node_modules / "@anthropic-ai" / "claude-code" / "cli-wrapper.cjs", "mcp"]
    quiet = {
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_AUTOUPDATER": "1",
        "MCP_TIMEOUT": "60000",
    }
    if "url" in target:
        where = ["--transport", "http", "cloche", target["url"]]
    else:
        folders = ("CLOCHE_CACHE_DIR", "CLOCHE_DATA_DIR")
        settings = [f"--env={name}={server_environment[name]}" for name in folders]
        where = ["cloche", *settings, "--", target["command"], *target["arguments"]]
    added = run_client(*claude, "add", *where, **quiet)
    assert added.returncode == 0, added.stderr
    listed = run_client(*claude, "list", **quiet)
    assert "cloche:" in listed.stdout
    assert "Connected" in listed.stdout, listed.stdout + listed.stderr


@pytest.mark.parametrize(
    ("reader", "environment"),
    [("google_schemas.py", "pydantic_ai"), ("openai_schemas.py", "openai_agents")],
)
def test_a_strict_reader_accepts_the_schema_of_every_tool(
    reader, environment, client_python, run_client, schemas
):
    done = run_client(client_python(environment), HERE / reader, json.dumps(schemas))
    assert done.returncode == 0, done.stderr
    read = [json.loads(line) for line in done.stdout.splitlines()]
    assert {each["tool"]: each["properties"] for each in read} == {
        name: sorted(schema["properties"]) for name, schema in schemas.items()
    }
