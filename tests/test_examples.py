"""What the README shows and the examples do, run as a reader would."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from fastmcp import Client

ROOT = Path(__file__).parent.parent
PATIENCE_SECONDS = 120


def run(*command, cwd):
    return subprocess.run(
        [sys.executable, *command],
        cwd=cwd,
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_SECONDS,
        check=False,
    )


@pytest.fixture
def copied(prepared, tmp_path):
    """Copy the examples, because they write beside themselves."""
    for file in (ROOT / "examples").iterdir():
        if file.is_file():
            (tmp_path / file.name).write_bytes(file.read_bytes())
    return tmp_path


def test_the_stdio_example_analyses_a_file_draws_a_plot_and_prints_the_configuration(copied):
    done = run("mcp_stdio_example.py", cwd=copied)
    assert done.returncode == 0, done.stderr
    assert "best product: dome" in done.stdout
    assert "10,080.00" in done.stdout
    assert (copied / "out" / "revenue.png").read_bytes().startswith(b"\x89PNG")
    block = re.search(r"^\{.*?^\}", done.stdout, re.MULTILINE | re.DOTALL)
    assert json.loads(block.group()) == installed_configuration()


def installed_configuration():
    """The configuration for Claude Desktop, with our console script for `uvx cloche`."""
    configuration = json.loads(
        (ROOT / "examples" / "mcp_claude_desktop_config.json").read_text("utf-8")
    )
    (server,) = configuration["mcpServers"].values()
    assert (server["command"], server["args"][0]) == ("uvx", "cloche")
    script = Path(sys.executable).with_name("cloche.exe" if os.name == "nt" else "cloche")
    server.update(command=str(script), args=server["args"][1:])
    return configuration


@pytest.mark.anyio
async def test_the_configuration_for_claude_desktop_starts_a_server_that_answers(
    server_environment,
):
    configuration = installed_configuration()
    configuration["mcpServers"]["cloche"]["env"] = server_environment
    async with Client(configuration) as client:
        result = await client.call_tool("execute_code", {"code": "6 * 7"})
    assert result.structured_content["result"] == "42"


def test_the_http_example_keeps_the_variables_of_two_owners_apart(copied):
    done = run("mcp_http_example.py", cwd=copied)
    assert done.returncode == 0, done.stderr
    assert "bob: 'secret' in globals()  ->  False" in done.stdout
    assert "alice: secret.title()  ->  'Glass Bell'" in done.stdout
    assert "the server ended with 0" in done.stdout


def test_the_python_block_of_the_readme_prints_its_result(prepared, tmp_path):
    (block,) = re.findall(
        r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL
    )
    (tmp_path / "block.py").write_text(block, "utf-8")
    done = run("block.py", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "ok 6\n"), done.stderr


def test_the_readme_names_every_setting_by_its_right_name_and_default():
    from cloche.config import Settings
    from cloche.config_http import HttpSettings, JwtSettings, OAuthSettings
    from cloche.limits import Limits

    groups = {"limits": Limits, "http": HttpSettings, "jwt": JwtSettings, "oauth": OAuthSettings}
    text = (ROOT / "README.md").read_text("utf-8")
    for name in re.findall(r"`CLOCHE_([A-Z_]+)`", text):
        parts = name.lower().split("__")
        model = groups[parts[-2]] if len(parts) > 1 else Settings
        assert parts[-1] in model.model_fields, name
