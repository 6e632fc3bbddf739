"""Clocks that never step back: WASI's monotonic clock begins at zero in every process.

While a session lives in one process its clocks are CPython's own. After a restore they are ours,
which go on from where the image was taken; the time that lay between does not count.
"""

import sys
import time
from collections.abc import Callable
from types import BuiltinFunctionType

_CLOCKS = ("monotonic", "perf_counter", "process_time")
_ORIGINALS = {getattr(time, name + unit): name + unit for name in _CLOCKS for unit in ("", "_ns")}
# Imported before any session begins, with clocks under names of their own.
_HOLDERS = ("time", "threading", "queue", "sched", "subprocess", "timeit")

_count = time.monotonic_ns  # all of them count the same
_ahead = 0  # what our clocks add
_reached = 0


def monotonic() -> float:
    """Monotonic clock, cannot go backward."""
    return (_count() + _ahead) / 1e9


def monotonic_ns() -> int:
    """Monotonic clock, cannot go backward, as nanoseconds."""
    return _count() + _ahead


def note() -> None:
    """Note how far the clocks have come, for an image that may be taken before the next turn."""
    global _reached
    _reached = _count() + _ahead


def resume(names: dict[str, object]) -> None:
    """Go on from where the image was taken; `names` are those of the session's code."""
    global _ahead
    _ahead = max(0, _reached - _count())
    if _ahead:
        for holder in (names, *(vars(sys.modules[n]) for n in _HOLDERS if n in sys.modules)):
            _replace_in(holder)


def _replace_in(names: dict[str, object]) -> None:
    for name, value in list(names.items()):
        # Only functions are looked up: comparing anything else may run code of its own.
        if type(value) is BuiltinFunctionType and value in _ORIGINALS:
            names[name] = _OURS[_ORIGINALS[value]]


def _as(name: str, clock: Callable) -> Callable:
    """A clock that calls itself as the one it stands for."""
    copy = type(clock)(clock.__code__, globals(), name)
    copy.__doc__, copy.__module__ = clock.__doc__, "time"
    return copy


_OURS = {
    name + unit: _as(name + unit, clock)
    for name in _CLOCKS
    for unit, clock in (("", monotonic), ("_ns", monotonic_ns))
}
