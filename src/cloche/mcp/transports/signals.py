"""Signals that ask a process to end."""

from __future__ import annotations

import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType

_ASKING = ("SIGTERM", "SIGINT", "SIGBREAK")  # the last one is Windows'


@contextmanager
def on_signals(act: Callable[[int], object]) -> Generator[None]:
    """Have the signals that ask a process to end call `act` with their number instead."""

    def handle(number: int, frame: FrameType | None) -> None:
        act(number)

    numbers = [getattr(signal, name) for name in _ASKING if hasattr(signal, name)]
    before = {number: signal.signal(number, handle) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
