"""The worker process: one that is confined as they are tries to get out."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from cloche.doctor.check import UNEXPLAINED, Check
from cloche.doctor.outside import Outside
from cloche.workers.link import worker_command, worker_environment
from cloche.workers.trials import BECOME, OUTLIVE, Plan, Trial

_WALL = "worker process"

_SECONDS = 30.0
_OUTLIVE_SECONDS = 5.0
_FILE_BYTES = 1024 * 1024

_KERNEL = (
    "boot a Linux kernel of 5.13 or later with Landlock in its list of security modules (lsm=)"
)
_FILTER = "allow seccomp filters: this system, or the container that this runs in, forbids them"

_REMEDIES: Mapping[str, str] = {
    "read a file outside": _KERNEL,
    "read the system's files": _KERNEL,
    "write a file outside": _KERNEL,
    "write where it may only read": _KERNEL,
    "list the home folder": _KERNEL,
    "see its parent's variables": _KERNEL,
    "connect by TCP": _FILTER,
    "send by UDP": _FILTER,
    "connect to a Unix socket": _FILTER,
    "run a program": _FILTER,
    "make a process": _FILTER,
    BECOME: _FILTER,
    "trace its parent": _FILTER,
    "read its parent's memory": _FILTER,
    "signal its parent": _FILTER,
    "gain privileges": _FILTER,
    "reach rare parts of the kernel": _FILTER,
}

_ON_MACOS = {
    "write a file without end",
    "see environment variables",
    "use inherited descriptors",
    "leave a core file",
}
_ON_WINDOWS = {"run a program", "see environment variables"}
"""What the system has a wall for; Linux has one for everything."""


def check_worker(outside: Outside) -> list[Check]:
    """Have a process that is confined as a worker is try to get out."""
    trials = attempt(outside, confined=True)
    if not trials:
        return [
            Check(_WALL, "be confined", "missing", "the process did not start or died", UNEXPLAINED)
        ]
    return [_check_trial(trial) for trial in trials]


def _check_trial(trial: Trial) -> Check:
    had = {"darwin": _ON_MACOS, "win32": _ON_WINDOWS}.get(sys.platform)
    if had is not None and trial.name not in had:
        return Check(_WALL, trial.name, "does not apply", f"{sys.platform} has no such wall")
    if trial.crossed:
        remedy = _REMEDIES.get(trial.name, UNEXPLAINED)
        return Check(_WALL, trial.name, "missing", trial.detail, remedy)
    return Check(_WALL, trial.name, "stands", trial.detail)


def attempt(outside: Outside, *, confined: bool) -> list[Trial]:
    """Try to get out of a worker process, or where not `confined` out of any; nothing if it died.

    A process that is not confined gets this one's environment and an open descriptor, too.
    """
    with tempfile.TemporaryDirectory(prefix="cloche-doctor-") as inside:
        trials = _run(_plan(outside, Path(inside), confined=confined, outlive=False), confined)
        if trials and sys.platform != "win32":
            plan = _plan(outside, Path(inside), confined=confined, outlive=True)
            trials.append(_outlive(plan, confined))
    return trials


def _plan(outside: Outside, inside: Path, *, confined: bool, outlive: bool) -> Plan:
    return Plan(
        confined=confined,
        readable=[str(outside.readable)],
        writable=[str(inside)],
        file_bytes=_FILE_BYTES,
        secret=str(outside.secret),
        outside=str(outside.folder),
        home=str(Path.home()),
        tcp_port=outside.tcp_port,
        unix_socket=outside.unix_socket,
        # What Python sets for itself, where the locale is C.
        variables=[*worker_environment(), "LC_CTYPE"],
        parent=os.getpid(),
        secret_address=ctypes.addressof(_SECRET),
        secret_bytes=len(_SECRET),
        outlive=outlive,
    )


_SECRET = ctypes.create_string_buffer(b"in memory")


def _start(confined: bool, inherited: Sequence[int]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        worker_command("cloche.workers.trials"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=worker_environment() if confined else None,
        pass_fds=inherited,
        start_new_session=True,
    )


def _run(plan: Plan, confined: bool) -> list[Trial]:
    with Path(plan.secret).open("rb") as secret:
        inherited = [] if confined or sys.platform == "win32" else [secret.fileno()]
        with _start(confined, inherited) as process:
            try:
                said, _ = process.communicate(_encoded(plan), timeout=_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                said, _ = process.communicate()
    return [Trial(**json.loads(line)) for line in said.splitlines()]


def _outlive(plan: Plan, confined: bool) -> Trial:
    """Return whether a process lived on when its parent had ended."""
    with _start(confined, []) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(_encoded(plan))
        process.stdin.close()
        first = process.stdout.readline()
        if not first:
            return Trial(OUTLIVE, crossed=False, detail="it never lived")
        pid = int(json.loads(first)["detail"])
        with suppress(subprocess.TimeoutExpired):
            process.stdin = None
            process.communicate(timeout=_OUTLIVE_SECONDS)  # until nobody holds the other end
            return Trial(OUTLIVE, crossed=False, detail="the kernel killed it")
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return Trial(OUTLIVE, crossed=True, detail=f"lived for {_OUTLIVE_SECONDS:g} s and longer")


def _encoded(plan: Plan) -> bytes:
    return json.dumps(asdict(plan)).encode()
