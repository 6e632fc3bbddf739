"""The second wall: each trial to cross it succeeds without it, and fails with it."""

import ctypes
import errno
import os
import platform
import re
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from cloche.doctor import worker
from cloche.doctor.outside import outside
from cloche.workers import jobs, landlock, seccomp
from cloche.workers.trials import ATTEMPTS, BECOME, OUTLIVE

pytestmark = pytest.mark.anyio

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="a wall of Linux")

FORBIDDEN_TO_SOME = {"trace its parent", "read its parent's memory", "gain privileges"}
"""What some systems let nobody do but root."""


# Trials, made by real processes.


@pytest.fixture(scope="module")
def trials():
    """How each trial went, by name: without the wall, and with it."""
    worker._OUTLIVE_SECONDS, usual = 2.0, worker._OUTLIVE_SECONDS
    with outside() as reached:
        without, confined = (
            {trial.name: trial for trial in worker.attempt(reached, confined=confined)}
            for confined in (False, True)
        )
    worker._OUTLIVE_SECONDS = usual
    return without, confined


@on_linux
@pytest.mark.parametrize("name", [*ATTEMPTS, BECOME, OUTLIVE])
def test_a_confined_process_cannot(trials, name):
    without, confined = trials
    if not without[name].crossed and name in FORBIDDEN_TO_SOME:
        pytest.skip(without[name].detail)
    assert without[name].crossed, without[name].detail
    assert not confined[name].crossed, confined[name].detail


def confined(script, *arguments):
    """Run a script in a process of its own, without new privileges."""
    begin = (
        "import os, socket, sys, errno\nfrom cloche.workers import landlock, seccomp, syscalls\n"
    )
    begin += "syscalls.prctl(38, 1)\n"
    command = [sys.executable, "-c", begin + script, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


# Landlock by itself.

FOLDERS = """
def name(attempt):
    try:
        attempt()
    except OSError as error:
        return errno.errorcode[error.errno]
    return 'ok'

tcp = socket.socket()
other = socket.socket(socket.AF_UNIX)
abi, inside, outside, port = int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
os.makedirs(inside + '/a'), os.makedirs(inside + '/b')
landlock.restrict(readable=[outside + '/read', outside + '/gone'], writable=[inside], abi=abi)
open(inside + '/a/file', 'w').write('x')
os.symlink('file', inside + '/a/link')
print(open(outside + '/read').read())
for attempt in (
    lambda: os.rename(inside + '/a/file', inside + '/a/name'),
    lambda: os.rename(inside + '/a/name', inside + '/b/name'),
    lambda: open(outside + '/read', 'a'),
    lambda: open(outside + '/secret'),
    lambda: os.listdir(outside),
    lambda: os.mkfifo(inside + '/fifo'),
    lambda: other.bind(inside + '/socket'),
    lambda: tcp.connect(('127.0.0.1', port)),
):
    print(name(attempt))
"""


@on_linux
@pytest.mark.parametrize("abi", range(1, landlock.abi() + 1))
def test_landlock_leaves_what_is_named_with_every_version_of_it(tmp_path, abi):
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "read").write_text("readable")
    (tmp_path / "secret").write_text("secret")
    with outside() as reached:
        told = confined(FOLDERS, abi, inside, tmp_path, reached.tcp_port)
    read, name, subfolder, append, secret, listing, fifo, unix, tcp = told
    assert (read, name) == ("readable", "ok")
    assert subfolder == ("ok" if abi >= 2 else "EXDEV")
    assert {append, secret, listing, fifo, unix} == {"EACCES"}
    assert tcp == ("EACCES" if abi >= 4 else "ok")


# The filters by themselves.

ALLOW, EPERM, ENOSYS = 0x7FFF0000, 0x50000 | errno.EPERM, 0x50000 | errno.ENOSYS
ARCHES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
MACHINES = list(ARCHES)
OWN_PID = 4242


def answer(steps, arch, number, *arguments):
    """Run a filter as the kernel does."""
    padded = [*arguments, 0, 0, 0, 0, 0, 0][:6]
    data = struct.pack("=IIQ6Q", number, arch, 0, *padded)
    value = at = 0
    while True:
        code, if_true, if_false, operand = steps[at]
        at += 1
        if code == 0x20:
            (value,) = struct.unpack_from("=I", data, operand)
        elif code == 0x06:
            return operand
        else:
            met = {
                0x15: value == operand,
                0x35: value >= operand,
                0x45: bool(value & operand),
            }[code]
            at += if_true if met else if_false


def both(machine, number, *arguments):
    """Return the stricter answer of the two filters."""
    filters = seccomp.program(machine), seccomp.last_program(machine, OWN_PID)
    return min(answer(steps, ARCHES[machine], number, *arguments) for steps in filters)


@pytest.mark.parametrize("machine", MACHINES)
def test_every_listed_call_is_denied_and_no_other(machine):
    column = MACHINES.index(machine)
    listed = {numbers[column] for numbers in seccomp._DENIED.values()}
    listed |= {numbers[column] for numbers in seccomp._DENIED_AT_LAST.values()}
    clone, clone3, kill, tgkill, prlimit = (
        numbers[column]
        for numbers in (
            seccomp._CLONE,
            seccomp._CLONE3,
            seccomp._KILL,
            seccomp._TGKILL,
            seccomp._PRLIMIT64,
        )
    )
    others = {clone, clone3, kill, tgkill, prlimit}
    for number in set(range(600)) - others:
        first = 1 << 20  # an argument that no rule is about
        assert both(machine, number, first) == (EPERM if number in listed else ALLOW), number
    assert both(machine, clone3) == ENOSYS
    threads = 0x3D0F00  # what libc asks for
    assert both(machine, clone, threads) == ALLOW
    assert both(machine, clone, 17) == EPERM  # fork: SIGCHLD
    for number in (kill, tgkill):
        assert both(machine, number, OWN_PID) == ALLOW
        assert both(machine, number, OWN_PID - 1) == EPERM
        assert both(machine, number, 0) == EPERM
    assert both(machine, prlimit, 0) == ALLOW
    assert both(machine, prlimit, 1) == EPERM
    prctl = seccomp._PRCTL[column]
    assert both(machine, prctl, 1) == EPERM


@pytest.mark.parametrize("machine", MACHINES)
def test_calls_of_another_abi_are_denied(machine):
    for arch in (0x40000003, *(each for name, each in ARCHES.items() if name != machine)):
        for steps in (seccomp.program(machine), seccomp.last_program(machine, 1)):
            assert {answer(steps, arch, number) for number in range(600)} == {EPERM}
    if machine == "x86_64":
        assert {both(machine, 0x40000000 + number) for number in range(600)} == {EPERM}


HEADERS = {
    "x86_64": ("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", r"#define __NR_(\w+) (\d+)"),
    "aarch64": ("/usr/include/asm-generic/unistd.h", r"#define __NR(?:3264)?_(\w+) (\d+)"),
}


@pytest.mark.parametrize("machine", MACHINES)
def test_the_numbers_are_those_of_the_system(machine):
    path, pattern = HEADERS[machine]
    if not Path(path).exists():
        pytest.skip(f"{path} is not installed")
    known = {name: int(number) for name, number in re.findall(pattern, Path(path).read_text())}
    listed = seccomp._DENIED | seccomp._DENIED_AT_LAST
    ours = {name: numbers[MACHINES.index(machine)] for name, numbers in listed.items()}
    wrong = {name: number for name, number in ours.items() if known.get(name, number) != number}
    assert not wrong


@on_linux
def test_a_filtered_process_can_still_make_threads_and_end_itself():
    told = confined(
        "import threading, signal\n"
        "seccomp.install(), seccomp.install_last()\n"
        "made = threading.Thread(target=print, args=('ran',))\n"
        "made.start(), made.join()\n"
        "signal.signal(signal.SIGUSR1, lambda *_: print('signalled'))\n"
        "os.kill(os.getpid(), signal.SIGUSR1)\n"
    )
    assert told == ["ran", "signalled"]


# What a system lacks.

WITHOUT = """
import asyncio, struct, sys
from cloche.workers import syscalls, seccomp
syscalls.prctl(38, 1)
steps = [(0x20, 0, 0, 0), (0x15, 0, 1, int(sys.argv[2])), (6, 0, 0, 0x50026), (6, 0, 0, 0x7fff0000)]
code = b"".join(struct.pack("=HBBI", *step) for step in steps)
header = struct.pack("@HP", len(steps), syscalls.address(code))
syscalls.prctl(22, 2, syscalls.address(header))

from cloche import Cloche

async def main():
    async with Cloche(data_dir=sys.argv[1], spares=0) as cloche, cloche.session() as session:
        print((await session.execute("6 * 7")).result)

asyncio.run(main())
"""


@on_linux
@pytest.mark.skipif(platform.machine() != "x86_64", reason="numbers of x86-64")
@pytest.mark.parametrize(("wall", "number"), [("landlock", 444), ("seccomp", 317)])
def test_a_server_on_a_system_without_a_wall_starts_and_says_so(prepared, tmp_path, wall, number):
    command = [sys.executable, "-c", WITHOUT, str(tmp_path), str(number)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "42" in done.stdout.split()
    (line,) = (line for line in done.stdout.splitlines() if "wall_missing" in line)
    assert wall in line
    assert not {"landlock", "seccomp"} - {wall} & set(line.split())


# Windows, as far as it can be seen from elsewhere.


class Kernel32:
    """Notes what is asked of it, and refuses the call that is named."""

    def __init__(self, refused=None):
        self.refused, self.calls = refused, []

    def _note(self, name, *arguments):
        self.calls.append((name, *arguments))
        return 0 if name == self.refused else 7

    def CreateJobObjectW(self, attributes, name):  # noqa: N802
        return self._note("create")

    def SetInformationJobObject(self, job, information, data, size):  # noqa: N802
        held = ctypes.string_at(ctypes.addressof(data._obj), size)
        return self._note(f"limit {information}", job.value, held)

    def GetCurrentProcess(self):  # noqa: N802
        return 2**64 - 1

    def AssignProcessToJobObject(self, job, process):  # noqa: N802
        return self._note("enter", job.value, process.value)


def test_a_worker_on_windows_enters_a_job_of_one_process():
    kernel32 = Kernel32()
    assert jobs.enter_job(kernel32)
    create, limits, interface, enter = kernel32.calls
    assert create == ("create",)
    held = jobs.ExtendedLimits.from_buffer_copy(limits[2])
    assert limits[:2] == ("limit 9", 7)
    assert held.BasicLimitInformation.LimitFlags == 0x2408
    assert held.BasicLimitInformation.ActiveProcessLimit == 1
    assert interface == ("limit 4", 7, b"\xff\0\0\0")
    assert enter == ("enter", 7, 2**64 - 1)
    assert ctypes.sizeof(jobs.ExtendedLimits) == 144  # as in winnt.h, with 64 bits


@pytest.mark.parametrize("refused", ["create", "limit 9", "limit 4", "enter"])
def test_a_worker_on_windows_starts_where_no_job_can_be_had(refused):
    assert not jobs.enter_job(Kernel32(refused))


# Live workers.


def proc(pid, name):
    return Path("/proc", str(pid), name).read_text()


@on_linux
async def test_every_thread_of_a_worker_is_confined(twin, processes):
    async with twin.session() as session:
        await session.execute("open('file', 'w').write('x')")  # wasmtime starts its own threads
        pid = processes.worker_of(session).pid
        threads = processes.threads_of(pid)
        assert len(threads) > 2
        for thread in threads:
            status = proc(pid, f"task/{thread}/status")
            assert "Seccomp:\t2\n" in status
            assert "NoNewPrivs:\t1\n" in status
            (held,) = re.findall(r"CapEff:\t(\w+)", status)
            assert int(held, 16) in {0, 2}
        limits = proc(pid, "limits")
        for name in ("core file size", "locked memory", "msgqueue size"):
            assert re.search(rf"Max {name}\s+0\s+0 ", limits), limits
        (bound,) = re.findall(r"Max file size\s+(\d+)", limits)
        assert int(bound) < 2**40


@on_linux
async def test_a_worker_and_its_fork_server_were_given_no_variables(twin, processes):
    async with twin.session() as session:
        await session.execute("1")
        for process in processes.workers_below(os.getpid()):
            environment = proc(process.pid, "environ").split("\0")
            names = {entry.partition("=")[0] for entry in environment if entry}
            assert names <= {"LD_LIBRARY_PATH", "LC_CTYPE"}


ORDINARY = {
    "files": "open('a', 'w').write('x'); open('a', 'a').write('y'); open('a').read()",
    "subfolders": "import os; os.makedirs('one/two'); open('one/two/f', 'w').close()"
    "\nos.rename('one/two/f', 'one/f'); os.rename('one', 'uno'); sorted(os.listdir('uno'))",
    "replaced": "import os; open('new', 'w').write('1'); open('old', 'w').write('2')"
    "\nos.replace('new', 'old'); open('old').read()",
    "truncated": "import os\nwith open('t', 'w') as f: f.write('abc'); f.truncate(1)"
    "\nos.truncate('t', 0); os.stat('t').st_size",
    "times": "import os; open('t', 'w').close(); os.utime('t', (1, 2)); os.stat('t').st_mtime",
    "links": "import os; open('t', 'w').close(); os.symlink('t', 's'); os.link('t', 'h')"
    "\nos.readlink('s'), open('s').read(), open('h').read()",
    "removed": "import os, shutil; os.makedirs('d/e'); shutil.rmtree('d'); os.path.exists('d')",
    "tempfile": "import tempfile, shutil, os\nwith tempfile.TemporaryDirectory() as d:"
    "\n  p = os.path.join(d, 'f'); open(p, 'w').write('x'); shutil.move(p, 'moved')"
    "\nwith tempfile.NamedTemporaryFile() as f: f.write(b'x')\nopen('moved').read()",
    "plots": "import matplotlib.pyplot as plt; plt.plot([1, 2]); plt.savefig('p.png'); plt.show()",
    "csv": "import pandas as pd; pd.DataFrame({'a': [1]}).to_csv('c.csv'); pd.read_csv('c.csv')",
    "numpy": "import numpy as np; np.save('n', np.eye(2)); np.load('n.npy', mmap_mode=None).sum()",
    "late imports": "import sqlite3, decimal, xml.dom.minidom, zoneinfo; decimal.Decimal(1)",
    "database": "import sqlite3; c = sqlite3.connect('d'); c.execute('create table t (x)')"
    "\nc.commit()",
    "many files": "for n in range(300): open(f'f{n}', 'w').close()",
}


@pytest.mark.parametrize("name", ORDINARY)
async def test_ordinary_code_meets_no_wall(twin_session, name):
    outcome = await twin_session.execute(ORDINARY[name])
    assert outcome.status == "ok", outcome.error
