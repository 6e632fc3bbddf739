"""The doctor: what it finds on this machine, and what it would say of others."""

import io
import json
import sys
from dataclasses import replace

import pytest
from rich.console import Console

from cloche.cli import main
from cloche.config import Settings
from cloche.doctor.check import Check
from cloche.doctor.engine import advisories, check_engine
from cloche.doctor.examine import Diagnosis, examine, show
from cloche.doctor.guest import check_guest
from cloche.doctor.outside import outside
from cloche.workers.trials import ATTEMPTS, BECOME, OUTLIVE

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def diagnosis(anyio_backend, prepared):
    return await examine(Settings())


@pytest.mark.skipif(sys.platform != "linux", reason="walls of Linux")
async def test_every_wall_stands_on_this_machine_and_each_was_tried(diagnosis):
    assert [check for check in diagnosis.checks if check.standing != "stands"] == []
    assert diagnosis.healthy
    tried = [check.name for check in diagnosis.checks if check.wall == "worker process"]
    assert tried == [*ATTEMPTS, BECOME, OUTLIVE]
    assert sum(check.wall == "guest" for check in diagnosis.checks) >= 10


async def test_the_guest_was_stopped_by_the_sandbox_and_not_by_a_mistake(diagnosis):
    for check in diagnosis.checks:
        if check.wall == "guest":
            assert not check.detail.startswith(("NameError", "SyntaxError", "TypeError")), check


async def test_an_unprepared_runtime_is_told_with_what_to_do(tmp_path):
    with outside() as reached:
        (check,) = await check_guest(Settings(cache_dir=tmp_path / "none"), reached)
    assert check.standing == "missing"
    assert "cloche setup" in check.remedy


async def test_it_is_told_as_json_and_as_a_table(diagnosis):
    told = json.loads(diagnosis.to_json())
    assert told["healthy"] is diagnosis.healthy
    assert len(told["checks"]) == len(diagnosis.checks)
    assert told["facts"]["wasmtime"]
    console = Console(record=True, width=200, file=io.StringIO())
    show(diagnosis, console)
    text = console.export_text()
    for check in diagnosis.checks:
        assert check.name in text


def test_a_missing_wall_is_no_health_and_one_that_cannot_be_is():
    stands = Check("guest", "run a program", "stands", "")
    assert Diagnosis({}, [stands, replace(stands, standing="does not apply")]).healthy
    assert not Diagnosis({}, [stands, replace(stands, standing="missing")]).healthy


def test_the_exit_code_and_the_json_tell_the_same(prepared, capsys):
    code = main(["doctor", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert code == (0 if told["healthy"] else 1)


# Advisories.

CASES = [
    ("50.0.1", "linux", "x86_64", "stands"),
    ("50.0.1", "linux", "aarch64", "stands"),
    ("50.0.1", "win32", "AMD64", "missing"),
    ("50.0.3", "win32", "AMD64", "stands"),
    ("51.0.0", "win32", "AMD64", "stands"),
    ("49.0.3", "linux", "x86_64", "missing"),
    ("36.0.18", "linux", "x86_64", "missing"),
    ("36.0.19", "linux", "x86_64", "stands"),
    ("44.0.1", "darwin", "arm64", "missing"),
]


@pytest.mark.parametrize(("version", "system", "machine", "standing"), CASES)
def test_a_version_is_judged_by_what_is_known_of_it(version, system, machine, standing):
    check = check_engine(version, system, machine)
    assert check.standing == standing, check.detail
    assert bool(check.remedy) == (standing == "missing")
    assert version in check.detail


def test_an_advisory_that_only_ends_a_guests_own_worker_is_told_and_misses_no_wall():
    assert "GHSA-43j2-gcp4-m22g" in check_engine("50.0.1", "linux", "x86_64").detail
    assert "GHSA" not in check_engine("50.0.3", "linux", "x86_64").detail


def test_the_table_names_each_advisory_once():
    date, known = advisories()
    assert date >= "2026-11-20"
    assert len({each.id for each in known}) == len(known)


@pytest.mark.skipif(sys.platform == "win32", reason="paths of POSIX")
async def test_mounts_are_tried_too_and_left_as_they_were(prepared, tmp_path):
    for name in ("data", "out"):
        (tmp_path / name).mkdir()
    mounts = [f"{tmp_path}/data:/data", f"{tmp_path}/out:/out:rw"]
    with outside() as reached:
        checks = {
            check.name: check for check in await check_guest(Settings(mounts=mounts), reached)
        }
    for name in ("write to /data", "list folders above /data", "list folders above /out"):
        assert checks[name].standing == "stands"
        assert checks[name].detail.startswith("PermissionError"), checks[name]
    assert "write to /out" not in checks
    assert [*(tmp_path / "data").iterdir(), *(tmp_path / "out").iterdir()] == []


def test_a_mount_that_cannot_be_is_told(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("CLOCHE_MOUNTS", f'["{tmp_path.as_posix()}/none:/data"]')
    assert main(["doctor"]) == 2
    assert "none:/data' cannot be" in capsys.readouterr().err
