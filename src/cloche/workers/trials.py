"""Trials of the second wall: a process confined as a spawned worker is tries to cross it.

It reads a `Plan` from its standard input and writes a `Trial` a line to its standard output.
`cloche doctor` and the tests start it; it harms nothing, also where it gets through.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NoReturn

from cloche.workers import confine, seccomp, syscalls

if sys.platform != "win32":
    import resource

_PTRACE_SEIZE = 0x4206
_CLONE_NEWUSER = 0x10000000
_PR_SET_PDEATHSIG = 1

_LIVES_SECONDS = 60.0
"""How long a process that is to die with its parent waits for that."""

_KERNEL_PARTS = ("io_uring_setup", "bpf", "userfaultfd", "perf_event_open", "add_key")

_WITHOUT_REFUSAL = {errno.EPERM, errno.ENOSYS}


@dataclass(frozen=True)
class Plan:
    """What is to be tried, and what is there to be reached."""

    confined: bool
    """False leaves the wall away, which shows that each trial is one."""
    readable: list[str]
    """Folders as they are mounted: for reading."""
    writable: list[str]
    file_bytes: int
    secret: str
    """A file outside that this user can read."""
    outside: str
    """A folder outside that this user can write in."""
    home: str
    tcp_port: int
    """Of a listener on loopback."""
    unix_socket: str
    """Path of a listener; empty where there are none."""
    variables: list[str]
    """Names of the environment variables that a worker is given."""
    parent: int
    secret_address: int
    """Where the parent's memory holds `secret_bytes`."""
    secret_bytes: int
    outlive: bool
    """Try nothing but to live on without a parent."""


@dataclass(frozen=True)
class Trial:
    """How an attempt went."""

    name: str
    crossed: bool
    detail: str
    """What was got, or what stopped it."""


class _Stopped(Exception):
    """There was nothing to get."""


def _read_a_file(plan: Plan) -> str:
    return f"read {Path(plan.secret).read_text()!r} outside"


def _read_the_system(_: Plan) -> str:
    lines = len(Path("/etc/passwd").read_text().splitlines())
    return f"read {lines} lines of /etc/passwd"


def _write_a_file(plan: Plan) -> str:
    (Path(plan.outside) / "written").write_text("x")
    return f"wrote a file into {plan.outside}"


def _write_where_it_reads(plan: Plan) -> str:
    (Path(plan.readable[0]) / "written").write_text("x")
    return f"wrote a file into {plan.readable[0]}"


def _list_home(plan: Plan) -> str:
    return f"saw {len(os.listdir(plan.home))} names in {plan.home}"  # noqa: PTH208 - a cheap call


def _connect_tcp(plan: Plan) -> str:
    with socket.socket() as made:
        made.connect(("127.0.0.1", plan.tcp_port))
    return f"connected to port {plan.tcp_port} on loopback"


def _send_udp(plan: Plan) -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.sendto(b"x", ("127.0.0.1", plan.tcp_port))
    return "sent a datagram"


def _connect_unix(plan: Plan) -> str:
    with socket.socket(socket.AF_UNIX) as made:
        made.connect(plan.unix_socket)
    return f"connected to {plan.unix_socket}"


def _run_a_program(_: Plan) -> str:
    subprocess.run([sys.executable, "-I", "-S", "-c", ""], check=True)
    return f"ran {sys.executable}"


def _fork(_: Plan) -> str:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return "made a process"


def _trace_the_parent(plan: Plan) -> str:
    if ctypes.CDLL(None, use_errno=True).ptrace(_PTRACE_SEIZE, plan.parent, None, None) != 0:
        raise _last_error()
    return "traces its parent"


def _read_the_parent(plan: Plan) -> str:
    buffer = ctypes.create_string_buffer(plan.secret_bytes)
    here = (ctypes.c_size_t * 2)(ctypes.addressof(buffer), plan.secret_bytes)
    there = (ctypes.c_size_t * 2)(plan.secret_address, plan.secret_bytes)
    read = ctypes.CDLL(None, use_errno=True).process_vm_readv
    read.restype = ctypes.c_ssize_t
    if read(plan.parent, here, 1, there, 1, 0) < 0:
        raise _last_error()
    return f"read {buffer.raw!r} from its parent's memory"


def _signal_the_parent(plan: Plan) -> str:
    os.kill(plan.parent, 0)
    return "can signal its parent"


def _see_variables(plan: Plan) -> str:
    if not (found := sorted(os.environ.keys() - set(plan.variables))):
        raise _Stopped("it was given none")
    return f"has {', '.join(found)}"


def _see_variables_of_the_parent(plan: Plan) -> str:
    size = len(Path(f"/proc/{plan.parent}/environ").read_bytes())
    return f"read {size} bytes of its parent's environment"


def _use_descriptors(plan: Plan) -> str:
    open_ones = [fd for fd in range(3, 256) if _is_open(fd)]
    if len(open_ones) <= 1:
        raise _Stopped("it has its channel and silenced streams")
    return f"has descriptors {open_ones}"


def _gain_privileges(_: Plan) -> str:
    if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWUSER) != 0:
        raise _last_error()
    return "is root in a namespace of its own"


def _leave_a_core(_: Plan) -> str:
    resource.setrlimit(resource.RLIMIT_CORE, (1, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    return "may leave its memory in a core file"


def _write_too_much(plan: Plan) -> str:
    path = Path(plan.writable[0]) / "large"
    try:
        with path.open("wb") as file:
            file.seek(plan.file_bytes)
            file.write(b"x")
    finally:
        path.unlink(missing_ok=True)
    return f"wrote a file of {plan.file_bytes + 1} bytes"


def _reach_the_kernel(_: Plan) -> str:
    reached: list[str] = []
    for name in _KERNEL_PARTS:
        try:
            syscalls.call(seccomp.number(name), -1)
        except OSError as error:
            if error.errno in _WITHOUT_REFUSAL:
                continue
        reached.append(name)
    if not reached:
        raise _Stopped(f"not permitted: {', '.join(_KERNEL_PARTS)}")
    return f"reached {', '.join(reached)}"


ATTEMPTS: dict[str, Callable[[Plan], str]] = {
    "read a file outside": _read_a_file,
    "read the system's files": _read_the_system,
    "write a file outside": _write_a_file,
    "write where it may only read": _write_where_it_reads,
    "list the home folder": _list_home,
    "write a file without end": _write_too_much,
    "connect by TCP": _connect_tcp,
    "send by UDP": _send_udp,
    "connect to a Unix socket": _connect_unix,
    "run a program": _run_a_program,
    "make a process": _fork,
    "trace its parent": _trace_the_parent,
    "read its parent's memory": _read_the_parent,
    "signal its parent": _signal_the_parent,
    "see environment variables": _see_variables,
    "see its parent's variables": _see_variables_of_the_parent,
    "use inherited descriptors": _use_descriptors,
    "gain privileges": _gain_privileges,
    "leave a core file": _leave_a_core,
    "reach rare parts of the kernel": _reach_the_kernel,
}

BECOME = "become another program"
"""The last attempt: where it is crossed, the other program tells."""

OUTLIVE = "outlive its parent"

_OTHER_PROGRAM = "import sys; sys.stdout.write(sys.argv[1])"


def _try(name: str, attempt: Callable[[Plan], str], plan: Plan) -> Trial:
    try:
        return Trial(name, crossed=True, detail=attempt(plan))
    except _Stopped as stopped:
        return Trial(name, crossed=False, detail=str(stopped))
    except Exception as error:  # noqa: BLE001 - whatever stops it is the answer
        return Trial(name, crossed=False, detail=f"{type(error).__name__}: {error}")


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def _last_error() -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number))


def _outlive_the_parent(plan: Plan, sending: int) -> NoReturn:
    """Tell the number of a process whose parent then ends, and which tries to live on."""
    waiting, ready = os.pipe()
    if os.fork() != 0:
        os.read(waiting, 1)
        os._exit(0)
    _confine(plan)
    with contextlib.suppress(OSError):
        syscalls.prctl(_PR_SET_PDEATHSIG, 0)
    _say(sending, Trial(OUTLIVE, crossed=False, detail=str(os.getpid())))
    os.write(ready, b"x")
    time.sleep(_LIVES_SECONDS)
    os._exit(0)


def _confine(plan: Plan) -> None:
    """Do what a spawned worker does, in its order."""
    if plan.confined:
        confine.die_with_parent()
        confine.give_up()
        confine.shut_in(readable=plan.readable, writable=plan.writable, file_bytes=plan.file_bytes)


def main() -> None:
    """Be the process."""
    plan = Plan(**json.loads(sys.stdin.buffer.read()))
    sending = os.dup(1)
    if plan.confined:
        confine.silence_streams()
    if plan.outlive:
        _outlive_the_parent(plan, sending)
    _confine(plan)
    for name, attempt in ATTEMPTS.items():
        _say(sending, _try(name, attempt, plan))
    if sys.platform != "win32":
        _become_another_program(sending)


def _become_another_program(sending: int) -> None:
    told = json.dumps(asdict(Trial(BECOME, crossed=True, detail=f"became {sys.executable}")))
    try:
        os.dup2(sending, 1)
        arguments = [sys.executable, "-I", "-S", "-c", _OTHER_PROGRAM, told]
        os.execv(sys.executable, arguments)  # noqa: S606 - the attempt
    except OSError as error:
        _say(sending, Trial(BECOME, crossed=False, detail=f"{type(error).__name__}: {error}"))


def _say(sending: int, trial: Trial) -> None:
    os.write(sending, json.dumps(asdict(trial)).encode() + b"\n")


if __name__ == "__main__":
    main()
