"""Turns: what one piece of code comes back as, and what the next one finds."""

import asyncio
import runpy
from pathlib import Path

import pytest

from cloche import Cloche, Limits

pytestmark = pytest.mark.anyio

_guest = runpy.run_path(str(Path(__file__).parent / "guest" / "cases.py"))
CASES, NOTHING = _guest["CASES"], _guest["NOTHING"]
PNG = b"\x89PNG\r\n\x1a\n"


async def run(session, code, **options):
    """Run code that must not fail."""
    outcome = await session.execute(code, **options)
    assert outcome.status == "ok", outcome
    return outcome


def check(case, outcome):
    assert outcome.status == case.status, outcome
    if case.result is not None:
        assert outcome.result == (None if case.result == NOTHING else case.result)
    if case.stdout is not None:
        assert outcome.stdout == case.stdout
    if case.stderr_has is not None:
        assert case.stderr_has in outcome.stderr
    if case.status == "ok":
        assert outcome.error is None
    if case.error_type is not None:
        assert outcome.error.type == case.error_type, outcome.error
    if case.line is not None:
        assert outcome.error.line == case.line, outcome.error
    if case.error_has is not None:
        assert case.error_has in outcome.error.traceback
    if outcome.error is not None:
        assert "<cloche>" not in outcome.error.traceback
    assert outcome.state == "kept"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
async def test_a_piece_of_code_comes_back_as_its_case_says(session, case):
    check(case, await session.execute(case.code))
    await run(session, "1")


@pytest.mark.parametrize("case", CASES[::12], ids=lambda case: case.id)
async def test_a_piece_of_code_comes_back_the_same_without_fork_and_mmap(twin_session, case):
    check(case, await twin_session.execute(case.code))


# From turn to turn.


async def test_variables_functions_and_imports_are_there_in_the_next_turn(twin_session):
    await run(twin_session, "import math\nx = 41\ndef more(n):\n    return n + 1")
    assert (await run(twin_session, "more(x), math.floor(2.5)")).result == "(42, 2)"


async def test_variables_of_a_turn_that_failed_halfway_are_kept(session):
    failed = await session.execute("x = 1\ny = 1 / 0\nz = 3")
    assert (failed.status, failed.state) == ("error", "kept")
    assert (await run(session, "x, 'y' in globals(), 'z' in globals()")).result == (
        "(1, False, False)"
    )


async def test_turns_are_numbered_from_one_and_name_their_session(session):
    first, second = await run(session, "1"), await run(session, "2")
    assert (first.turn, second.turn) == (1, 2)
    assert first.session_id == second.session_id == session.id
    assert first.language == "python"


async def test_a_traceback_shows_the_lines_of_functions_from_earlier_turns(session):
    await run(session, "def divide(a, b):\n    # by hand\n    return a / b")
    outcome = await session.execute("x = 1\ndivide(x, 0)")
    assert outcome.error.line == 2
    assert 'File "<turn 2>", line 2, in <module>\n    divide(x, 0)' in outcome.error.traceback
    assert 'File "<turn 1>", line 3, in divide\n    return a / b' in outcome.error.traceback


async def test_underscore_is_the_last_result_and_outlives_turns_without_one(session):
    await run(session, "6 * 7")
    await run(session, "x = 1")
    assert (await run(session, "_ + x")).result == "43"


async def test_an_underscore_of_the_users_own_is_not_lost_by_a_failing_turn(session):
    await run(session, "_ = 'mine'")
    await session.execute("1 / 0")
    assert (await run(session, "_")).result == "'mine'"


async def test_coroutines_and_tasks_live_on_in_the_next_turn(session):
    await run(
        session,
        "import asyncio\nheard = []\nasync def tell():\n    heard.append(1)\n"
        "await asyncio.sleep(0)\ntask = asyncio.create_task(tell())",
    )
    assert (await run(session, "await task\nheard")).result == "[1]"


async def test_output_of_one_turn_does_not_show_in_the_next(session):
    await run(session, "import sys\nprint('early', end='')\nprint('bad', end='', file=sys.stderr)")
    after = await run(session, "print('late')")
    assert (after.stdout, after.stderr) == ("late\n", "")


async def test_a_generator_left_open_goes_on_in_the_next_turn(session):
    await run(session, "g = iter(range(3))\nnext(g)")
    assert (await run(session, "next(g)")).result == "1"


# Streams.


async def test_output_reaches_a_listener_while_the_turn_still_runs(twin_session):
    heard = []

    def listen(text):
        heard.append(text)
        if "first" in text:
            (twin_session.home.workspace / "go").touch()

    outcome = await run(
        twin_session,
        "import os\nprint('first')\nwhile not os.path.exists('go'): pass\nprint('second')",
        listener=listen,
        timeout_seconds=60,
    )
    assert outcome.stdout == "first\nsecond\n"
    assert heard[0] == "first\n"


async def test_a_listener_hears_both_streams_in_the_order_of_writing(session):
    heard = []
    code = "import sys\nfor i in range(20):\n    print(i, file=(sys.stdout, sys.stderr)[i % 2])"
    outcome = await run(session, code, listener=heard.append)
    assert "".join(heard).split() == [str(i) for i in range(20)]
    assert outcome.stdout.split() == [str(i) for i in range(0, 20, 2)]
    assert outcome.stderr.split() == [str(i) for i in range(1, 20, 2)]


async def test_output_is_shown_before_a_long_sleep(session):
    heard = []

    def listen(text):
        heard.append(text)
        session.cancel()

    outcome = await session.execute(
        "import time\nprint('soon', end='')\ntime.sleep(3600)", listener=listen
    )
    assert (outcome.status, outcome.stdout, heard) == ("cancelled", "soon", ["soon"])


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
async def test_long_output_keeps_head_and_tail_and_lies_whole_in_the_workspace(session, stream):
    outcome = await run(
        session, f"import sys\nfor i in range(50_000): print('line', i, file=sys.{stream})"
    )
    text = getattr(outcome, stream)
    assert text.startswith("line 0\nline 1\n")
    assert text.endswith("line 49998\nline 49999\n")
    assert len(text) <= session.limits.text_bytes + 256
    assert "cut" in text
    assert outcome.truncated
    whole = (session.home.workspace / outcome.full_output_path).read_text()
    assert whole == "".join(f"line {i}\n" for i in range(50_000))
    assert outcome.full_output_path in {change.path for change in outcome.files}


async def test_output_of_exactly_the_budget_is_not_cut(session):
    size = session.limits.text_bytes
    outcome = await run(session, f"print('x' * {size - 1})")
    assert outcome.stdout == "x" * (size - 1) + "\n"
    assert (outcome.truncated, outcome.full_output_path) == (False, None)
    outcome = await run(session, f"print('x' * {size})")
    assert outcome.truncated


async def test_a_cut_never_splits_a_character(session):
    outcome = await run(session, "for i in range(40_000): print('aé世😀', end='')")
    assert outcome.truncated
    assert "\ufffd" not in outcome.stdout
    assert set(outcome.stdout.split("\n")[0]) == set("aé世😀")


async def test_a_long_result_is_cut_and_lies_whole_in_the_workspace(session):
    outcome = await run(session, "'y' * 1_000_000")
    assert outcome.truncated
    assert len(outcome.result) <= session.limits.text_bytes + 256
    assert outcome.result.startswith("'yyy")
    assert outcome.result.endswith("yyy'")
    whole = (session.home.workspace / outcome.full_output_path).read_text()
    assert "'" + "y" * 1_000_000 + "'" in whole


async def test_a_long_error_message_is_cut(session):
    outcome = await session.execute("raise ValueError('z' * 1_000_000)")
    assert outcome.truncated
    assert len(outcome.error.message) <= session.limits.text_bytes + 256
    assert len(outcome.error.traceback) <= session.limits.text_bytes + 256


async def test_the_file_of_long_output_is_bounded(prepared, tmp_path):
    limits = Limits(spool_bytes=1024 * 1024)
    async with Cloche(data_dir=tmp_path, limits=limits, spares=0) as cloche, cloche.session() as s:
        outcome = await run(s, "for _ in range(3000): print('x' * 1000)")
        size = (s.home.workspace / outcome.full_output_path).stat().st_size
        assert limits.spool_bytes <= size <= limits.spool_bytes + 256
        assert outcome.stdout.endswith("x\n")


# Plots.


async def test_a_plot_is_an_output_with_its_image_and_lies_in_the_workspace(twin_session):
    outcome = await run(
        twin_session, "import matplotlib.pyplot as plt\nplt.plot([1, 4, 9]);", timeout_seconds=60
    )
    (plot,) = outcome.outputs
    assert (plot.kind, plot.mime) == ("image", "image/png")
    assert plot.data.startswith(PNG)
    assert (twin_session.home.workspace / plot.path).read_bytes() == plot.data
    assert plot.width > 100
    assert plot.height > 100
    assert plot.path in {change.path for change in outcome.files}
    assert "data" not in outcome.model_dump(mode="json")["outputs"][0]


async def test_plots_come_in_order_and_are_gone_in_the_next_turn(session):
    outcome = await run(
        session,
        "import matplotlib.pyplot as plt\nfor size in (2, 4):\n"
        "    plt.figure(figsize=(size, size))\n    plt.plot([1, 2])\n    plt.show()",
    )
    first, second = outcome.outputs
    assert first.width < second.width
    assert first.path != second.path
    assert (await run(session, "plt.get_fignums()")).result == "[]"


async def test_plots_of_two_turns_do_not_overwrite_each_other(session):
    code = "import matplotlib.pyplot as plt\nplt.plot([1, 2]);"
    first, second = await run(session, code), await run(session, code)
    assert first.outputs[0].path != second.outputs[0].path


async def test_more_plots_than_allowed_are_counted_and_not_returned(prepared, tmp_path):
    async with (
        Cloche(data_dir=tmp_path, limits=Limits(displays=2), spares=0) as cloche,
        cloche.session() as session,
    ):
        outcome = await run(
            session,
            "import matplotlib.pyplot as plt\nfor _ in range(4):\n"
            "    plt.figure(figsize=(1, 1))\n    plt.plot([1])\n    plt.show()",
        )
        assert len(outcome.outputs) == 2
        assert "2" in outcome.stdout + outcome.stderr + "".join(
            o.text or "" for o in outcome.outputs
        )


async def test_a_large_image_is_sent_within_its_budget_and_kept_whole(session):
    outcome = await run(
        session,
        "import numpy as np\nfrom PIL import Image\n"
        "a = np.random.default_rng(0).integers(0, 255, (1500, 1500, 3), dtype='uint8')\n"
        "Image.fromarray(a)",
    )
    (image,) = outcome.outputs
    assert image.data
    assert len(image.data) <= session.limits.image_bytes
    assert (image.width, image.height) == (1500, 1500)
    assert (session.home.workspace / image.path).stat().st_size > session.limits.image_bytes


async def test_a_plot_that_cannot_be_drawn_fails_the_turn_and_harms_no_later_one(session):
    outcome = await session.execute(
        "import matplotlib.pyplot as plt\nplt.plot([1])\nplt.title('$\\\\frac{$')"
    )
    assert "frac" in outcome.stderr + str(outcome.error)
    assert (await run(session, "plt.plot([1]);")).outputs


# Files.


async def test_files_say_what_a_turn_created_modified_and_deleted(twin_session):
    first = await run(
        twin_session,
        "import os\nos.makedirs('a/b')\nopen('a/b/new.txt', 'w').write('12345')\n"
        "open('gone.txt', 'w').close();",
    )
    assert [(f.path, f.change, f.size) for f in first.files] == [
        ("a/b/new.txt", "created", 5),
        ("gone.txt", "created", 0),
    ]
    second = await run(twin_session, "open('a/b/new.txt', 'a').write('6')\nos.remove('gone.txt')")
    assert [(f.path, f.change, f.size) for f in second.files] == [
        ("a/b/new.txt", "modified", 6),
        ("gone.txt", "deleted", 0),
    ]
    assert (await run(twin_session, "open('a/b/new.txt').read()")).files == []


async def test_files_outside_the_workspace_are_not_told(session):
    assert (await run(session, "open('/tmp/x', 'w').write('1');")).files == []


async def test_a_file_that_the_host_wrote_is_read_by_the_guest(session):
    (session.home.workspace / "input.csv").write_text("a,b\n1,2\n")
    outcome = await run(session, "import pandas as pd\nint(pd.read_csv('input.csv').b[0])")
    assert outcome.result == "2"
    assert outcome.files == []


async def test_names_of_files_may_be_any_text(session):
    names = ["ünï 世界.txt", "new\nline", "😀", "-rf", "a" * 255]
    await run(session, f"for n in {names!r}: open(n, 'w').close()")
    outcome = await run(session, f"for n in {names!r}: open(n, 'w').write('x')")
    assert {f.path for f in outcome.files} == set(names)


# What it costs.


async def test_an_outcome_says_what_the_turn_cost(session):
    outcome = await run(session, "x = bytearray(100_000_000)\nfor _ in range(100_000): pass")
    assert outcome.wall_seconds > 0
    assert outcome.cpu_seconds > 0
    assert outcome.memory_bytes > 100_000_000


async def test_an_outcome_is_whole_json_whatever_the_code_printed(session):
    outcome = await run(session, "print('\\x00\\x1b[31m\\u202e\\ud800\\uffff')\n'\\0'")
    again = type(outcome).model_validate_json(outcome.model_dump_json())
    assert again == outcome
    assert outcome.result == "'\\x00'"


async def test_sessions_of_one_server_run_turns_side_by_side(cloche, until):
    async with cloche.session() as one, cloche.session() as other:
        code = "import os\nopen('here', 'w').close()\nwhile not os.path.exists('go'): pass"
        tasks = [asyncio.create_task(run(s, code, timeout_seconds=60)) for s in (one, other)]
        homes = [s.home.workspace for s in (one, other)]
        await until(lambda: all((home / "here").exists() for home in homes), "both turns run")
        for home in homes:
            (home / "go").touch()
        await asyncio.gather(*tasks)
