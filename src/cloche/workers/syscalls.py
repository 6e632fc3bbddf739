"""Calls to the system and the C library that Python has no name for."""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from typing import NoReturn

# Loaded before any fork, because every page that a worker touches first costs it 4 µs.
if sys.platform != "win32":
    _libc = ctypes.CDLL(None, use_errno=True)
    _libc.syscall.restype = ctypes.c_long
    _libc.syscall.argtypes = [ctypes.c_long] * 5

_M_ARENA_MAX = -8

_CAPABILITIES = struct.Struct("=6I")  # effective, permitted, inheritable; twice, for 64 bits
_CAPABILITIES_OF_SELF = struct.pack("=Ii", 0x20080522, 0)  # version of the structure, process


def call(number: int, first: int = 0, second: int = 0, third: int = 0, fourth: int = 0) -> int:
    """Make the system call and return its result. Raises OSError."""
    assert sys.platform != "win32"
    result: int = _libc.syscall(number, first, second, third, fourth)
    if result < 0:
        _fail(f"system call {number}")
    return result


def prctl(option: int, *arguments: int) -> int:
    """Call `prctl`. Raises OSError."""
    assert sys.platform != "win32"
    padded = (*arguments, 0, 0, 0, 0)[:4]
    result: int = _libc.prctl(option, *map(ctypes.c_ulong, padded))
    if result < 0:
        _fail(f"prctl({option})")
    return result


def keep_capabilities(kept: int) -> None:
    """Drop for good every capability of this thread that is not in the mask. Raises OSError."""
    assert sys.platform != "win32"
    data = ctypes.create_string_buffer(_CAPABILITIES.size)
    if _libc.capget(_CAPABILITIES_OF_SELF, data) != 0:
        _fail("capget")
    _, permitted, *_ = _CAPABILITIES.unpack(data.raw)
    left = permitted & kept
    held = _CAPABILITIES.pack(left, left, 0, 0, 0, 0)
    if _libc.capset(_CAPABILITIES_OF_SELF, held) != 0:
        _fail("capset")


def share_heap() -> None:
    """Have the threads that are made from now on use one heap (glibc): what one frees serves all.

    They hold Python's lock most of the time, so they hardly ever wait for that of the heap.
    """
    if sys.platform == "linux" and hasattr(_libc, "mallopt"):
        _libc.mallopt(_M_ARENA_MAX, 1)


def trim_memory() -> None:
    """Give memory that was freed back to the system, where the C library can (glibc)."""
    if sys.platform == "linux" and hasattr(_libc, "malloc_trim"):
        _libc.malloc_trim(0)


def address(data: bytes) -> int:
    """Return where `data` lies; it must outlive the call that gets it."""
    return ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p).value or 0


def _fail(what: str) -> NoReturn:
    errno = ctypes.get_errno()
    raise OSError(errno, f"{what}: {os.strerror(errno)}")
