"""The second wall: what a worker process gives up before it runs anything of a guest's."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys

if sys.platform != "win32":
    import resource

    # Loaded before the fork, because every page that a worker touches first costs it 4 µs.
    _libc = ctypes.CDLL(None, use_errno=True)

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38

_OPEN_FILES = 256


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent goes; Linux only.

    Elsewhere the closed channel does the same, some microseconds later.
    """
    if sys.platform == "linux":
        parent = os.getppid()
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(0)


def confine() -> None:
    """Drop what a worker never needs: core dumps, many descriptors, new privileges."""
    if sys.platform == "win32":
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(_OPEN_FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, wanted))
    if sys.platform == "linux":
        _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def silence_streams(*, keep: int = -1) -> None:
    """Point descriptors 0, 1 and 2 to nowhere, but for `keep`."""
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        if fd != keep:
            with contextlib.suppress(OSError):
                os.dup2(null, fd)
    if null > 2:
        os.close(null)


def _prctl(option: int, argument: int) -> None:
    if _libc.prctl(option, argument, 0, 0, 0) != 0:
        errno = ctypes.get_errno()
        raise OSError(errno, f"prctl({option}): {os.strerror(errno)}")
