"""The MCP Inspector's command line lists and calls every tool, over stdio and HTTP."""

import json

import pytest

CALLS = {
    "execute_code": {"code": "6 * 7"},
    "list_runtimes": {},
    "create_session": {"language": "python", "idle_seconds": 60},
    "install_package": {"packages": ["numpy"]},
    "cancel_execution": {},
    "get_workspace_info": {},
    "reset_workspace": {"keep_files": True},
    "destroy_session": {"session_id": "s_nobody"},
}
"""Arguments with which each tool is called; those of destroy_session name no session."""


@pytest.fixture
def inspect(node, node_modules, target, run_client, server_environment):
    """Return a function that has the Inspector send one request, and gives back the answer."""
    launcher = node_modules / "@modelcontextprotocol/inspector/clients/launcher/build/index.js"
    if "url" in target:
        where = [target["url"]]
    else:
        folders = ("CLOCHE_CACHE_DIR", "CLOCHE_DATA_DIR")
        settings = [
            each for name in folders for each in ("-e", f"{name}={server_environment[name]}")
        ]
        where = [*settings, target["command"], *target["arguments"]]

    era = "modern" if "url" in target else "legacy"  # each in one, for time's sake

    def inspect(method, *options):
        common = ("--protocol-era", era, "--connect-timeout", "60000", "--method", method)
        return run_client(node, launcher, "--cli", *where, *common, *options)

    return inspect


def test_every_tool_is_listed_and_its_schema_travels_well(inspect):
    done = inspect("tools/list", "--strict")
    assert done.returncode == 0, done.stderr
    listed = json.loads(done.stdout)["tools"]
    assert {tool["name"] for tool in listed} <= set(CALLS)
    assert listed[0]["name"] == "execute_code"
    assert "schema" not in done.stderr


def test_every_tool_is_called(inspect, target):
    listed = json.loads(inspect("tools/list").stdout)["tools"]
    for tool in listed:
        arguments = json.dumps(CALLS[tool["name"]])
        done = inspect("tools/call", "--tool-name", tool["name"], "--tool-args-json", arguments)
        result = json.loads(done.stdout)
        (text,) = [block["text"] for block in result["content"]]
        if tool["name"] == "destroy_session":
            assert "'s_nobody' does not exist" in text
        else:
            assert not result["isError"], text
            assert result["structuredContent"].keys() == tool["outputSchema"]["properties"].keys()
