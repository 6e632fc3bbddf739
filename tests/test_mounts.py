"""Folders of the host in the guest: what is seen of them, and that nothing leads out of them."""

import ast
import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastmcp import Client
from fastmcp.client.transports import StdioTransport
from structlog.testing import capture_logs

from cloche import Cloche, Limits
from cloche.config import load_settings
from cloche.errors import InvalidRequest
from cloche.mounts import MOST_MOUNTS, MOST_NAME_BYTES, Mount, parse_mount, resolve_mounts

pytestmark = pytest.mark.anyio

on_posix = pytest.mark.skipif(sys.platform == "win32", reason="links, pipes and owners as of POSIX")
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="a wall of Linux")

MIB = 1024 * 1024
PATIENCE_SECONDS = 60
MARKER = "marker-that-lies-outside"
TABLE = "name,count\nfig,3\nnut,4\n"


@dataclass(frozen=True)
class Mounted:
    """A Cloche with a folder to read, `/data`, and one to write, `/deep/out`."""

    cloche: Cloche
    data: Path
    out: Path
    outside: Path


@contextlib.asynccontextmanager
async def serving(top, *, portable=False, **settings):
    """A Cloche with folders below `top`, beside which lies a marker."""
    data, out, outside = top / "data", top / "out", top / "outside"
    for folder in (data, out, outside):
        folder.mkdir(exist_ok=True)
    (outside / "file").write_text(MARKER)
    mounts = [f"{data}:/data", f"{out}:/deep/out:rw"]
    options = {"data_dir": top / "own", "spares": 0, "mounts": mounts, **settings}
    async with Cloche(portable=portable, **options) as cloche:
        yield Mounted(cloche, data, out, outside)


@pytest.fixture(scope="module", params=["native", "portable"])
async def mounted(anyio_backend, prepared, tmp_path_factory, request):
    portable = request.param == "portable"
    async with serving(tmp_path_factory.mktemp(request.param), portable=portable) as mounted:
        (mounted.data / "table.csv").write_text(TABLE)
        (mounted.data / "sub" / "deeper").mkdir(parents=True)
        (mounted.data / "sub" / "note").write_text("a note")
        yield mounted


@pytest.fixture
async def session(mounted):
    async with mounted.cloche.session() as session:
        yield session


@pytest.fixture
async def plain(anyio_backend, prepared, tmp_path):
    """The same for one test, as this system has it, with the folders empty."""
    async with serving(tmp_path) as mounted:
        yield mounted


async def run(session, code, **options):
    """Run code that must not fail, and return what its result means."""
    outcome = await session.execute(code, **options)
    assert outcome.status == "ok", outcome
    return None if outcome.result is None else ast.literal_eval(outcome.result)


# What is seen.

READS = {
    "open": ("open('/data/table.csv').read()", TABLE),
    "open bytes": ("open(b'/data/sub/note', 'rb').read()", b"a note"),
    "listdir": ("sorted(os.listdir('/data'))", ["sub", "table.csv"]),
    "listdir with a slash": ("os.listdir('/data/sub/deeper/')", []),
    "scandir": ("[e.is_dir() for e in os.scandir('/data/sub') if e.name == 'deeper']", [True]),
    "walk": (
        "[(r, sorted(d), f) for r, d, f in os.walk('/data')][0]",
        ("/data", ["sub"], ["table.csv"]),
    ),
    "pathlib": ("Path('/data', 'sub', 'note').read_text()", "a note"),
    "glob": ("[str(p) for p in Path('/data').rglob('note')]", ["/data/sub/note"]),
    "exists": ("os.path.isdir('/data'), Path('/data/none').exists()", (True, False)),
    "stat": ("os.stat('/data/sub/note').st_size", 6),
    "pandas": ("pd.read_csv('/data/table.csv')['count'].sum().item()", 7),
    "copy": ("shutil.copy('/data/table.csv', 'copy') and open('copy').read()", TABLE),
    "copy of a tree": (
        "shutil.copytree('/data/sub', 'tree') and open('tree/note').read()",
        "a note",
    ),
    "working folder": (
        "os.chdir('/data/sub') or (os.getcwd(), open('note').read())",
        ("/data/sub", "a note"),
    ),
    "descriptor of a folder": (
        "os.read(os.open('note', os.O_RDONLY, dir_fd=os.open('/data/sub', os.O_RDONLY)), 9)",
        b"a note",
    ),
    "writable": (
        "Path('/deep/out/a/b').mkdir(parents=True) or Path('/deep/out/a/b/c').write_text('x') and "
        "shutil.move('/deep/out/a', '/deep/out/d') and (os.listdir('/deep/out'), "
        "shutil.rmtree('/deep/out/d'), os.listdir('/deep/out'))",
        (["d"], None, []),
    ),
}


@pytest.mark.parametrize("name", READS)
async def test_ordinary_code_uses_a_mounted_folder(session, name):
    code, result = READS[name]
    begin = "import os, shutil, pandas as pd\nfrom pathlib import Path\n"
    assert await run(session, begin + code) == result


async def test_what_is_written_to_a_writable_mount_is_in_the_folder_of_the_host(mounted, session):
    await run(session, "open('/deep/out/report', 'w').write('done')")
    assert (mounted.out / "report").read_text() == "done"
    (mounted.out / "report").write_text("changed by the host")
    assert await run(session, "open('/deep/out/report').read()") == "changed by the host"
    (mounted.out / "report").unlink()


async def test_a_session_without_mounts_sees_none_and_has_the_same_descriptors(twin_session):
    code = (
        "import os\n[p for p in ('/data', '/deep', '/slot-0-', '/') if os.path.exists(p)], "
        "os.open('f', os.O_CREAT | os.O_WRONLY), [os.path.isdir(n) for n in range(3, 16)]"
    )
    folders = 4 + MOST_MOUNTS
    assert await run(twin_session, code) == ([], 3 + folders, [True] * folders + [False])


async def test_every_mount_that_there_can_be_is_seen(anyio_backend, prepared, tmp_path):
    mounts = []
    for number in range(MOST_MOUNTS):
        (tmp_path / f"{number}").mkdir()
        (tmp_path / f"{number}" / "which").write_text(f"{number}")
        mounts.append(f"{tmp_path}/{number}:/{'m' * (MOST_NAME_BYTES - 2)}{number}")
    async with (
        Cloche(data_dir=tmp_path / "own", spares=0, mounts=mounts) as cloche,
        cloche.session() as session,
    ):
        seen = f"[open(f'/{'m' * (MOST_NAME_BYTES - 2)}{{n}}/which').read() for n in range(8)]"
        assert await run(session, seen) == [str(number) for number in range(MOST_MOUNTS)]


# Read-only, by both walls.

# Each of a folder that has a file, a folder with a note in it, and an empty one.
CHANGES = {
    "write": "open('{top}/file', 'w')",
    "append": "open('{top}/file', 'a')",
    "write in place": "open('{top}/file', 'r+b')",
    "truncate while opening": "os.open('{top}/file', os.O_RDWR | os.O_TRUNC)",
    "truncate": "os.truncate('{top}/file', 0)",
    "create": "open('{top}/new', 'x')",
    "delete": "os.unlink('{top}/file')",
    "rename": "os.rename('{top}/file', '{top}/new')",
    "move out": "os.rename('{top}/file', '/workspace/new')",
    "move in": "os.rename('own', '{top}/new')",
    "replace": "os.replace('own', '{top}/file')",
    "make a folder": "os.mkdir('{top}/new')",
    "remove a folder": "os.rmdir('{top}/empty')",
    "make a symbolic link": "os.symlink('file', '{top}/new')",
    "make a hard link": "os.link('{top}/file', '{top}/new')",
    "link a file out": "os.link('{top}/file', 'mine')\nopen('mine', 'w').write('x')",
    "link a file in": "os.link('own', '{top}/new')",
    "times": "os.utime('{top}/file', (1, 1))",
    "by the descriptor": "os.open('{below}new', os.O_WRONLY | os.O_CREAT, dir_fd={fd})",
    "by a descriptor of a folder": (
        "os.unlink('note', dir_fd=os.open('{top}/folder', os.O_RDONLY | os.O_DIRECTORY))"
    ),
    "by the working folder": "os.chdir('{top}')\nopen('new', 'w')",
    "move to the writable one": "os.rename('{top}/file', '/deep/out/file')",
    "link to the writable one": (
        "os.link('{top}/file', '/deep/out/mine')\nopen('/deep/out/mine', 'w').write('x')"
    ),
}


def state_of(folder):
    """All that is in a folder, with the times of change."""
    found = {}
    for root, folders, files in os.walk(folder):
        for name in folders + files:
            path = Path(root, name)
            content = path.read_bytes() if path.is_file() else None
            found[str(path)] = (path.lstat().st_mtime_ns, content)
    return found


@pytest.fixture
def filled(mounted):
    """Both folders with something to change in them."""
    for top in (mounted.data, mounted.out):
        for name in ("folder", "empty"):
            (top / "change" / name).mkdir(parents=True)
        (top / "change" / "file").write_text("as it was")
        (top / "change" / "folder" / "note").write_text("a note")
    yield mounted
    for top in (mounted.data, mounted.out):
        shutil.rmtree(top / "change")
    for left in ("file", "mine"):
        (mounted.out / left).unlink(missing_ok=True)


@pytest.mark.parametrize("name", CHANGES)
async def test_a_read_only_mount_is_changed_by_nothing(filled, session, name):
    change = "import os\nos.chdir('/workspace')\nopen('own', 'w').close()\n" + CHANGES[name]
    before = state_of(filled.data)
    refused = await session.execute(change.format(top="/data/change", below="change/", fd=7))
    assert refused.status == "error", refused
    # By WebAssembly's wall: Landlock answers EACCES.
    assert refused.error.message.startswith("[Errno 63] Operation not permitted"), refused
    assert state_of(filled.data) == before
    # What can be written to is changed by the same code.
    before = state_of(filled.out)
    await run(session, change.format(top="/deep/out/change", below="change/", fd=8) + "\nNone")
    if name not in ("write in place", "append"):
        assert state_of(filled.out) != before


CONFINED = """
import os, sys
from cloche.workers import confine
data, own, out = sys.argv[1:]
confine.give_up()
confine.shut_in(readable=[data], writable=[own, out], file_bytes=1 << 20)
def attempt(name, act):
    try:
        act()
    except OSError:
        return
    print(name)
def linked():
    os.link(f"{data}/file", f"{own}/mine")
    open(f"{own}/mine", "w").write("x")
assert open(f"{data}/file").read() and os.listdir(data)
open(f"{out}/new", "w").write("written")
os.mkdir(f"{out}/folder")
os.rename(f"{out}/new", f"{out}/folder/new")
flags = os.O_WRONLY | os.O_CREAT
attempt("write", lambda: open(f"{data}/file", "w"))
attempt("append", lambda: open(f"{data}/file", "a"))
attempt("truncate", lambda: os.truncate(f"{data}/file", 0))
attempt("create", lambda: os.open(f"{data}/new", flags))
attempt("delete", lambda: os.unlink(f"{data}/file"))
attempt("rename", lambda: os.rename(f"{data}/file", f"{data}/new"))
attempt("move out", lambda: os.rename(f"{data}/file", f"{own}/new"))
attempt("move in", lambda: os.rename(f"{out}/folder/new", f"{data}/new"))
attempt("folder", lambda: os.mkdir(f"{data}/new"))
attempt("symbolic link", lambda: os.symlink("file", f"{data}/new"))
attempt("linked out", linked)
attempt("mode", lambda: os.chmod(f"{data}/file", 0o777))
attempt("owner", lambda: os.chown(f"{data}/file", os.getuid(), os.getgid()))
attempt("pipe in the writable one", lambda: os.mkfifo(f"{out}/pipe"))
attempt("beside", lambda: os.listdir(os.path.dirname(data)))
attempt("above", lambda: os.open("..", os.O_RDONLY, dir_fd=os.open(data, os.O_RDONLY)))
print("done")
"""


@on_linux
def test_without_webassembly_a_worker_could_not_change_it_either(tmp_path):
    folders = [tmp_path / name for name in ("data", "own", "out")]
    for folder in folders:
        folder.mkdir()
    (folders[0] / "file").write_text("as it was")
    command = [sys.executable, "-c", CONFINED, *map(str, folders)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS)
    assert done.stdout == "done\n", done
    assert (folders[0] / "file").read_text() == "as it was"
    assert [entry.name for entry in folders[0].iterdir()] == ["file"]


@on_linux
def test_a_folder_that_cannot_be_opened_leaves_the_other_rules_in_place(tmp_path):
    """No rule for what is gone by now must not mean no rules at all."""
    (tmp_path / "file").write_text("x")
    (tmp_path / "loop").symlink_to("loop")
    script = (
        "import os, sys\nfrom cloche.workers import confine\nconfine.give_up()\n"
        "confine.shut_in(readable=sys.argv[1:], writable=[], file_bytes=1)\nos.listdir('/etc')"
    )
    gone = [tmp_path / "none", tmp_path / "file" / "below", tmp_path / "loop"]
    command = [sys.executable, "-c", script, *map(str, gone)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS)
    assert done.stderr.endswith("PermissionError: [Errno 13] Permission denied: '/etc'\n")


# Ways out.

ESCAPES = {
    "dots": "open('/data/../outside/file').read()",
    "dots below": "open('/data/sub/../../outside/file').read()",
    "dots to the workspace": "open('/data/../workspace/f').read()",
    "parent": "os.listdir('/data/..')",
    "parent by descriptor": "os.open('..', os.O_RDONLY, dir_fd=7)",
    "dots by descriptor": "os.open('../outside/file', os.O_RDONLY, dir_fd=os.open('/data', 0))",
    "absolute by descriptor": "os.open('{outside}/file', os.O_RDONLY, dir_fd=7)",
    "working folder": "os.chdir('/data')\nos.chdir('..')\nopen('outside/file').read()",
    "its path on the host": "open('{outside}/file').read()",
    "link up": "open('/data/hostile/up/file').read()",
    "link up to a file": "open('/data/hostile/upfile').read()",
    "absolute link": "open('/data/hostile/absolute/file').read()",
    "absolute link to the mount": "open('/data/hostile/itself/table.csv').read()",
    "link to a link": "open('/data/hostile/chain/file').read()",
    "link through the parent": "os.listdir('/data/hostile/parent')",
    "magic link to the root": "os.listdir('/data/hostile/magic{outside}')",
    "magic link to the working folder": "os.listdir('/data/hostile/cwd')",
    "magic link to a descriptor": "open('/data/hostile/descriptor').read()",
    "stat of a link": "os.stat('/data/hostile/upfile')",
    "loop": "open('/data/hostile/loop').read()",
    "own link": "os.symlink('../outside/file', '/deep/out/own')\nopen('/deep/out/own').read()",
    "own absolute link": (
        "os.symlink('{outside}', '/deep/out/own')\nopen('/deep/out/own/file').read()"
    ),
    "write by a link": "open('/deep/out/planted', 'w').write('x')",
    "create by a link": "open('/deep/out/dangling', 'w').write('x')",
    "hard link of what is outside": "os.link('/deep/out/../outside/file', 'mine')",
    "hard link by a link": (
        "os.link('/deep/out/planted', 'mine', follow_symlinks=True)\nopen('mine').read()"
    ),
    "move over the edge": "os.rename('/deep/out/../outside/file', 'mine')",
    "delete by a link": "os.unlink('/deep/out/folder/file')",
    "make by a link": "os.mkdir('/deep/out/folder/new')",
}


REFUSALS = {"PermissionError", "FileNotFoundError", "OSError", "NotImplementedError"}


@pytest.fixture
def hostile(mounted):
    """Links that lead out, as they may lie in any folder of the host."""
    folder = mounted.data / "hostile"
    folder.mkdir()
    links = {
        folder / "up": "../../outside",
        folder / "upfile": "../../outside/file",
        folder / "absolute": mounted.outside,
        folder / "itself": mounted.data,
        folder / "chain": "up",
        folder / "parent": "../..",
        folder / "magic": "/proc/self/root",
        folder / "cwd": "/proc/self/cwd",
        folder / "descriptor": "/proc/self/fd/0",
        folder / "loop": "loop",
        mounted.out / "planted": "../outside/file",
        mounted.out / "dangling": "../outside/new",
        mounted.out / "folder": "../outside",
    }
    for link, target in links.items():
        link.symlink_to(target)
    yield mounted
    (mounted.out / "own").unlink(missing_ok=True)
    for link in links:
        link.unlink()
    folder.rmdir()


@on_posix
@pytest.mark.parametrize("name", ESCAPES)
async def test_nothing_leads_out_of_a_mounted_folder(hostile, session, name):
    outcome = await session.execute(
        "import os\n" + ESCAPES[name].replace("{outside}", str(hostile.outside))
    )
    assert outcome.status == "error", outcome
    assert outcome.error.type in REFUSALS, outcome
    assert MARKER not in outcome.model_dump_json()
    assert [entry.name for entry in hostile.outside.iterdir()] == ["file"]
    assert (hostile.outside / "file").read_text() == MARKER
    assert (await session.execute("1")).state == "kept"


@on_posix
async def test_links_within_a_mounted_folder_work(mounted, session):
    (mounted.data / "link").symlink_to("sub/note")
    (mounted.data / "sub" / "up").symlink_to("../table.csv")
    assert await run(session, "open('/data/link').read()") == "a note"
    assert await run(session, "open('/data/sub/up').read()") == TABLE
    assert await run(session, "import os\nos.readlink('/data/link')") == "sub/note"
    (mounted.data / "link").unlink()
    (mounted.data / "sub" / "up").unlink()


class Swapper(threading.Thread):
    """Swaps a folder and a link that leads out, again and again, until it is told to stop."""

    def __init__(self, folder, outside):
        super().__init__(daemon=True)
        self.box, self.aside, self.link = (folder / name for name in ("box", "aside", "link"))
        self.done = threading.Event()
        self.box.mkdir()
        (self.box / "file").write_text("inside")
        self.link.symlink_to(outside)

    def run(self):
        while not self.done.is_set():
            self.box.rename(self.aside)
            self.link.rename(self.box)
            self.box.rename(self.link)
            self.aside.rename(self.box)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.join()
        (self.box / "file").unlink()
        self.box.rmdir()
        self.link.unlink()


RACES = {
    "file": "open('/data/box/file').read()",
    "path of a descriptor": "os.read(os.open('box/file', os.O_RDONLY, dir_fd=7), 99).decode()",
    "folder, then file": (
        "os.read(os.open('file', os.O_RDONLY, "
        "dir_fd=opened(os.open('/data/box', os.O_RDONLY | os.O_DIRECTORY))), 99).decode()"
    ),
    "listing": "'inside' if os.listdir('/data/box') == ['file'] else 'marker'",
    "working folder": "os.chdir('/data/box') or open('file').read()",
}

RACE = """
import os
seen, rounds, files = {{}}, 0, []
def opened(fd):
    files.append(fd)
    return fd
while rounds < 1500 or not {{'inside', 'PermissionError'}} <= seen.keys():
    rounds += 1
    try:
        found = {attempt}
    except OSError as error:
        found = type(error).__name__
    seen[found] = seen.get(found, 0) + 1
    for number in range(15, 21):
        try: os.close(number)
        except OSError: pass
sorted(seen)
"""


@on_posix
@pytest.mark.parametrize("name", RACES)
async def test_a_folder_that_becomes_a_link_meanwhile_leads_nowhere(mounted, session, name):
    outside = mounted.outside.parent / "listed"
    outside.mkdir(exist_ok=True)
    for planted in ("file", "marker"):
        (outside / planted).write_text(MARKER)
    with Swapper(mounted.data, outside) as swapper:
        seen = await run(session, RACE.format(attempt=RACES[name]))
        # Who does follow links gets there: the race is a real one.
        deadline = time.monotonic() + PATIENCE_SECONDS
        reached = ""
        while reached != MARKER:
            assert time.monotonic() < deadline
            with contextlib.suppress(OSError):
                reached = (swapper.box / "file").read_text()
    assert set(seen) <= {"inside", "PermissionError", "FileNotFoundError", "NotADirectoryError"}


@on_posix
async def test_what_is_written_to_a_folder_that_becomes_a_link_stays_inside(mounted, session):
    code = RACE.format(attempt="open('/deep/out/box/file', 'w').write('x') and 'inside'")
    with Swapper(mounted.out, mounted.outside):
        seen = await run(session, code)
    assert set(seen) <= {"inside", "PermissionError", "FileNotFoundError", "NotADirectoryError"}
    assert [entry.name for entry in mounted.outside.iterdir()] == ["file"]
    assert (mounted.outside / "file").read_text() == MARKER


# What is no file.


@pytest.fixture
def special(mounted):
    """A pipe, a socket and, for root, devices."""
    paths = {name: mounted.data / name for name in ("pipe", "socket", "zero", "disk", "link")}
    os.mkfifo(paths["pipe"])
    paths["link"].symlink_to("pipe")
    with socket.socket(socket.AF_UNIX) as listener, contextlib.chdir(mounted.data):
        listener.bind("socket")
        listener.listen()
        for name, kind, number in (("zero", 0o020666, (1, 5)), ("disk", 0o060666, (7, 0))):
            with contextlib.suppress(PermissionError):
                os.mknod(paths[name], kind, os.makedev(*number))
        yield paths
    for path in paths.values():
        path.unlink(missing_ok=True)


OPENINGS = {
    "open": "open({path!r})",
    "os.open": "os.open({path!r}, os.O_RDONLY)",
    "for writing": "open({path!r}, 'r+b', buffering=0)",
    "bytes": "open({path!r}.encode(), 'rb')",
    "pathlib": "pathlib.Path({path!r}).read_bytes()",
    "from its folder": "os.chdir('/data')\nopen({path!r}[6:])",
    "copy": "shutil.copy({path!r}, 'copy')",
    "pandas": "pd.read_csv({path!r})",
    "numpy": "np.fromfile({path!r})",
    "sqlite": "sqlite3.connect({path!r}).execute('select 1 from t')",
}


@on_posix
@pytest.mark.parametrize("kind", ["pipe", "socket", "zero", "disk", "link"])
async def test_what_is_no_file_is_refused_at_once(special, session, kind):
    if not (special[kind].exists() or special[kind].is_symlink()):
        pytest.skip("only root makes devices")
    await run(session, "import os, pathlib, shutil, sqlite3, numpy as np, pandas as pd\nx = 1")
    for how, opening in OPENINGS.items():
        outcome = await session.execute(opening.format(path=f"/data/{kind}"))
        assert (outcome.status, outcome.state) == ("error", "kept"), (how, outcome)
        assert outcome.error.type == "PermissionError", (how, outcome)
        assert "cannot be opened" in outcome.error.message, (how, outcome)
    assert await run(session, "x") == 1


@on_posix
async def test_a_pipe_that_a_c_library_opens_ends_with_its_turn(special, anyio_backend, mounted):
    settings = mounted.cloche.settings.model_copy(
        update={"limits": Limits(grace_seconds=0.3), "data_dir": mounted.data.parent / "brief"}
    )
    async with Cloche(settings) as cloche, cloche.session() as session, cloche.session() as other:
        await run(session, "import lxml.etree\nx = 41")
        stuck = asyncio.create_task(
            session.execute("lxml.etree.parse('/data/pipe')", timeout_seconds=1)
        )
        assert await run(other, "6 * 7") == 42
        outcome = await stuck
        assert (outcome.status, outcome.state) == ("timeout", "rolled_back"), outcome
        assert await run(session, "x + 1") == 42


# Restores.


async def test_open_files_of_a_mount_go_on_after_hibernation_and_in_a_fork(mounted, session):
    await run(
        session,
        "import os, sqlite3\n"
        "f = open('/data/table.csv')\nf.readline()\n"
        "bare = os.open('/data/sub/note', os.O_RDONLY)\nos.read(bare, 2)\n"
        "w = open('/deep/out/log', 'w')\nw.write('one ')\nos.chdir('/data/sub')",
    )
    assert await session.hibernate()
    code = (
        "f.readline(), os.read(bare, 9), w.write('two') and w.flush(), os.getcwd(), "
        "open('note').read(1)"
    )
    expected = ("fig,3\n", b"note", None, "/data/sub", "a")
    fork = await mounted.cloche.sessions.create("python", owner="local", fork_of=session)
    assert await run(session, code) == expected
    assert (mounted.out / "log").read_text() == "one two"
    assert await run(fork, code) == expected
    await mounted.cloche.sessions.destroy(fork)
    await session.reset(to_turn=1)
    assert await run(session, code) == expected
    (mounted.out / "log").unlink()


@pytest.mark.parametrize("portable", [False, True])
async def test_a_durable_session_comes_back_to_a_server_with_other_mounts(
    anyio_backend, prepared, tmp_path, portable
):
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(f"{name} file")
    options = {"data_dir": tmp_path / "own", "portable": portable, "spares": 0}

    def cloche(*mounts):
        return Cloche(mounts=[f"{tmp_path}/{mount}" for mount in mounts], **options)

    async with cloche("first:/a", "second:/b/c") as server:
        session = await server.sessions.create("python", owner="local", durable=True)
        name = session.id
        await run(session, "x = 1\nf = open('/a/file')\nf.read(2)\nimport os\nos.chdir('/a')")
    tried = (
        "def tried(act):\n    try:\n        return act()\n"
        "    except OSError as error:\n        return type(error).__name__\n"
    )
    look = (
        f"{tried}[tried(lambda: open(p + '/file').read()) for p in ('/a', '/b/c', '/d')], x, "
        "tried(lambda: (f.seek(0), f.read()))"
    )
    none = "FileNotFoundError"
    async with cloche() as server:
        session = server.sessions.get(name, owner="local")
        assert await run(session, look) == ([none, none, none], 1, "OSError")
        assert (
            await run(session, "import os\nos.chdir('/workspace')\nopen('f', 'w').write('y')") == 1
        )
    async with cloche("second:/a", "first:/d") as server:
        session = server.sessions.get(name, owner="local")
        found = (["second file", none, "first file"], 1, "OSError")
        assert await run(session, look) == found
        await run(session, "f = open('/a/file')")
    async with cloche("first:/a", "second:/b/c") as server:
        session = server.sessions.get(name, owner="local")
        # What was open is another file by now, of the same name.
        assert await run(session, look) == (
            ["first file", "second file", none],
            1,
            (0, "first file"),
        )
        await server.sessions.destroy(session)


# A folder that changes while the server runs.


@pytest.mark.parametrize("portable", [False, True])
async def test_a_folder_that_is_gone_is_missing_from_new_sessions_until_it_is_back(
    anyio_backend, prepared, tmp_path, portable
):
    look = (
        "import os\n[os.path.exists('/data'), os.path.exists('/deep/out/f'), "
        "os.path.exists('/data/file')]"
    )
    async with serving(tmp_path, portable=portable) as mounted:

        async def seen():
            async with mounted.cloche.session() as session:
                return await run(session, look)

        (mounted.out / "f").write_text("x")
        assert await seen() == [True, True, False]
        mounted.data.rmdir()
        assert await seen() == [False, True, False]
        mounted.data.write_text("a file by now")
        assert await seen() == [False, True, False]
        mounted.data.unlink()
        if sys.platform != "win32":
            mounted.data.symlink_to(mounted.outside)
            assert await seen() == [False, True, False]
            mounted.data.unlink()
            os.mkfifo(mounted.data)
            assert await seen() == [False, True, False]
            mounted.data.unlink()
        mounted.data.mkdir()
        assert await seen() == [True, True, False]


@on_posix
async def test_a_folder_above_that_becomes_a_link_leads_nowhere(anyio_backend, prepared, tmp_path):
    (tmp_path / "above").mkdir()
    (tmp_path / "other" / "data").mkdir(parents=True)
    (tmp_path / "other" / "data" / "file").write_text(MARKER)
    async with serving(tmp_path / "above") as mounted:
        (tmp_path / "above" / "data").rename(tmp_path / "aside")
        (tmp_path / "above" / "data").symlink_to(tmp_path / "other" / "data")
        async with mounted.cloche.session() as session:
            assert (await session.execute("open('/data/file').read()")).status == "error"


# Bounds.


async def test_files_of_mounts_do_not_count_as_the_session_s_own(anyio_backend, prepared, tmp_path):
    limits = Limits(workspace_bytes=4 * MIB)
    async with (
        serving(tmp_path, limits=limits) as mounted,
        mounted.cloche.session() as session,
    ):
        (mounted.data / "large").write_bytes(os.urandom(16 * MIB))
        outcome = await session.execute(
            "import os\nf = open('/data/large', 'rb')\nw = open('/deep/out/large', 'wb')\n"
            f"for _ in range(16): w.write(os.urandom({MIB}))\nw.flush()"
        )
        assert (outcome.status, outcome.limit, outcome.files) == ("ok", None, []), outcome
        if sys.platform == "linux":
            # The host replaces one that the guest has open, and the guest deletes its own.
            (mounted.data / "large").unlink()
            code = "os.unlink('/deep/out/large')\nf.seek(-1, 2), len(f.read())"
            assert await run(session, code) == (16 * MIB - 1, 1)
            outcome = await session.execute("2")
            assert (outcome.status, outcome.limit) == ("ok", None), outcome
            # One of the workspace still counts.
            outcome = await session.execute(
                "g = open('own', 'wb')\nos.unlink('own')\n"
                f"for _ in range(16): g.write(os.urandom({MIB}))"
            )
            assert outcome.limit == "disk", outcome


@on_posix
async def test_one_file_of_a_writable_mount_is_bounded(anyio_backend, prepared, tmp_path):
    limits = Limits(workspace_bytes=MIB, memory_bytes=512 * MIB)
    async with (
        serving(tmp_path, limits=limits) as mounted,
        mounted.cloche.session() as session,
    ):
        outcome = await session.execute(
            "with open('/deep/out/sparse', 'wb') as f:\n    f.seek(1 << 32)\n    f.write(b'x')"
        )
        assert outcome.error.message == "[Errno 22] File too large", outcome
        assert (mounted.out / "sparse").stat().st_size == 0


# What the operator may name.

MEANT = {
    "./data:/data": Mount("./data", "/data", writable=False),
    "/srv/a b:/in/put:ro": Mount("/srv/a b", "/in/put", writable=False),
    "data:/data:rw": Mount("data", "/data", writable=True),
    "data://data//x/": Mount("data", "/data/x", writable=False),
    "/a:b:/data": Mount("/a:b", "/data", writable=False),
    r"C:\data:/data": Mount(r"C:\data", "/data", writable=False),
    r"C:\data:/data:rw": Mount(r"C:\data", "/data", writable=True),
    "C:/my data:/data:ro": Mount("C:/my data", "/data", writable=False),
    r"\\server\share\x:/data:rw": Mount(r"\\server\share\x", "/data", writable=True),
    "/data:/dätä": Mount("/data", "/dätä", writable=False),
    "/x:/rw:rw": Mount("/x", "/rw", writable=True),
}


@pytest.mark.parametrize("text", MEANT)
def test_a_mount_is_read_from_its_end(text):
    assert parse_mount(text) == MEANT[text]


MEANINGLESS = {
    "": "does not name two folders",
    "data": "does not name two folders",
    ":/data": "does not name two folders",
    "data:": "'' is no absolute path",
    "data:data": "'data' is no absolute path",
    "data:/data:rx": "'rx' is no absolute path",
    r"C:\data": r"'\\data' is no absolute path",
    r"C:\data:rw": r"'\\data' is no absolute path",
    "data:/": "'/' names no folder",
    "data:/a/../b": "'/a/../b' names no folder",
    "data:/a/./b": "'/a/./b' names no folder",
    "data:/..": "'/..' names no folder",
    "data:/a\0b": "cannot be printed",
    "data:/a\nb": "cannot be printed",
    "data:/\udc80": "cannot be printed",
    "data:/" + "é" * 128: "more than 255 bytes",
}


@pytest.mark.parametrize("text", MEANINGLESS, ids=repr)
def test_what_is_no_mount_is_refused_by_its_value(text):
    with pytest.raises(InvalidRequest) as refused:
        parse_mount(text)
    assert repr(text) in str(refused.value)
    assert MEANINGLESS[text] in str(refused.value)


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """Folders that may be mounted, and some that may not."""
    for name in ("data", "other/in", "home/.ssh/keys", "home/project", "own/homes", "latin"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "file").write_text("x")
    if sys.platform != "win32":
        (tmp_path / "link").symlink_to("home/.ssh")
        (tmp_path / "loop").symlink_to("loop")
        os.mkdir(os.fsencode(tmp_path) + b"/latin/\xe9")  # noqa: PTH102 - a name in bytes
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def resolved(folders, *texts):
    return resolve_mounts(texts, private=[folders / "own", folders / "cache" / "not-there-yet"])


REFUSED = {
    "missing": ("none:/data", "does not exist; create it"),
    "no folder": ("file:/data", "is no folder; mount the folder that it lies in"),
    "below a file": ("file/x:/data", "is no folder"),
    "nothing of the host": ("data\0x:/data", "cannot be opened"),
    "loop": ("loop:/data", "cannot be opened"),
    "no name in UTF-8": ("latin/\udce9:/data", "is no UTF-8"),
    "unknown user": ("~nobody-of-that-name/x:/data", "cannot be opened"),
    "workspace": ("data:/workspace", "/workspace overlap"),
    "in the workspace": ("data:/workspace/data", "/workspace overlap"),
    "temporary": ("data:/tmp/", "/tmp overlap"),
    "library": ("data:/usr/local/lib", "/usr/local/lib overlap"),
    "in the library": ("data:/usr/local/lib/python315.zip", "/usr/local/lib overlap"),
    "over the library": ("data:/usr", "/usr/local/lib overlap"),
    "root": ("/:/data", "the system, not files"),
    "proc": ("/proc:/data", "the system, not files"),
    "a process": ("/proc/self:/data", "the system, not files"),
    "devices": ("/dev:/data", "the system, not files"),
    "sys": ("/sys:/data", "the system, not files"),
    "own files": ("own:/data", "which Cloche keeps to itself"),
    "in own files": ("own/homes:/data", "which Cloche keeps to itself"),
    "over own files": (".:/data", "which Cloche keeps to itself"),
    "cache that is not there yet": ("cache:/data", "which Cloche keeps to itself"),
    "home": ("~:/data", "mount a folder inside it"),
    "keys": ("~/.ssh:/data", "name another folder"),
    "in keys": ("home/.ssh/keys:/data", "name another folder"),
    "link to keys": ("link:/data", "name another folder"),
    "packages to write to": (f"{Path(pytest.__file__).parent}:/data:rw", "runs from"),
    "Cloche to write to": (f"{Path(__file__).parents[1]}:/data:rw", "runs from"),
}


@on_posix
@pytest.mark.parametrize("name", REFUSED)
def test_a_mount_that_cannot_be_is_refused_with_the_next_step(folders, name):
    (folders / "cache").mkdir()
    text, reason = REFUSED[name]
    with pytest.raises(InvalidRequest) as refused:
        resolved(folders, text)
    assert repr(text) in str(refused.value)
    assert reason in str(refused.value)


OVERLAPPING = {
    "same place": (["data:/a", "other:/a"], "'data:/a' overlap"),
    "within another": (["data:/a", "other:/a/b"], "'data:/a' overlap"),
    "around another": (["data:/a/b", "other:/a"], "'data:/a/b' overlap"),
    "below one to write to": (["other:/a:rw", "other/in:/b"], "guests can write to"),
    "below one to write to, first": (["other/in:/b:rw", "other:/a:rw"], "guests can write to"),
    "the same to read and to write": (["other:/a", "other:/b:rw"], "guests can write to"),
    "too many": ([f"data:/m{n}" for n in range(MOST_MOUNTS + 1)], "9 mounts are too many"),
}


@pytest.mark.parametrize("name", OVERLAPPING)
def test_mounts_that_are_in_each_other_s_way_are_refused(folders, name):
    texts, reason = OVERLAPPING[name]
    with pytest.raises(InvalidRequest, match=reason):
        resolved(folders, *texts)


def test_mounts_become_absolute_and_may_lie_in_one_that_is_read_only(folders):
    real = Path(os.path.realpath(folders))
    assert resolved(folders, "other:/a", "./other/in:/ab:rw", "~/project:/c") == (
        Mount(str(real / "other"), "/a", writable=False),
        Mount(str(real / "other" / "in"), "/ab", writable=True),
        Mount(str(real / "home" / "project"), "/c", writable=False),
    )


@on_posix
def test_a_folder_without_permission_is_refused():
    script = (
        "import os, sys\nfrom cloche.errors import InvalidRequest\n"
        "from cloche.mounts import resolve_mounts\n"
        "if os.getuid() == 0: os.setgid(65534), os.setuid(65534)\n"
        "for text in sys.argv[1:]:\n"
        "    try: resolve_mounts([text], private=[])\n"
        "    except InvalidRequest as error: print(error)"
    )
    with tempfile.TemporaryDirectory() as top:
        Path(top).chmod(0o755)
        Path(top, "closed").mkdir(mode=0)
        Path(top, "fixed").mkdir(mode=0o555)
        texts = [f"{top}/closed:/a", f"{top}/fixed:/a:rw", f"{top}/fixed:/a"]
        command = [sys.executable, "-c", script, *texts]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS)
    closed, fixed = done.stdout.splitlines()
    assert repr(texts[0]) in closed
    assert "may not read" in closed
    assert repr(texts[1]) in fixed
    assert "leave :rw away" in fixed


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("./data:/data", """CLOCHE_MOUNTS is './data:/data', and no list in JSON; write \\["""),
        ("", "CLOCHE_MOUNTS is '', and no list in JSON"),
        ('{"a": 1}', "CLOCHE_MOUNTS: Input should be a valid list"),
        ("[1]", "CLOCHE_MOUNTS is 1: Input should be a valid string"),
    ],
)
def test_a_setting_that_is_no_list_is_told(monkeypatch, value, text):
    monkeypatch.setenv("CLOCHE_MOUNTS", value)
    with pytest.raises(InvalidRequest, match=text):
        load_settings()


def test_mounts_come_from_the_environment_too(monkeypatch, folders):
    monkeypatch.setenv("CLOCHE_MOUNTS", '["data:/data", "other:/out:rw"]')
    cloche = Cloche(data_dir=folders / "own")
    assert [mount.guest for mount in cloche.mounts] == ["/data", "/out"]


# Who is told.


async def test_the_model_learns_of_the_mounts(server_environment, tmp_path):
    for name in ("data", "out"):
        (tmp_path / name).mkdir()
    (tmp_path / "data" / "table.csv").write_text(TABLE)
    arguments = ["--mount", f"{tmp_path}/data:/data", "--mount", f"{tmp_path}/out:/out:rw"]
    log = tmp_path / "log"
    server = StdioTransport(
        sys.executable,
        ["-m", "cloche.cli", "serve", *arguments],
        env=server_environment,
        keep_alive=False,
        log_file=log,
    )
    async with Client(server) as client:
        told = client.instructions
        assert told.endswith(" Folders of the host: /data (read-only), /out (writable).")
        assert str(tmp_path) not in told
        call = {"code": "import pandas as pd\npd.read_csv('/data/table.csv').to_csv('/out/copy')"}
        result = await client.call_tool("execute_code", call)
        assert result.structured_content["status"] == "ok"
    assert (tmp_path / "out" / "copy").exists()
    assert "event=mount_writable" in log.read_text()


async def test_a_mount_that_is_writable_is_said_aloud(prepared, tmp_path):
    with capture_logs() as logs:
        async with serving(tmp_path):
            pass
    told = [
        (each["log_level"], each["guest"]) for each in logs if each["event"] == "mount_writable"
    ]
    assert told == [("warning", "/deep/out")]
