"""Which pages of a guest's memory may have changed since it was looked at last.

Three ways, best first: the kernel tells which pages were written (Linux from 6.7 on: userfaultfd
in its asynchronous mode, and the ioctl PAGEMAP_SCAN), the kernel tells which pages are private
and their hashes tell which of those changed (any Linux), or the memory is compared with the image
it started from (every system).
"""

from __future__ import annotations

import contextlib
import ctypes
import mmap
import os
import struct
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

if sys.platform != "win32":
    import fcntl

PAGE_BYTES = 4096

Run = tuple[int, int]
"""Consecutive pages: the number of the first, and how many."""

_memcmp = (ctypes.cdll.msvcrt if sys.platform == "win32" else ctypes.CDLL(None)).memcmp
_memcmp.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)

_USERFAULTFD = {"x86_64": 323, "aarch64": 282}
"""Number of the system call, by machine."""

_USER_MODE_ONLY = 1
_UFFDIO_API = 0xC018AA3F
_API = 0xAA
_FEATURES = 1 << 13 | 1 << 15  # write protection of pages that are not there; asynchronous


class PageSet:
    """A set of page numbers: a byte for each page, because bytes are handled in native code."""

    def __init__(self, flags: bytes | bytearray = b"") -> None:
        self._flags = bytearray(flags)

    @classmethod
    def of(cls, runs: Iterable[Run]) -> PageSet:
        """Return the set of the pages in `runs`."""
        made = cls()
        for run in runs:
            made.add(run)
        return made

    def add(self, run: Run) -> None:
        """Put consecutive pages in."""
        start, count = run
        flags = self._flags
        if start > len(flags):
            flags += bytes(start - len(flags))
        flags[start : start + count] = b"\1" * count

    def remove(self, run: Run) -> None:
        """Take consecutive pages out."""
        start, count = run
        there = len(self._flags[start : start + count])
        self._flags[start : start + there] = bytes(there)

    def runs(self) -> list[Run]:
        """Return the pages in order, consecutive ones together."""
        return self.within((0, len(self._flags)))

    def within(self, run: Run) -> list[Run]:
        """Return those that lie in `run`."""
        at, end = run[0], min(run[0] + run[1], len(self._flags))
        find, found = self._flags.find, list[Run]()
        while (begin := find(1, at, end)) >= 0:
            at = find(0, begin, end)
            if at < 0:
                at = end
            found.append((begin, at - begin))
        return found

    def __or__(self, other: PageSet) -> PageSet:
        return self._made(self._number() | other._number())

    def __and__(self, other: PageSet) -> PageSet:
        return self._made(self._number() & other._number())

    def __sub__(self, other: PageSet) -> PageSet:
        return self._made(self._number() & ~other._number())

    def __contains__(self, page: int) -> bool:
        return page < len(self._flags) and self._flags[page] != 0

    def __len__(self) -> int:
        return self._flags.count(1)

    def _number(self) -> int:
        return int.from_bytes(self._flags, "little")

    def _made(self, number: int) -> PageSet:
        return PageSet(number.to_bytes((number.bit_length() + 7) // 8, "little"))


class Tracker(Protocol):
    """Tells changed pages. Call it between turns only."""

    def changed(self, size: int) -> PageSet:
        """Return what may have changed in the first `size` bytes of the memory.

        The first call tells what differs from the image that the memory was made of.
        """
        ...

    def settle(self, size: int) -> None:
        """Take the memory as it is now for unchanged."""
        ...


@dataclass(frozen=True)
class KernelNotes:
    """Where the kernel tells of written pages; None for what it does not have or not permit.

    Opened before a process gives up the right to. Each belongs to the process that opened it.
    """

    pagemap: int | None = None
    userfaultfd: int | None = None


def open_notes() -> KernelNotes:
    """Open what this system has."""
    if sys.platform != "linux" or mmap.PAGESIZE != PAGE_BYTES:
        return KernelNotes()
    try:
        pagemap = os.open("/proc/self/pagemap", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return KernelNotes()
    try:
        return KernelNotes(pagemap, _open_userfaultfd())
    except OSError:
        return KernelNotes(pagemap)


def new_tracker(address: int, base: Path, notes: KernelNotes) -> Tracker:
    """Return the best tracker that `notes` allow.

    `address` is the memory's, over which the image `base` is mapped.
    """
    if notes.pagemap is None:
        return HashedPages(ComparedPages(address, base), address)
    if notes.userfaultfd is not None:
        with contextlib.suppress(OSError):  # a kernel before 6.7
            return WrittenPages(address, notes.pagemap, notes.userfaultfd)
    return HashedPages(PrivatePages(address, notes.pagemap), address)


class Candidates(Protocol):
    """Tells pages that differ from the base image, or perhaps do."""

    def find(self, size: int) -> PageSet:
        """Return them."""
        ...


class HashedPages:
    """Tells the changed ones of pages that may have changed, by remembering a hash of each."""

    def __init__(self, candidates: Candidates, address: int) -> None:
        self._candidates = candidates
        self._address = address
        # 64 bits, keyed anew in each process: what the guest does cannot aim at a collision.
        self._hashes: dict[int, int] = {}
        self._known = PageSet()

    def changed(self, size: int) -> PageSet:
        """Return what may have changed since the last call."""
        changed = PageSet()
        known = self._hashes
        # A page that went back to what the base has is no candidate any more, and has changed.
        candidates = self._candidates.find(size) | self._known
        for start, count in candidates.runs():
            data = ctypes.string_at(self._address + start * PAGE_BYTES, count * PAGE_BYTES)
            for page in range(count):
                seen = hash(data[page * PAGE_BYTES : (page + 1) * PAGE_BYTES])
                if known.get(start + page) != seen:
                    known[start + page] = seen
                    changed.add((start + page, 1))
        self._known = candidates
        return changed

    def settle(self, size: int) -> None:
        """Take the memory as it is now for unchanged."""
        self.changed(size)


class ComparedPages:
    """Compares the memory with its base image: possible on every system, 0.2 ms a megabyte."""

    _BLOCK_BYTES = 16 * PAGE_BYTES

    def __init__(self, address: int, base: Path) -> None:
        self._address = address
        with base.open("rb") as file:
            # Private only because ctypes takes the address of what may be written alone.
            self._base = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
        self._base_address = ctypes.addressof(ctypes.c_char.from_buffer(self._base))
        self._zeros = ctypes.create_string_buffer(self._BLOCK_BYTES)

    def find(self, size: int) -> PageSet:
        """Return the blocks that differ from the base; beyond its end, from zeros."""
        found = PageSet()
        zeros = ctypes.addressof(self._zeros)
        for at in range(0, size, self._BLOCK_BYTES):
            old = self._base_address + at if at < len(self._base) else zeros
            if _memcmp(self._address + at, old, self._BLOCK_BYTES):
                found.add((at // PAGE_BYTES, self._BLOCK_BYTES // PAGE_BYTES))
        return found


class PrivatePages:
    """Reads from /proc/self/pagemap which pages of a private mapping were ever written."""

    _ENTRY_BYTES = 8
    # The highest byte of an entry: 0x80 present, 0x40 swapped out, 0x20 still the file's own.
    _IS_PRIVATE = bytes(
        1 if (top & 0x40 or (top & 0x80 and not top & 0x20)) else 0 for top in range(256)
    )

    def __init__(self, address: int, pagemap: int) -> None:
        self._first_entry = address // PAGE_BYTES * self._ENTRY_BYTES
        self._pagemap = pagemap

    def find(self, size: int) -> PageSet:
        """Return the pages that are private to this process."""
        length = size // PAGE_BYTES * self._ENTRY_BYTES
        entries = os.pread(self._pagemap, length, self._first_entry)
        return PageSet(entries[7 :: self._ENTRY_BYTES].translate(self._IS_PRIVATE))


class WrittenPages:
    """Has the kernel note written pages, and asks for them and forgets them in one call.

    To note the first write to a page costs the guest 4 µs. A turn writes to some 300 pages of the
    interpreter's own, always the same: so pages that were written in two turns running are taken
    for written in all, until that is learned anew.

    Sources: Documentation/admin-guide/mm/pagemap.rst and userfaultfd.rst of Linux 6.7.
    """

    _REGISTER = 0xC020AA00
    _MODE_WRITE_PROTECT = 2
    _MEMORY_BYTES = 1 << 32

    _PAGEMAP_SCAN = 0xC0606610
    _ARGUMENTS = struct.Struct("<12Q")
    _REGION_WORDS = 3
    _REGIONS = 1024
    _LONG = 64  # a run of so many pages is data, and never busy
    _RELEARN = 32
    _MANY = 128  # so many runs take longer one by one than all pages at once
    _FORGET = 1  # write-protects what is told, so that the next write is noted
    _WRITTEN, _FILE, _PRESENT, _SWAPPED, _ZERO = 2, 4, 8, 16, 32

    def __init__(self, address: int, pagemap: int, userfaultfd: int) -> None:
        """Raise OSError where the kernel does not have it."""
        self._address, self._pagemap = address, pagemap
        fcntl.ioctl(
            userfaultfd,
            self._REGISTER,
            struct.pack("<4Q", address, self._MEMORY_BYTES, self._MODE_WRITE_PROTECT, 0),
        )
        self._regions = (ctypes.c_uint64 * (self._REGION_WORDS * self._REGIONS))()
        self._scan(0, PAGE_BYTES, 0)
        self._calls = 0
        self._before = PageSet()
        self._busy = PageSet()

    def changed(self, size: int) -> PageSet:
        """Return the pages that were written since the last call, and those that always are."""
        self._calls += 1
        runs = self._scan(0, size, 0)
        written = PageSet.of(runs)
        data = PageSet.of(run for run in runs if run[1] >= self._LONG)
        self._busy = self._busy | ((written & self._before) - data)
        self._before = written
        once = (written - self._busy).runs()
        if self._calls % self._RELEARN == 0 or len(once) > self._MANY:
            self._busy = PageSet()
            self._scan(0, size, self._FORGET)
        else:
            for start, count in once:
                self._scan(start * PAGE_BYTES, (start + count) * PAGE_BYTES, self._FORGET)
        return written

    def settle(self, size: int) -> None:
        """Take the memory as it is now for unchanged."""
        self._scan(0, size, self._FORGET)

    def _scan(self, begin: int, end: int, flags: int) -> list[Run]:
        found: list[Run] = []
        regions = self._regions
        at, end = self._address + begin, self._address + end
        while at < end:
            arguments = bytearray(
                self._ARGUMENTS.pack(
                    self._ARGUMENTS.size,
                    flags,
                    at,
                    end,
                    0,
                    ctypes.addressof(regions),
                    self._REGIONS,
                    0,
                    self._FILE | self._ZERO,  # these two must not be set
                    self._WRITTEN | self._FILE | self._ZERO,
                    self._PRESENT | self._SWAPPED,
                    self._WRITTEN,
                )
            )
            count = fcntl.ioctl(self._pagemap, self._PAGEMAP_SCAN, arguments)
            at = self._ARGUMENTS.unpack(arguments)[4]
            words = regions[: count * self._REGION_WORDS]
            found += [
                ((start - self._address) // PAGE_BYTES, (stop - start) // PAGE_BYTES)
                for start, stop in zip(words[::3], words[1::3], strict=True)
            ]
        return found


def _open_userfaultfd() -> int:
    """Open one for this process's own faults, which needs no privilege. Raises OSError."""
    number = _USERFAULTFD.get(os.uname().machine)
    if number is None:
        raise OSError("userfaultfd has another number on this machine")
    libc = ctypes.CDLL(None, use_errno=True)
    opened = libc.syscall(number, os.O_CLOEXEC | os.O_NONBLOCK | _USER_MODE_ONLY)
    if opened < 0:
        errno = ctypes.get_errno()
        raise OSError(errno, f"userfaultfd: {os.strerror(errno)}")
    try:
        fcntl.ioctl(opened, _UFFDIO_API, struct.pack("<3Q", _API, _FEATURES, 0))
    except OSError:
        os.close(opened)
        raise
    return opened
