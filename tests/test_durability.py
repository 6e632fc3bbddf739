"""Durability: what a session keeps over hard stops, crashes, sleep, going back, and restarts."""

import asyncio
import contextlib
import hashlib
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from cloche import Cloche, Limits
from cloche.engine.checkpoint_files import data_name, image_name, needs_of
from cloche.errors import CapacityReached, InvalidRequest, UnknownSession, WorkerFailed

pytestmark = pytest.mark.anyio

MIB = 1024 * 1024
PATIENCE_SECONDS = 60

BEGIN = "open('begun', 'w').close()\n"
FOR_EVER = BEGIN + "while True: pass"
UNSTOPPABLE = "sum(range(10**11))"

QUICK = Limits(grace_seconds=0.3)


@pytest.fixture(scope="module", params=["native", "portable"])
async def quick(anyio_backend, prepared, tmp_path_factory, request):
    """A Cloche that is quick to end what does not stop, in both ways."""
    data_dir, portable = tmp_path_factory.mktemp(request.param), request.param == "portable"
    async with Cloche(data_dir=data_dir, portable=portable, limits=QUICK, spares=0) as cloche:
        yield cloche


@pytest.fixture
async def quick_session(quick):
    async with quick.session() as session:
        yield session


async def run(session, code, **options):
    """Run code that must not fail, and must find its variables."""
    outcome = await session.execute(code, **options)
    assert (outcome.status, outcome.state) == ("ok", "kept"), outcome
    return outcome.result


async def begun(session, until):
    """Wait until the code has created a file."""
    await until((session.home.workspace / "begun").exists, "the code runs")
    (session.home.workspace / "begun").unlink()


async def saved(session, until):
    """Wait until the last turn can be restored."""
    await until(lambda: session.turns in session.history.images.turns, "the turn is saved")


# Hard stops and crashes.


async def test_a_hard_stop_keeps_what_the_turn_just_before_has_left(quick_session):
    for n in range(1, 11):
        await run(quick_session, f"x = {n}")
        stopped = await quick_session.execute(UNSTOPPABLE, timeout_seconds=0.2)
        assert (stopped.status, stopped.state) == ("timeout", "rolled_back"), stopped
        assert f"as after turn {stopped.turn - 1}" in stopped.error.message
        assert await run(quick_session, "x") == str(n)


async def test_hard_stops_in_a_row_go_back_to_the_same_turn(quick_session):
    await run(quick_session, "x = [1]")
    for _ in range(3):
        stopped = await quick_session.execute(f"x.append(2)\n{UNSTOPPABLE}", timeout_seconds=0.2)
        assert (stopped.status, stopped.state) == ("timeout", "rolled_back")
        assert "as after turn 1" in stopped.error.message
    assert await run(quick_session, "x") == "[1]"


async def test_a_hard_stop_of_a_long_turn_that_was_cancelled_keeps_the_variables(
    quick_session, until
):
    await run(quick_session, "x = 7")
    call = asyncio.create_task(quick_session.execute(BEGIN + UNSTOPPABLE))
    await begun(quick_session, until)
    quick_session.cancel()
    stopped = await call
    assert (stopped.status, stopped.state) == ("cancelled", "rolled_back")
    assert await run(quick_session, "x") == "7"


async def test_arrays_lists_functions_and_modules_outlive_a_crash(quick_session):
    await run(
        quick_session,
        "import numpy as np\na = np.arange(1_000_000, dtype='int64')\nl = [str(i) for i in "
        "range(20_000)]\ndef f(n): return n + int(a[n])\ng = (i for i in range(5))\nnext(g);",
    )
    await run(quick_session, "a[5] = 100\nnext(g);")
    crashed = await quick_session.execute("a[5] = 0\nimport os\nos._exit(1)")
    assert (crashed.status, crashed.state) == ("crashed", "rolled_back")
    result = await run(quick_session, "f(5), int(a.sum()) - sum(range(10**6)), l[-1], next(g)")
    assert result == "(105, 95, '19999', 2)"


async def test_a_crash_in_the_first_turn_leaves_a_new_session(quick_session):
    crashed = await quick_session.execute("x = 1\nimport os\nos._exit(1)")
    assert (crashed.status, crashed.state) != ("crashed", "kept")
    assert await run(quick_session, "'x' in globals()") == "False"


async def test_a_worker_killed_while_idle_loses_nothing_that_was_saved(
    quick_session, processes, until
):
    for n in range(3):
        await run(quick_session, f"x = {n}")
        await saved(quick_session, until)
        os.kill(processes.worker_of(quick_session).pid, signal.SIGKILL)
        await until(lambda: not quick_session.is_live, "the death is noticed")
        assert await run(quick_session, "x") == str(n)


async def test_a_worker_killed_in_a_turn_is_a_crash_that_rolls_back(
    quick_session, processes, until
):
    await run(quick_session, "x = 1")
    await saved(quick_session, until)
    call = asyncio.create_task(quick_session.execute("x = 2\n" + FOR_EVER))
    await begun(quick_session, until)
    os.kill(processes.worker_of(quick_session).pid, signal.SIGKILL)
    crashed = await call
    assert (crashed.status, crashed.state) == ("crashed", "rolled_back")
    assert await run(quick_session, "x") == "1"


def turn_told(outcome):
    """The turn whose variables the outcome says that the session has; None for those it had."""
    if outcome["state"] == "kept":
        return None
    text = outcome["stderr"] + (outcome["error"]["message"] if outcome["error"] else "")
    found = re.search(r"as after turn (\d+)", text)
    assert (found is None) == (outcome["state"] == "lost"), outcome
    return int(found[1]) if found else 0


async def test_a_worker_killed_right_after_its_turn_says_what_was_lost(quick_session, processes):
    values = {0: None}
    for n in range(1, 11):
        outcome = await run_at_last(quick_session, f"x = {n}")
        values[outcome.turn] = n
        os.kill(processes.worker_of(quick_session).pid, signal.SIGKILL)
        after = await quick_session.execute("globals().get('x')")
        told = turn_told(after.model_dump())
        x = n if told is None else values[told]
        if after.status == "crashed":  # the call came before the death was noticed
            after = await quick_session.execute("globals().get('x')")
            assert after.state == "kept"
        assert after.result == (None if x is None else str(x)), after
        values[after.turn] = x


async def run_at_last(session, code):
    """Run code that must not fail, whatever variables it finds."""
    outcome = await session.execute(code)
    assert outcome.status == "ok", outcome
    return outcome


async def test_the_fork_server_killed_costs_nothing_that_was_saved(
    prepared, tmp_path, processes, until
):
    async with Cloche(data_dir=tmp_path, spares=0) as cloche, cloche.session() as session:
        await run(session, "x = 1")
        await saved(session, until)
        server = [
            process
            for process in processes.workers_below(os.getpid())
            if process != processes.worker_of(session)
            and processes.worker_of(session) in processes.below(process.pid)
        ]
        if not server:
            pytest.skip("workers are not forked here")
        os.kill(server[0].pid, signal.SIGKILL)
        await until(lambda: not session.is_live, "the worker has ended too")
        assert await run(session, "x") == "1"
        async with cloche.session() as other:
            assert await run(other, "2") == "2"


# Sleep.


async def test_a_session_put_to_sleep_wakes_with_its_variables(quick_session, processes):
    await run(quick_session, "x = [1]")
    worker = processes.worker_of(quick_session)
    assert await quick_session.hibernate()
    assert not worker.alive
    assert quick_session.status == "hibernated"
    assert not await quick_session.hibernate()
    assert await run(quick_session, "x.append(2)\nx") == "[1, 2]"
    assert quick_session.status == "idle"


async def test_a_session_that_has_done_nothing_sleeps_and_wakes(quick_session):
    assert await quick_session.hibernate()
    assert await run(quick_session, "1 + 1") == "2"


async def test_sleep_comes_by_itself_and_not_in_the_middle_of_a_turn(prepared, tmp_path, until):
    async with (
        Cloche(data_dir=tmp_path, hibernate_seconds=0.3, spares=0) as cloche,
        cloche.session() as session,
    ):
        for n in range(3):
            slept = "import time\ntime.sleep(1)\nx = globals().get('x', 0) + 1\nx"
            assert await run(session, slept) == str(n + 1)
            await until(lambda: session.status == "hibernated", "it sleeps")


async def test_a_session_whose_turn_runs_is_not_put_to_sleep(quick_session, until):
    await run(quick_session, "x = 1")
    call = asyncio.create_task(quick_session.execute("x = 2\n" + FOR_EVER))
    await begun(quick_session, until)
    assert not await quick_session.hibernate()
    assert quick_session.status == "running"
    quick_session.cancel()
    assert (await call).state == "kept"
    assert await run(quick_session, "x") == "2"


async def test_a_call_that_comes_while_a_session_falls_asleep_is_served(quick, quick_session):
    await run(quick_session, "n = 0")
    rng = random.Random(1)
    count = 8 if quick.settings.portable else 40
    slept = 0
    for n in range(1, count + 1):
        calls = [quick_session.hibernate(), run(quick_session, "n += 1\nn")]
        first, second = map(asyncio.ensure_future, calls if rng.random() < 0.8 else calls[::-1])
        for _ in range(rng.randrange(4)):
            await asyncio.sleep(0)
        results = await asyncio.gather(first, second)
        slept += True in results
        assert str(n) in results
    assert slept > count // 4


async def test_open_files_and_the_current_folder_are_there_after_sleep(quick_session):
    await run(
        quick_session,
        "import os\nos.mkdir('sub')\nos.chdir('sub')\nf = open('log', 'w')\nf.write('one ')\n"
        "open('/workspace/lines', 'w').write('a\\nb\\nc\\n')\ng = open('/workspace/lines')\n"
        "g.readline();",
    )
    assert await quick_session.hibernate()
    assert await run(quick_session, "f.write('two')\nf.close()\nos.getcwd(), g.readline()") == (
        "('/workspace/sub', 'b\\n')"
    )
    assert (quick_session.home.workspace / "sub" / "log").read_text() == "one two"


# Fewer workers than sessions.


@pytest.mark.parametrize("portable", [False, True], ids=["native", "portable"])
async def test_twelve_sessions_share_three_workers_and_nothing_else(prepared, tmp_path, portable):
    rng = random.Random(3)
    options = {"max_workers": 3, "portable": portable, "spares": 0}
    async with Cloche(data_dir=tmp_path, **options) as cloche:
        sessions = [await cloche.sessions.create("python", owner="local") for _ in range(12)]
        counts = dict.fromkeys(sessions, 0)
        steps = iter(rng.choices(sessions, k=25 if portable else 120))

        async def work():
            for session in steps:
                counts[session] += 1
                # Calls on one session run in order, so each finds what the one before has left.
                expected = counts[session]
                result = await run(session, "n = globals().get('n', 0) + 1\nn")
                assert result == str(expected)
                assert sum(each.is_live for each in sessions) <= 3

        await asyncio.gather(work(), work(), work())
        for session, count in counts.items():
            assert await run(session, "globals().get('n', 0)") == str(count)


async def test_when_all_workers_run_code_further_calls_wait_for_one(prepared, tmp_path, until):
    async with Cloche(data_dir=tmp_path, max_workers=1, spares=0) as cloche:
        one, other, third = [
            await cloche.sessions.create("python", owner="local") for _ in range(3)
        ]
        await run(other, "x = 1")
        call = asyncio.create_task(one.execute(FOR_EVER))
        await begun(one, until)
        waiting = [asyncio.create_task(run(each, "1 + 1")) for each in (other, third)]
        made = asyncio.create_task(cloche.sessions.create("python", owner="local"))
        await asyncio.wait(waiting, timeout=0.2)
        assert not any(task.done() for task in [*waiting, made])
        one.cancel()
        assert (await call).state == "kept"
        assert [await task for task in waiting] == ["2", "2"]
        assert await run(await made, "1") == "1"
        assert await run(other, "x") == "1"


async def test_a_call_does_not_wait_for_a_worker_for_ever(prepared, tmp_path, until):
    options = {"max_workers": 1, "worker_seconds": 0.2, "spares": 0}
    async with Cloche(data_dir=tmp_path, **options) as cloche:
        one, other = [await cloche.sessions.create("python", owner="local") for _ in range(2)]
        await run(other, "x = 1")
        call = asyncio.create_task(one.execute(FOR_EVER))
        await begun(one, until)
        with pytest.raises(CapacityReached, match="1 worker"):
            await other.execute("x")
        with pytest.raises(CapacityReached, match="1 worker"):
            await cloche.sessions.create("python", owner="local")
        one.cancel()
        assert (await call).state == "kept"
        assert await run(other, "x") == "1"
        assert len(cloche.sessions.of_owner("local")) == 2


# Expiry.


async def test_an_idle_session_is_destroyed_with_its_files_and_unknown_afterwards(quick, until):
    session = await quick.sessions.create("python", owner="local", idle_seconds=0.5)
    home = session.home.workspace.parent
    await run(session, "open('file', 'w').close()\nimport time\ntime.sleep(2)")
    await until(lambda: not home.exists(), "its folders are removed")
    with pytest.raises(UnknownSession):
        quick.sessions.get(session.id, owner="local")
    with pytest.raises(UnknownSession):
        await session.execute("1")


async def test_a_hibernated_session_expires_too(prepared, tmp_path, until):
    async with Cloche(data_dir=tmp_path, hibernate_seconds=0.2, spares=0) as cloche:
        session = await cloche.sessions.create("python", owner="local", idle_seconds=2.5)
        await run(session, "x = 1")
        await until(lambda: session.status == "hibernated" or session.closed, "it sleeps")
        await until(lambda: not session.home.workspace.parent.exists(), "it is removed")
        assert cloche.sessions.of_owner("local") == []


@pytest.mark.parametrize("seconds", [0, -1, 10**9, float("nan"), float("inf")])
async def test_an_idle_time_out_of_bounds_is_refused(quick, seconds):
    with pytest.raises(InvalidRequest, match="idle_seconds"):
        await quick.sessions.create("python", owner="local", idle_seconds=seconds)


# Forks.


async def fork(cloche, session, **options):
    return await cloche.sessions.create("python", owner="local", fork_of=session, **options)


async def test_a_fork_has_variables_and_files_of_its_own(quick, quick_session):
    await run(
        quick_session,
        "import numpy as np\nx = [1]\na = np.ones(500_000)\nopen('f', 'w').write('old')\n"
        "open('/tmp/t', 'w').write('tmp');",
    )
    other = await fork(quick, quick_session)
    assert await run(other, "x, float(a.sum()), open('f').read(), open('/tmp/t').read()") == (
        "([1], 500000.0, 'old', 'tmp')"
    )
    await run(other, "x.append(2)\na[:] = 0\nopen('f', 'w').write('new');")
    await run(quick_session, "x.append(3)\na[0] = 5\nopen('g', 'w').close()")
    assert await run(quick_session, "x, float(a.sum()), open('f').read()") == (
        "([1, 3], 500004.0, 'old')"
    )
    assert await run(other, "import os\nx, float(a.sum()), open('f').read(), os.listdir('.')") == (
        "([1, 2], 0.0, 'new', ['f'])"
    )
    for session in (other, quick_session):
        assert await session.hibernate()
    assert await run(other, "x, float(a.sum())") == "([1, 2], 0.0)"
    assert await run(quick_session, "x, float(a.sum())") == "([1, 3], 500004.0)"
    await quick.sessions.destroy(other)


async def test_a_fork_of_a_fork_outlives_both(quick):
    session = await quick.sessions.create("python", owner="local")
    await run(session, "import numpy as np\na = np.arange(300_000)\nx = 1")
    second = await fork(quick, session)
    await run(second, "x = 2\na[0] = 7")
    third = await fork(quick, second)
    await quick.sessions.destroy(session)
    await quick.sessions.destroy(second)
    assert await run(third, "x, int(a[0]), int(a[-1])") == "(2, 7, 299999)"
    stopped = await third.execute("a[:] = 0\n" + UNSTOPPABLE, timeout_seconds=0.2)
    assert stopped.state == "rolled_back"
    assert await run(third, "x, int(a[0]), int(a[-1])") == "(2, 7, 299999)"
    await quick.sessions.destroy(third)


async def test_a_fork_of_one_that_sleeps_and_one_that_has_done_nothing(quick, quick_session):
    new = await fork(quick, quick_session)
    assert await run(new, "'x' in globals()") == "False"
    await run(quick_session, "x = 1")
    assert await quick_session.hibernate()
    other = await fork(quick, quick_session)
    assert quick_session.status == "hibernated"
    assert await run(other, "x") == "1"
    for session in (new, other):
        await quick.sessions.destroy(session)


async def test_a_fork_waits_for_the_turn_that_runs(quick, quick_session, until):
    await run(quick_session, "x = 1")
    call = asyncio.create_task(
        quick_session.execute(
            BEGIN
            + "import os, time\nx = 2\nwhile not os.path.exists('go'): time.sleep(0.01)\nx = 3"
        )
    )
    await begun(quick_session, until)
    forking = asyncio.create_task(fork(quick, quick_session))
    await asyncio.sleep(0.1)
    assert not forking.done()
    (quick_session.home.workspace / "go").touch()
    other = await forking
    assert (await call).status == "ok"
    assert await run(other, "x") == "3"
    await quick.sessions.destroy(other)


async def test_a_fork_goes_back_to_the_turn_it_was_made_at_and_numbers_on(quick, quick_session):
    for n in range(1, 4):
        await run(quick_session, f"x = {n}")
    other = await fork(quick, quick_session)
    outcome = await other.execute("x = 10")
    assert outcome.turn == 4
    await other.reset(to_turn=3)
    assert await run(other, "x") == "3"
    await quick.sessions.destroy(other)


async def test_a_fork_past_the_bound_is_refused_and_leaves_nothing(prepared, tmp_path, until):
    async with (
        Cloche(data_dir=tmp_path, max_sessions=1, spares=0) as cloche,
        cloche.session() as session,
    ):
        await run(session, "x = 1")
        with pytest.raises(CapacityReached):
            await fork(cloche, session)
        assert await run(session, "x") == "1"
    options = {"max_workers": 1, "worker_seconds": 0.2, "spares": 0}
    async with Cloche(data_dir=tmp_path, **options) as cloche:
        session = await cloche.sessions.create("python", owner="local")
        await run(session, "x = 1")
        other = await fork(cloche, session)
        assert (session.is_live, other.is_live) == (False, True)
        running = asyncio.create_task(session.execute(FOR_EVER))
        await begun(session, until)
        with pytest.raises(CapacityReached):
            await fork(cloche, other)
        assert set(cloche.sessions.of_owner("local")) == {session, other}
        await until(
            lambda: len(list(tmp_path.glob("homes/*/s_*/workspace"))) <= 3, "no folder is left"
        )
        session.cancel()
        await running


@pytest.mark.parametrize("yields", range(0, 12, 3))
async def test_a_fork_of_a_session_that_is_being_destroyed_is_whole_or_refused(
    quick, until, yields
):
    session = await quick.sessions.create("python", owner="local")
    await run(session, "import numpy as np\na = np.arange(500_000)\nopen('f', 'w').write('data');")
    forking = asyncio.create_task(fork(quick, session))
    for _ in range(yields):
        await asyncio.sleep(0)
    await quick.sessions.destroy(session)
    try:
        other = await forking
    except (InvalidRequest, UnknownSession, WorkerFailed):
        await until(lambda: quick.sessions.of_owner("local") == [], "nothing is left")
    else:
        assert await run(other, "int(a[-1]), open('f').read()") == "(499999, 'data')"
        await quick.sessions.destroy(other)
    folders = quick.settings.data_dir.glob(f"homes/*/{session.id}")
    await until(lambda: list(folders) == [], "its folder is removed")


async def test_a_session_destroyed_while_it_falls_asleep_is_gone(quick, until):
    for yields in range(6):
        session = await quick.sessions.create("python", owner="local")
        await run(session, "x = 1")
        sleeping = asyncio.create_task(session.hibernate())
        for _ in range(yields):
            await asyncio.sleep(0)
        await quick.sessions.destroy(session)
        await sleeping
        assert not session.is_live
        assert not session.home.workspace.parent.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX links")
async def test_a_fork_takes_no_file_of_the_host_that_a_link_among_the_images_points_to(
    quick, quick_session, until, tmp_path
):
    secret = tmp_path / "secret"
    secret.write_text("secret of the host")
    await run(quick_session, "import numpy as np\na = np.arange(500_000)")
    await saved(quick_session, until)
    # A worker that somebody has taken over may write there what it likes.
    for path in list(quick_session.home.checkpoints.iterdir()):
        path.unlink()
        path.symlink_to(secret)
    before = set(quick.settings.data_dir.glob("homes/*/*/checkpoints/*"))
    other = None
    with contextlib.suppress(InvalidRequest, WorkerFailed):
        other = await fork(quick, quick_session)
    there = set(quick.settings.data_dir.glob("homes/*/*/checkpoints/*")) - before
    assert [path for path in there if path.read_bytes() == secret.read_bytes()] == []
    assert secret.stat().st_nlink == 1
    if other is not None:
        await quick.sessions.destroy(other)


async def test_a_fork_of_an_ended_session_is_refused(quick):
    session = await quick.sessions.create("python", owner="local")
    await quick.sessions.destroy(session)
    with pytest.raises(UnknownSession):
        await fork(quick, session)


# Going back.


async def test_a_reset_begins_anew_without_files_or_with_them(quick_session):
    await run(quick_session, "x = 1\nfor n in 'abc': open(n, 'w').close()\nopen('/tmp/d', 'w');")
    assert await quick_session.reset(keep_files=True) == 0
    assert await run(quick_session, "import os\n'x' in globals(), sorted(os.listdir('.'))") == (
        "(False, ['a', 'b', 'c'])"
    )
    await run(quick_session, "x = 1")
    assert await quick_session.reset() >= 4
    assert await run(
        quick_session, "import os\n'x' in globals(), os.listdir('.'), os.path.exists('/tmp/d')"
    ) == ("(False, [], False)")


async def test_going_back_and_forward_again_gives_each_turns_variables(quick_session):
    for n in range(1, 5):
        await run(quick_session, f"import numpy as np\nx = {n}\na = np.full(100_000, {n})")
        await quick_session.reset(to_turn=n)
    for n in (2, 4, 1, 3):
        await quick_session.reset(to_turn=n)
        assert await run(quick_session, "x, int(a.min()), int(a.max())") == f"({n}, {n}, {n})"
        await run(quick_session, "a[:] = 0\nx = None")
    await quick_session.reset(to_turn=0)
    assert await run(quick_session, "'x' in globals()") == "False"


async def test_after_going_back_a_hard_stop_stays_on_the_new_line(quick_session, until):
    for n in (1, 2):
        await run(quick_session, f"x = {n}")
        await saved(quick_session, until)
    await quick_session.reset(to_turn=1)
    stopped = await quick_session.execute("x = 3\n" + UNSTOPPABLE, timeout_seconds=0.2)
    assert (stopped.state, "as after turn 1" in stopped.error.message) == ("rolled_back", True)
    assert await run(quick_session, "x") == "1"


async def test_a_reset_to_a_turn_without_image_names_those_that_have_one(quick_session):
    await run(quick_session, "x = 1")
    stopped = await quick_session.execute(UNSTOPPABLE, timeout_seconds=0.2)
    assert stopped.turn == 2
    await run(quick_session, "x = 3")
    for turn in (2, 4, 99, -1):
        with pytest.raises(InvalidRequest, match=rf"turn {turn} .* 1, 3\b"):
            await quick_session.reset(to_turn=turn)
    assert await run(quick_session, "x") == "3"


async def test_a_reset_waits_for_the_turns_that_run_and_wait(quick_session, until):
    await run(quick_session, "x = []")
    running = asyncio.create_task(quick_session.execute(FOR_EVER))
    waiting = asyncio.create_task(quick_session.execute("x.append(1)\nx"))
    await begun(quick_session, until)
    resetting = asyncio.create_task(quick_session.reset())
    await asyncio.sleep(0.05)
    assert not resetting.done()
    quick_session.cancel()
    assert ((await running).status, (await waiting).result) == ("cancelled", "[1]")
    await resetting
    assert await run(quick_session, "'x' in globals()") == "False"


async def test_a_turn_that_is_about_to_be_thinned_out_is_gone_back_to_or_refused(
    prepared, tmp_path, until
):
    options = {"limits": Limits(checkpoints=3), "spares": 0}
    async with Cloche(data_dir=tmp_path, **options) as cloche:
        for turn in (1, 2, 3):
            async with cloche.session() as session:
                for n in (1, 2, 3):
                    await run(session, f"x = {n}")
                    await saved(session, until)
                await run(session, "x = 4")
                expected = turn
                try:
                    await session.reset(to_turn=turn)
                except InvalidRequest:
                    expected = 4
                assert await run(session, "x") == str(expected), turn


# Checkpoints on disk.


def needed_files(session):
    """The names of the files that the session's images consist of."""
    names = set()
    for turn in session.history.images.turns:
        full, files = needs_of(session.home.checkpoints / image_name(turn))
        names |= {image_name(turn), image_name(full), *map(data_name, files)}
    return names


@pytest.mark.parametrize("portable", [False, True], ids=["native", "portable"])
async def test_checkpoints_are_thinned_out_and_no_file_is_left_that_none_needs(
    prepared, tmp_path, until, portable
):
    options = {"limits": Limits(checkpoints=3), "portable": portable, "spares": 0}
    async with Cloche(data_dir=tmp_path, **options) as cloche, cloche.session() as session:
        for n in range(1, 15):
            array = f"a = np.full({n} * 50_000, {n})" if n % 3 == 0 else "a = None"
            await run(session, f"import numpy as np\nx = {n}\n{array}")
            await saved(session, until)
            await session.history.images.settle()
            assert len(session.history.images.turns) <= 3
            present = {path.name for path in session.home.checkpoints.iterdir()}
            assert present == needed_files(session)
        turns = session.history.images.turns
        assert turns[-1] == 14
        for turn in turns:
            await session.reset(to_turn=turn)
            assert await run(session, "x") == str(turn)
            break  # the turns since then thin out the others


async def test_checkpoints_keep_to_their_bytes_but_for_the_newest(prepared, tmp_path, until):
    options = {"limits": Limits(checkpoint_bytes=8 * MIB), "spares": 0}
    async with Cloche(data_dir=tmp_path, **options) as cloche, cloche.session() as session:

        def total():
            return sum(path.stat().st_size for path in session.home.checkpoints.iterdir())

        for n in range(1, 9):
            await run(
                session, f"import numpy as np\na = np.random.default_rng({n}).random(250_000)"
            )
            await saved(session, until)
            await session.history.images.settle()
            assert total() <= 8 * MIB, session.history.images.turns
        assert len(session.history.images.turns) >= 2
        await run(session, "a = np.random.default_rng(1).random(2_000_000)\nx = float(a.sum())")
        await saved(session, until)
        await session.history.images.settle()
        assert session.history.images.turns == [session.turns]
        assert await session.hibernate()
        assert await run(session, "x == float(a.sum())") == "True"


@pytest.fixture
def small_disk(tmp_path):
    """A folder on a disk of its own, and a function that fills it."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("cannot mount a small disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m", "none", str(disk)]
    if subprocess.run(mount, check=False).returncode:
        pytest.skip("cannot mount a small disk")

    @contextlib.contextmanager
    def full():
        filler = disk / "filler"
        filler.write_bytes(bytes(shutil.disk_usage(disk).free))
        try:
            yield
        finally:
            filler.unlink()

    yield disk, full
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


@pytest.mark.parametrize("portable", [False, True], ids=["native", "portable"])
async def test_on_a_full_disk_turns_go_on_and_what_was_not_saved_is_told(
    prepared, small_disk, until, portable
):
    disk, full = small_disk
    options = {"limits": QUICK, "portable": portable, "spares": 0}
    async with Cloche(data_dir=disk, **options) as cloche:
        session = await cloche.sessions.create("python", owner="local", durable=True)
        await run(session, "x = 1")
        await saved(session, until)
        with capture_logs() as logs, full():
            await run(session, "x = 2")
            await until(
                lambda: "checkpoint_failed" in [line["event"] for line in logs], "it is said"
            )
            assert not await session.hibernate()
            assert await run(session, "x") == "2"
            stopped = await session.execute(UNSTOPPABLE, timeout_seconds=0.2)
            assert (stopped.status, stopped.state) == ("timeout", "rolled_back")
            assert "as after turn 1" in stopped.error.message
            assert await run(session, "x") == "1"
        await run(session, "x = 5")
        assert await session.hibernate()
        assert await run(session, "x") == "5"


async def test_a_session_that_was_never_saved_says_that_all_is_lost(prepared, small_disk, until):
    disk, full = small_disk
    async with Cloche(data_dir=disk, limits=QUICK, spares=0) as cloche, cloche.session() as session:
        with full():
            await run(session, "x = 1")
            stopped = await session.execute(UNSTOPPABLE, timeout_seconds=0.2)
            assert (stopped.status, stopped.state) == ("timeout", "lost")
            assert await run(session, "'x' in globals()") == "False"


# A server that ends, and the one that comes after it.


class Server:
    """A server process."""

    def __init__(self, data_dir, log, **options):
        self._log = log.open("a")
        self.process = subprocess.Popen(
            [
                sys.executable,
                str(Path(__file__).with_name("durable_server.py")),
                str(data_dir),
                json.dumps({"spares": 0, **options}),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        self.pid = self.process.pid
        self.beginning = self.answer()

    def ask(self, do, session=None, **options):
        """Return the answer; None when the server ended."""
        self.send(do, session, **options)
        return self.answer()

    def send(self, do, session=None, **options):
        with contextlib.suppress(BrokenPipeError):
            print(
                json.dumps({"do": do, "session": session, **options}),
                file=self.process.stdin,
                flush=True,
            )

    def answer(self):
        bound = threading.Timer(PATIENCE_SECONDS, self.process.kill)
        bound.start()
        try:
            line = self.process.stdout.readline()
        finally:
            bound.cancel()
        return json.loads(line) if line.endswith("\n") else None

    def run(self, session, code):
        """Run code that must not fail, and must find its variables."""
        outcome = self.ask("execute", session, code=code)
        assert (outcome.get("status"), outcome.get("state")) == ("ok", "kept"), outcome
        return outcome["result"]

    def kill(self):
        """End it in the middle of whatever it does."""
        self.process.kill()
        self._over()

    def leave(self):
        """Have it end in order."""
        self.process.stdin.close()
        self._over()
        assert self.process.returncode == 0

    def _over(self):
        self.process.wait(PATIENCE_SECONDS)
        for stream in (self.process.stdin, self.process.stdout, self._log):
            with contextlib.suppress(BrokenPipeError):
                stream.close()


class Site:
    """A data folder, and the servers on it, one after another or at once."""

    def __init__(self, folder):
        self.data_dir, self.log = folder / "data", folder / "log"
        self.database = self.data_dir / "sessions.sqlite"
        self.servers = []

    def server(self, **options):
        server = Server(self.data_dir, self.log, **options)
        self.servers.append(server)
        assert server.beginning == {"ready": True}, (server.beginning, self.log.read_text())
        return server

    def created(self, server, **options):
        """Have a durable session made, and return its id."""
        return server.ask("create", **{"durable": True, **options})["session"]

    def home(self, session):
        (home,) = self.data_dir.glob(f"homes/*/{session}")
        return home

    def images(self, session):
        return sorted((self.home(session) / "checkpoints").glob("*.image"))

    def is_saved(self, session, turn):
        """Whether the image of a turn is on disk and noted."""
        with contextlib.closing(sqlite3.connect(self.database, timeout=10)) as database:
            row = database.execute("SELECT held FROM sessions WHERE id = ?", (session,)).fetchone()
        return row == (turn,)


@pytest.fixture
def site(prepared, tmp_path):
    site = Site(tmp_path)
    yield site
    for server in site.servers:
        server.kill()


def three_turns(site, **options):
    """A killed server whose session has the variables of three turns, all saved."""
    server = site.server(**options)
    session = site.created(server)
    for n in (1, 2, 3):
        server.run(session, f"import numpy as np\nx = {n}\na = np.full(200_000, {n})")
        assert server.ask("hibernate", session) == {"hibernated": True}
        assert site.is_saved(session, n)
    server.kill()
    return session


@pytest.mark.parametrize("portable", [False, True], ids=["native", "portable"])
def test_a_session_outlives_its_server(site, portable):
    session = three_turns(site, portable=portable)
    server = site.server(portable=portable)
    outcome = server.ask("execute", session, code="x, int(a.sum())")
    assert (outcome["result"], outcome["state"], outcome["turn"]) == ("(3, 600000)", "kept", 4)
    assert server.ask("reset", session, to_turn=2) == {"removed": 0}
    assert server.run(session, "x, int(a.sum())") == "(2, 400000)"


def test_an_image_is_restored_in_the_other_way_too(site):
    session = three_turns(site, portable=False)
    server = site.server(portable=True)
    assert server.run(session, "x += 1\na[0] = 0\nx, int(a.sum())") == "(4, 599997)"
    server.leave()
    assert site.server(portable=False).run(session, "x, int(a.sum())") == "(4, 599997)"


@pytest.mark.parametrize("portable", [False, True], ids=["native", "portable"])
def test_a_server_that_ends_in_order_saves_what_the_last_turn_left(site, portable):
    server = site.server(portable=portable)
    session = site.created(server)
    for n in range(1, 4):
        server.run(session, f"x = {n}")
    server.leave()
    server = site.server(portable=portable)
    assert server.run(session, "x") == "3"
    server.leave()
    assert site.server(portable=portable).run(session, "x") == "3"


def test_a_turn_that_ran_when_the_server_was_killed_is_told_as_lost(site):
    server = site.server()
    session = site.created(server)
    server.run(session, "x = 1")
    server.ask("hibernate", session)
    server.send("execute", session, code="x = 2\n" + FOR_EVER)
    wait_for((site.home(session) / "workspace" / "begun").exists)
    server.kill()
    outcome = site.server().ask("execute", session, code="x")
    assert (outcome["result"], outcome["state"], outcome["turn"]) == ("1", "rolled_back", 3)
    assert "as after turn 1" in outcome["stderr"]
    assert "turn 2" in outcome["stderr"]


def test_a_loss_is_told_though_the_server_was_killed_once_more_before_anyone_asked(site):
    server = site.server()
    session = site.created(server)
    server.run(session, "x = 1")
    server.ask("hibernate", session)
    server.send("execute", session, code="x = 2\n" + FOR_EVER)
    wait_for((site.home(session) / "workspace" / "begun").exists)
    server.kill()
    site.server().kill()
    site.server().leave()
    server = site.server()
    outcome = server.ask("execute", session, code="x")
    assert (outcome["result"], outcome["state"]) == ("1", "rolled_back"), outcome
    assert "turn 2" in outcome["stderr"]
    assert server.run(session, "x") == "1"


def wait_for(condition):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


TURNS = {
    "variable": "x = {n}",
    "list": "l.append({n})",
    "file": "open('f{n}', 'w').write('{n}')",
    "array": "a[{n} % 1000 :: 1000] += {n}",
}
PROBE = "x, sum(l), len(l), int(a.sum())"


def after(kind, n, state):
    """What the probe gives after a turn, from what it gave before."""
    x, total, length, array = state
    return {
        "variable": (n, total, length, array),
        "list": (x, total + n, length + 1, array),
        "file": state,
        "array": (x, total, length, array + 200 * n),
    }[kind]


def test_killed_at_any_moment_a_server_loses_nothing_silently(site):
    rng = random.Random(5)
    kinds = list(TURNS)
    server = site.server()
    session = site.created(server)
    # By turn, what the probe gives after it; of the last acknowledged turn, and of one that may
    # have run and was never answered.
    states, files = {}, set()
    state = (0, 0, 0, 0)
    setup = "import numpy as np\nx = 0\nl = []\na = np.zeros(200_000, dtype='int64')"
    server.run(session, setup)
    states[1] = state
    assert server.ask("hibernate", session) == {"hibernated": True}
    workspace = site.home(session) / "workspace"
    last = 1
    for _ in range(50):
        killer = threading.Timer(rng.uniform(0, 0.15), server.process.kill)
        killer.start()
        flying = None
        while True:
            n, kind = last + 1, rng.choice(kinds)
            flying = (n, kind)
            code = f"open('begun', 'w').write('{n}')\n{TURNS[kind].format(n=n)};"
            answer = server.ask("execute", session, code=code)
            if answer is None:
                break
            assert (answer["status"], answer["state"], answer["turn"]) == ("ok", "kept", n)
            state = states[n] = after(kind, n, state)
            last = n
            if kind == "file":
                files.add(n)
        killer.join()
        server.kill()

        server = site.server()
        outcome = server.ask("execute", session, code=PROBE)
        n, kind = flying
        ran = (workspace / "begun").exists() and (workspace / "begun").read_text() == str(n)
        found = tuple(json.loads(outcome["result"].replace("(", "[").replace(")", "]")))
        told = turn_told(outcome)
        if told is not None:
            assert found == states[told], (told, outcome)
        elif found != state or ran:
            # The turn in flight was saved, though nobody could be told.
            assert ran, (found, state, outcome)
            assert found == after(kind, n, state), (flying, found, state, outcome)
        state, last = found, outcome["turn"]
        states[last] = state
        for number in files:
            assert (workspace / f"f{number}").read_text() == str(number)


def test_sessions_that_are_not_durable_are_gone_with_their_folders(site):
    server = site.server(spares=1)
    durable = site.created(server)
    passing = server.ask("create")
    server.run(durable, "x = 1")
    server.run(passing["session"], "x = 1")
    server.ask("hibernate", durable)
    server.kill()
    assert Path(passing["home"]).exists()
    server = site.server()
    assert server.ask("list") == {"sessions": [durable]}
    assert server.ask("execute", passing["session"], code="x")["error"] == "UnknownSession"
    wait_for(lambda: not Path(passing["home"]).exists())
    assert server.run(durable, "x") == "1"
    wait_for(lambda: len(list(site.data_dir.glob("homes/*/s_*"))) <= 2)
    server.leave()
    assert [path.name for path in site.data_dir.glob("homes/*/s_*")] == [durable]


def test_a_server_does_not_touch_the_sessions_of_another_that_lives(site):
    one = site.server()
    first, passing = site.created(one), one.ask("create")["session"]
    one.run(first, "x = 1")
    one.run(passing, "x = 2")
    one.ask("hibernate", first)
    other = site.server()
    second = site.created(other)
    other.run(second, "x = 3")
    assert other.ask("list") == {"sessions": [second]}
    assert other.ask("execute", first, code="x")["error"] == "UnknownSession"
    site.server().leave()
    assert one.run(first, "x") == "1"
    assert one.run(passing, "x") == "2"
    other.ask("hibernate", second)
    other.kill()
    third = site.server()
    assert third.ask("list") == {"sessions": [second]}
    assert third.run(second, "x") == "3"
    one.leave()
    assert third.run(second, "x") == "3"
    last = site.server()
    assert last.run(first, "x") == "1"


def test_two_servers_that_start_at_once_after_a_kill_share_no_session(site):
    server = site.server()
    sessions = [site.created(server) for _ in range(3)]
    for n, session in enumerate(sessions):
        server.run(session, f"x = {n}")
        server.ask("hibernate", session)
    server.kill()
    starting = [threading.Thread(target=site.server) for _ in range(3)]
    for thread in starting:
        thread.start()
    for thread in starting:
        thread.join()
    servers = site.servers[1:]
    taken = [name for server in servers for name in server.ask("list")["sessions"]]
    assert sorted(taken) == sorted(sessions)
    for server in servers:
        for session in server.ask("list")["sessions"]:
            assert server.run(session, "x") == str(sessions.index(session))


def test_a_session_of_another_owner_stays_unknown_over_a_restart(site):
    server = site.server()
    session = site.created(server, owner="somebody")
    server.ask("execute", session, code="x = 1", owner="somebody")
    server.leave()
    server = site.server()
    assert server.ask("execute", session, code="x")["error"] == "UnknownSession"
    assert server.ask("list") == {"sessions": []}
    outcome = server.ask("execute", session, code="x", owner="somebody")
    assert (outcome["result"], outcome["state"]) == ("1", "kept")


def test_idle_time_counts_while_no_server_runs(site):
    server = site.server()
    long = site.created(server)
    short = server.ask("create", durable=True, idle_seconds=4)
    home = Path(short["home"])
    for session in (short["session"], long):
        server.run(session, "x = 1")
    expires_at = server.ask("expiry", long)["expires_at"]
    server.leave()
    wait_for(lambda: time.time() > expiry(site, short["session"]))
    server = site.server()
    assert server.ask("list") == {"sessions": [long]}
    assert server.ask("execute", short["session"], code="x")["error"] == "UnknownSession"
    wait_for(lambda: not home.exists())
    # When it was used last is not told to the moment, but to the turn.
    assert abs(server.ask("expiry", long)["expires_at"] - expires_at) < PATIENCE_SECONDS


def expiry(site, session):
    """When a session expires by its record; 0 when it has none any more."""
    with contextlib.closing(sqlite3.connect(site.database)) as database:
        row = database.execute(
            "SELECT used + idle_seconds FROM sessions WHERE id = ?", (session,)
        ).fetchone()
    return row[0] if row else 0


def test_a_fork_outlives_the_server_and_its_source(site):
    server = site.server()
    session = site.created(server)
    server.run(session, "import numpy as np\na = np.arange(300_000)\nx = 1")
    made = server.ask("create", durable=True, fork_of=session)["session"]
    server.run(session, "x = 2\na[:] = 0")
    server.kill()
    server = site.server()
    assert server.run(made, "x, int(a[-1])") == "(1, 299999)"
    server.run(made, "x = 3")
    server.leave()
    shutil.rmtree(site.home(session))
    assert site.server().run(made, "x, int(a[-1])") == "(3, 299999)"


# Images and records that cannot be used.

HEAD = struct.Struct("<8sI32s")


def change_header(path, **changes):
    """Rewrite the header of an image, with the right checksum."""
    data = path.read_bytes()
    magic, length, _ = HEAD.unpack_from(data)
    header, body = json.loads(data[HEAD.size :][:length]), data[HEAD.size + length :]
    text = json.dumps({**header, **changes}).encode()
    path.write_bytes(
        HEAD.pack(magic, len(text), hashlib.sha256(text + body).digest()) + text + body
    )


def tear(path):
    path.write_bytes(path.read_bytes()[:-10])


def test_a_torn_newest_image_gives_way_to_the_one_before(site):
    session = three_turns(site)
    tear(site.images(session)[-1])
    server = site.server()
    outcome = server.ask("execute", session, code="x, int(a.sum())")
    assert (outcome["result"], outcome["state"]) == ("(2, 400000)", "rolled_back"), outcome
    assert "as after turn 2" in outcome["stderr"]
    assert "turn 3" in outcome["stderr"]
    assert server.run(session, "x = 4\nx") == "4"
    server.ask("hibernate", session)
    assert server.run(session, "x") == "4"


def test_a_torn_data_file_gives_way_to_the_turn_before(site):
    session = three_turns(site)
    torn = site.home(session) / "checkpoints" / data_name(3)
    data = bytearray(torn.read_bytes())
    data[len(data) // 2] ^= 1
    torn.write_bytes(data)
    outcome = site.server().ask("execute", session, code="x, int(a.sum())")
    assert (outcome["result"], outcome["state"]) == ("(2, 400000)", "rolled_back"), outcome
    assert "as after turn 2" in outcome["stderr"]


def test_when_all_images_are_torn_variables_are_lost_and_files_are_not(site):
    session = three_turns(site)
    (site.home(session) / "workspace" / "kept").write_text("data")
    for image in site.images(session):
        tear(image)
    server = site.server()
    outcome = server.ask("execute", session, code="'x' in globals(), open('kept').read()")
    assert (outcome["result"], outcome["state"]) == ("(False, 'data')", "lost"), outcome
    assert "new session" in outcome["stderr"]
    assert outcome["turn"] == 4
    assert server.run(session, "x = 5\nx") == "5"
    server.leave()
    assert site.server().run(session, "x") == "5"


def test_images_of_another_runtime_are_refused_and_that_is_told(site):
    session = three_turns(site)
    for image in site.images(session):
        change_header(image, base="0" * 64)
    outcome = site.server().ask("execute", session, code="'x' in globals()")
    assert (outcome["result"], outcome["state"]) == ("False", "lost"), outcome
    assert "another runtime" in site.log.read_text()


def test_the_newest_image_of_another_runtime_gives_way_to_the_one_before(site):
    session = three_turns(site)
    change_header(site.images(session)[-1], base="0" * 64)
    outcome = site.server().ask("execute", session, code="x")
    assert (outcome["result"], outcome["state"]) == ("2", "rolled_back"), outcome
    assert "as after turn 2" in outcome["stderr"]


def test_after_going_back_a_torn_image_never_brings_the_turns_left_behind(site):
    session = three_turns(site)
    server = site.server()
    server.ask("reset", session, to_turn=1)
    server.run(session, "y = x\nx = 4")
    server.leave()
    tear(site.images(session)[-1])
    outcome = site.server().ask("execute", session, code="x")
    assert (outcome["result"], outcome["state"]) == ("1", "rolled_back"), outcome
    assert "as after turn 1" in outcome["stderr"]


STRANGE_IMAGES = {
    "a folder": lambda path: path.mkdir(),
    "a loop of links": lambda path: path.symlink_to(path.name),
    "deep": lambda path: path.write_bytes(sealed(b"[" * 100_000)),
    "empty": lambda path: path.touch(),
}


def sealed(text):
    return HEAD.pack(b"CLOCHECP", len(text), hashlib.sha256(text).digest()) + text


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX links")
@pytest.mark.parametrize("name", STRANGE_IMAGES)
def test_a_strange_thing_among_the_images_keeps_no_server_from_starting(site, name):
    session = three_turns(site)
    STRANGE_IMAGES[name](site.home(session) / "checkpoints" / image_name(9))
    assert site.server().run(session, "x") == "3"


def test_an_image_with_a_number_beyond_counting_keeps_no_server_from_starting(site):
    session = three_turns(site)
    newest = site.images(session)[-1]
    newest.with_name(f"{10**30}.image").write_bytes(newest.read_bytes())
    outcome = site.server().ask("execute", session, code="x")
    assert outcome["result"] == "3", outcome


@pytest.mark.parametrize("part", ["", "checkpoints", "workspace", "tmp"])
def test_a_session_whose_folders_are_gone_keeps_no_server_from_starting(site, part):
    session = three_turns(site)
    shutil.rmtree(site.home(session) / part)
    server = site.server()
    answer = server.ask("execute", session, code="x")
    assert answer is not None
    if part == "":
        assert answer["error"] == "UnknownSession"
    elif part == "checkpoints":
        assert answer["state"] == "lost", answer
    else:
        assert (answer["result"], answer["state"]) == ("3", "kept"), answer
    other = site.created(server)
    assert server.run(other, "1 + 1") == "2"


@pytest.mark.parametrize("moment", ["moved away", "made anew"])
def test_a_reset_that_was_cut_off_by_a_kill_can_be_done_again(site, moment):
    session = three_turns(site)
    home = site.home(session)
    (home / "workspace" / "half").touch()
    (home / "workspace").rename(home / "workspace.removed")
    if moment == "made anew":
        (home / "workspace").mkdir()
    server = site.server()
    assert "error" not in (server.ask("reset", session) or {"error": "it ended"})
    assert server.run(session, "import os\nos.listdir('.')") == "[]"


def test_a_session_whose_row_is_lost_is_known_by_its_folder(site):
    session = three_turns(site)
    with contextlib.closing(sqlite3.connect(site.database)) as database:
        database.execute("DELETE FROM sessions")
        database.commit()
    outcome = site.server().ask("execute", session, code="x")
    assert (outcome["result"], outcome["turn"]) == ("3", 4), outcome


def test_a_folder_without_record_is_removed(site):
    session = three_turns(site)
    home = site.home(session)
    (home / "session.json").unlink()
    with contextlib.closing(sqlite3.connect(site.database)) as database:
        database.execute("DELETE FROM sessions")
        database.commit()
    server = site.server()
    assert server.ask("execute", session, code="x")["error"] == "UnknownSession"
    wait_for(lambda: not home.exists())


@pytest.mark.parametrize("how", ["deleted", "garbage", "cut off", "empty"])
def test_a_database_that_is_gone_or_broken_keeps_no_server_from_working(site, how):
    session = three_turns(site)
    for path in site.data_dir.glob("sessions.sqlite-*"):
        path.unlink()
    whole = site.database.read_bytes()
    if how == "deleted":
        site.database.unlink()
    else:
        broken = {"garbage": b"no database " * 1000, "cut off": whole[:5000], "empty": b""}
        site.database.write_bytes(broken[how])
    server = site.server()
    answer = server.ask("execute", session, code="x")
    assert answer.get("error") == "UnknownSession" or answer.get("result") == "3", answer
    new = site.created(server)
    server.run(new, "x = 1")
    server.leave()
    assert site.server().run(new, "x") == "1"
    if how == "garbage":
        assert "store_broken" in site.log.read_text()
        (kept,) = site.data_dir.glob("*broken*")
        assert kept.read_bytes().startswith(b"no database")


def test_a_broken_database_costs_no_files_of_durable_sessions(site):
    session = three_turns(site)
    (site.home(session) / "workspace" / "mine").write_text("work of days")
    for path in site.data_dir.glob("sessions.sqlite-*"):
        path.unlink()
    site.database.write_bytes(b"no database " * 1000)
    site.server().leave()
    assert [p.read_text() for p in site.data_dir.rglob("mine")] == ["work of days"]


def test_a_database_of_a_newer_version_is_refused_and_left_alone(site):
    session = three_turns(site)
    with contextlib.closing(sqlite3.connect(site.database)) as database:
        (version,) = database.execute("PRAGMA user_version").fetchone()
        database.execute("PRAGMA user_version = 99")
    refused = Server(site.data_dir, site.log)
    refused.leave()
    assert refused.beginning["error"] == "InvalidRequest"
    assert "version 99" in refused.beginning["text"]
    with contextlib.closing(sqlite3.connect(site.database)) as database:
        database.execute(f"PRAGMA user_version = {version}")
    assert site.server().run(session, "x") == "3"


def test_a_database_of_an_older_version_is_taken_over(site):
    session = three_turns(site)
    with contextlib.closing(sqlite3.connect(site.database)) as database:
        database.execute("ALTER TABLE sessions DROP COLUMN automatic")
        database.execute("PRAGMA user_version = 1")
        database.commit()
    assert site.server().run(session, "x") == "3"


# What dies below a server that lives.


@pytest.mark.parametrize("which", ["worker", "fork server"])
def test_a_process_killed_below_a_server_costs_nothing_that_was_saved(site, processes, which):
    server = site.server()
    session = site.created(server)
    server.run(session, "x = 1")
    wait_for(lambda: site.is_saved(session, 1))
    below = processes.workers_below(server.pid)
    forking = {process for process in below if processes.below(process.pid)}
    (victim,) = forking if which == "fork server" else below - forking
    os.kill(victim.pid, signal.SIGKILL)
    wait_for(lambda: not victim.alive)
    outcome = server.ask("execute", session, code="x")
    if outcome["status"] == "crashed":  # the call came before the death was noticed
        assert outcome["state"] == "rolled_back"
        assert server.run(session, "x") == "1"
    else:
        assert (outcome["result"], outcome["state"]) == ("1", "kept")
    assert server.ask("hibernate", session) == {"hibernated": True}
    server.kill()
    assert site.server().run(session, "x") == "1"
