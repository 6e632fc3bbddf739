"""Workers: processes that may die at any time, lie about everything, and outlive nobody."""

import asyncio
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from cloche import Cloche, Limits
from cloche.errors import UnknownSession, WorkerFailed
from cloche.workers import wire
from cloche.workers.process import Order
from cloche.workers.wire import Kind
from cloche.workers.worker import Received, Worker, WorkerDied

pytestmark = pytest.mark.anyio

BEGIN = "open('begun', 'w').close()\n"
FOR_EVER = BEGIN + "while True: pass"


async def run(session, code, **options):
    """Run code that must not fail."""
    outcome = await session.execute(code, **options)
    assert outcome.status == "ok", outcome
    return outcome


# Killed.


async def test_a_worker_killed_in_mid_turn_is_told_and_replaced(twin, processes, until):
    async with twin.session() as session:
        await run(session, "x = 1\nopen('kept', 'w').write('data');")
        call = asyncio.create_task(session.execute("print('before', flush=True)\n" + FOR_EVER))
        await until((session.home.workspace / "begun").exists, "the turn runs")
        await until(lambda: session.history.is_saved, "the turn before is on disk")
        os.kill(processes.worker_of(session).pid, signal.SIGKILL)
        outcome = await call
        assert (outcome.status, outcome.state) == ("crashed", "rolled_back")
        assert (outcome.stdout, outcome.error.type) == ("before\n", "SandboxCrashed")
        after = await run(session, "x, open('kept').read()")
        assert (after.result, after.state) == ("(1, 'data')", "kept")


async def test_a_worker_killed_while_idle_is_replaced_with_its_variables(twin, processes, until):
    async with twin.session() as session:
        await run(session, "x = 1")
        await until(lambda: session.history.is_saved, "the turn is on disk")
        worker = processes.worker_of(session)
        os.kill(worker.pid, signal.SIGKILL)
        await until(lambda: not worker.alive, "the worker is gone")
        outcome = await session.execute("x")
        # Crashed if the end was not noticed before.
        assert (outcome.status, outcome.state) in {("ok", "kept"), ("crashed", "rolled_back")}
        assert (await run(session, "x")).result == "1"


async def test_a_loss_between_turns_is_told_by_the_next_outcome(twin, processes, until):
    async with twin.session() as session:
        shutil.rmtree(session.home.checkpoints)  # as on a disk that fails
        await run(session, "x = 1")
        worker = processes.worker_of(session)
        os.kill(worker.pid, signal.SIGKILL)
        await until(lambda: not worker.alive, "the worker is gone")
        await until(lambda: not session.is_live, "the server has heard of it")
        outcome = await session.execute("'x' in globals()")
        assert (outcome.status, outcome.result, outcome.state) == ("ok", "False", "lost")
        assert "turn 1" in outcome.stderr
        assert (await run(session, "1")).state == "kept"


async def test_a_worker_killed_together_with_a_call_never_hangs_the_call(cloche, processes, until):
    async with cloche.session() as session:
        await run(session, "1")
        for _ in range(5):
            call = asyncio.create_task(session.execute("1"))
            await asyncio.sleep(0)
            for worker in [processes.worker_of(session)]:
                os.kill(worker.pid, signal.SIGKILL)
            outcome = await call
            assert outcome.status in {"ok", "crashed"}
            await until(lambda w=worker: not w.alive, "the worker is gone")
            assert (await session.execute("2")).result == "2"


async def test_a_killed_spare_is_not_handed_out(prepared, tmp_path, processes, until):
    before = processes.workers_below(os.getpid())
    async with Cloche(data_dir=tmp_path, spares=1) as cloche, cloche.session() as session:
        spare = await until(
            lambda: (
                processes.workers_below(os.getpid())
                - before
                - {processes.worker_of(session)}
                - {p for p in processes.workers_below(os.getpid()) if _is_fork_server(p)}
            ),
            "a spare",
        )
        for worker in spare:
            os.kill(worker.pid, signal.SIGKILL)
            await until(lambda w=worker: not w.alive, "the spare is gone")
        for _ in range(100):  # the server hears of it too
            await asyncio.sleep(0)
        async with cloche.session() as other:
            await run(other, "1")


def _is_fork_server(process):
    return _proc(process.pid, "stat").rpartition(")")[2].split()[1] == str(os.getpid())


def _proc(pid, name):
    return Path("/proc", str(pid), name).read_text()


async def test_the_fork_server_killed_costs_the_turn_and_nothing_else(
    prepared, tmp_path, processes, until
):
    before = processes.workers_below(os.getpid())
    async with Cloche(data_dir=tmp_path, spares=0) as cloche, cloche.session() as session:
        await run(session, "open('kept', 'w').write('data');")
        call = asyncio.create_task(session.execute(FOR_EVER))
        await until((session.home.workspace / "begun").exists, "the turn runs")
        await until(lambda: session.history.is_saved, "the turn before is on disk")
        ours = processes.workers_below(os.getpid()) - before
        (fork_server,) = (process for process in ours if _is_fork_server(process))
        os.kill(fork_server.pid, signal.SIGKILL)
        outcome = await call
        assert (outcome.status, outcome.state) == ("crashed", "rolled_back")
        await until(lambda: not any(p.alive for p in ours), "its workers are gone too")
        assert (await run(session, "open('kept').read()")).result == "'data'"
        async with cloche.session() as new:
            await run(new, "1")
    assert processes.workers_below(os.getpid()) - before == set()


async def test_the_fork_server_killed_while_sessions_are_made_hangs_nobody(
    prepared, tmp_path, processes
):
    before = processes.workers_below(os.getpid())
    async with Cloche(data_dir=tmp_path, spares=0) as cloche, cloche.session():
        (fork_server,) = (
            process
            for process in processes.workers_below(os.getpid()) - before
            if _is_fork_server(process)
        )
        makings = [
            asyncio.create_task(cloche.sessions.create("python", owner="local")) for _ in range(5)
        ]
        await asyncio.sleep(0)
        os.kill(fork_server.pid, signal.SIGKILL)
        made = await asyncio.wait_for(asyncio.gather(*makings, return_exceptions=True), 60)
        assert all(
            not isinstance(each, BaseException) or isinstance(each, WorkerFailed) for each in made
        ), made
        async with cloche.session() as new:
            await run(new, "1")


SERVER = """
import asyncio, sys
from cloche import Cloche

async def main():
    async with Cloche(data_dir=sys.argv[1], portable=sys.argv[2] == "portable") as cloche:
        async with cloche.session() as idle, cloche.session() as busy:
            await idle.execute("1")
            print(busy.home.workspace, flush=True)
            await busy.execute("open('begun', 'w').close()\\nwhile True: pass")

asyncio.run(main())
"""


@pytest.fixture
def start(prepared):
    """Start a script in a process of its own."""
    started = []

    def start(script, *arguments, **options):
        process = subprocess.Popen(
            [sys.executable, "-c", script, *map(str, arguments)], text=True, **options
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


@pytest.mark.parametrize("kind", ["native", "portable"])
@pytest.mark.parametrize(
    "how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda s: s.name
)
async def test_no_worker_outlives_its_server(start, tmp_path, processes, until, kind, how):
    server = start(SERVER, tmp_path, kind, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    workspace = Path(server.stdout.readline().strip())
    await until((workspace / "begun").exists, "the turn runs")
    workers = processes.workers_below(server.pid)
    assert len(workers) >= 2
    server.send_signal(how)
    await until(lambda: server.poll() is not None, "the server is gone")
    await until(lambda: not any(worker.alive for worker in workers), "its workers are gone")
    # What a killed server left is removed by the next one.
    async with Cloche(data_dir=tmp_path, spares=0):
        homes = tmp_path / "homes"
        await until(lambda: len(list(homes.iterdir())) == 1, "what was left is removed")
        (mine,) = homes.iterdir()
        assert mine not in workspace.parents
    assert list((tmp_path / "homes").iterdir()) == []


async def test_a_server_that_starts_leaves_the_homes_of_living_servers_alone(prepared, tmp_path):
    async with Cloche(data_dir=tmp_path, spares=0) as first, first.session() as session:
        await run(session, "open('kept', 'w').write('data');")
        async with Cloche(data_dir=tmp_path, spares=0):
            pass
        assert (await run(session, "open('kept').read()")).result == "'data'"


MANY_STARTS = """
import asyncio, sys
from cloche import Cloche

async def main():
    for _ in range(60):
        async with Cloche(data_dir=sys.argv[1]):
            pass

asyncio.run(main())
"""


async def test_servers_that_start_at_once_do_not_remove_each_other(start, tmp_path):
    servers = [start(MANY_STARTS, tmp_path, stderr=subprocess.PIPE) for _ in range(4)]
    said = await asyncio.gather(*(asyncio.to_thread(each.communicate) for each in servers))
    assert [each.returncode for each in servers] == [0] * 4, said


# Confined.


async def test_a_worker_has_an_empty_environment(twin, processes):
    async with twin.session() as session:
        pid = processes.worker_of(session).pid
        variables = _proc(pid, "environ").split("\0")
        names = {line.partition("=")[0] for line in variables if line}
        assert names <= {"LD_LIBRARY_PATH", "LC_CTYPE"}


async def test_a_worker_holds_no_descriptor_but_its_own(twin, processes):
    async with twin.session() as session, twin.session() as other:
        await run(session, "1")
        await run(other, "1")
        worker = processes.worker_of(session)
        files = processes.open_files(worker)
        runtime = twin.readiness.standings()[0].runtime
        allowed = {
            "/dev/null",
            str(session.home.workspace),
            str(session.home.scratch),
            f"/proc/{worker.pid}/pagemap",  # which of its own pages have changed
            str(runtime.image),
            str(runtime.module),
            str(runtime.stdlib),
            str(runtime.mpl_data),
            str(runtime.stdlib / "python315.zip"),
        }
        odd = {
            fd: name
            for fd, name in files.items()
            if name not in allowed and not name.startswith(("anon_inode:", "/memfd:"))
        }
        channels = {fd for fd, name in odd.items() if name.startswith(("socket:", "pipe:"))}
        assert odd.keys() == channels, odd
        # Its channel, the pair by which its threads meet, and what pumps a pipe into a socket.
        assert len(channels) <= 6, odd
        others = processes.open_files(processes.worker_of(other)).values()
        assert not {odd[fd] for fd in channels} & set(others)
        kinds = [name for name in files.values() if name.startswith("anon_inode:")]
        assert not [name for name in kinds if "pidfd" in name]


async def test_a_worker_can_gain_no_privileges_and_leaves_no_core(twin, processes):
    async with twin.session() as session:
        pid = processes.worker_of(session).pid
        for thread in processes.threads_of(pid):  # each has them or not by itself
            status = _proc(pid, f"task/{thread}/status")
            assert "NoNewPrivs:\t1\n" in status, status.partition("\n")[0]
        limits = _proc(pid, "limits")
        (core,) = (line.split() for line in limits.splitlines() if "core file" in line)
        assert core[4:6] == ["0", "0"]
        (files,) = (line.split() for line in limits.splitlines() if "open files" in line)
        assert int(files[3]) <= 256
        # A terminal's signals do not reach it.
        assert os.getsid(pid) != os.getsid(0)


# Lies. A worker of the test's own speaks to the server's side through a real socket.

LIMITS = Limits(text_bytes=1024, displays=2, image_bytes=64 * 1024)

REPORT = {
    "status": "ok",
    "result": "42",
    "error": None,
    "stdout_tail": "",
    "stderr_tail": "",
    "stdout_cut": 0,
    "stderr_cut": 0,
    "truncated": False,
    "full_output_path": None,
}
MEASURED = {
    "wall_seconds": 1.0,
    "cpu_seconds": 1.0,
    "memory_bytes": 1,
    "files": [],
    "workspace_bytes": 0,
    "workspace_files": 0,
    "limit": None,
}
INSPECTION = {"variables": [], "total": 0, "imports": [], "complete": True}
HEADER = {
    "kind": "image",
    "mime": "image/png",
    "path": None,
    "width": 1,
    "height": 1,
    "text": None,
}


def frame(kind, payload=b""):
    return struct.pack("<IB", len(payload), kind) + payload


def parts(head, rest):
    if not isinstance(head, bytes):
        head = json.dumps(head).encode()
    if not isinstance(rest, bytes):
        rest = json.dumps(rest).encode()
    return struct.pack("<I", len(head)) + head + rest


def finished(report=None, measured=None):
    return frame(
        Kind.FINISHED,
        parts(
            measured if isinstance(measured, bytes) else MEASURED | (measured or {}),
            report if isinstance(report, bytes) else REPORT | (report or {}),
        ),
    )


class Liar(asyncio.Protocol):
    """A starter and link whose process is the test: `peer` is the worker's end."""

    pid = 0

    def __init__(self):
        self.started, self.killed = asyncio.Event(), asyncio.Event()

    async def start(self, received, closed):
        ours, self.peer = socket.socketpair()
        ours.setblocking(False)
        self.peer.setblocking(False)
        self._received, self._closed = received, closed
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_connection(lambda: self, sock=ours)
        self.started.set()
        return self

    def data_received(self, data):
        self._received(data)

    def connection_lost(self, exc):
        self._closed()

    def send(self, data):
        self._transport.write(data)

    def kill(self):
        self.killed.set()
        self._transport.abort()

    async def ended(self):
        await self.killed.wait()

    async def close(self):
        self.kill()

    async def tell(self, data):
        try:
            await asyncio.get_running_loop().sock_sendall(self.peer, data)
        except OSError:
            assert self.killed.is_set()

    async def hear(self, kind):
        """Receive up to a frame of this kind."""
        decoder = wire.Decoder()
        while data := await asyncio.get_running_loop().sock_recv(self.peer, 65536):
            if kind in {each for each, _ in decoder.feed(data)}:
                return
        pytest.fail("the server hung up")


# What the order says is nothing to a worker of the test's.
READY = b'{"turn": 0, "refused": []}'
SOME = {"str": "", "int": 1, "float": 1.0, "bool": False, "list[int]": [], "list[Mount]": []}
ORDER = Order(**{field.name: SOME[field.type] for field in fields(Order)})


@pytest.fixture
async def liar(anyio_backend):
    liar = Liar()
    yield liar
    liar.kill()
    liar.peer.close()


@pytest.fixture
async def lied_to(liar):
    """A worker that believes its process to be ready."""
    starting = asyncio.create_task(Worker.start(liar, ORDER, LIMITS))
    await liar.started.wait()
    await liar.hear(Kind.START)
    await liar.tell(frame(Kind.READY, READY))
    return await starting


NO_FRAMES = {
    "garbage": b"GET / HTTP/1.1\r\n\r\n",
    "zeros": bytes(100),
    "all ones": b"\xff" * 100,
    "too large": struct.pack("<IB", wire.MAX_PAYLOAD_BYTES + 1, Kind.STDOUT),
    "largest length": struct.pack("<IB", 2**32 - 1, Kind.STDOUT),
    "unknown kind": frame(99, b"x"),
    "kind of the server": frame(Kind.START, b"{}"),
    "question of the server": frame(Kind.INSPECT),
    "turn of the server": frame(Kind.TURN, b"{}"),
    "interrupt of the server": frame(Kind.INTERRUPT),
}

OUT_OF_ORDER = {
    "text before a turn": frame(Kind.STDOUT, b"x"),
    "display before a turn": frame(Kind.DISPLAY, parts(HEADER, b"")),
    "end before a turn": finished(),
    "variables that nobody asked for": frame(Kind.INSPECTED, b"{}"),
}

WRONG_IN_A_TURN = {
    "ready again": frame(Kind.READY, READY),
    "variables in a turn": frame(Kind.INSPECTED, json.dumps(INSPECTION).encode()),
    "too much stdout": frame(Kind.STDOUT, b"x" * 1025),
    "too much stdout in pieces": frame(Kind.STDOUT, b"x" * 600) * 2,
    "too much stderr": frame(Kind.STDERR, b"x" * 1025),
    "endless stdout": frame(Kind.STDOUT, b"x") * 2000,
    "too many displays": frame(Kind.DISPLAY, parts(HEADER, b"x")) * 3,
    "too large a display": frame(Kind.DISPLAY, parts(HEADER, b"x" * (64 * 1024 + 1))),
    "display without parts": frame(Kind.DISPLAY, b"xy"),
    "display with a lying length": frame(Kind.DISPLAY, struct.pack("<I", 99) + b"{}"),
    "display without header": frame(Kind.DISPLAY, parts(b"", b"x")),
    "display of no JSON": frame(Kind.DISPLAY, parts(b"{", b"x")),
    "display of another kind": frame(Kind.DISPLAY, parts(HEADER | {"kind": "script"}, b"")),
    "display of another type": frame(Kind.DISPLAY, parts(HEADER | {"mime": "text/html"}, b"")),
    "display with more fields": frame(Kind.DISPLAY, parts(HEADER | {"x": 1}, b"")),
    "display with a negative size": frame(Kind.DISPLAY, parts(HEADER | {"width": -1}, b"")),
    "display with a huge path": frame(Kind.DISPLAY, parts(HEADER | {"path": "x" * 9999}, b"")),
    "report without parts": frame(Kind.FINISHED, b""),
    "report of no JSON": finished(b"not json"),
    "report of deep JSON": finished(b"[" * 100_000),
    "report of NaN": finished(measured={"wall_seconds": float("nan")}),
    "report of infinity": finished(measured={"wall_seconds": float("inf")}),
    "report of negative time": finished(measured={"cpu_seconds": -1.0}),
    "report of a surrogate": finished(json.dumps(REPORT | {"result": "\ud800"}).encode()),
    "report of invalid UTF-8": finished(b'{"status": "\xff"}'),
    "report with another status": finished({"status": "great"}),
    "report with more fields": finished({"state": "kept"}),
    "report that misses fields": finished(b'{"status": "ok"}'),
    "report with a number for text": finished({"result": 42}),
    "report with a negative cut": finished({"stdout_cut": -1}),
    "report with a truth for a number": finished({"stdout_cut": True}),
    "report with wrong files": finished(measured={"files": [{"path": "x"}]}),
    "report with a wrong change": finished(
        measured={"files": [{"path": "x", "change": "stolen", "size": 1}]}
    ),
    "report with a negative size": finished(
        measured={"files": [{"path": "x", "change": "created", "size": -1}]}
    ),
    "report with a path that leads out": finished(
        measured={"files": [{"path": "../../etc/passwd", "change": "created", "size": 1}]}
    ),
    "report with a full path": finished({"full_output_path": "/etc/passwd", "truncated": True}),
    "report with more files than were looked at": finished(
        measured={"files": [{"path": "x", "change": "created", "size": 1}] * 20_001}
    ),
    "report of huge files": finished(measured={"workspace_bytes": 10**30}),
    "report of fewer files than none": finished(measured={"workspace_files": -1}),
    "report of an unknown limit": finished(measured={"limit": "patience"}),
    "report of a limit that the guest meets itself": finished(measured={"limit": "memory"}),
    "death of no JSON": frame(Kind.DEAD, b"because"),
    "death without a reason": frame(Kind.DEAD, b'{"limit": null}'),
    "death of an unknown limit": frame(Kind.DEAD, b'{"reason": "x", "limit": "patience"}'),
    "death with more fields": frame(Kind.DEAD, b'{"reason": "x", "limit": null, "turn": 1}'),
    "death with a long story": frame(
        Kind.DEAD, json.dumps({"reason": "x" * 4097, "limit": None}).encode()
    ),
    "report of huge memory": finished(measured={"memory_bytes": 10**30}),
    "display with a path that leads out": frame(
        Kind.DISPLAY, parts(HEADER | {"path": "../../x.png"}, b"x")
    )
    + finished(),
}


@pytest.mark.parametrize("name", NO_FRAMES | OUT_OF_ORDER)
async def test_a_worker_that_says_anything_but_ready_does_not_start(liar, name):
    starting = asyncio.create_task(Worker.start(liar, ORDER, LIMITS))
    await liar.started.wait()
    await liar.tell((NO_FRAMES | OUT_OF_ORDER)[name])
    with pytest.raises(WorkerFailed, match="broke the protocol"):
        await asyncio.wait_for(starting, 30)
    assert liar.killed.is_set()


@pytest.mark.parametrize("name", NO_FRAMES | OUT_OF_ORDER)
async def test_an_idle_worker_that_speaks_is_ended(liar, lied_to, name):
    await liar.tell((NO_FRAMES | OUT_OF_ORDER)[name])
    await asyncio.wait_for(liar.killed.wait(), 30)
    assert not lied_to.alive
    with pytest.raises(WorkerDied, match="broke the protocol"):
        await lied_to.run(1, "1", Received(), None, cpu_seconds=60)


@pytest.mark.parametrize("name", NO_FRAMES | WRONG_IN_A_TURN)
async def test_a_worker_that_breaks_the_protocol_in_a_turn_is_ended(liar, lied_to, name):
    received = Received()
    running = asyncio.create_task(lied_to.run(1, "1", received, None, cpu_seconds=60))
    await liar.hear(Kind.TURN)
    await liar.tell((NO_FRAMES | WRONG_IN_A_TURN)[name])
    with pytest.raises(WorkerDied, match="broke the protocol") as caught:
        await asyncio.wait_for(running, 30)
    assert liar.killed.is_set()
    assert not lied_to.alive
    assert received.report is None
    assert len(received.stdout) <= LIMITS.text_bytes
    assert len(received.displays) <= LIMITS.displays
    assert len(str(caught.value)) < 4096


@pytest.mark.parametrize("name", NO_FRAMES | {"text": frame(Kind.STDOUT, b"x"), "end": finished()})
async def test_a_worker_that_answers_a_look_with_anything_else_is_ended(liar, lied_to, name):
    looking = asyncio.create_task(lied_to.inspect())
    await liar.hear(Kind.INSPECT)
    await liar.tell((NO_FRAMES | {"text": frame(Kind.STDOUT, b"x"), "end": finished()})[name])
    with pytest.raises(WorkerDied, match="broke the protocol"):
        await asyncio.wait_for(looking, 30)
    assert not lied_to.alive


async def test_a_worker_that_answers_a_look_twice_is_ended(liar, lied_to):
    looking = asyncio.create_task(lied_to.inspect())
    await liar.hear(Kind.INSPECT)
    await liar.tell(frame(Kind.INSPECTED, json.dumps(INSPECTION).encode()) * 2)
    await asyncio.wait_for(looking, 30)
    await asyncio.wait_for(liar.killed.wait(), 30)
    assert not lied_to.alive


async def test_an_answer_that_is_too_large_is_not_read(liar, lied_to):
    looking = asyncio.create_task(lied_to.inspect())
    await liar.hear(Kind.INSPECT)
    await liar.tell(frame(Kind.INSPECTED, b" " * (wire.INSPECTION_BYTES + 1)))
    with pytest.raises(WorkerDied, match="more of its variables"):
        await asyncio.wait_for(looking, 30)


async def test_what_comes_after_a_broken_frame_is_not_heard(liar, lied_to):
    received = Received()
    running = asyncio.create_task(lied_to.run(1, "1", received, None, cpu_seconds=60))
    await liar.hear(Kind.TURN)
    await liar.tell(frame(Kind.STDOUT, b"x" * 2000) + frame(Kind.STDOUT, b"late") + finished())
    with pytest.raises(WorkerDied):
        await running
    assert (received.stdout, received.report) == (b"", None)


async def test_a_worker_that_speaks_after_its_report_is_ended(liar, lied_to):
    received = Received()
    running = asyncio.create_task(lied_to.run(1, "1", received, None, cpu_seconds=60))
    await liar.hear(Kind.TURN)
    await liar.tell(finished() + frame(Kind.STDOUT, b"late"))
    await running
    assert received.report.result == "42"
    await asyncio.wait_for(liar.killed.wait(), 30)
    assert received.stdout == b""


async def test_a_worker_that_reports_twice_is_ended_and_answers_no_later_turn(liar, lied_to):
    running = asyncio.create_task(lied_to.run(1, "1", Received(), None, cpu_seconds=60))
    await liar.hear(Kind.TURN)
    await liar.tell(finished() + finished({"result": "forged"}))
    await running
    await asyncio.wait_for(liar.killed.wait(), 30)
    with pytest.raises(WorkerDied):
        await lied_to.run(2, "2", Received(), None, cpu_seconds=60)


async def test_a_worker_that_hangs_up_ends_the_turn(liar, lied_to):
    running = asyncio.create_task(lied_to.run(1, "1", Received(), None, cpu_seconds=60))
    await liar.hear(Kind.TURN)
    await liar.tell(frame(Kind.STDOUT, b"some"))
    liar.peer.close()
    with pytest.raises(WorkerDied, match="ended"):
        await running


async def test_the_last_words_of_a_worker_are_bounded(liar, lied_to):
    running = asyncio.create_task(lied_to.run(1, "1", Received(), None, cpu_seconds=60))
    await liar.hear(Kind.TURN)
    await liar.tell(frame(Kind.DEAD, b"\xff" * 1_000_000))
    with pytest.raises(WorkerDied) as caught:
        await running
    assert len(str(caught.value)) <= 4096


async def test_honest_frames_are_taken_one_byte_at_a_time(liar, lied_to):
    heard, received = [], Received()
    running = asyncio.create_task(lied_to.run(1, "1", received, heard.append, cpu_seconds=60))
    await liar.hear(Kind.TURN)
    whole = (
        frame(Kind.STDOUT, "é".encode()) + frame(Kind.DISPLAY, parts(HEADER, b"png")) + finished()
    )
    for byte in whole:
        await liar.tell(bytes([byte]))
        await asyncio.sleep(0)
    await running
    assert heard == ["é"]
    assert received.displays[0][1] == b"png"
    assert received.report.result == "42"


async def test_sessions_outlive_a_lying_guest_side_by_side(cloche):
    """A guest that sends what its worker must not pass on hurts nobody else."""
    async with cloche.session() as liar, cloche.session() as other:
        await run(other, "x = 1")
        await liar.execute("import _host\n_host.call(b'D' + b'\\xff' * 100)")
        assert (await run(other, "x")).result == "1"
        with pytest.raises(UnknownSession):
            cloche.sessions.get("s_", owner="local")
