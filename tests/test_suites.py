"""numpy's, pandas' and scipy's own tests in the guest: a sample of `make test-suites`."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

SUITES = Path(__file__).parent / "suites"
LIBRARIES = ["numpy", "pandas", "scipy"]
PATIENCE_SECONDS = 1800

TOY = """
import os
import pytest

def test_passes(): pass
def test_fails(): assert len("bell") == 5
def test_ends_the_guest(): os.abort()
def test_comes_afterwards(): pass
def test_is_skipped(): pytest.skip("for a reason")
"""


@pytest.fixture
def runner(prepared, monkeypatch):
    """The runner's modules, which lie beside it and not in a package."""
    monkeypatch.syspath_prepend(SUITES)
    import guests
    import kept
    import sources

    return guests, kept, sources


@pytest.mark.parametrize("library", LIBRARIES)
def test_the_sample_fails_nowhere_but_where_the_kept_results_say(prepared, library):
    done = subprocess.run(
        [sys.executable, SUITES / "run.py", library, "--sample"],
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("library", LIBRARIES)
def test_every_kept_failure_has_a_reason(library):
    kept = tomllib.loads((SUITES / "results" / f"{library}.toml").read_text("utf-8"))
    assert [cause["name"] for cause in kept.get("cause", []) if not cause["reason"].strip()] == []
    named = [test for cause in kept.get("cause", []) for test in cause["tests"]]
    assert len(named) == len(set(named)) >= kept["totals"].get("failed", 0)


@pytest.mark.anyio
async def test_a_test_that_ends_the_guest_costs_itself_only(runner, tmp_path):
    guests, kept, sources = runner
    tests = tmp_path / "sources" / "tree" / "numpy" / "tests"
    tests.mkdir(parents=True)
    (tests / "test_toy.py").write_text(TOY, "utf-8")
    for empty in ("../pytest.ini", "conftest.py", "__init__.py", "tests/__init__.py"):
        (tests.parent / empty).touch()
    (tests.parents[2] / "lib").symlink_to(sources.fetch() / "lib")
    run = {}
    await guests.run_files(
        guests.Suite("numpy", []),
        ["numpy/tests/test_toy.py"],
        sources=tests.parents[2],
        work=tmp_path / "work",
        guests=1,
        report=run.__setitem__,
    )
    outcomes = {
        name.rpartition("::")[2]: each["outcome"]
        for name, each in run["numpy/tests/test_toy.py"].items()
    }
    assert outcomes == {
        "test_passes": "passed",
        "test_fails": "failed",
        "test_ends_the_guest": "failed",
        "test_comes_afterwards": "passed",
        "test_is_skipped": "skipped",
    }
    new, _ = kept.Kept("numpy", []).compare(run)
    assert [test.rpartition("::")[2] for test in new] == ["test_fails", "test_ends_the_guest"]
    assert "4 == 5" in new["numpy/tests/test_toy.py::test_fails"]["message"]
