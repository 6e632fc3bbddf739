"""The engine: memory that comes back as it was, sleeps that can be woken, and a guest that lies."""

import json
import time
from dataclasses import replace

import pytest

from cloche.engine.guest import Guest
from cloche.engine.module import in_guest_thread, load_module
from cloche.errors import ImageRejected
from cloche.runtimes.python import ImageInfo, PythonFiles, PythonGuest

pytestmark = pytest.mark.anyio

MIB = 1024 * 1024


async def run(session, code, **options):
    """Run code that must not fail."""
    outcome = await session.execute(code, **options)
    assert outcome.status == "ok", outcome
    return outcome


# Images, with guests in this process.


@pytest.fixture(scope="module")
def program(prepared):
    return load_module(prepared.module)


class Sink:
    """Takes what turns send."""

    def __init__(self):
        self.text = b""

    def stdout(self, text):
        self.text += text

    stderr = stdout

    def display(self, parts):
        pass


@pytest.fixture
def new_guest(program, prepared, tmp_path):
    """Return a guest that has not been given its memory yet."""

    def new_guest():
        for name in ("workspace", "tmp"):
            (tmp_path / name).mkdir(exist_ok=True)
        return PythonGuest(
            program,
            PythonFiles(prepared.module, prepared.stdlib, prepared.mpl_data),
            workspace=tmp_path / "workspace",
            scratch=tmp_path / "tmp",
            memory_bytes=1024 * MIB,
            sink=Sink(),
        )

    return new_guest


def turn(guest, code, number=1):
    budget = {"text_bytes": 4096, "spool_bytes": 4096, "image_bytes": 65536, "displays": 1}
    return json.loads(guest.run(json.dumps({"turn": number, "code": code, **budget}).encode()))


def bare_guest(program):
    return Guest(
        program, folders=[], environment={}, memory_bytes=1024 * MIB, host_call=lambda request: b""
    )


def test_memory_is_the_same_whether_it_was_mapped_or_copied_and_saves_to_the_same_file(
    program, prepared, tmp_path
):
    def work():
        whole = []
        for copy in (False, True):
            guest = bare_guest(program)
            guest.restore(prepared.image, copy=copy)
            guest.save(tmp_path / f"saved-{copy}")
            whole.append(guest.read(0, guest.memory_bytes))
        return whole

    mapped, copied = in_guest_thread(work)
    image = prepared.image.read_bytes()
    assert mapped == copied == image
    assert (tmp_path / "saved-False").read_bytes() == image
    assert (tmp_path / "saved-True").read_bytes() == image


@pytest.mark.parametrize("copy", [False, True], ids=["mapped", "copied"])
def test_a_guest_saved_in_mid_session_goes_on_in_another(prepared, new_guest, tmp_path, copy):
    info = ImageInfo.load(prepared.image_info)

    def work():
        first = new_guest()
        first.resume(prepared.image, info, copy=copy)
        turn(first, "import pandas as pd\nx = pd.Series([1, 2])\ndef f(): return int(x.sum())")
        first.suspend(tmp_path / "checkpoint")
        turn(first, "x[:] = 0")
        size = (tmp_path / "checkpoint").stat().st_size
        second = new_guest()
        second.resume(tmp_path / "checkpoint", replace(info, size=size), copy=copy)
        return turn(first, "f()", 3), turn(second, "f()", 2)

    first, second = in_guest_thread(work)
    assert (first["result"], second["result"]) == ("0", "3")


def test_writing_to_a_mapped_guest_never_reaches_its_image(prepared, new_guest):
    before = prepared.image.read_bytes()
    info = ImageInfo.load(prepared.image_info)

    def work():
        guest = new_guest()
        guest.resume(prepared.image, info, copy=False)
        return turn(guest, "x = bytearray(b'x' * 50_000_000)\nlen(x)")

    assert in_guest_thread(work)["result"] == "50000000"
    assert prepared.image.read_bytes() == before


TORN = {
    "empty": lambda image: b"",
    "one byte short": lambda image: image[:-1],
    "one byte more": lambda image: image + b"x",
    "one page short": lambda image: image[: -64 * 1024],
    "one page more": lambda image: image + bytes(64 * 1024),
    "one page": lambda image: image[: 64 * 1024],
    "half": lambda image: image[: len(image) // 2 // 65536 * 65536],
}


@pytest.mark.parametrize("copy", [False, True], ids=["mapped", "copied"])
@pytest.mark.parametrize("name", TORN)
def test_a_torn_image_is_refused(prepared, new_guest, tmp_path, name, copy):
    torn = tmp_path / "torn"
    torn.write_bytes(TORN[name](prepared.image.read_bytes()))
    info = ImageInfo.load(prepared.image_info)
    with pytest.raises(ImageRejected):
        in_guest_thread(lambda: new_guest().resume(torn, info, copy=copy))


@pytest.mark.parametrize("copy", [False, True], ids=["mapped", "copied"])
def test_a_missing_image_is_refused(prepared, new_guest, tmp_path, copy):
    info = ImageInfo.load(prepared.image_info)
    with pytest.raises(ImageRejected):
        in_guest_thread(lambda: new_guest().resume(tmp_path / "none", info, copy=copy))


def test_an_image_larger_than_the_guests_memory_is_refused(program, tmp_path):
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(2048 * MIB)
    with pytest.raises(ImageRejected):
        in_guest_thread(lambda: bare_guest(program).restore(large))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{}",
        '{"format": 1}',
        '{"format": 0, "size": 1, "signals": null}',
        '{"format": 1, "size": 1, "signals": 5}',
        '{"format": 1, "size": 1, "signals": null, "more": 1}',
        "\udcff",
    ],
)
def test_what_describes_no_image_is_refused(tmp_path, text):
    info = tmp_path / "info.json"
    info.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(ImageRejected):
        ImageInfo.load(info)


# Sleeps.


async def test_a_sleep_takes_its_time_on_the_guests_clock_and_on_ours(twin_session):
    before = time.monotonic()
    outcome = await run(
        twin_session,
        "import time\na = time.monotonic()\ntime.sleep(0.3)\nb = time.monotonic()\n"
        "import asyncio\nawait asyncio.sleep(0.2)\nc = time.monotonic()\n"
        "0.3 <= b - a < 30, 0.2 <= c - b < 30",
    )
    assert outcome.result == "(True, True)"
    assert time.monotonic() - before >= 0.5
    assert outcome.wall_seconds >= 0.5
    assert outcome.cpu_seconds < outcome.wall_seconds


async def test_sleeps_end_in_order(session):
    outcome = await run(
        session,
        "import asyncio\norder = []\nasync def at(t):\n    await asyncio.sleep(t)\n"
        "    order.append(t)\nawait asyncio.gather(*(at(t) for t in (0.15, 0.05, 0.1)))\norder",
    )
    assert outcome.result == "[0.05, 0.1, 0.15]"


async def test_a_sleep_is_woken_early_by_an_interrupt_and_the_next_one_is_whole(twin_session):
    outcome = await twin_session.execute("import time\ntime.sleep(100_000)", timeout_seconds=0.2)
    assert (outcome.status, outcome.state) == ("timeout", "kept")
    code = "import time\na = time.monotonic()\ntime.sleep(0.2)\ntime.monotonic() - a >= 0.2"
    assert (await run(twin_session, code)).result == "True"


async def test_odd_sleeps_are_answered_as_python_answers_them(session):
    assert (await run(session, "import time\ntime.sleep(0)")).result is None
    for code, error in (
        ("time.sleep(-1)", "ValueError"),
        ("time.sleep(float('nan'))", "ValueError"),
        ("time.sleep(10**30)", "OverflowError"),
    ):
        assert (await session.execute(code)).error.type == error
    assert (await session.execute("time.sleep(9e9)", timeout_seconds=0.1)).status == "timeout"


async def test_clocks_of_the_guest_agree_with_ours(session):
    outcome = await run(session, "import time\ntime.time()")
    assert abs(float(outcome.result) - time.time()) < 60


async def test_select_waits_and_answers_at_once_for_files(session):
    outcome = await session.execute(
        "import select, os\nfd = os.open('f', os.O_CREAT | os.O_RDWR)\n"
        "p = select.poll()\np.register(fd)\nlen(p.poll(1000))"
    )
    assert outcome.status in {"ok", "error"}
    await run(session, "1")


# A guest that calls the host as it likes. It may ruin its own session, and nothing else.


async def survives(session, code, **options):
    """Run hostile code; whatever becomes of it, the session answers afterwards."""
    outcome = await session.execute("import _host\n" + code, **options)
    assert outcome.status in {"ok", "error", "crashed", "timeout"}, outcome
    assert len(outcome.model_dump_json()) < 50 * session.limits.text_bytes
    later = await session.execute("1 + 1")
    assert (later.status, later.result) == ("ok", "2"), (outcome, later)
    return outcome


async def test_a_call_to_the_host_with_any_first_letter_is_survived(session):
    crashes = 0
    for letter in range(256):
        outcome = await survives(session, f"_host.call(bytes([{letter}]))")
        crashes += outcome.status == "crashed"
        if outcome.status == "crashed":
            assert outcome.error.type == "SandboxCrashed"
            assert "Traceback" not in outcome.error.message
    assert crashes > 200


@pytest.mark.parametrize(
    "code",
    [
        "_host.call(b'')",
        "_host.call(b'?' * 70_000_000)",
        "_host.call(b'O' * 70_000_000)",
        "_host.call(b'O' + b'x' * 60_000_000)",
        "_host.call(b'E' + b'\\xff' * 60_000_000)",
        "_host.call(b'D' + b'x' * 60_000_000)",
        "_host.call(b'F' + b'x' * 60_000_000)",
        "_host.call(b'T')",
        "_host.call(b'T' + bytes(9))",
        "_host.call('O')",
        "_host.call(None)",
        "_host.call()",
        "_host.call(bytearray(b'Ox'))",
        "_host.call(memoryview(b'Ox'))",
        "_host.call(b'O\\xff\\xfe')",
        "for _ in range(100_000): _host.call(b'Ox')",
        "for _ in range(1000): _host.call(b'D\\0\\0\\0\\0')",
        "_host.call(b'B')",
    ],
)
async def test_a_misused_call_to_the_host_is_survived(session, code):
    await survives(session, code, timeout_seconds=60)


FORGED = {
    "no JSON": "_host.call(b'F{')",
    "empty": "_host.call(b'F')",
    "an object": "_host.call(b'F{}')",
    "another type": "_host.call(b'F[]')",
    "deep": "_host.call(b'F' + b'[' * 1_000_000)",
    "an ok": (
        "import json\n_host.call(b'F' + json.dumps({'status': 'ok', 'result': 'forged', 'error': "
        "None, 'stdout_tail': '', 'stderr_tail': '', 'stdout_cut': 0, 'stderr_cut': 0, "
        "'truncated': False, 'full_output_path': None}).encode())"
    ),
}


@pytest.mark.parametrize("name", FORGED)
async def test_a_forged_report_in_mid_turn_is_outdone_by_the_real_one(session, name):
    await run(session, "x = 1")
    outcome = await survives(session, FORGED[name] + "\n'real'")
    assert (outcome.status, outcome.result) == ("ok", "'real'")
    assert (await run(session, "x")).result == "1"


@pytest.mark.parametrize("name", FORGED)
async def test_a_forged_report_before_an_exit_is_not_believed(session, name):
    outcome = await survives(session, FORGED[name] + "\nimport os\nos._exit(0)")
    assert (outcome.status, outcome.result) == ("crashed", None)


@pytest.mark.parametrize(
    "code",
    [
        "b''",
        "b'\\xff' * 100",
        "bytes(4)",
        "b'\\xff\\xff\\xff\\xff{}'",
        "(2).to_bytes(4, 'little') + b'{}'",
        "(4).to_bytes(4, 'little') + b'null' + b'x'",
        "h({'kind': 'image', 'mime': 'text/html', 'path': None, 'width': 1, 'height': 1, "
        "'text': '<script>'})",
        "h({'kind': 'image', 'mime': 'image/png', 'path': '../../../etc/passwd', 'width': 1, "
        "'height': 1, 'text': None})",
        "h({'kind': 'image', 'mime': 'image/png', 'path': '/etc/passwd', 'width': 1, "
        "'height': 1, 'text': None})",
        "h({'kind': 'image', 'mime': 'image/png', 'path': 'a' * 5000, 'width': 1, 'height': 1, "
        "'text': 'x' * 5000})",
    ],
)
async def test_forged_display_data_reaches_nobody(session, code):
    outcome = await survives(
        session,
        "import json\ndef h(d):\n    d = json.dumps(d).encode()\n"
        f"    return len(d).to_bytes(4, 'little') + d + b'data'\n_host.call(b'D' + {code})",
    )
    for output in outcome.outputs:
        assert output.mime in {"image/png", "image/jpeg", "image/svg+xml"}
        assert output.path is None or not (output.path.startswith("/") or ".." in output.path)


async def test_a_clock_that_the_guest_made_up_hurts_nobody_else(session):
    for clock in (0, 2**63 - 1, -(2**63), 1):
        outcome = await survives(
            session,
            f"import struct, time\n_host.call(b'T' + struct.pack('<q', {clock}))\ntime.sleep(0.01)",
            timeout_seconds=0.5,
        )
        assert outcome.status in {"ok", "timeout"}
    code = "import time\na = time.monotonic()\ntime.sleep(0.1)\ntime.monotonic() - a >= 0.1"
    assert (await run(session, code)).result == "True"


async def test_the_request_that_a_guest_can_read_is_its_own(session):
    outcome = await survives(session, "marker = 5\n_host.call(b'T' + bytes(8))")
    assert "marker = 5" in outcome.result


async def test_calls_to_the_host_from_odd_places_are_survived(session):
    for code in (
        "import asyncio\nasync def f(): _host.call(b'?')\nawait f()",
        "class A:\n    def __del__(self): _host.call(b'?')\nA()",
        "class A:\n    def __repr__(self): return str(_host.call(b'?'))\nA()",
        "class A(Exception):\n    def __str__(self): return str(_host.call(b'?'))\nraise A",
        "import gc\ngc.callbacks.append(lambda *a: _host.call(b'?'))\ngc.collect()",
        "import sys\nsys.settrace(lambda *a: _host.call(b'?'))\ndef f(): pass\nf()",
        "import atexit\natexit.register(lambda: _host.call(b'?'))\natexit._run_exitfuncs()",
        "import asyncio\nasyncio.create_task(asyncio.sleep(0))\n_host.call(b'F{}')",
        "import weakref\nclass A: pass\na = A()\nweakref.finalize(a, _host.call, b'?')\ndel a",
        "import sys\nsys.addaudithook(lambda *a: _host.call(b'?'))\nopen('x', 'w')",
        "import signal\nsignal.signal(14, lambda *a: _host.call(b'?'))\n"
        "import time\ntime.sleep(0.01)\nfor _ in range(10**6): pass",
    ):
        outcome = await session.execute("import _host\n" + code)
        assert outcome.status in {"ok", "error", "crashed"}, outcome
        later = await session.execute("1 + 1")
        if later.status == "crashed":  # what kills the guest is among its variables
            later = await session.execute("1 + 1")
            assert "reset" in later.error.message
            await session.reset()
            later = await session.execute("1 + 1")
        assert later.result == "2", (code, later)


async def test_the_host_call_replaced_by_the_guest_cannot_hide_a_turns_end(session):
    for code in (
        "import _host\n_host.call = None\n1",
        "import _host\n_host.call = lambda *a: b''\n1",
        "import sys\nsys.modules['_host'] = None\n1",
        "import json\njson.JSONEncoder.encode = lambda *a: '{}'\n1",
        "import sys\nm = sys.modules.get('_cloche.wire')\n"
        "if m: m.call = m.finish = lambda *a: b''\n1",
    ):
        outcome = await session.execute(code)
        assert outcome.status in {"ok", "crashed"}, (code, outcome)
        later = [await session.execute("1 + 1") for _ in range(2)][-1]
        assert later.result == "2", (code, later)


async def test_a_flood_of_host_calls_is_interrupted_and_harms_no_other_session(cloche):
    async with cloche.session() as flood, cloche.session() as other:
        await run(other, "x = 1")
        outcome = await flood.execute(
            "import _host\nwhile True: _host.call(b'O' + b'x' * 1000)", timeout_seconds=0.5
        )
        assert (outcome.status, outcome.state) == ("timeout", "kept")
        assert (await run(other, "x")).result == "1"
        await run(flood, "1")


async def test_a_guest_gets_nothing_more_of_the_host_once_it_has_booted(session):
    outcome = await survives(session, "_host.call(b'B').decode()")
    assert outcome.status == "crashed"
