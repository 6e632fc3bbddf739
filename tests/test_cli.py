"""The command line, as a shell sees it: what is printed where, and the exit code."""

import os
import signal
import subprocess
import sys

import pytest

from cloche import __version__
from cloche.config import Settings

PATIENCE_SECONDS = 120


@pytest.fixture
def command(prepared, tmp_path):
    """Run `cloche` with arguments, in folders of its own."""

    def command(*arguments, stdin="", **variables):
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("CLOCHE_")}
        folders = {
            "CLOCHE_CACHE_DIR": str(Settings().cache_dir),
            "CLOCHE_DATA_DIR": str(tmp_path / "data"),
        }
        return subprocess.run(
            [sys.executable, "-m", "cloche.cli", *arguments],
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE_SECONDS,
            env={**inherited, **folders, **variables},
            cwd=tmp_path,
            check=False,
        )

    return command


def test_version_is_told(command):
    done = command("--version")
    assert (done.returncode, done.stdout) == (0, f"cloche {__version__}\n")


def test_code_prints_and_its_result_comes_last(command):
    done = command("run", "-c", "print('out')\nimport sys\nprint('err', file=sys.stderr)\n6 * 7")
    assert (done.returncode, done.stdout, done.stderr) == (0, "out\n42\n", "err\n")


def test_a_mounted_folder_is_seen_and_one_that_cannot_be_is_refused(command, tmp_path):
    (tmp_path / "shown").mkdir()
    (tmp_path / "shown" / "note").write_text("seen")
    mount = ["run", "--mount", "./shown:/data", "-c", "print(open('/data/note').read())"]
    done = command(*mount)
    assert (done.returncode, done.stdout, done.stderr) == (0, "seen\n", "")
    done = command("run", "--mount", "none:/data", "-c", "1")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("cloche: the mount 'none:/data' cannot be: ")
    # The command line replaces what the environment says.
    done = command(*mount, CLOCHE_MOUNTS='["none:/data"]')
    assert (done.returncode, done.stdout) == (0, "seen\n")
    done = command("run", "-c", "1", CLOCHE_MOUNTS='["none:/data"]')
    assert done.returncode == 2


def test_a_writable_mount_is_warned_of_where_no_output_is(command, tmp_path):
    (tmp_path / "out").mkdir()
    done = command("run", "--mount", "out:/out:rw", "-c", "open('/out/f', 'w').write('x')")
    assert (done.returncode, done.stdout) == (0, "1\n")
    assert "event=mount_writable" in done.stderr
    assert (tmp_path / "out" / "f").read_text() == "x"


def test_code_comes_from_a_file_or_from_standard_input(command, tmp_path):
    (tmp_path / "code.py").write_text("'ünï' + chr(0x1f600)", "utf-8")
    assert command("run", "code.py").stdout == "'ünï😀'\n"
    done = command("run", "-", stdin="print('from stdin')")
    assert (done.returncode, done.stdout) == (0, "from stdin\n")


def test_failing_code_shows_its_traceback_and_exits_with_1(command):
    done = command("run", "-c", "print('before')\n1 / 0")
    assert (done.returncode, done.stdout) == (1, "before\n")
    assert done.stderr.startswith("Traceback (most recent call last):\n")
    assert done.stderr.endswith("ZeroDivisionError: division by zero\n")
    assert "cloche" not in done.stderr


@pytest.mark.parametrize(
    "code",
    ["import sys; sys.exit(3)", "import os; os._exit(0)", "x ="],
    ids=["exit", "_exit", "syntax"],
)
def test_code_that_exits_crashes_or_does_not_parse_exits_with_1(command, code):
    done = command("run", "-c", code)
    assert done.returncode == 1
    assert done.stderr


def test_code_over_its_time_exits_with_1(command):
    done = command("run", "--timeout", "0.3", "-c", "print('before')\nwhile True: pass")
    assert (done.returncode, done.stdout) == (1, "before\n")
    assert "KeyboardInterrupt" in done.stderr


def test_a_plot_is_written_beside_and_named(command, tmp_path):
    done = command("run", "-c", "import matplotlib.pyplot as plt\nplt.plot([1, 2]);")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "wrote plot-1.png\n"
    assert (tmp_path / "plot-1.png").read_bytes().startswith(b"\x89PNG")


def test_a_plot_overwrites_no_file_that_is_there(command, tmp_path):
    (tmp_path / "plot-1.png").write_text("mine")
    command("run", "-c", "import matplotlib.pyplot as plt\nplt.plot([1, 2]);")
    assert (tmp_path / "plot-1.png").read_text() == "mine"


def test_text_that_the_terminal_cannot_show_is_no_crash(command):
    done = command(
        "run", "-c", "print('\\ud800 世')\n'世'", PYTHONIOENCODING="ascii", PYTHONUTF8="0"
    )
    assert done.returncode == 0
    assert "Traceback" not in done.stderr


def test_nothing_is_left_in_the_data_folder(command, tmp_path):
    command("run", "-c", "open('file', 'w').close()")
    assert list((tmp_path / "data" / "homes").iterdir()) == []


def test_setup_of_a_prepared_runtime_says_that_it_is_ready(command):
    done = command("setup")
    assert done.returncode == 0
    assert "ready" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["run"],
        ["run", "file.py", "-c", "1"],
        ["run", "--timeout", "soon", "-c", "1"],
        ["serve", "--transport", "pigeon"],
        ["--nonsense"],
    ],
    ids=" ".join,
)
def test_a_wrong_command_shows_the_usage_and_exits_with_2(command, arguments):
    done = command(*arguments)
    assert done.returncode == 2
    assert "usage:" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("file", ["missing.py", ".", "binary"])
def test_a_file_that_is_no_code_is_named_and_exits_with_2(command, tmp_path, file):
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    done = command("run", file)
    assert done.returncode == 2
    assert done.stderr.startswith("cloche: ")
    assert file in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("seconds", ["-1", "0", "nan", "inf", "601"])
def test_a_timeout_out_of_bounds_exits_with_2(command, seconds):
    done = command("run", f"--timeout={seconds}", "-c", "1")
    assert done.returncode == 2
    assert done.stderr.startswith("cloche: timeout_seconds is ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CLOCHE_SPARES", "abc"),
        ("CLOCHE_MAX_SESSIONS", "0"),
        ("CLOCHE_LIMITS__TIMEOUT_SECONDS", "-1"),
        ("CLOCHE_LIMITS__NONSENSE", "1"),
        ("CLOCHE_LIMITS", "not json"),
        ("CLOCHE_NONSENSE", "1"),
    ],
)
def test_a_broken_setting_is_named_in_one_line_and_exits_with_2(command, name, value):
    check_refused(command("run", "-c", "1", **{name: value}), name)


@pytest.mark.parametrize("arguments", [["setup"], ["serve"], []], ids=lambda a: " ".join(a))
def test_every_command_refuses_broken_settings(command, arguments):
    check_refused(command(*arguments, CLOCHE_SPARES="abc"), "CLOCHE_SPARES")


def check_refused(done, name):
    assert done.returncode == 2, done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("cloche: ")
    assert name in done.stderr.upper()
    assert done.stdout == ""


def test_a_data_folder_that_cannot_be_made_is_named_without_traceback(command, tmp_path):
    (tmp_path / "file").write_text("")
    done = command("run", "-c", "1", CLOCHE_DATA_DIR=str(tmp_path / "file" / "data"))
    assert done.returncode in {2, 70}
    assert "file" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_an_interrupt_ends_a_run_with_130_and_leaves_nothing(prepared, tmp_path):
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("CLOCHE_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "cloche.cli", "run", "-c", "open('begun', 'w')\nwhile True: pass"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**inherited, "CLOCHE_DATA_DIR": str(tmp_path)},
        encoding="utf-8",
    )
    try:
        while not list(tmp_path.glob("homes/*/*/workspace/begun")):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err
    assert list((tmp_path / "homes").iterdir()) == []
