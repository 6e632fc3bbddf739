"""Waiting where there is one thread: nothing else can end a wait.

A wait with a timeout lasts that long; one without is refused, where the interpreter would trap.
"""

import queue
import threading
import time

_FOREVER = (
    "this would wait for ever: this sandbox has no threads, so nothing else runs that could end it"
)
_allocate = threading._allocate_lock


class Lock:
    """A lock as `threading.Lock` makes it."""

    def __init__(self) -> None:
        self._inner = _allocate()
        self.release, self.locked = self._inner.release, self._inner.locked
        self.release_lock, self.locked_lock = self.release, self.locked

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Acquire the lock; False when it is held, and not released in time."""
        if not blocking:
            return self._inner.acquire(False, timeout)
        return self._inner.acquire(False) or _wait(None if timeout == -1 else timeout)

    acquire_lock = acquire

    def __enter__(self) -> bool:
        return self._inner.acquire(False) or _wait(None)

    def __exit__(self, *_: object) -> None:
        self._inner.release()

    def _at_fork_reinit(self) -> None:
        self._inner._at_fork_reinit()

    def __repr__(self) -> str:
        return repr(self._inner).replace("_thread.lock", "threading.Lock")


Lock.__module__ = "threading"


def wait(self: threading.Condition, timeout: float | None = None) -> bool:
    """Wait until notified or until a timeout occurs."""
    if not self._is_owned():
        raise RuntimeError("cannot wait on un-acquired lock")
    return _wait(timeout)


def _wait(timeout: float | None) -> bool:
    if timeout is None:
        raise RuntimeError(_FOREVER)
    time.sleep(max(0.0, timeout))
    return False


def install() -> None:
    """Put these where user code looks for the originals."""
    threading.Lock = Lock
    threading.Condition.wait = wait
    # In Python, and so made of the above.
    queue.SimpleQueue = queue._PySimpleQueue
