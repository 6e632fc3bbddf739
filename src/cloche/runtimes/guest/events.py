"""asyncio without sockets: a loop whose selector only sleeps.

Nothing outside can wake the loop, so it needs no self-pipe; what would run in another thread
runs in place.
"""

import asyncio
import selectors
import time
from collections.abc import Callable, Coroutine
from typing import Any

_NOTHING_CAN_WAKE = (
    "everything here waits for something that can never happen: no task is ready or sleeps, "
    "and this sandbox has no threads and no network that could wake one"
)


class _Sleeper(selectors._BaseSelectorImpl):
    """A selector without files: to select is to sleep."""

    def select(self, timeout: float | None = None) -> list:
        if timeout is None:
            raise RuntimeError(_NOTHING_CAN_WAKE)
        # Looked up anew: the sleep that shows pending output first.
        time.sleep(max(0.0, timeout))
        return []


class Loop(asyncio.SelectorEventLoop):
    """The event loop of this sandbox."""

    def __init__(self) -> None:
        super().__init__(_Sleeper())

    def _make_self_pipe(self) -> None:
        self._internal_fds = 0

    def _close_self_pipe(self) -> None:
        pass

    def _write_to_self(self) -> None:
        pass

    def run_in_executor(
        self, executor: object, func: Callable[..., Any], *args: object
    ) -> asyncio.Future:
        """Run `func` now, in place."""
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - it belongs to whoever awaits the future
            future.set_exception(error)
        return future

    def add_signal_handler(self, sig: int, callback: Callable, *args: object) -> None:
        """Refuse: the signals here belong to the sandbox."""
        raise NotImplementedError("this sandbox has no signals for programs to handle")


_session_loop: Loop | None = None


def session_loop() -> Loop:
    """The loop that the session's tasks live in."""
    global _session_loop
    if _session_loop is None or _session_loop.is_closed():
        _session_loop = Loop()
    return _session_loop


def run(coroutine: Coroutine) -> object:
    """Run a turn's coroutine to its end, in the session's loop."""
    loop = session_loop()
    task = loop.create_task(coroutine)
    try:
        return loop.run_until_complete(task)
    except BaseException as error:
        if task.done():
            raise
        # The loop was interrupted, not the task: the traceback to show is where the task stood.
        task.cancel()
        try:
            loop.run_until_complete(task)
        except BaseException as stopped:  # noqa: BLE001
            raise error.with_traceback(stopped.__traceback__) from None
        raise


def install() -> None:
    """Make this loop the one that asyncio creates."""
    from asyncio import events, unix_events

    for module in (asyncio, unix_events):
        module.EventLoop = module.SelectorEventLoop = Loop
    policy = unix_events._UnixDefaultEventLoopPolicy
    policy._loop_factory = Loop
    # Without one of its own, code that asks for a loop gets that of the session, as in a notebook.
    policy.get_event_loop = lambda self: self._local._loop or session_loop()
    assert isinstance(events.new_event_loop(), Loop)
