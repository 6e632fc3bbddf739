"""The second wall: what a worker process gives up before it runs anything of a guest's.

It stands in two parts. What `give_up` takes is inherited, so a fork server does it once for all its
workers; `shut_in` knows the folders of one session. Each part of the wall that this system lacks is
left out, and `missing` names it: a wall must never keep a server from starting.

Linux has all of it. Windows has a job (`jobs`). macOS has limits only: its `sandbox_init` is
deprecated, and what it accepts is described nowhere.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Sequence

from cloche.workers import jobs, landlock, seccomp, syscalls

if sys.platform != "win32":
    import resource

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38

_OPEN_FILES = 256

_NOTHING_OF = ("RLIMIT_CORE", "RLIMIT_MEMLOCK", "RLIMIT_MSGQUEUE", "RLIMIT_NICE", "RLIMIT_RTPRIO")
"""Limits set to none. Not processes: the system counts those of the user, not of the worker."""

_CAP_DAC_OVERRIDE = 1 << 1
"""The one capability that a worker of root keeps: its folders may belong to somebody else."""


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent goes; Linux only.

    Elsewhere the closed channel does the same, some microseconds later.
    """
    if sys.platform == "linux":
        parent = os.getppid()
        syscalls.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(0)


def give_up() -> None:
    """Give up what no worker needs and every fork of this process inherits the want of.

    That is core dumps, many descriptors, locked memory, message queues, higher priorities, all
    ways to new privileges, and the system calls that `seccomp` denies a fork server too; on Windows
    other processes and the desktop. It also makes ready what `shut_in` needs.
    """
    if sys.platform == "win32":
        jobs.enter()
        return
    for name in _NOTHING_OF:
        kind: int | None = getattr(resource, name, None)
        if kind is not None:
            resource.setrlimit(kind, (0, 0))
    _lower(resource.RLIMIT_NOFILE, _OPEN_FILES)
    if sys.platform == "linux":
        landlock.prepare()
        with _where_possible():
            syscalls.prctl(_PR_SET_NO_NEW_PRIVS, 1)
        with _where_possible():
            syscalls.keep_capabilities(_CAP_DAC_OVERRIDE)
        if seccomp.available():
            with _where_possible():
                seccomp.install()


def shut_in(*, readable: Sequence[str], writable: Sequence[str], file_bytes: int) -> None:
    """Leave this process these files and folders, and no way to anything but its open channel.

    It can write no file past `file_bytes` (Python gets EFBIG), and on Linux open no other file,
    make no socket and no process, run no program and signal nobody. For good; call it after
    `give_up`, and before there is a second thread, which would not be bound by all of it.
    """
    if sys.platform == "win32":
        return
    _lower(resource.RLIMIT_FSIZE, file_bytes)
    if sys.platform == "linux":
        if abi := landlock.abi():
            with _where_possible():
                landlock.restrict(readable=[*readable, os.devnull], writable=writable, abi=abi)
        if seccomp.available():
            with _where_possible():
                seccomp.install_last()


def _where_possible() -> contextlib.suppress:
    """Go on without a part that the system turns out to refuse; `cloche doctor` finds that."""
    return contextlib.suppress(OSError)


def missing() -> list[str]:
    """Return the names of the parts that Linux can have and this one does not. Only asks."""
    if sys.platform != "linux":
        return []
    walls = {"landlock": landlock.abi() > 0, "seccomp": seccomp.available()}
    return [name for name, stands in walls.items() if not stands]


def silence_streams(*, keep: int = -1) -> None:
    """Point descriptors 0, 1 and 2 to nowhere, but for `keep`."""
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        if fd != keep:
            with contextlib.suppress(OSError):
                os.dup2(null, fd)
    if null > 2:
        os.close(null)


if sys.platform != "win32":

    def _lower(kind: int, most: int) -> None:
        """Set a limit, unless a lower one is set already."""
        _, hard = resource.getrlimit(kind)
        wanted = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (wanted, wanted))
