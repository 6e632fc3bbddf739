"""Child processes that never outlive their parent, and can be ended at any time.

The child holds the reading end of a pipe as its stdin. When the parent closes the other end, or
dies in whatever way, the child reads the end of it and exits: no signal is involved, so it works
the same on every system. Run as a module with a command, this file holds a foreign program on
that leash.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, cast

from cloche.errors import ClocheError

Message = Mapping[str, object]
"""One JSON object that a child wrote as a line on its stdout."""

_TICK_SECONDS = 0.1
_END_SECONDS = 5.0
_LINE_BYTES = 64 * 1024
_TAIL_LINES = 40


class PreparationStopped(ClocheError):
    """The preparation was told to stop; what it had finished is kept, so it can go on later."""


@dataclass(frozen=True)
class Ended:
    """How a child ended."""

    code: int
    """Exit status, or minus the number of the signal that killed it."""

    stderr: str
    """The last lines that it wrote to stderr."""


def check_stop(stop: threading.Event | None) -> None:
    """Raise `PreparationStopped` when `stop` is set."""
    if stop is not None and stop.is_set():
        raise PreparationStopped("the preparation of the runtime was stopped; start it again")


def run_child(
    command: Sequence[str],
    *,
    on_message: Callable[[Message], None],
    on_tick: Callable[[], None],
    stop: threading.Event | None,
    environment: Mapping[str, str] | None = None,
) -> Ended:
    """Run a leashed command to its end; `on_tick` is called about ten times a second.

    Both callbacks run on the calling thread. When one of them raises, or `stop` is set
    (`PreparationStopped`), the child is ended before the exception goes on.
    """
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    tail: deque[bytes] = deque(maxlen=_TAIL_LINES)
    readers = [
        threading.Thread(target=_read_lines, args=(process.stdout, lines.put), daemon=True),
        threading.Thread(target=_read_lines, args=(process.stderr, tail.append), daemon=True),
    ]
    for reader in readers:
        reader.start()
    try:
        while True:
            check_stop(stop)
            with contextlib.suppress(queue.Empty):
                line = lines.get(timeout=_TICK_SECONDS)
                if not line:
                    break
                if message := _parse(line):
                    on_message(message)
            on_tick()
        process.wait()
    finally:
        _end(process, readers)
    return Ended(process.returncode, b"".join(tail).decode("utf-8", "replace").strip())


def leash(on_end: Callable[[], None] = lambda: None) -> None:
    """End this process, after `on_end`, as soon as the parent closes stdin or is gone."""
    # Ctrl-C reaches every process of a terminal; the parent decides what becomes of this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def hold() -> None:
        with contextlib.suppress(OSError):
            # Not sys.stdin: its lock would still be held when the interpreter shuts down.
            while os.read(0, 1):
                pass
        on_end()
        os._exit(1)

    threading.Thread(target=hold, daemon=True).start()


def _read_lines(pipe: IO[bytes], put: Callable[[bytes], None]) -> None:
    """Pass on every line of the pipe, and an empty one at its end."""
    with contextlib.suppress(OSError, ValueError):
        while line := pipe.readline(_LINE_BYTES):
            put(line)
    put(b"")


def _parse(line: bytes) -> Message | None:
    try:
        message = cast("object", json.loads(line))
    except ValueError:
        return None
    return cast("Message", message) if isinstance(message, dict) else None


def _end(process: subprocess.Popen[bytes], readers: Sequence[threading.Thread]) -> None:
    assert process.stdin is not None
    with contextlib.suppress(OSError):
        process.stdin.close()
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for reader in readers:
        reader.join(_END_SECONDS)
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def _main(command: Sequence[str]) -> int:
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)

    def end() -> None:
        process.kill()
        process.wait()

    leash(end)
    return process.wait()


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
