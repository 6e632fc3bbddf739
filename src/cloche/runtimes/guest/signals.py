"""When a signal of the host may act: SIGINT interrupts user code, SIGALRM is the tick.

The eval loop looks for signals when a call returns, at a function's start and at a loop's end.
So these flags are set by plain assignments, with no call between the end of user code and
the assignment: no signal can slip in there.
"""

import _signal
from collections.abc import Callable
from types import FrameType

listening = False  # from the turn's start to its final report
armed = False  # user code runs, and KeyboardInterrupt may be raised in it
held = False  # our own bookkeeping runs inside user code, and must not be torn
due = False  # an interrupt came while it could not be raised
interrupted = False  # an interrupt came during this turn
on_tick: Callable[[], None] = bool  # set to what shows pending output

_set_handler = _signal.signal


def install() -> None:
    """Make the host's signals ours, whatever user code made of them."""
    _set_handler(2, _interrupt)
    _set_handler(14, _tick)


def begin() -> None:
    """Start a turn: an interrupt that came for an earlier one no longer counts."""
    global listening, armed, held, due, interrupted
    armed = held = due = interrupted = False
    listening = True


def raise_due() -> None:
    """Raise the interrupt that had to wait."""
    global due
    due = False
    raise KeyboardInterrupt


def _interrupt(signum: int, frame: FrameType | None) -> None:
    global due, interrupted
    if not listening:
        return
    interrupted = True
    if armed and not held:
        raise KeyboardInterrupt
    due = True


def _tick(signum: int, frame: FrameType | None) -> None:
    if listening and not held:
        on_tick()
