"""Recursion of a CPython guest: how much of its stack the interpreter lets C code use.

CPython guards its stack by two addresses in the thread state: below the soft one it raises
RecursionError, below the hard one it gives up. For WASI it assumes a stack of 128 KiB; the guest's
has 16 MiB, so that a cached recursive function would end at 200 levels where other machines let
it go to the interpreter's own bound of 1000. Both addresses are moved once, when the warm image
is made, and code that recurses without end proves the new ones.
"""

from __future__ import annotations

import struct

_LIMITS = 0x310
"""Top of the stack, soft and hard limit: of CPython 3.15.0 for wasm32, in the thread state."""

_SOFT_BYTES, _HARD_BYTES = 112 * 1024, 120 * 1024
"""What CPython allows itself there."""

ALLOWED_BYTES = 8 * 1024 * 1024
"""What C code may use instead: half of the guest's stack. The native stack outlasts it."""

_MARGIN_BYTES = 64 * 1024


def raised(memory: bytes, thread: int) -> tuple[int, bytes] | None:
    """Return what to write where in `memory`, or None if the limits of `thread` are not there."""
    top, soft, hard = struct.unpack_from("<3I", memory, thread + _LIMITS)
    if (top - soft, top - hard) != (_SOFT_BYTES, _HARD_BYTES):
        return None
    soft = top - ALLOWED_BYTES
    return thread + _LIMITS, struct.pack("<3I", top, soft, soft - _MARGIN_BYTES)
