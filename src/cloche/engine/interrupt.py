"""Signals from outside: raise a signal in a CPython guest while it runs.

CPython notes a signal by setting flags in its memory, which the evaluation loop looks at. The
host sets the same flags from another thread. Where they lie is found once, when the warm image is
made, from the debug-offsets table that CPython keeps in `_PyRuntime` under the cookie `xdebugpy`;
offsets that the table does not name are those of the pinned artifact, and the whole is proven by
interrupting a real loop before anything relies on it.
"""

from __future__ import annotations

import ctypes
import struct
from dataclasses import dataclass

SIGINT = 2
"""Becomes KeyboardInterrupt."""

SIGALRM = 14
"""Asks guest code to send on what it has buffered."""

_COOKIE = b"xdebugpy"

# CPython 3.15.0 for wasm32, relative to _PyRuntime, the interpreter and the thread state.
_HANDLERS = 1180
_HANDLER_BYTES = 8
_IS_TRIPPED = 1708
_INTERPRETERS_HEAD = 924
_THREADS_HEAD = 3696
_EVAL_BREAKER = 12

_SIGNALS_PENDING = 2


@dataclass(frozen=True)
class SignalAddresses:
    """Where the flags of one image's interpreter lie, as offsets into linear memory."""

    handlers: int
    is_tripped: int
    eval_breaker: int

    @property
    def thread(self) -> int:
        """Where the state of the interpreter's thread lies."""
        return self.eval_breaker - _EVAL_BREAKER


def find_addresses(memory: bytes) -> list[SignalAddresses]:
    """Return every place in `memory` that may be CPython's runtime state; proof is the caller's."""
    found: list[SignalAddresses] = []
    runtime = memory.find(_COOKIE)
    while runtime >= 0:
        try:
            interpreter = _word(memory, runtime + _INTERPRETERS_HEAD)
            thread = _word(memory, interpreter + _THREADS_HEAD)
            _word(memory, thread + _EVAL_BREAKER)
        except struct.error:
            interpreter = thread = 0
        if interpreter and thread:
            found.append(
                SignalAddresses(
                    handlers=runtime + _HANDLERS,
                    is_tripped=runtime + _IS_TRIPPED,
                    eval_breaker=thread + _EVAL_BREAKER,
                )
            )
        runtime = memory.find(_COOKIE, runtime + 1)
    return found


def _word(memory: bytes, offset: int) -> int:
    (value,) = struct.unpack_from("<I", memory, offset)
    return value


def trip(base: int, addresses: SignalAddresses, signal: int) -> None:
    """Raise `signal` in the guest whose memory begins at `base`; any thread may call this.

    The guest's own code may be writing the same word at the same instant; a lost flag costs one
    repetition, so callers repeat until the guest reacts.
    """
    _store(base + addresses.handlers + _HANDLER_BYTES * signal, 1)
    _store(base + addresses.is_tripped, 1)
    breaker = ctypes.c_uint32.from_address(base + addresses.eval_breaker)
    breaker.value |= _SIGNALS_PENDING


def is_pending(base: int, addresses: SignalAddresses, signal: int) -> bool:
    """Whether `signal` was raised and the guest has not met it yet."""
    flag = ctypes.c_uint32.from_address(base + addresses.handlers + _HANDLER_BYTES * signal)
    return flag.value != 0


def _store(address: int, value: int) -> None:
    ctypes.c_uint32.from_address(address).value = value
