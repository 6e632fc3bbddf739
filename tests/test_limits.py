"""Limits: each ends in an outcome that names it, and nobody else notices."""

import asyncio
import importlib.util
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from cloche import Cloche, Limits
from cloche.errors import CapacityReached, InvalidRequest
from cloche.limits import KIB, MIB
from cloche.sessions.removal import remove_folder
from cloche.workers.usage import Nameless, Usage, walk

pytestmark = pytest.mark.anyio

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="blocks, and files deleted while open")

SMALL = Limits(
    memory_bytes=256 * MIB,
    workspace_bytes=8 * MIB,
    workspace_files=1000,
    workspace_entries=200,
    grace_seconds=1,
    spool_bytes=1 * MIB,
)


HOPELESS_FILES = 2 * SMALL.workspace_files + 10_000
"""Above so many, code is refused until the session is reset."""


async def run(session, code, **options):
    """Run code that must not fail."""
    outcome = await session.execute(code, **options)
    assert outcome.status == "ok", outcome
    return outcome


@pytest.fixture(scope="module", params=["native", "portable"])
async def small(anyio_backend, prepared, tmp_path_factory, request):
    """A Cloche with small limits, as this system has it, then with what every system has."""
    data_dir = tmp_path_factory.mktemp(request.param)
    portable = request.param == "portable"
    async with Cloche(data_dir=data_dir, portable=portable, limits=SMALL) as cloche:
        yield cloche


@pytest.fixture
async def session(small):
    async with small.session() as session:
        yield session


# Attacks, and what each comes to.


@dataclass(frozen=True)
class Attack:
    code: str
    status: str
    limit: str | None = None
    error: str | None = None
    timeout_seconds: float = 60
    for_good: bool = False


WRITE = "import os\nchunk = os.urandom(100_000)\n"

ATTACKS = {
    # Memory.
    "one large allocation": Attack("x = bytearray(10**9)", "limit", "memory", "MemoryError"),
    "a list that grows": Attack("x = []\nwhile True: x.append(x[:])", "limit", "memory"),
    "small objects": Attack("x = {}\nwhile True: x[len(x)] = [str(len(x))]", "limit", "memory"),
    "a long string": Attack("x = 'x'\nwhile True: x += x", "limit", "memory", "MemoryError"),
    "numpy": Attack(
        "import numpy\nx = []\nwhile True: x.append(numpy.ones(10**6))", "limit", "memory"
    ),
    "pandas": Attack(
        "import pandas\nx = pandas.DataFrame({'a': range(10**5)})\n"
        "while True: x = pandas.concat([x, x])",
        "limit",
        "memory",
    ),
    "a generator without end": Attack(
        "import itertools\nlist(itertools.count())", "limit", "memory", "MemoryError"
    ),
    "allocations that are caught": Attack(
        "x = []\n"
        "for _ in range(3000):\n"
        "    try: x.append(bytearray(10_000_000))\n"
        "    except MemoryError: x.clear()",
        "ok",
    ),
    "allocations that are caught without end": Attack(
        "while True:\n    try: x = bytearray(10**9)\n    except MemoryError: pass",
        "timeout",
        timeout_seconds=1,
    ),
    # Stack.
    "recursion": Attack("def f(): f()\nf()", "error", error="RecursionError"),
    "recursion in C": Attack(
        "import pickle\nx = []\nfor _ in range(10**5): x = [x]\npickle.dumps(x)",
        "error",
        error="RecursionError",
    ),
    "deep JSON": Attack("import json\njson.loads('[' * 10**6)", "error", error="RecursionError"),
    "deep data that is freed": Attack("x = []\nfor _ in range(10**6): x = [x]\nx = None", "ok"),
    "deep code": Attack("-" * 100_000 + "1", "error", error="MemoryError"),
    "deep brackets": Attack("(" * 1000, "error"),
    # Disk.
    "one large file": Attack("open('f', 'wb').write(bytes(20_000_000))", "limit", "disk"),
    "a file that grows": Attack(
        WRITE + "with open('f', 'wb') as f:\n    while True: f.write(chunk)",
        "limit",
        "disk",
        "KeyboardInterrupt",
    ),
    "a file that is appended to": Attack(
        WRITE + "while True:\n    with open('f', 'ab') as f: f.write(chunk)", "limit", "disk"
    ),
    "a file in /tmp": Attack(
        WRITE + "with open('/tmp/f', 'wb') as f:\n    while True: f.write(chunk)", "limit", "disk"
    ),
    "many small files": Attack(
        "for i in range(10**6): open(f'f{i}', 'w').close()", "limit", "disk", "KeyboardInterrupt"
    ),
    "many folders": Attack(
        "import os\nfor i in range(10**6): os.mkdir(f'/tmp/f{i}')", "limit", "disk"
    ),
    "nested folders": Attack(
        "import os\nos.mkdir('a')\n"
        "for i in range(10**6):\n"
        "    os.mkdir('b')\n    os.rename('a', 'b/a')\n    os.rename('b', 'a')",
        "limit",
        "disk",
        for_good=True,
    ),
    "writing on through interrupts": Attack(
        WRITE + "while True:\n"
        "    try:\n        with open('f', 'ab') as f: f.write(chunk)\n"
        "    except BaseException: pass",
        "limit",
        "disk",
        "DiskLimitReached",
    ),
    "files made and deleted": Attack(
        WRITE + "for i in range(1000):\n"
        "    with open('f', 'wb') as f: f.write(chunk)\n    os.remove('f')",
        "ok",
    ),
    # Time.
    "a busy loop": Attack("while True: pass", "timeout", timeout_seconds=1),
    "a busy loop in C": Attack("sum(range(10**11))", "timeout", timeout_seconds=1),
    "a regular expression": Attack(
        "import re\nre.match('(a+)+$', 'a' * 60 + 'b')", "timeout", timeout_seconds=1
    ),
    "sleep": Attack("import time\ntime.sleep(1000)", "timeout", timeout_seconds=1),
    # Output.
    "a flood of lines": Attack("for i in range(300_000): print('line', i)", "ok"),
    "a flood without end": Attack("while True: print('x' * 1000)", "timeout", timeout_seconds=1),
    "a flood of errors": Attack(
        "import sys\nfor i in range(100_000): print('x' * 100, file=sys.stderr)", "ok"
    ),
    "a huge result": Attack("'x' * 20_000_000", "ok"),
    "a huge exception": Attack("raise ValueError('x' * 20_000_000)", "error", error="ValueError"),
    # Descriptors.
    "descriptors": Attack(
        "x = []\nwhile True: x.append(open(f'f{len(x)}', 'w'))", "error", error="OSError"
    ),
    "the process": Attack("import os\nos._exit(1)", "crashed"),
}


@pytest.mark.parametrize("name", ATTACKS)
async def test_a_neighbour_feels_nothing(small, name):
    attack = ATTACKS[name]
    async with small.session() as neighbour, small.session() as attacker:
        await run(neighbour, "total = 0")
        attacking = asyncio.create_task(
            attacker.execute(attack.code, timeout_seconds=attack.timeout_seconds)
        )
        count = 0
        while count < 2 or not attacking.done():
            count += 1
            mine = await run(
                neighbour,
                "total += 1\nwith open('total', 'a') as f: f.write('x')\n"
                "print(total)\nlen(open('total').read()), sum(range(1000))",
            )
            assert (mine.stdout, mine.result) == (f"{count}\n", f"({count}, 499500)")
            assert mine.state == "kept"
            assert [change.path for change in mine.files] == ["total"]
        outcome = await attacking
        assert (outcome.status, outcome.limit) == (attack.status, attack.limit), outcome
        if attack.error is not None:
            assert outcome.error.type == attack.error
        if outcome.limit is not None:
            assert {"memory": "256 MiB", "disk": "8.0 MiB"}[outcome.limit] in outcome.error.message
        assert len(outcome.model_dump_json()) < 10 * SMALL.text_bytes
        if attack.for_good:
            return
        # The attacker goes on as well, free of what it had.
        await attacker.execute("x = None\nimport os\nif os.path.exists('f'): os.remove('f')")
        # A slow machine looks at the disk rarely.
        if attacker.usage.workspace_files > HOPELESS_FILES:
            await attacker.reset()
        again = await attacker.execute("1 + 1")
        assert again.result == "2", again


# Memory.


async def test_memory_that_is_used_up_costs_no_variables(session):
    await run(session, "kept = 1")
    outcome = await session.execute("x = []\nwhile True: x.append(bytearray(10**6))")
    assert (outcome.status, outcome.limit, outcome.state) == ("limit", "memory", "kept")
    assert outcome.error.type == "MemoryError"
    assert outcome.error.line == 2
    for text in (outcome.error.message, outcome.error.traceback):
        assert "256 MiB" in text
        assert "delete variables" in text
    assert (await run(session, "x = None\nkept")).result == "1"


async def test_memory_that_was_used_up_can_be_used_again(session):
    code = (
        "x = []\ntry:\n    while True: x.append(bytearray(10**6))\nexcept MemoryError: n = len(x)"
    )
    first = await run(session, code + "\nn")
    await run(session, "x = None")
    again = await run(session, code + "\nn")
    assert int(again.result) > 0.9 * int(first.result)


async def test_a_type_of_that_name_is_told_by_its_own_message(session):
    outcome = await session.execute("raise MemoryError('mine')")
    assert outcome.limit == "memory"
    assert outcome.error.message.startswith("mine\n")


# Disk.


async def test_what_a_turn_wrote_past_the_bound_stays_and_so_do_its_variables(session):
    outcome = await session.execute("x = 1\nopen('f', 'wb').write(bytes(10_000_000))")
    assert (outcome.status, outcome.limit, outcome.state) == ("limit", "disk", "kept")
    assert [(c.path, c.size) for c in outcome.files] == [("f", 10_000_000)]
    assert "9.5 MiB in 1 files" in outcome.error.message
    assert session.usage.workspace_files == 1


async def test_a_workspace_above_the_bound_recovers_by_deleting(session):
    assert (await session.execute("open('f', 'wb').write(bytes(10_000_000))")).limit == "disk"
    # What adds nothing runs, and what adds something does not.
    await run(session, "len(open('f', 'rb').read())")
    assert (await session.execute("open('g', 'wb').write(bytes(1_000_000))")).limit == "disk"
    await run(session, "import os\nos.remove('g')")
    await run(session, "os.remove('f')")
    await run(session, "open('g', 'wb').write(bytes(1_000_000))")


async def test_an_interrupted_turn_can_tidy_up(session):
    outcome = await session.execute(
        "import os\n"
        "try:\n"
        "    with open('f', 'wb') as f:\n"
        "        while True: f.write(os.urandom(100_000))\n"
        "finally:\n"
        "    os.remove('f')\n"
        "    open('note', 'w').write('tidy')"
    )
    assert (outcome.status, outcome.limit, outcome.state) == ("limit", "disk", "kept")
    assert [c.path for c in outcome.files] == ["note"]
    await run(session, "assert open('note').read() == 'tidy'")


async def test_a_turn_that_mends_what_it_was_interrupted_for_is_no_failure(session):
    await run(
        session,
        "import os\n"
        "try:\n"
        "    with open('f', 'wb') as f:\n"
        "        while True: f.write(os.urandom(100_000))\n"
        "except KeyboardInterrupt:\n"
        "    os.remove('f')",
    )


@POSIX
async def test_a_sparse_file_takes_what_it_takes(session):
    await run(session, "with open('f', 'wb') as f: f.truncate(100_000_000)")
    assert session.usage.workspace_bytes < MIB


@POSIX
async def test_a_file_with_several_names_counts_once(session):
    await run(
        session,
        "import os\nopen('f', 'wb').write(bytes(3_000_000))\n"
        "for i in range(10): os.link('f', f'g{i}')",
    )
    assert session.usage.workspace_bytes < 4 * MIB
    assert session.usage.workspace_files == 11


@POSIX
async def test_a_file_that_was_deleted_and_is_still_open_counts(session):
    outcome = await session.execute(
        "import os\nf = open('f', 'wb')\nos.remove('f')\nwhile True: f.write(os.urandom(100_000))"
    )
    assert (outcome.status, outcome.limit) == ("limit", "disk")
    assert session.usage.workspace_bytes > SMALL.workspace_bytes
    assert (await session.execute("f.write(bytes(1_000_000))\nf.flush()")).limit == "disk"
    await run(session, "f.close()")
    assert session.usage.workspace_bytes < MIB


async def test_files_beyond_those_whose_changes_are_told_count(session):
    assert SMALL.workspace_entries < 500
    await run(session, "for i in range(500): open(f'f{i}', 'w').close()")
    assert session.usage.workspace_files == 500
    outcome = await session.execute("for i in range(501): open(f'g{i}', 'w').close()")
    assert (outcome.status, outcome.limit) == ("limit", "disk")
    assert "1,001 files" in outcome.error.message


async def test_files_that_the_host_adds_are_not_held_against_a_turn(session):
    (session.home.workspace / "big").write_bytes(bytes(20_000_000))
    assert (await run(session, "1")).result == "1"
    await run(session, "import os\nos.remove('big')")


async def test_a_guest_that_holds_every_descriptor_cannot_hide_what_it_writes(session):
    outcome = await session.execute(
        "import os\nx = []\n"
        "try:\n    while True: x.append(open(f'f{len(x)}', 'wb'))\n"
        "except OSError: pass\n"
        "while True: x[0].write(os.urandom(100_000))"
    )
    assert (outcome.status, outcome.limit) == ("limit", "disk")
    assert session.usage.workspace_bytes > SMALL.workspace_bytes


async def test_code_is_refused_beside_hopelessly_many_files(session):
    for i in range(12_001):
        (session.home.workspace / f"f{i}").touch()
    outcome = await session.execute("ran = True")
    assert (outcome.status, outcome.limit, outcome.state) == ("limit", "disk", "kept")
    assert "reset_workspace" in outcome.error.message
    for i in range(12_001):
        (session.home.workspace / f"f{i}").unlink()
    assert (await run(session, "'ran' in globals()")).result == "False"


@POSIX
def test_folders_nested_beyond_the_longest_path_are_counted_and_removed(tmp_path):
    top = tmp_path / "top"
    (top / "a").mkdir(parents=True)
    (top / "a" / "file").write_bytes(bytes(100_000))
    (top / "link").symlink_to("/")
    levels = 3000
    for _ in range(levels - 1):
        (top / "b").mkdir()
        (top / "a").rename(top / "b" / "a")
        (top / "b").rename(top / "a")
    boundless = Usage(2**60, 2**60)
    look = walk([top], entries=10, bound=boundless)
    assert look.usage.bytes >= 100_000
    assert look.usage.files > levels
    assert not look.complete
    stopped = walk([top], entries=10, bound=Usage(2**60, 5000))
    assert 5000 < stopped.usage.files < 5100
    remove_folder(top)
    assert not top.exists()
    assert Path("/").exists()


async def test_a_session_with_deeply_nested_folders_is_destroyed_like_any_other(small):
    async with small.session() as session:
        await session.execute(
            "import os\nfor _ in range(2000):\n    os.mkdir('d')\n    os.chdir('d')"
        )
        folder = session.home.workspace.parent
    assert not folder.exists()


@POSIX
def test_deleted_files_are_counted_by_several_threads_at_once(tmp_path):
    nameless = Nameless()
    with (tmp_path / "gone").open("wb") as file:
        file.write(bytes(100_000))
        file.flush()
        (tmp_path / "gone").unlink()
        with ThreadPoolExecutor(4) as threads:
            counts = list(threads.map(lambda _: nameless.bytes(), range(4000)))
    assert min(counts) >= 100_000


# Processor time.


@pytest.fixture(scope="module")
async def brief(anyio_backend, prepared, tmp_path_factory):
    """A Cloche whose sessions have one second of processor time."""
    limits = Limits(cpu_seconds=1, grace_seconds=0.5)
    async with Cloche(data_dir=tmp_path_factory.mktemp("brief"), limits=limits) as cloche:
        yield cloche


async def test_processor_time_is_counted_over_all_turns(brief):
    async with brief.session() as session:
        # By wall time, which is no shorter; a turn that finds the time used up says so.
        spin = "import time\nend = time.monotonic() + 0.3\nwhile time.monotonic() < end: pass"
        count = 0
        while session.cpu_used < 1:
            outcome = await session.execute(spin)
            assert outcome.limit in {None, "cpu"}
            count += 1
        assert count >= 3
        with pytest.raises(CapacityReached) as caught:
            await session.execute("1")
        assert "1 s of processor time" in str(caught.value)
        assert "make a new session" in str(caught.value)
    async with brief.session() as other:
        await run(other, "1")


async def test_a_turn_that_uses_the_time_up_is_interrupted_and_files_stay(brief):
    async with brief.session() as session:
        outcome = await session.execute("open('f', 'w').write('x')\nwhile True: pass")
        assert (outcome.status, outcome.limit, outcome.state) == ("limit", "cpu", "kept")
        assert outcome.error.type == "KeyboardInterrupt"
        assert outcome.error.line == 2
        assert "1 s of processor time" in outcome.error.message
        with pytest.raises(CapacityReached):
            await session.execute("1")
        assert (session.home.workspace / "f").read_text() == "x"


@pytest.mark.parametrize(
    "code",
    [
        "sum(range(10**11))",
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
    ],
    ids=["in C", "through interrupts"],
)
async def test_a_turn_that_does_not_stop_when_the_time_is_used_up_is_ended(brief, code):
    async with brief.session() as session:
        outcome = await session.execute(code)
        assert (outcome.status, outcome.limit) == ("limit", "cpu"), outcome
        assert outcome.error.type == "CpuLimitReached"
        assert outcome.state != "kept"
        assert session.cpu_used >= 1
        with pytest.raises(CapacityReached):
            await session.execute("1")


async def test_sleep_takes_no_processor_time(brief):
    async with brief.session() as session:
        await run(session, "import time\ntime.sleep(1.5)")
        assert session.cpu_used < 0.5
        await run(session, "1")


# Code, output, descriptors, input.


async def test_code_past_its_bound_is_refused_and_at_the_bound_runs(prepared, tmp_path):
    limits = Limits(code_bytes=1000)
    async with (
        Cloche(data_dir=tmp_path, limits=limits, spares=0) as cloche,
        cloche.session() as session,
    ):
        assert (await run(session, "7#" + "é" * 499)).result == "7"
        with pytest.raises(InvalidRequest, match="1001 bytes, and 1000 are allowed"):
            await session.execute("7##" + "é" * 499)


async def test_a_flood_is_cut_and_kept_within_bounds(session):
    outcome = await session.execute("for i in range(300_000): print('line', i)")
    assert outcome.truncated
    assert len(outcome.stdout) < 2 * SMALL.text_bytes
    assert outcome.stdout.startswith("line 0\n")
    assert outcome.stdout.endswith("line 299999\n")
    spooled = session.home.workspace / outcome.full_output_path
    assert SMALL.text_bytes < spooled.stat().st_size <= 2 * SMALL.spool_bytes + KIB


async def test_there_is_no_input(session):
    assert (await session.execute("input()")).error.type == "EOFError"


async def test_a_guest_out_of_descriptors_is_told_so(session):
    outcome = await session.execute("x = []\nwhile True: x.append(open(f'f{len(x)}', 'w'))")
    assert (outcome.status, outcome.error.type) == ("error", "OSError")
    held = await run(session, "n = len(x)\nx.clear()\nn")
    assert 200 < int(held.result) < 256


# Sessions.


async def test_one_owner_may_have_so_many_sessions_and_others_as_many(prepared, tmp_path):
    async with Cloche(data_dir=tmp_path, max_sessions_per_owner=2, spares=0) as cloche:
        create = cloche.sessions.create
        made = await asyncio.gather(
            *(create("python", owner=owner) for owner in ("a", "b") for _ in range(4)),
            return_exceptions=True,
        )
        refused = [each for each in made if isinstance(each, CapacityReached)]
        sessions = [each for each in made if not isinstance(each, Exception)]
        assert sorted(session.owner for session in sessions) == ["a", "a", "b", "b"]
        assert len(refused) == 4
        assert all("all 2 sessions that one owner may have" in str(each) for each in refused)
        assert all("destroy one" in str(each) for each in refused)
        await cloche.sessions.destroy(sessions[0])
        await create("python", owner=sessions[0].owner)
        with pytest.raises(CapacityReached):
            await create("python", owner=sessions[0].owner)


async def test_a_session_that_could_not_be_made_is_not_counted(prepared, tmp_path):
    async with Cloche(data_dir=tmp_path, max_sessions_per_owner=1, spares=0) as cloche:
        making = asyncio.create_task(cloche.sessions.create("python", owner="a"))
        await asyncio.sleep(0)
        making.cancel()
        with pytest.raises(asyncio.CancelledError):
            await making
        await cloche.sessions.create("python", owner="a")


# The page.


def test_the_page_of_limits_is_what_the_code_says():
    path = Path(__file__).parent.parent / "docs" / "make_limits.py"
    spec = importlib.util.spec_from_file_location("make_limits", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.PAGE.read_text("utf-8") == module.render(), "run `make docs`"
