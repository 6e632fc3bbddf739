"""A restore: memory saved between two turns, as a checkpoint is, goes on in another guest."""

import json
from dataclasses import dataclass, replace

import pytest

from cloche.engine.module import in_guest_thread, load_module
from cloche.runtimes.python import ImageInfo, PythonFiles, PythonGuest, Silence

MIB = 1024 * 1024
RESTORE = object()


@pytest.fixture(scope="module")
def program(prepared):
    return load_module(prepared.module)


@pytest.fixture
def live(prepared, program, tmp_path):
    """Return a function that lives a session through and returns the report of its last turn.

    A step is code to run, or RESTORE: to save the memory and go on in a new guest, or a function
    that does something to the workspace. A restore comes to whatever lies in the folders by then.
    """
    return lambda *steps: in_guest_thread(lambda: _Life(prepared, program, tmp_path).run(steps))


class _Life:
    def __init__(self, prepared, program, folder):
        self.prepared, self.program, self.folder = prepared, program, folder
        self.saved = folder / "saved"
        for name in ("workspace", "tmp"):
            (folder / name).mkdir()

    def run(self, steps):
        info = ImageInfo.load(self.prepared.image_info)
        guest, report, number = self.guest(), None, 0
        guest.resume(self.prepared.image, info, copy=False)
        guest.thaw()
        saved = False
        for step in steps:
            if step is RESTORE:
                if not saved:
                    self.save(guest)
                saved, guest = False, self.restored(info)
            elif callable(step):
                # What happens now happens after the checkpoint.
                self.save(guest)
                saved = True
                step(self.folder / "workspace")
            else:
                assert report is None or report["status"] == "ok", report["error"]["traceback"]
                number += 1
                report = turn(guest, step, number)
        return report

    def save(self, guest):
        guest._guest.save(self.saved)

    def restored(self, info):
        guest, size = self.guest(), self.saved.stat().st_size
        guest.resume(self.saved, replace(info, size=size), copy=True)
        guest.thaw()
        self.saved.unlink()
        return guest

    def guest(self):
        return PythonGuest(
            self.program,
            PythonFiles(self.prepared.module, self.prepared.stdlib, self.prepared.mpl_data),
            workspace=self.folder / "workspace",
            scratch=self.folder / "tmp",
            memory_bytes=1024 * MIB,
            sink=Silence(),
        )


def turn(guest, code, number):
    budget = {"text_bytes": 1 << 16, "spool_bytes": 0, "image_bytes": 1 << 18, "displays": 5}
    return json.loads(guest.run(json.dumps({"turn": number, "code": code, **budget}).encode()))


@dataclass(frozen=True)
class Case:
    id: str
    before: str
    after: str
    result: str


LINES = "open('a.txt', 'w').write(''.join(f'line {i}\\n' for i in range(5000)))\n"
SQLITE = "import sqlite3\nc = sqlite3.connect('x.db')\nc.execute('create table t (a)')\n"

GOES_ON = [
    Case(
        "read in the middle of lines",
        LINES + "f = open('a.txt')\nfor _ in range(1234): f.readline()\n",
        "f.readline(), len(f.readlines()), f.closed, f.name",
        "('line 1234\\n', 3765, False, 'a.txt')",
    ),
    Case(
        "iterated halfway",
        LINES + "f = open('a.txt')\nlines = iter(f)\nfor _ in range(10): next(lines)\n",
        "next(lines), sum(1 for _ in lines)",
        "('line 10\\n', 4989)",
    ),
    Case(
        "read unbuffered",
        LINES + "f = open('a.txt', 'rb', buffering=0)\nf.read(5)",
        "f.read(4), f.tell()",
        "(b'0\\nli', 9)",
    ),
    Case(
        "write with a full buffer",
        "f = open('b.txt', 'w')\nf.write('one ')\nf.flush()\nf.write('two ');",
        "f.write('three')\nf.close()\nopen('b.txt').read()",
        "'one two three'",
    ),
    Case(
        "write far over the buffer",
        "f = open('b.txt', 'wb')\nf.write(b'x' * 100_000)\nf.write(b'y' * 10);",
        "f.write(b'z' * 100_000)\nf.close()\nd = open('b.txt', 'rb').read()\n"
        "d == b'x' * 100_000 + b'y' * 10 + b'z' * 100_000",
        "True",
    ),
    Case(
        "append",
        "open('log', 'w').write('0')\nf = open('log', 'a')\nf.write('1');",
        "open('log', 'a').write('2')\nf.write('3')\nf.close()\nopen('log').read()",
        "'0213'",
    ),
    Case(
        "exclusive creation",
        "f = open('new', 'x')\nf.write('1');",
        "f.write('2')\nf.close()\nopen('new').read()",
        "'12'",
    ),
    Case(
        "read and write",
        "open('c', 'wb').write(b'0123456789')\nf = open('c', 'r+b')\nf.read(3)\nf.write(b'x');",
        "f.write(b'y')\nf.flush()\nrest = f.read()\nf.seek(0)\nrest, f.read()",
        "(b'56789', b'012xy56789')",
    ),
    Case(
        "text with an encoding and translated line ends",
        "open('u', 'wb').write('ä\\r\\nö\\r\\nü\\r\\n'.encode('utf-16'))\n"
        "f = open('u', encoding='utf-16')\nf.readline()",
        "f.readline(), f.read(), f.newlines, f.encoding",
        "('ö\\n', 'ü\\n', '\\r\\n', 'utf-16')",
    ),
    Case(
        "csv reader half consumed",
        "open('t.csv', 'w').write('a,b\\n' + '1,\"x\\ny\"\\n' * 3)\nimport csv\nf = open('t.csv')\n"
        "rows = csv.reader(f)\nnext(rows), next(rows)",
        "list(rows), rows.line_num",
        "([['1', 'x\\ny'], ['1', 'x\\ny']], 7)",
    ),
    Case(
        "csv writer",
        "import csv\nf = open('t.csv', 'w', newline='')\nw = csv.writer(f)\nw.writerow([1, 2]);",
        "w.writerow([3, 4])\nf.close()\nopen('t.csv').read()",
        "'1,2\\n3,4\\n'",
    ),
    Case(
        "gzip",
        "import gzip\nf = gzip.open('g.gz', 'wt')\nf.write('one ' * 10000)\n"
        "gzip.open('r.gz', 'wt').write('0123456789')\nr = gzip.open('r.gz', 'rt')\nr.read(4)",
        "f.write('two')\nf.close()\ngzip.open('g.gz', 'rt').read() == 'one ' * 10000 + 'two', "
        "r.read()",
        "(True, '456789')",
    ),
    Case(
        "zip file",
        "import zipfile\nz = zipfile.ZipFile('z.zip', 'w', zipfile.ZIP_DEFLATED)\n"
        "z.writestr('a', 'A' * 1000)",
        "z.writestr('b', 'B')\nz.close()\nr = zipfile.ZipFile('z.zip')\nr.testzip(), r.namelist()",
        "(None, ['a', 'b'])",
    ),
    Case(
        "member of a zip file half read",
        "import zipfile\nwith zipfile.ZipFile('z.zip', 'w') as z:\n"
        "    z.writestr('a', 'x' * 9000 + 'y')\n"
        "z = zipfile.ZipFile('z.zip')\nf = z.open('a')\nf.read(8000);",
        "f.read()[-2:], z.read('a')[-1:]",
        "(b'xy', b'y')",
    ),
    Case(
        "named temporary file",
        "import tempfile\nf = tempfile.NamedTemporaryFile('w+')\nf.write('kept');",
        "f.seek(0)\nname, text = f.name, f.read()\nf.close()\nimport os\n"
        "text, os.path.exists(name)",
        "('kept', False)",
    ),
    Case(
        "temporary folder",
        "import tempfile\nt = tempfile.TemporaryDirectory()\nopen(t.name + '/x', 'w').write('1');",
        "import os\nseen = os.listdir(t.name)\nt.cleanup()\nseen, os.path.exists(t.name)",
        "(['x'], False)",
    ),
    Case(
        "bare descriptors",
        "import os\nopen('i', 'w').write('0123456789')\nr = os.open('i', os.O_RDONLY)\n"
        "w = os.open('o', os.O_WRONLY | os.O_CREAT)\nos.read(r, 3), os.write(w, b'ab')",
        "os.write(w, b'cd')\nos.close(w)\nos.read(r, 3), open('o').read()",
        "(b'345', 'abcd')",
    ),
    Case(
        "file object over a bare descriptor",
        "import os\nf = os.fdopen(os.open('o', os.O_RDWR | os.O_CREAT), 'w+')\nf.write('ab');",
        "f.write('cd')\nf.seek(0)\nf.read()",
        "'abcd'",
    ),
    Case(
        "folder half listed",
        "import os\nos.mkdir('d')\nfor i in range(300): open(f'd/{i}', 'w').close()\n"
        "s = os.scandir('d')\nseen = [next(s).name for _ in range(7)]",
        "seen += [e.name for e in s]\nlen(seen), len(set(seen))",
        "(300, 300)",
    ),
    Case(
        "another working folder",
        "import os\nos.makedirs('sub/deep')\nos.chdir('sub/deep')\nf = open('here', 'w')\n"
        "f.write('1');",
        "f.write('2')\nf.close()\nos.getcwd(), open('/workspace/sub/deep/here').read()",
        "('/workspace/sub/deep', '12')",
    ),
    Case(
        "working folder changed after opening",
        "import os\nos.mkdir('sub')\nf = open('here', 'w')\ng = open('sub/there', 'w')\n"
        "os.chdir('sub')\nf.write('1')\ng.write('2');",
        "f.close()\ng.close()\nopen('/workspace/here').read(), open('there').read()",
        "('1', '2')",
    ),
    Case(
        "renamed while open",
        "import os\nf = open('old', 'w')\nf.write('1')\nos.rename('old', 'new')",
        "f.write('2')\nf.close()\nopen('new').read(), os.path.exists('old')",
        "('12', False)",
    ),
    Case(
        "name with any text",
        "f = open('ünï\\n😀', 'w')\ng = open('ünï'.encode(), 'w')\nf.write('1')\ng.write('2');",
        "f.close()\ng.close()\nopen('ünï\\n😀').read(), open('ünï').read()",
        "('1', '2')",
    ),
    Case(
        "sixty files, some closed",
        "fs = [open(f'n{i}', 'w') for i in range(60)]\nfor i, f in enumerate(fs): f.write(str(i))\n"
        "for f in fs[3:50:5]: f.close()",
        "for f in fs: f.close()\nall(open(f'n{i}').read() == str(i) for i in range(60))",
        "True",
    ),
    Case(
        "the number of a closed one is free again",
        "a, b = open('a', 'w'), open('b', 'w')\nn = a.fileno()\na.close()\nb.write('b');",
        "c = open('c', 'w')\nsame = c.fileno() == n\nc.write('c')\nb.close()\nc.close()\n"
        "same, open('b').read(), open('c').read()",
        "(True, 'b', 'c')",
    ),
    Case(
        "opened after some were closed in order",
        "fs = [open(f'n{i}', 'w') for i in range(9)]\nfor f in fs: f.close()\n"
        "a, b = open('a', 'w'), open('b', 'w')\na.write('a')\nb.write('b');",
        "c = open('c', 'w')\nc.write('c')\nfor f in (a, b, c): f.close()\n"
        "[open(n).read() for n in 'abc']",
        "['a', 'b', 'c']",
    ),
    Case(
        "log file",
        "import logging\n"
        "logging.basicConfig(filename='app.log', format='%(message)s', force=True)\n"
        "logging.warning('one')",
        "logging.warning('two')\nopen('app.log').read()",
        "'one\\ntwo\\n'",
    ),
    Case(
        "functions of os taken away",
        "f = open('a', 'w')\nf.write('1')\nimport os, posix, io, builtins, gc\n"
        "for n in ('open', 'fstat', 'stat', 'close', 'lseek', 'scandir', 'getcwd'):\n"
        "    for m in (os, posix):\n        if hasattr(m, n): delattr(m, n)\n"
        "keep, builtins.open, io.open, gc.get_objects = open, None, None, None",
        "f.write('2')\nf.close()\nkeep('a').read()",
        "'12'",
    ),
    Case(
        "file class of the user's own",
        "import io\nclass F(io.FileIO):\n    closed = mode = __dict__ = property(lambda s: 1 / 0)\n"
        "    def fileno(self): 1 / 0\n    readable = writable = tell = fileno\n"
        "f = F('a', 'w')\nf.write(b'1');",
        "f.write(b'2')\nopen('a').read()",
        "'12'",
    ),
    Case(
        "database",
        SQLITE + "c.execute('insert into t values (1)')\nc.commit()",
        "c.execute('insert into t values (2)')\nc.commit()\nd = sqlite3.connect('x.db')\n"
        "d.execute('select a from t').fetchall(), d.execute('pragma integrity_check').fetchone()",
        "([(1,), (2,)], ('ok',))",
    ),
    Case(
        "database in the middle of a transaction",
        SQLITE + "c.commit()\nc.execute('insert into t values (1)');",
        "c.execute('insert into t values (2)')\nc.commit()\nd = sqlite3.connect('x.db')\n"
        "d.execute('select a from t').fetchall(), d.execute('pragma integrity_check').fetchone()",
        "([(1,), (2,)], ('ok',))",
    ),
    Case(
        "table read in chunks",
        "open('t.csv', 'w').write('a,b\\n' + ''.join(f'{i},x\\n' for i in range(100_000)))\n"
        "import pandas as pd\nr = pd.read_csv('t.csv', chunksize=40_000)\nlen(r.get_chunk())",
        "[int(chunk.a.sum()) for chunk in r]",
        "[2399980000, 1799990000]",
    ),
    # What is no file.
    Case(
        "half a generator",
        "g = (i * i for i in range(9))\nnext(g), next(g)",
        "list(g)[:2]",
        "[4, 9]",
    ),
    Case(
        "random state",
        "import random, numpy as np\nrandom.seed(1)\nnp.random.seed(1)\n"
        "rng = np.random.default_rng(1)\nrandom.random(), np.random.rand(), rng.random()",
        "got = random.random(), float(np.random.rand()), float(rng.random())\nrandom.seed(1)\n"
        "np.random.seed(1)\nrng = np.random.default_rng(1)\n"
        "f = lambda: (random.random(), float(np.random.rand()), float(rng.random()))\nf()\n"
        "f() == got",
        "True",
    ),
    Case(
        "state left to chance",
        "import random\ns = random.getstate()",
        "random.getstate() == s",
        "True",
    ),
    Case(
        "clocks",
        "import time\nfrom time import perf_counter, monotonic_ns as ns\ntime.sleep(0.05)\n"
        "a = [time.monotonic(), perf_counter(), ns() / 1e9, time.process_time()]",
        "b = [time.monotonic(), perf_counter(), ns() / 1e9, time.process_time()]\n"
        "[0 <= y - x < 60 for x, y in zip(a, b)]",
        "[True, True, True, True]",
    ),
    Case(
        "time of day",
        "import time, datetime\nbefore = time.time(), datetime.datetime.now()",
        "0 <= time.time() - before[0] < 60, "
        "0 <= (datetime.datetime.now() - before[1]).total_seconds() < 60",
        "(True, True)",
    ),
    Case(
        "event loop",
        "import asyncio, time\nq = asyncio.Queue()\nq.put_nowait(1)\ntime.sleep(0.2)\n"
        "async def work():\n    await asyncio.sleep(0.05)\n    return 2\n"
        "done = asyncio.create_task(asyncio.sleep(0, 3))\nawait done\n"
        "late = asyncio.create_task(work())\nawait asyncio.sleep(0)\n"
        "before = asyncio.get_running_loop().time()",
        "r = await q.get(), await late, done.result(), await work()\n"
        "r, 0.05 <= asyncio.get_running_loop().time() - before < 60",
        "((1, 2, 3, 2), True)",
    ),
    Case(
        "figure drawn before and changed after",
        "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot([1, 2], label='a')\n"
        "ax.legend()\nfig.savefig('one.png')",
        "ax.set_title('more')\nfig.savefig('two.png')\nimport os\n"
        "os.path.getsize('two.png') > os.path.getsize('one.png')",
        "True",
    ),
]


@pytest.mark.parametrize("case", GOES_ON, ids=lambda case: case.id)
def test_what_was_begun_before_a_restore_goes_on_after_it(live, case):
    report = live(case.before, RESTORE, case.after)
    assert (report["status"], report["result"]) == ("ok", case.result), report


@pytest.mark.parametrize("case", GOES_ON[3::9], ids=lambda case: case.id)
def test_what_was_begun_before_two_restores_goes_on_after_them(live, case):
    report = live(case.before, RESTORE, "1", RESTORE, RESTORE, case.after)
    assert (report["status"], report["result"]) == ("ok", case.result), report


# What cannot be brought back.

PROBE = """
import os
failures = []
for attempt in (lambda: {use}, lambda: {use}):
    other = open('other', 'w+')
    try:
        attempt()
    except Exception as e:
        failures.append(type(e).__name__)
    other.close()
    failures.append(open('other').read())
failures
"""


def remove(name):
    return lambda workspace: (workspace / name).unlink()


LOST = {
    "written": ("f = open('a', 'w')\nf.write('secret');", remove("a"), "f.flush()", "OSError"),
    "read": ("open('a', 'w').write('1')\nf = open('a')", remove("a"), "f.read()", "OSError"),
    "bare": (
        "import os\nf = os.open('a', os.O_RDWR | os.O_CREAT)",
        remove("a"),
        "os.write(f, b'secret')",
        "OSError",
    ),
    "without a name": (
        "import tempfile\nf = tempfile.TemporaryFile()\nf.write(b'secret');",
        None,
        "f.flush()",
        "OSError",
    ),
    "database": (
        SQLITE + "c.commit()",
        remove("x.db"),
        "c.execute('select * from t').fetchall()",
        "OperationalError",
    ),
}


@pytest.mark.parametrize("restores", [1, 2])
@pytest.mark.parametrize("name", LOST)
def test_a_file_that_is_gone_fails_and_its_number_never_means_another(live, name, restores):
    before, happens, use, error = LOST[name]
    between = [happens, RESTORE] if happens else [RESTORE]
    report = live(before, *between, *["1", RESTORE] * (restores - 1), PROBE.format(use=use))
    assert report["result"] == str([error, "", error, ""]), report


def test_a_number_given_up_can_be_closed_and_is_then_free(live):
    report = live(
        "f = open('a', 'w+')\ng = open('b', 'w')\nn = f.fileno()",
        remove("a"),
        RESTORE,
        "try: f.close()\nexcept OSError: pass\nh = open('c', 'w')\n"
        "same = h.fileno() == n\nh.write('3')\nh.close()\ng.write('2')\ng.close()\n"
        "f.closed, same, open('b').read(), open('c').read()",
    )
    assert report["result"] == "(True, True, '2', '3')", report


def test_a_transaction_is_not_gone_on_with_where_the_database_has_changed(live):
    report = live(
        SQLITE + "c.commit()\nc.execute('insert into t values (1)');",
        lambda workspace: None,
        "c.commit()\nc.execute('insert into t values (2)')\nc.commit()",
        RESTORE,
        "e = None\ntry: c.commit()\nexcept sqlite3.Error as error: e = type(error).__name__\n"
        "d = sqlite3.connect('x.db')\n"
        "ok = d.execute('pragma integrity_check').fetchone()\n"
        "e, d.execute('select a from t').fetchall(), ok",
    )
    assert report["result"] == "('OperationalError', [(1,), (2,)], ('ok',))", report


def test_a_file_that_has_grown_since_is_written_where_the_session_stood(live):
    report = live(
        "f = open('a', 'w')\nf.write('1')\nf.flush()",
        lambda workspace: None,
        "f.write('234')\nf.flush()",
        RESTORE,
        "f.write('x')\nf.close()\nopen('a').read()",
    )
    assert report["result"] == "'1x34'", report


def test_a_turn_that_leaves_nothing_open_notes_nothing(live):
    report = live(
        "import _cloche.descriptors as d",
        "import json, decimal, xml.dom.minidom\nopen('a', 'w').write('1')\nopen('a').read()",
        "seen = [len(d._notes)]\nf = open('a')",
        "seen.append(len(d._notes))\nf.close()",
        "seen, d._notes",
    )
    assert report["result"] == "([0, 1], {})", report


def test_a_session_of_many_restores_keeps_no_more_descriptors_than_it_has_files(live):
    report = live(
        "f = open('a', 'w+')",
        *["f.write('x')\nf.flush()", RESTORE] * 6,
        "g = open('b', 'w')\nf.seek(0)\ng.fileno() - f.fileno(), f.read()",
    )
    assert report["result"] == "(1, 'xxxxxx')", report
