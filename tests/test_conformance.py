"""The official conformance suite's judgement of our server, in both protocol eras."""

import fnmatch
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "conformance"
SUITE = "@modelcontextprotocol/conformance"
VERSIONS = ["2026-07-28", "2025-11-25"]
PATIENCE_SECONDS = 300

# A check that is skipped or informs has nothing to say about this server.
AMISS = {"FAILURE", "WARNING"}

NAMED = re.compile(r"server-(?P<scenario>.+)-\d{4}-\d\d-\d\dT.+")


@pytest.fixture(scope="module")
def fixture_server(prepared, listening):
    """The address of our server with the fixtures that the scenarios call."""
    with listening(sys.executable, HERE / "app.py") as url:
        yield url


@pytest.fixture(scope="module", params=VERSIONS)
def judged(request, fixture_server, node_modules, node, tmp_path_factory):
    """A version, its required scenarios, and the checks of every scenario that was run."""
    version = request.param
    results = tmp_path_factory.mktemp("results")
    suite = node_modules / SUITE
    command = [node, suite / "dist" / "index.js", "server", "--url", fixture_server]
    done = subprocess.run(
        [*map(str, command), "--requirements", version, "--output-dir", str(results)],
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    checks = {
        NAMED.fullmatch(file.parent.name)["scenario"]: json.loads(file.read_text("utf-8"))
        for file in results.glob("*/checks.json")
    }
    assert checks, done.stdout + done.stderr
    return version, checks


def known(version):
    """Patterns of the checks that are known to be amiss."""
    entries = tomllib.loads((HERE / "known.toml").read_text("utf-8"))["known"]
    assert all(entry["reason"] for entry in entries)
    return {name for entry in entries if version in entry["versions"] for name in entry["checks"]}


def amiss(checks):
    """What the suite says of each check that it finds fault with, by scenario and check."""
    return {
        f"{scenario}:{check['id']}": (check["status"], check.get("errorMessage"))
        for scenario, found in checks.items()
        for check in found
        if check["status"] in AMISS
    }


def test_nothing_is_amiss_but_what_is_known(judged):
    version, checks = judged
    new = {
        name: what
        for name, what in amiss(checks).items()
        if not any(fnmatch.fnmatchcase(name, pattern) for pattern in known(version))
    }
    assert not new


def test_what_is_known_to_be_amiss_still_is(judged):
    version, checks = judged
    passing = {pattern for pattern in known(version) if not fnmatch.filter(amiss(checks), pattern)}
    assert not passing


def test_every_required_scenario_was_run_and_checked_something(judged, node_modules):
    version, checks = judged
    requirements = (node_modules / SUITE / "requirements" / f"{version}.yaml").read_text("utf-8")
    required = requirements.partition("\nserver:\n")[2].partition("\n\n")[0]
    names = {line.strip().removeprefix("- ") for line in required.splitlines()}
    assert len(names) > 25
    for name in names:
        judged_by = {
            check["id"] for check in checks[name] if check["status"] in AMISS | {"SUCCESS"}
        }
        assert judged_by - {"wire-schema-valid"}, name
