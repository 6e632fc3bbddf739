"""Building: the two long steps of a preparation, run by a leashed child process.

    python -I -m cloche.runtimes.preparation.build compile SOURCE TARGET
    python -I -m cloche.runtimes.preparation.build widen SOURCE TARGET
    python -I -m cloche.runtimes.preparation.build warm MODULE STDLIB MPL_DATA IMAGE INFO

It writes JSON lines: `{"calibration_cpu_seconds": …}` once before compiling, `{"cpu_seconds": …}`
twice a second, and at the end `{"done": true}` or `{"error": …, "reason": …}`.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from cloche.errors import PreparationFailed
from cloche.runtimes.preparation.child import leash
from cloche.runtimes.preparation.layers import DISK_FULL

_SAY_EVERY_SECONDS = 0.5

_CALIBRATION_FUNCTIONS = 160
_CALIBRATION_ROUNDS = 2
"""One round takes some 0.2 CPU-seconds, and on a busy machine differs by a third from the next."""


def main(arguments: list[str]) -> int:
    """Do one step; return the exit status."""
    leash()
    say = _take_stdout()
    try:
        match arguments:
            case ["compile" | "widen" as step, source, target]:
                say({"calibration_cpu_seconds": _calibrate()})
                _count_while(lambda: _compile(step, Path(source), Path(target)), say)
            case ["warm", *paths]:
                _count_while(lambda: _warm(*map(Path, paths)), say)
            case _:
                say({"error": f"unknown step {arguments!r}", "reason": "failed"})
                return 2
    except PreparationFailed as error:
        say({"error": str(error), "reason": _reason(error)})
        return 1
    except Exception as error:  # noqa: BLE001 - a process edge: the parent tells it on
        traceback.print_exc()
        say({"error": f"{type(error).__name__}: {error}", "reason": _reason(error)})
        return 1
    say({"done": True})
    return 0


def calibration_module() -> str:
    """Return a module, as text, whose compilation costs about what a function of the runtime does.

    Loops over integers, floats and memory, in as many functions as keep every core busy.
    """
    steps = "\n".join(
        f"""
        (local.set $a (i32.add (i32.load (i32.and (local.get $a) (i32.const 65532)))
                               (i32.const {step * 7 + 1})))
        (if (i32.lt_u (local.get $a) (i32.const {step * 1009}))
          (then (local.set $x (f64.mul (local.get $x) (f64.convert_i32_s (local.get $a)))))
          (else (local.set $b (i64.xor (local.get $b) (i64.extend_i32_u (local.get $a))))))
        (i64.store (i32.const {step * 8}) (i64.rotl (local.get $b) (i64.const {step % 61 + 1})))"""
        for step in range(24)
    )
    functions = "\n".join(
        f"""
  (func (export "f{number}") (param $a i32) (param $n i32) (result f64)
    (local $b i64) (local $x f64)
    (local.set $b (i64.const {number}))
    (loop $again
      {steps}
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $again (local.get $n)))
    (f64.add (local.get $x) (f64.convert_i64_s (local.get $b))))"""
        for number in range(_CALIBRATION_FUNCTIONS)
    )
    return f"(module (memory 1)\n{functions})"


def _reason(error: BaseException) -> Literal["memory", "disk", "failed"]:
    """Tell what a person can mend from what is wrong here."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, MemoryError):
            return "memory"
        if isinstance(cause, OSError) and cause.errno in DISK_FULL:
            return "disk"
        cause = cause.__cause__
    return "failed"


def _calibrate() -> float:
    """Return the processor time that a known module takes to compile on this machine."""
    import wasmtime

    from cloche.engine.module import new_engine

    binary = bytes(wasmtime.wat2wasm(calibration_module()))
    engine = new_engine()
    started = time.process_time()
    for _ in range(_CALIBRATION_ROUNDS):
        wasmtime.Module(engine, binary)
    return (time.process_time() - started) / _CALIBRATION_ROUNDS


def _compile(step: str, source: Path, target: Path) -> None:
    from cloche.engine.module import compile_module

    module = source.read_bytes()
    if step == "widen":
        from cloche.runtimes.integers.edits import widen

        module = widen(module)
    compile_module(module, target)


def _warm(module: Path, stdlib: Path, mpl_data: Path, image: Path, info: Path) -> None:
    from cloche.runtimes.preparation.warming import make_image
    from cloche.runtimes.python import PythonFiles

    make_image(PythonFiles(module=module, stdlib=stdlib, mpl_data=mpl_data), image, info)


def _take_stdout() -> Callable[[dict[str, object]], None]:
    """Keep stdout for messages; whatever else is printed goes to stderr."""
    channel = os.dup(1)
    os.dup2(2, 1)
    lock = threading.Lock()  # a message is one line, whichever thread says it

    def say(message: dict[str, object]) -> None:
        line = json.dumps(message).encode() + b"\n"
        with lock:
            while line:
                line = line[os.write(channel, line) :]

    return say


def _count_while(work: Callable[[], None], say: Callable[[dict[str, object]], None]) -> None:
    """Say the processor time spent since now, until `work` is done."""
    started, finished = time.process_time(), threading.Event()

    def count() -> None:
        while not finished.wait(_SAY_EVERY_SECONDS):
            say({"cpu_seconds": time.process_time() - started})

    counter = threading.Thread(target=count)
    counter.start()
    try:
        work()
    finally:
        finished.set()
        counter.join()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
