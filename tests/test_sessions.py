"""Sessions: kept apart, one turn at a time, stopped without loss, and survived whatever happens."""

import asyncio
import os
import sys

import pytest

from cloche import Cloche, Limits
from cloche.errors import CapacityReached, ClocheError, InvalidRequest, UnknownSession

pytestmark = pytest.mark.anyio

PATIENCE_SECONDS = 30

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="POSIX links and signals")


async def run(session, code, **options):
    """Run code that must not fail."""
    outcome = await session.execute(code, **options)
    assert outcome.status == "ok", outcome
    return outcome


async def begun(session, until, name="begun"):
    """Wait until the code has created a file."""
    await until((session.home.workspace / name).exists, "the code runs")
    (session.home.workspace / name).unlink()


BEGIN = "open('begun', 'w').close()\n"
FOR_EVER = BEGIN + "while True: pass"


# Apart from each other.


async def test_sessions_share_no_variables_files_or_modules(twin):
    async with twin.session() as one, twin.session() as other:
        await run(
            one,
            "secret = 1\nopen('secret', 'w').close()\nopen('/tmp/secret', 'w').close()\n"
            "import json, builtins\njson.secret = builtins.secret = 1",
        )
        seen = await run(
            other,
            "import os, json, builtins\n"
            "('secret' in globals(), os.path.exists('secret'), os.path.exists('/tmp/secret'), "
            "hasattr(json, 'secret'), hasattr(builtins, 'secret'))",
        )
        assert seen.result == "(False, False, False, False, False)"


async def test_a_later_session_finds_nothing_of_an_ended_one(cloche):
    async with cloche.session() as session:
        await run(session, "open('/tmp/left', 'w').close()\nopen('left', 'w').close()")
    async with cloche.session() as session:
        seen = await run(session, "import os\nos.listdir('/tmp'), os.listdir('/workspace')")
        assert "left" not in seen.result


async def test_random_numbers_differ_between_sessions(twin):
    code = (
        "import random, os, uuid, secrets, numpy\n"
        "[random.random(), os.urandom(8), uuid.uuid4(), secrets.token_hex(8), "
        "float(numpy.random.rand()), float(numpy.random.default_rng().random()), "
        "hash('text')]"
    )
    async with twin.session() as one, twin.session() as other:
        first, second = (await run(one, code)).result, (await run(other, code)).result
    for a, b in zip(first.split(", ")[:-1], second.split(", ")[:-1], strict=True):
        assert a != b


async def test_ids_of_sessions_carry_enough_random_bits(cloche):
    async with cloche.session() as one, cloche.session() as other:
        same = [a for a, b in zip(one.id, other.id, strict=True) if a == b]
        assert len(one.id) - len(same) >= 24  # of at least 32 hexadecimal digits


async def test_unknown_ended_and_foreign_sessions_are_told_alike(cloche):
    foreign = await cloche.sessions.create("python", owner="somebody else")
    ended = await cloche.sessions.create("python", owner="local")
    await cloche.sessions.destroy(ended)
    texts = set()
    for name in ("s_unknown", ended.id, foreign.id, "", "../..", "\0", "x" * 10_000):
        with pytest.raises(UnknownSession) as caught:
            cloche.sessions.get(name, owner="local")
        text = str(caught.value)
        assert len(text) < 300
        texts.add(text.replace(repr(name), "ID") if len(name) <= 64 else "ID" + text[67:])
    assert len({text[text.index("does") :] for text in texts}) == 1
    assert cloche.sessions.get(foreign.id, owner="somebody else") is foreign
    await cloche.sessions.destroy(foreign)


async def test_ended_sessions_refuse_code_and_leave_no_folder(cloche):
    async with cloche.session() as session:
        home = session.home.workspace.parent
        assert home.exists()
    assert not home.exists()
    with pytest.raises(UnknownSession):
        await session.execute("1")


async def test_a_session_may_be_ended_twice(cloche):
    async with cloche.session() as session:
        await cloche.sessions.destroy(session)
        await cloche.sessions.destroy(session)


async def test_sessions_past_the_bound_are_refused_until_one_ends(prepared, tmp_path):
    async with Cloche(data_dir=tmp_path, max_sessions=2, spares=0) as cloche, cloche.session():
        async with cloche.session():
            with pytest.raises(CapacityReached, match="2 sessions"):
                await cloche.sessions.create("python", owner="local")
        async with cloche.session() as session:
            assert (await run(session, "1")).result == "1"


async def test_sessions_asked_for_at_once_keep_to_the_bound(prepared, tmp_path):
    async with Cloche(data_dir=tmp_path, max_sessions=3, spares=1) as cloche:
        made = await asyncio.gather(
            *(cloche.sessions.create("python", owner="local") for _ in range(8)),
            return_exceptions=True,
        )
        refused = [each for each in made if isinstance(each, CapacityReached)]
        assert len(refused) == 5
        sessions = [each for each in made if not isinstance(each, BaseException)]
        assert len({session.id for session in sessions}) == 3


async def test_forty_sessions_begun_at_once_all_work(cloche):
    sessions = await asyncio.gather(
        *(cloche.sessions.create("python", owner="local") for _ in range(40))
    )
    try:
        outcomes = await asyncio.gather(*(run(s, f"{i}") for i, s in enumerate(sessions)))
        assert [o.result for o in outcomes] == [str(i) for i in range(40)]
    finally:
        await asyncio.gather(*(cloche.sessions.destroy(s) for s in sessions))


async def test_a_language_without_runtime_is_refused_by_name(cloche):
    with pytest.raises(ClocheError, match="javascript"):
        async with cloche.session("javascript"):
            pass


# One turn at a time.


async def test_calls_made_at_once_run_in_order(session):
    await run(session, "x = []")
    await asyncio.gather(*(run(session, f"x.append({i})") for i in range(8)))
    assert (await run(session, "x")).result == str(list(range(8)))


async def test_calls_past_the_bound_of_the_queue_are_refused(prepared, tmp_path, until):
    async with (
        Cloche(data_dir=tmp_path, limits=Limits(queued_calls=2), spares=0) as cloche,
        cloche.session() as session,
    ):
        calls = [asyncio.create_task(session.execute(FOR_EVER))]
        await begun(session, until)
        calls += [asyncio.create_task(session.execute("1")) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(CapacityReached, match="2 more calls wait"):
            await session.execute("2")
        session.cancel()
        statuses = [outcome.status for outcome in await asyncio.gather(*calls)]
        assert statuses == ["cancelled", "ok", "ok"]
        await run(session, "3")


async def test_a_waiting_call_that_was_cancelled_frees_its_place_and_never_runs(
    prepared, tmp_path, until
):
    async with (
        Cloche(data_dir=tmp_path, limits=Limits(queued_calls=1), spares=0) as cloche,
        cloche.session() as session,
    ):
        running = asyncio.create_task(session.execute(FOR_EVER))
        await begun(session, until)
        waiting = asyncio.create_task(session.execute("open('ran', 'w').close()"))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])
        next_one = asyncio.create_task(session.execute("'next'"))
        await asyncio.sleep(0)
        session.cancel()
        assert (await running).status == "cancelled"
        assert (await next_one).result == "'next'"
        assert not (session.home.workspace / "ran").exists()


# Stopped by their caller.


async def test_cancelling_a_call_interrupts_the_code_and_keeps_variables(twin_session, until):
    await run(twin_session, "x = 41")
    call = asyncio.create_task(twin_session.execute("y = 1\n" + FOR_EVER))
    await begun(twin_session, until)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert (await run(twin_session, "x + y")).result == "42"


async def test_cancel_says_which_turn_it_stopped_and_none_when_nothing_runs(session, until):
    assert session.cancel() is None
    await run(session, "1")
    assert session.cancel() is None
    call = asyncio.create_task(session.execute(FOR_EVER))
    await begun(session, until)
    assert session.cancel() == 2
    outcome = await call
    assert (outcome.status, outcome.state, outcome.error.type) == (
        "cancelled",
        "kept",
        "KeyboardInterrupt",
    )
    assert outcome.error.line in {1, 2}  # the file is there before the call that made it returns


async def test_a_call_cancelled_before_it_began_does_no_harm(session):
    await run(session, "x = 1")
    for _ in range(20):
        call = asyncio.create_task(session.execute("while True: pass"))
        await asyncio.sleep(0)
        call.cancel()
        await asyncio.wait([call])
    assert (await run(session, "x")).result == "1"


async def test_code_that_handles_its_interrupt_may_finish(session, until):
    call = asyncio.create_task(
        session.execute(
            BEGIN + "try:\n    while True: pass\nexcept KeyboardInterrupt:\n    r = 'tidied'\nr"
        )
    )
    await begun(session, until)
    session.cancel()
    outcome = await call
    assert (outcome.state, outcome.result) == ("kept", "'tidied'")


# Stopped by the clock.

SOFT = {
    "busy loop": "while True: pass",
    "nested loops": "while True:\n    for i in range(1000):\n        for j in range(1000): i * j",
    "time.sleep": "import time\ntime.sleep(3600)",
    "many short sleeps": "import time\nwhile True: time.sleep(0.001)",
    "regex": "import re\nre.match('(a+)+$', 'a' * 60 + 'b')",
    "numpy loop": "import numpy as np\na = np.ones((100, 100))\nwhile True: a = a @ a / 100",
    "infinite generator": "def g():\n    while True: yield 1\nsum(g())",
    "infinite iterator": "import itertools\nfor n in itertools.count(): pass",
    "infinite printing": "while True: print('x' * 50)",
    "infinite printing to stderr": "import sys\nwhile True: print('x' * 5, file=sys.stderr)",
    "asyncio.sleep": "import asyncio\nawait asyncio.sleep(3600)",
    "asyncio.run": "import asyncio\nasyncio.run(asyncio.sleep(3600))",
    "asyncio busy": "import asyncio\nwhile True: await asyncio.sleep(0)",
    "except Exception: pass": "while True:\n    try:\n        1 / 0\n    except Exception: pass",
    "recursion": "def f(n):\n    return f(n - 1) + f(n - 1) if n else 1\nf(60)",
    "finally": "while True:\n    try:\n        n = 1\n    finally:\n        n = 2",
    "context managers": "import io\nwhile True:\n    with io.StringIO() as f: f.write('x')",
    "many files": "while True: open('file', 'w').close()",
    "lambda": "f = lambda: 1\nwhile f(): pass",
    "pandas": "import pandas as pd\nwhile True: pd.DataFrame({'a': [1, 2]}).sum()",
    "imports": "import sys, importlib\nwhile True:\n    import csv\n    importlib.reload(csv)",
    "class bodies": "while True:\n    class A: pass",
    "a lock": "import threading\nlock = threading.Lock()\nwhile True:\n    with lock: pass",
    "sorting with a key": "while True: sorted(range(1000), key=lambda v: -v)",
    "repr of the result": "class R:\n    def __repr__(self):\n        while True: pass\nR()",
    "text of the error": (
        "class E(Exception):\n    def __str__(self):\n        while True: pass\nraise E"
    ),
    "a drawing": (
        "import matplotlib.pyplot as plt\nfrom matplotlib.artist import Artist\n"
        "class A(Artist):\n    def draw(self, renderer):\n        while True: pass\n"
        "plt.gcf().add_artist(A());"
    ),
}


@pytest.mark.parametrize("name", SOFT)
async def test_code_over_its_time_is_interrupted_and_keeps_its_variables(session, name):
    await run(session, "x = 41")
    code = "print('before')\ny = 1\n" + SOFT[name]
    outcome = await session.execute(code, timeout_seconds=0.3)
    if not outcome.stdout:  # a busy machine took that time to begin, and nothing of it has run
        assert (await session.execute("y")).error.type == "NameError"
        outcome = await session.execute(code, timeout_seconds=10)
    assert (outcome.status, outcome.state) == ("timeout", "kept"), outcome
    assert outcome.stdout.startswith("before\n")
    assert outcome.error.type in {"KeyboardInterrupt", "E"}
    assert "<cloche>" not in outcome.error.traceback
    after = await run(session, "print('after')\nx + y")
    assert (after.result, after.stdout) == ("42", "after\n")
    assert (await run(session, "import asyncio\nawait asyncio.sleep(0, 5)")).result == "5"


@pytest.mark.parametrize("name", ["busy loop", "time.sleep", "infinite printing", "asyncio.sleep"])
async def test_code_over_its_time_is_interrupted_without_fork_and_mmap(twin_session, name):
    await run(twin_session, "x = 1")
    outcome = await twin_session.execute(SOFT[name], timeout_seconds=0.3)
    assert (outcome.status, outcome.state) == ("timeout", "kept")
    assert (await run(twin_session, "x")).result == "1"


async def test_the_error_of_a_timeout_names_the_line_that_ran(session):
    outcome = await session.execute("x = 1\nwhile True:\n    pass", timeout_seconds=2)
    assert outcome.error.line in {2, 3}
    assert 'File "<turn 1>", line' in outcome.error.traceback


HARD = {
    "one long call": "sum(range(10**11))",
    "huge power": "x = 7 ** (10 ** 9)",
    "swallowed interrupts": "while True:\n    try:\n        while True: pass\n    except: pass",
    "interrupts handled away": (
        "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass"
    ),
}


@pytest.mark.parametrize("name", HARD)
async def test_code_that_cannot_be_interrupted_is_killed_and_rolled_back(session, name):
    await run(session, "x = 1\nopen('kept', 'w').write('data');")
    outcome = await session.execute(
        "print('before', flush=True)\n" + HARD[name], timeout_seconds=0.3
    )
    assert outcome.status == "timeout"
    if outcome.state == "kept":  # a softer end than had to be
        assert (await run(session, "x")).result == "1"
        return
    assert outcome.state == "rolled_back"
    assert outcome.stdout == "before\n"
    assert outcome.error.type == "TimeoutError"
    assert "0.3 s" in outcome.error.message
    assert "as after turn 1" in outcome.error.message
    after = await run(session, "x, open('kept').read()")
    assert (after.result, after.turn, after.state) == ("(1, 'data')", 3, "kept")


@pytest.mark.parametrize("seconds", [1e-6, 1e-4, 1e-3, 3e-3, 1e-2])
async def test_an_interrupt_at_any_instant_of_a_turn_leaves_the_session_whole(session, seconds):
    await run(session, "x = 0")
    for attempt in range(25):
        endless = await session.execute("while True: pass", timeout_seconds=seconds)
        assert (endless.status, endless.state) == ("timeout", "kept"), (attempt, endless)
        short = await session.execute("x += 1\nx", timeout_seconds=seconds)
        assert short.state == "kept", (attempt, short)
        assert short.status in {"ok", "timeout"}, (attempt, short)
    await run(
        session, "import time\nfor _ in range(30): time.sleep(0.01)\nx += 1", timeout_seconds=60
    )


async def test_an_interrupt_never_reaches_the_turn_after(session):
    for _ in range(40):
        await session.execute("pass", timeout_seconds=0.002)
        await run(session, "for i in range(3000): pass")
    await run(session, "import time\nfor _ in range(30): time.sleep(0.01)")


async def test_an_interrupt_while_printing_tears_nothing(session):
    for _ in range(15):
        outcome = await session.execute(
            "i = 0\nwhile True:\n    print(i)\n    i += 1", timeout_seconds=0.03
        )
        assert (outcome.status, outcome.state) == ("timeout", "kept")
        head = outcome.stdout.split("\n…")[0].split("\n")
        assert head[:3] == [str(i) for i in range(3)][: len(head)] or not outcome.stdout
        assert (await run(session, "print('clean')")).stdout == "clean\n"


# Crashed.

CRASHES = {
    "os._exit": "import os\nos._exit(3)",
    "os._exit with zero": "import os\nos._exit(0)",
    "os.abort": "import os\nos.abort()",
    "null pointer": "import ctypes\nctypes.string_at(1 << 33)",
    "deep recursion in C": (
        "import sys\nsys.setrecursionlimit(10**9)\n"
        "class A:\n    def __getattr__(self, name): return getattr(self, name)\nA().x"
    ),
    "recursion without bound": ("import sys\nsys.setrecursionlimit(2**31 - 1)\ndef f(): f()\nf()"),
    "nested containers": "a = []\nfor _ in range(10**6): a = [a]\nrepr(a)",
    "deep destruction": "a = None\nfor _ in range(10**6): a = (a,)\ndel a",
    "broken bytecode": (
        "def f(): pass\nf.__code__ = f.__code__.replace(co_code=bytes([255, 255] * 20))\nf()"
    ),
    "deep regex": "import re\nre.compile('(' * 5000 + ')' * 5000)",
    "deep expression": "eval('+'.join(['1'] * 200_000))",
    "segmentation fault": "import faulthandler\nfaulthandler._sigsegv()",
}


@pytest.mark.parametrize("name", CRASHES)
async def test_a_crash_is_an_outcome_and_the_next_turn_works(session, name):
    await run(session, "x = 1\nopen('kept', 'w').write('data');")
    outcome = await session.execute(
        "print('before', flush=True)\n" + CRASHES[name], timeout_seconds=600
    )
    assert outcome.status in {"ok", "error", "crashed"}, outcome
    assert outcome.stdout.startswith("before\n")
    if outcome.status == "crashed":
        assert outcome.state == "rolled_back"
        assert outcome.error.message
    assert (await run(session, "x")).result == "1"
    assert (await run(session, "open('kept').read()")).result == "'data'"


async def test_a_guest_that_ends_itself_is_told_as_a_crash(twin_session):
    await run(twin_session, "x = 1")
    outcome = await twin_session.execute("import os\nx = 2\nos._exit(3)")
    assert (outcome.status, outcome.state) == ("crashed", "rolled_back")
    assert "3" in outcome.error.message
    assert (await run(twin_session, "x")).result == "1"


async def test_what_was_printed_before_an_exit_is_not_lost(session):
    assert (await session.execute("import os\nprint('bye')\nos._exit(3)")).stdout == "bye\n"


async def test_a_crash_of_one_session_leaves_the_others_alone(cloche):
    async with cloche.session() as one, cloche.session() as other:
        await run(other, "x = 1")
        await one.execute("import os\nos._exit(1)")
        assert (await run(other, "x")).result == "1"


async def test_many_crashes_in_a_row_are_survived(session):
    for _ in range(10):
        assert (await session.execute("import os\nos._exit(1)")).status == "crashed"
    await run(session, "1")


async def test_memory_past_the_limit_is_a_memory_error_and_variables_are_kept(session):
    await run(session, "x = 1")
    for code in (
        "a = bytearray(2_000_000_000)",
        "a = 'x' * 1_500_000_000",
        "a = []\nwhile True: a.append(bytearray(10_000_000))",
        "import numpy as np\nnp.ones(200_000_000)",
    ):
        outcome = await session.execute(code, timeout_seconds=60)
        assert (outcome.status, outcome.limit) == ("limit", "memory"), outcome
        assert outcome.error.type in {"MemoryError", "_ArrayMemoryError"}
        assert outcome.state == "kept"
        await run(session, "a = None\nx")


async def test_memory_filled_with_small_objects_is_survived(prepared, tmp_path):
    limits = Limits(memory_bytes=256 * 1024 * 1024)
    async with (
        Cloche(data_dir=tmp_path, limits=limits, spares=0) as cloche,
        cloche.session() as session,
    ):
        outcome = await session.execute(
            "d = {}\nwhile True: d[len(d)] = [str(len(d))] * 8", timeout_seconds=120
        )
        assert (outcome.status, outcome.limit) == ("limit", "memory"), outcome
        assert (await session.execute("d = None\n1 + 1")).result == "2"


# Ended while they run.


async def test_ending_a_session_ends_the_call_that_runs(twin, until):
    session = await twin.sessions.create("python", owner="local")
    call = asyncio.create_task(session.execute(FOR_EVER))
    await begun(session, until)
    await twin.sessions.destroy(session)
    with pytest.raises(UnknownSession):
        await call


async def test_ending_a_session_ends_the_calls_that_wait(cloche, until):
    session = await cloche.sessions.create("python", owner="local")
    calls = [asyncio.create_task(session.execute(FOR_EVER)) for _ in range(3)]
    await begun(session, until)
    await cloche.sessions.destroy(session)
    ended = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(each) for each in ended] == [UnknownSession] * 3


@pytest.mark.parametrize("yields", range(1, 9))
async def test_a_session_ended_while_its_worker_starts_anew_runs_nothing_more(
    cloche, processes, until, yields
):
    session = await cloche.sessions.create("python", owner="local")
    await session.execute("import os\nos._exit(1)")
    before = processes.workers_below(os.getpid())
    call = asyncio.create_task(session.execute("'ran'"))
    for _ in range(yields):  # the worker is being started
        await asyncio.sleep(0)
    await cloche.sessions.destroy(session)
    with pytest.raises(UnknownSession):
        await call
    # None but spares may be there.
    await until(
        lambda: (
            not [
                worker
                for worker in processes.workers_below(os.getpid()) - before
                if str(session.home.workspace) in str(processes.open_files(worker).values())
            ]
        ),
        "the new worker is gone",
    )


async def test_leaving_cloche_ends_turns_that_run_and_removes_every_folder(
    prepared, tmp_path, until
):
    async with Cloche(data_dir=tmp_path) as cloche:
        sessions = [await cloche.sessions.create("python", owner="local") for _ in range(3)]
        calls = [asyncio.create_task(session.execute(FOR_EVER)) for session in sessions]
        for session in sessions:
            await begun(session, until)
    ended = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(each) for each in ended] == [UnknownSession] * 3
    assert list((tmp_path / "homes").iterdir()) == []


@pytest.mark.parametrize("portable", [False, True], ids=["native", "portable"])
async def test_leaving_cloche_while_sessions_are_made_leaves_nothing(
    prepared, tmp_path, processes, portable
):
    before = processes.workers_below(os.getpid())
    async with asyncio.timeout(PATIENCE_SECONDS):
        async with Cloche(data_dir=tmp_path, portable=portable) as cloche:
            makings = [
                asyncio.create_task(cloche.sessions.create("python", owner="local"))
                for _ in range(3)
            ]
            await asyncio.sleep(0)
        ended = await asyncio.gather(*makings, return_exceptions=True)
    assert all(isinstance(each, ClocheError | asyncio.CancelledError) for each in ended), ended
    assert processes.workers_below(os.getpid()) - before == set()
    assert list((tmp_path / "homes").iterdir()) == []


async def test_a_session_given_up_while_it_is_made_harms_no_other(prepared, tmp_path):
    async with (
        asyncio.timeout(PATIENCE_SECONDS),
        Cloche(data_dir=tmp_path, spares=0) as cloche,
        cloche.session() as other,
    ):
        await run(other, "x = 1")
        for yields in range(12):
            making = asyncio.create_task(cloche.sessions.create("python", owner="local"))
            for _ in range(yields):
                await asyncio.sleep(0)
            making.cancel()
            await asyncio.wait([making])
            if not making.cancelled():
                await cloche.sessions.destroy(making.result())
        after = await other.execute("x")
        assert (after.result, after.state) == ("1", "kept")
        async with cloche.session() as new:
            await run(new, "1")


async def test_a_listener_that_raises_does_not_end_the_session(session):
    await run(session, "x = 1")

    def listen(text):
        raise ZeroDivisionError

    try:
        outcome = await session.execute("print('heard')", listener=listen)
    except ZeroDivisionError:
        pass
    else:
        assert outcome.status == "ok"
    assert (await run(session, "x")).result == "1"


# Bad requests.


@pytest.mark.parametrize("seconds", [0, -1, 601, float("inf"), float("nan"), 1e300])
async def test_a_timeout_out_of_bounds_is_refused(session, seconds):
    with pytest.raises(InvalidRequest, match="timeout_seconds"):
        await session.execute("1", timeout_seconds=seconds)


async def test_more_code_than_allowed_is_refused(session):
    with pytest.raises(InvalidRequest, match="1048577 bytes"):
        await session.execute("#" * (1024 * 1024 + 1))
    with pytest.raises(InvalidRequest, match="bytes"):
        await session.execute("é" * (512 * 1024 + 1))
    await run(session, "#" * 1024 * 1024)


async def test_code_with_a_lone_surrogate_is_refused(session):
    with pytest.raises(InvalidRequest, match="character 5"):
        await session.execute("x = '\ud800'")
    assert session.turns == 0


async def test_null_characters_are_told_as_an_error_of_the_code(session):
    outcome = await session.execute("x = '\0'")
    assert (outcome.status, outcome.error.type) == ("error", "SyntaxError")
    assert (await run(session, "print('a\\0b')\n'c\\0'")).stdout == "a\0b\n"


# Texts and files that are meant to hurt.


@pytest.mark.parametrize(
    "code",
    [
        "'x' * 100_000_000",
        "print('x' * 100_000_000)",
        "import sys\nsys.stderr.write('x' * 100_000_000);",
        "print('\\ud800' * 1_000_000)\n'\\udfff' * 1_000_000",
        "list(range(5_000_000))",
        "b'\\xff' * 10_000_000",
        "'\\0' * 10_000_000",
        "print('😀' * 10_000_000)",
        "{'a': 'x' * 50_000_000}",
    ],
)
async def test_output_of_any_size_comes_back_cut(session, code):
    outcome = await run(session, code, timeout_seconds=120)
    assert outcome.truncated
    assert len(outcome.model_dump_json()) < 12 * session.limits.text_bytes
    await run(session, "1")


# Values of the user's own that get into the report.
LINE = "e = SyntaxError('x')\ne.filename = '<turn 2>'\ne.lineno = {}\nraise e"

LIES = {
    "line number is text": LINE.format("'zzz'"),
    "line number is huge": LINE.format("10**5000"),
    "line number is 2**70": LINE.format("2**70"),
    "line number is negative": LINE.format("-9"),
    "line number is a float": LINE.format("1.5"),
    "line number is NaN": LINE.format("float('nan')"),
    "surrogate in a message": "raise ValueError('\\ud800')",
    "surrogate in a syntax error": "eval('\"\\ud800')",
    "result is a lying str": (
        "class S(str):\n    __len__ = lambda s: 0\n    isascii = lambda s: True\n"
        "    encode = lambda s, *a: b''\n"
        "class R:\n    __repr__ = lambda s: S('\\ud800' * 3_000_000)\nR()"
    ),
    "message is a lying str": (
        "class S(str):\n    __len__ = lambda s: 0\n    isascii = lambda s: True\n"
        "class E(Exception):\n    __str__ = lambda s: S('\\ud800' * 3_000_000)\nraise E"
    ),
    "name of the class is long": "raise type('E' * 100_000, (Exception,), {})('x')",
    "notes are no list": "e = ValueError()\ne.__notes__ = 7\nraise e",
    "notes are huge": "e = ValueError()\ne.__notes__ = ['x' * 10_000_000] * 9\nraise e",
    "cause is itself": "e = ValueError()\ne.__cause__ = e\nraise e",
    "long chain": (
        "e = None\nfor i in range(3000):\n    n = ValueError(i)\n    n.__cause__ = e\n    e = n\n"
        "raise e"
    ),
    "deep group": ("e = ValueError()\nfor i in range(3000): e = ExceptionGroup('g', [e])\nraise e"),
    "printed text is a lying str": (
        "class S(str):\n    __len__ = lambda s: -5\n    encode = lambda s, *a: 1 / 0\n"
        "import sys\nsys.stdout.write(S('x'));"
    ),
    "printed length is an error": (
        "class S(str):\n    def __len__(self): raise SystemExit\n"
        "import sys\nsys.stdout.write(S('x'));"
    ),
    "image is huge": ("class P:\n    _repr_png_ = lambda s: b'\\x89PNG' + bytes(60_000_000)\nP()"),
    "image is no image": "class P:\n    _repr_png_ = lambda s: b'nothing'\nP()",
    "image is no bytes": "class P:\n    _repr_png_ = lambda s: 7\nP()",
    "picture with huge announced size": (
        "import struct, zlib\ndef c(t, d):\n"
        "    return struct.pack('>I', len(d)) + t + d + struct.pack('>I', zlib.crc32(t + d))\n"
        "class P:\n    _repr_png_ = lambda s: (b'\\x89PNG\\r\\n\\x1a\\n' + "
        "c(b'IHDR', struct.pack('>IIBBBBB', 2**31 - 1, 2**31 - 1, 8, 2, 0, 0, 0)) + "
        "c(b'IDAT', zlib.compress(b'')) + c(b'IEND', b''))\nP()"
    ),
    "svg with a surrogate": "class P:\n    _repr_svg_ = lambda s: '<svg>\\ud800</svg>'\nP()",
    "underscore is broken": "class M(dict): pass\n__builtins__ = None\n1",
    "main is replaced": "import sys\nsys.modules['__main__'] = None\n1",
    "cloche's own modules are emptied": (
        "import sys\nfor n, m in list(sys.modules.items()):\n"
        "    if n.startswith('_cloche'): vars(m).clear()\n1"
    ),
    "garbage collector walks": (
        "import gc\nfor o in gc.get_objects():\n"
        "    if type(o) is dict and '_cloche' in str(o.get('__name__')): o.clear()\n1"
    ),
}


@pytest.mark.parametrize("name", LIES)
async def test_values_that_lie_get_no_further_than_their_session(cloche, session, name):
    await run(session, "x = 1")
    outcome = await session.execute(LIES[name], timeout_seconds=120)
    assert outcome.status in {"ok", "error", "crashed"}, outcome
    assert len(outcome.model_dump_json()) < 40 * session.limits.text_bytes
    later = await session.execute("1 + 1")
    if later.status == "crashed":  # the session ruined its own interpreter; it gets a new one
        later = await session.execute("1 + 1")
    assert later.result == "2", later


MILD = [name for name in LIES if "cloche" not in name and "collector" not in name]


@pytest.mark.parametrize("name", MILD)
async def test_values_that_lie_do_not_even_cost_the_variables(session, name):
    await run(session, "x = 1")
    outcome = await session.execute(LIES[name], timeout_seconds=120)
    assert outcome.status in {"ok", "error"}, outcome.error
    assert (await run(session, "x")).result == "1"


async def test_a_guest_out_of_descriptors_gets_an_os_error_and_files_are_told_rightly(session):
    await run(session, "open('old', 'w').close()")
    outcome = await session.execute(
        "held = []\nwhile True: held.append(open(f'f{len(held)}', 'w'))", timeout_seconds=60
    )
    assert (outcome.status, outcome.error.type) == ("error", "OSError"), outcome
    assert not [change for change in outcome.files if change.change == "deleted"]
    assert {"f0", "f1"} <= {change.path for change in outcome.files}
    after = await run(session, "for f in held: f.close()\nheld.clear()\nopen('new', 'w').close()")
    assert [(c.path, c.change) for c in after.files] == [("new", "created")]
    assert (await run(session, "open('new').read()")).files == []


async def test_other_sessions_have_descriptors_when_one_has_none(cloche):
    async with cloche.session() as one, cloche.session() as other:
        await one.execute("held = []\nwhile True: held.append(open(f'f{len(held)}', 'w'))")
        await run(other, "open('file', 'w').close()")
        async with cloche.session() as new:
            await run(new, "1")


async def test_a_workspace_full_of_files_is_told_truly_as_far_as_it_is_told(prepared, tmp_path):
    limits = Limits(workspace_entries=200)
    async with (
        Cloche(data_dir=tmp_path, limits=limits, spares=0) as cloche,
        cloche.session() as session,
    ):
        workspace = session.home.workspace
        for i in range(1000):
            (workspace / f"f{i}").touch()
        outcome = await run(session, "import os\nlen(os.listdir('.'))")
        assert outcome.result == "1000"
        assert outcome.files == []
        after = await run(session, "for i in range(100): open(f'g{i}', 'w').close()")
        assert {(c.change, c.path[0]) for c in after.files} <= {("created", "g")}
        after = await run(session, "for i in range(0, 1000, 2): os.remove(f'f{i}')")
        lies = [
            change
            for change in after.files
            if (workspace / change.path).exists() == (change.change == "deleted")
            or change.change == "created"
        ]
        assert not lies


async def test_deep_folders_are_no_trouble(session):
    outcome = await session.execute(
        "import os\nfor _ in range(300):\n    os.mkdir('d' * 100)\n    os.chdir('d' * 100)"
    )
    assert outcome.status in {"ok", "error"}
    after = await run(session, "import os\nos.chdir('/workspace')\nopen('f', 'w').close()")
    assert ("f", "created") in [(c.path, c.change) for c in after.files]


ESCAPES = {
    "absolute link": "os.symlink('{outside}', 'link')\nopen('link').read()",
    "link up": "os.symlink('../../../../../../../../{outside}', 'link')\nopen('link').read()",
    "link to the root": "os.symlink('/', 'root')\nopen('root{outside}').read()",
    "link to above": "os.symlink('..', 'up')\nopen('up/../up/../../../../../{outside}').read()",
    "dots": "open('../../../../../../../../../{outside}').read()",
    "dots from tmp": "open('/tmp/../../../../../../../{outside}').read()",
    "absolute path": "open('{outside}').read()",
    "dots in a made folder": "os.mkdir('a')\nopen('a/../../../../../../../{outside}').read()",
    "hard link": "os.link('{outside}', 'link')\nopen('link').read()",
    "rename in": "os.rename('{outside}', 'mine')\nopen('mine').read()",
    "directory descriptor": (
        "fd = os.open('/workspace', os.O_RDONLY)\n"
        "os.read(os.open('../../../../../../{outside}', os.O_RDONLY, dir_fd=fd), 100).decode()"
    ),
    "preopened descriptors": (
        "import re\nfound = []\nfor fd in range(3, 20):\n    try:\n"
        "        found.append(os.read(os.open('../../../../../../../{outside}', os.O_RDONLY, "
        "dir_fd=fd), 100).decode())\n    except (OSError, NotImplementedError): pass\n"
        "assert found\nfound"
    ),
    "home of another session": "open('../../' + os.listdir('../..')[0]).read()",
    "proc": "os.listdir('/proc')",
    "library is written": "open('/usr/local/lib/python315.zip', 'r+b').write(b'x')",
    "library gets a file": "open('/usr/local/lib/evil.py', 'w').write('x')",
    "fonts are written": (
        "import matplotlib\np = matplotlib.get_data_path()\n"
        "open(p + '/matplotlibrc', 'a').write('x')"
    ),
}


@POSIX
@pytest.mark.parametrize("name", ESCAPES)
async def test_no_path_leads_out_of_the_guest(session, tmp_path, name):
    outside = tmp_path / "outside"
    outside.write_text("secret of the host")
    code = "import os\n" + ESCAPES[name].replace("{outside}", str(outside))
    outcome = await session.execute(code)
    assert outcome.status == "error", outcome
    assert "secret of the host" not in outcome.model_dump_json()
    assert outside.read_text() == "secret of the host"
    await run(session, "1")


@POSIX
async def test_links_out_of_the_workspace_are_not_followed_by_the_host(cloche, tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "treasure").write_text("host")
    async with cloche.session() as session:
        # Links that the guest may not make itself, as if it had.
        (session.home.workspace / "folder").symlink_to(tmp_path / "outside")
        (session.home.workspace / "output").symlink_to(tmp_path / "outside")
        (session.home.workspace / "file").symlink_to(tmp_path / "outside" / "treasure")
        outcome = await run(session, "print('x' * 1_000_000)\nopen('mine', 'w').close()")
        assert [c.path for c in outcome.files] == ["mine"]
        refused = await session.execute("open('folder/treasure').read()")
        assert refused.status == "error"
        outcome = await run(session, "import matplotlib.pyplot as plt\nplt.plot([1]);")
        assert outcome.outputs
    assert [p.name for p in (tmp_path / "outside").iterdir()] == ["treasure"]


@POSIX
async def test_links_within_the_workspace_work(session):
    code = "import os\nopen('a', 'w').write('1')\nos.symlink('a', 'b')\nopen('b').read()"
    assert (await run(session, code)).result == "'1'"


@POSIX
async def test_a_loop_of_links_and_odd_files_are_no_trouble(session):
    workspace = session.home.workspace
    (workspace / "loop").symlink_to("loop")
    os.mkfifo(workspace / "pipe")
    outcome = await run(session, "import os\nos.mkdir('d')\nos.symlink('..', 'd/up')\n1")
    assert outcome.files == []


async def test_a_workspace_that_the_guest_removes_is_no_trouble(session):
    await session.execute("import shutil\nshutil.rmtree('/workspace')")
    assert (await session.execute("1 + 1")).result == "2"


async def test_the_guest_sees_nothing_of_the_hosts_environment(session, monkeypatch):
    outcome = await run(session, "import os, sys\nstr(dict(os.environ)) + str(sys.argv)")
    for name, value in os.environ.items():
        if len(value) > 8 and name not in {"HOME"}:
            assert value not in outcome.result


async def test_the_guest_has_no_sockets_and_no_processes(session):
    for code in (
        "import socket\nsocket.create_connection(('127.0.0.1', 80), 1)",
        "import socket\ns = socket.socket()\ns.bind(('127.0.0.1', 0))",
        "import os\nos.fork()",
        "import os\nos.execv('/bin/sh', ['sh'])",
        "import os\nos.system('id')",
        "import subprocess\nsubprocess.Popen(['sh'])",
        "import multiprocessing\nmultiprocessing.Process(target=print).start()",
        "import _thread\n_thread.start_new_thread(print, ())",
    ):
        outcome = await session.execute(code)
        assert outcome.status == "error", (code, outcome)
        assert outcome.error.line is not None
