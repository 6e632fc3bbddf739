"""What a guest sees of the system: its folders, its environment, and a sleep that can be woken."""

from __future__ import annotations

import contextlib
import os
import struct
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import wasmtime

_SUBSCRIPTION = struct.Struct("<QB7xI4xQQH6x")  # userdata, tag, clock id, timeout, precision, flags
_EVENT = struct.Struct("<QHB5xQH6x")  # userdata, errno, type, bytes at hand, flags

_TAG_CLOCK = 0
_CLOCK_REALTIME = 0
_FLAG_ABSOLUTE = 1
_ERRNO_SUCCESS = 0
_ERRNO_INVALID = 28

_MAX_SUBSCRIPTIONS = 1024
_MOST_RANDOM_BYTES = 1024 * 1024
_MOST_DESCRIPTORS = 256


@dataclass(frozen=True)
class Folder:
    """A folder of the host that a guest sees."""

    host: Path
    guest: str
    writable: bool


def wasi_config(
    folders: Sequence[Folder], environment: Mapping[str, str], stderr: Path | None
) -> wasmtime.WasiConfig:
    """Return a system interface with these folders and variables, and no standard streams.

    What is written to descriptor 2 goes to the file `stderr`, if one is named.
    """
    config = wasmtime.WasiConfig()
    if stderr is not None:
        config.stderr_file = str(stderr)
    config.env = list(environment.items())
    for folder in folders:
        config.preopen_dir(str(folder.host), folder.guest, folder.writable)
    return config


def descriptors_of(folder: Path) -> list[int]:
    """Return every descriptor of this process that stands for `folder`.

    A guest reaches its folders through descriptors that wasmtime opened when it was made.
    """
    wanted = folder.stat()
    found: list[int] = []
    for descriptor in range(3, _MOST_DESCRIPTORS):
        with contextlib.suppress(OSError):
            if os.path.samestat(os.fstat(descriptor), wanted):
                found.append(descriptor)
    return found


def point_at(descriptors: Sequence[int], folder: int) -> None:
    """Make the descriptors of one folder stand for that of `folder`, which is closed. POSIX only.

    This is how a guest that was copied by fork gets folders of its own.
    """
    for descriptor in descriptors:
        os.dup2(folder, descriptor)
    os.close(folder)


def open_folder(folder: Path) -> int:
    """Return a descriptor of a folder. POSIX only; raises OSError."""
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY)


def open_unlinked(folder: Path) -> int:
    """Return a descriptor of a folder by a path in which nothing is a link. Raises OSError.

    Linux only. Whoever swaps a part of the path for a link, be it meanwhile, gains nothing by it.
    """
    assert sys.platform == "linux"
    # O_PATH, because Landlock lets nobody read the folders above.
    step = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW
    *above, name = folder.parts
    descriptor: int | None = None
    try:
        for part in above:
            last, descriptor = descriptor, os.open(part, step, dir_fd=descriptor)
            if last is not None:
                os.close(last)
        return os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=descriptor)
    finally:
        if descriptor is not None:
            os.close(descriptor)


def random_bytes(write: Callable[[int, bytes], None], pointer: int, length: int) -> int:
    """Serve `random_get(pointer, length)`; returns a WASI errno.

    Asks the system each time: a generator in this process would be copied with it by fork, and
    two sessions would get the same secrets.
    """
    if length > _MOST_RANDOM_BYTES:
        return _ERRNO_INVALID
    write(pointer, os.urandom(length))
    return _ERRNO_SUCCESS


class Sleeper:
    """Replaces WASI's `poll_oneoff`, whose sleep nothing can end, by one that `wake` ends.

    A woken sleep answers as if its time had come: CPython then meets the signal that the waker
    has set. Any other answer reaches Python as an OSError.
    """

    def __init__(self) -> None:
        self._woken = threading.Event()
        self._guest_to_host_ns = 0

    def synchronise(self, guest_monotonic_ns: int) -> None:
        """Learn where the guest's monotonic clock stands: its zero is wasmtime's own."""
        self._guest_to_host_ns = time.monotonic_ns() - guest_monotonic_ns

    def wake(self) -> None:
        """End the sleep that runs now, or else the next one."""
        self._woken.set()

    def reset(self) -> None:
        """Forget a wake that met no sleep."""
        self._woken.clear()

    def poll(
        self,
        read: Callable[[int, int], bytes],
        write: Callable[[int, bytes], None],
        subscriptions: int,
        events: int,
        count: int,
        count_out: int,
    ) -> int:
        """Serve `poll_oneoff(subscriptions, events, count, count_out)`; returns a WASI errno."""
        if not 0 < count <= _MAX_SUBSCRIPTIONS:
            return _ERRNO_INVALID
        asked = list(_SUBSCRIPTION.iter_unpack(read(subscriptions, count * _SUBSCRIPTION.size)))
        # Files and streams of a guest are always ready; only clocks make it wait.
        ready = [(data, tag) for data, tag, *_ in asked if tag != _TAG_CLOCK]
        if not ready:
            waits = [self._seconds(clock, at, flags) for _, _, clock, at, _, flags in asked]
            first = min(waits)
            if self._woken.wait(min(max(first, 0.0), threading.TIMEOUT_MAX)):
                self._woken.clear()
            ready = [
                (data, tag)
                for (data, tag, *_), wait in zip(asked, waits, strict=True)
                if wait <= first
            ]
        answer = b"".join(_EVENT.pack(data, _ERRNO_SUCCESS, tag, 0, 0) for data, tag in ready)
        write(events, answer)
        write(count_out, struct.pack("<I", len(ready)))
        return _ERRNO_SUCCESS

    def _seconds(self, clock: int, timeout_ns: int, flags: int) -> float:
        if not flags & _FLAG_ABSOLUTE:
            return timeout_ns / 1e9
        if clock == _CLOCK_REALTIME:
            return (timeout_ns - time.time_ns()) / 1e9
        return (timeout_ns + self._guest_to_host_ns - time.monotonic_ns()) / 1e9
