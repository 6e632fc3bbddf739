"""Replacements for what would hang, or would fail without saying why."""

import _sitebuiltins
import _socket
import builtins
import concurrent.futures.thread
import os
import sys
import time
import warnings

import PIL.Image

from . import events, libc, notebook, seeds, waiting
from .display import display
from .streams import console, stderr, stdout

_sleep = time.sleep
_os_exit, _os_abort = os._exit, os.abort
_set_recursion_limit = sys.setrecursionlimit
# Unwinding takes the machine's stack, and a guest whose stack overflows is lost.
_DEEPEST = 100_000


def install() -> None:
    """Put the replacements where user code looks for the originals."""
    events.install()
    libc.install()
    notebook.install()
    seeds.install()
    waiting.install()
    time.sleep = sleep
    os._exit, os.abort = _exit, abort
    sys.setrecursionlimit = setrecursionlimit
    builtins.input = input
    builtins.display = display
    # The reactor's own would end the session, where a turn is meant.
    builtins.exit = _sitebuiltins.Quitter("exit", "Ctrl-D")
    builtins.quit = _sitebuiltins.Quitter("quit", "Ctrl-D")
    sys.breakpointhook = breakpointhook
    concurrent.futures.thread.ThreadPoolExecutor.submit = submit
    _socket.getaddrinfo = getaddrinfo
    PIL.Image._show = display
    # tqdm works without its monitor thread, and says at length that it has none.
    warnings.filterwarnings("ignore", "tqdm:disabling monitor support")


def sleep(seconds: float, /) -> None:
    """Delay execution for a given number of seconds."""
    console.drain()
    _sleep(seconds)


def _exit(status: int) -> None:
    """Exit to the system with specified status, without normal exit processing."""
    console.drain()
    _os_exit(status)


def abort() -> None:
    """Abort the interpreter immediately."""
    console.drain()
    _os_abort()


def setrecursionlimit(limit: int, /) -> None:
    """Set the maximum depth of the Python interpreter stack, to 100000 at most."""
    _set_recursion_limit(min(limit, _DEEPEST))


sleep.__module__, setrecursionlimit.__module__ = "time", "sys"


def input(prompt: object = "", /) -> str:
    """Fail: there is nobody to type."""
    stdout.write(str(prompt))
    console.drain()
    raise EOFError("input() has nobody to answer it here; put the value into the code")


def breakpointhook(*_: object, **__: object) -> None:
    """Go on: there is nobody to debug."""
    stderr.write("breakpoint() was passed over: there is no debugger to talk to here\n")


def submit(executor: object, fn: object, /, *args: object, **kwargs: object) -> object:
    """Run the call now, in place of a thread, and return its finished future."""
    with executor._shutdown_lock:
        if executor._shutdown:
            raise RuntimeError("cannot schedule new futures after shutdown")
    future = concurrent.futures.Future()
    future.set_running_or_notify_cancel()
    try:
        future.set_result(fn(*args, **kwargs))
    except Exception as error:  # noqa: BLE001 - it belongs to whoever asks for the result
        future.set_exception(error)
    return future


def getaddrinfo(host: object, *_: object, **__: object) -> list:
    """Fail as a resolver without network does."""
    raise _socket.gaierror(_socket.EAI_FAIL, f"this sandbox has no network to find {host!r} in")
