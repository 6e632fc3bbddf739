"""A guest: one live WebAssembly instance that runs turns and can be saved and restored."""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import wasmtime

from cloche.engine import image
from cloche.engine.calls import ToGuest, ToHost
from cloche.engine.module import Program
from cloche.engine.wasi import Folder, Sleeper, random_bytes, wasi_config
from cloche.errors import ImageRejected

HostCall = Callable[[bytes], bytes]
"""Answers `_host.call(request)` of the guest; an exception traps the guest."""

_WASI = "wasi_snapshot_preview1"

MAX_HOST_CALL_BYTES = 64 * 1024 * 1024
"""Largest request that a guest may hand to the host in one call."""


class GuestTrapped(Exception):
    """The guest's instance is dead: it trapped, or ended its own process."""

    def __init__(self, reason: str, *, exited: bool = False) -> None:
        super().__init__(reason)
        self.exited = exited
        """Whether it asked for its end."""


class GuestFault(Exception):
    """A pointer or length that the guest gave to the host lies outside its memory."""


class Guest:
    """One instance of a module. Not thread-safe: one thread runs it and makes every call here.

    Only `sleeper` and writes by address (see `interrupt`) may be used from another thread.
    """

    def __init__(
        self,
        program: Program,
        *,
        folders: Sequence[Folder],
        environment: Mapping[str, str],
        memory_bytes: int,
        host_call: HostCall,
        stderr: Path | None = None,
    ) -> None:
        """Instantiate `program`; `memory_bytes` bounds the growth of its memory."""
        self.sleeper = Sleeper()
        self._host_call = host_call
        self._store = wasmtime.Store(program.engine)
        self._store.set_wasi(wasi_config(folders, environment, stderr))
        self.limit_memory(memory_bytes)
        linker = wasmtime.Linker(program.engine)
        linker.define_wasi()
        linker.allow_shadowing = True
        self._served = {
            ("host", "call"): ToHost(self._serve_call, 4),
            (_WASI, "poll_oneoff"): ToHost(self._serve_poll, 4),
            (_WASI, "random_get"): ToHost(self._serve_random, 2),
        }
        for (space, name), served in self._served.items():
            linker.define(self._store, space, name, served.function(self._store))
        exports = linker.instantiate(self._store, program.module).exports(self._store)
        memory, turn, alloc = exports["memory"], exports["turn"], exports["host_alloc"]
        if (
            not isinstance(memory, wasmtime.Memory)
            or not isinstance(turn, wasmtime.Func)
            or not isinstance(alloc, wasmtime.Func)
        ):
            raise ImageRejected("the module does not export memory, turn and host_alloc")
        self._memory = memory
        self._known_bytes = 0
        self._turn = ToGuest(self._store, turn, 2)
        self._alloc = ToGuest(self._store, alloc, 1)
        # The whole 4 GiB are reserved, so growing never moves the base.
        self.address = ctypes.addressof(memory.data_ptr(self._store).contents)

    @property
    def memory_bytes(self) -> int:
        """Size of the linear memory; it never shrinks, so this is also its peak."""
        return self._memory.data_len(self._store)

    def limit_memory(self, memory_bytes: int) -> None:
        """Bound the growth of the memory from now on."""
        self._store.set_limits(memory_size=memory_bytes)

    def turn(self, source: str) -> int:
        """Run source text in the guest's `__main__`; 0 when it returned, 1 when it raised.

        Raises `GuestTrapped` when the instance died of it; then the guest is of no more use.
        """
        try:
            encoded = source.encode()
            return self._turn(self._place(encoded), len(encoded))
        except wasmtime.ExitTrap as trap:
            reason = f"the guest's process ended itself with code {trap.code}"
            raise GuestTrapped(reason, exited=True) from trap
        except (wasmtime.Trap, wasmtime.WasmtimeError) as trap:
            raised = [served.raised for served in self._served.values() if served.raised]
            reason = str(raised[0]) if raised else str(trap).splitlines()[0]
            raise GuestTrapped(reason) from trap

    def read(self, pointer: int, length: int) -> bytes:
        """Copy bytes out of the guest. Raises `GuestFault` outside its memory."""
        return ctypes.string_at(self.address + self._checked(pointer, length), length)

    def write(self, pointer: int, data: bytes) -> None:
        """Copy bytes into the guest. Raises `GuestFault` outside its memory."""
        ctypes.memmove(self.address + self._checked(pointer, len(data)), data, len(data))

    def save(self, path: Path) -> None:
        """Write the memory to a new file; call between turns only."""
        image.save_memory(self.address, self.memory_bytes, path)

    def restore(
        self, path: Path, *, size: int | None = None, copy: bool = not image.CAN_MAP
    ) -> None:
        """Make the memory what `save` wrote; `copy` reads instead of mapping it.

        `size` is what the file must have. Raises `ImageRejected` for a file that is no image for
        this guest.
        """
        try:
            found = path.stat().st_size
            missing = found - self.memory_bytes
            if found != (size or found) or found % image.PAGE_BYTES or missing < 0:
                raise ImageRejected(
                    f"{path.name} has {found} bytes, which is no image of this runtime"
                )
            self.grow_to(found)
            bring = image.copy_memory if copy else image.map_memory
            bring(self.address, found, path)
        except (OSError, wasmtime.WasmtimeError) as error:
            raise ImageRejected(f"{path.name} could not be restored: {error}") from error

    def grow_to(self, memory_bytes: int) -> None:
        """Make the memory so large, if it is smaller. Raises `ImageRejected` past its bound."""
        missing = memory_bytes - self.memory_bytes
        try:
            if missing > 0:
                self._memory.grow(self._store, missing // image.PAGE_BYTES)
        except wasmtime.WasmtimeError as error:
            raise ImageRejected(
                f"the image needs {memory_bytes} bytes of memory, and fewer are allowed"
            ) from error

    def _checked(self, pointer: int, length: int) -> int:
        # Memory only grows, so the size is asked for again only when the one known is too small.
        if pointer + length > self._known_bytes:
            self._known_bytes = self.memory_bytes
            if pointer + length > self._known_bytes:
                raise GuestFault(f"the guest named {length} bytes at {pointer}, outside its memory")
        return pointer

    def _place(self, data: bytes) -> int:
        pointer = self._alloc(len(data))
        self.write(pointer, data)
        return pointer

    def _serve_call(self, pointer: int, length: int, answer_out: int, length_out: int) -> int:
        if length > MAX_HOST_CALL_BYTES:
            raise GuestFault(f"the guest sent {length} bytes in one call to the host")
        answer = self._host_call(self.read(pointer, length))
        placed = self._place(answer) if answer else 0
        self.write(answer_out, struct.pack("<I", placed))
        self.write(length_out, struct.pack("<I", len(answer)))
        return 0

    def _serve_poll(self, subscriptions: int, events: int, count: int, count_out: int) -> int:
        return self.sleeper.poll(self.read, self.write, subscriptions, events, count, count_out)

    def _serve_random(self, pointer: int, length: int) -> int:
        return random_bytes(self.write, pointer, length)
