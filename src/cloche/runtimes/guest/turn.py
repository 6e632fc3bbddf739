"""One turn: fetch the code, run it in the user's `__main__`, report."""

import builtins
import types
from collections.abc import Callable
from types import CodeType, ModuleType

from . import (
    clocks,
    descriptors,
    display,
    events,
    figures,
    interpreter,
    reserve,
    signals,
    source,
    tracebacks,
    wire,
)
from .clip import clip
from .pictures import gallery
from .streams import console

_CO_COROUTINE = 0x80
# Made beforehand, for the turn that leaves no memory to make a report with.
_BARE_REPORT = {
    "status": "error",
    "result": None,
    "error": {
        "type": "MemoryError",
        "message": "the turn ended, but its report could not be made",
        "traceback": "MemoryError: the turn ended, but its report could not be made\n",
        "line": None,
    },
    "stdout_tail": "",
    "stderr_tail": "",
    "stdout_cut": 0,
    "stderr_cut": 0,
    "truncated": True,
    "full_output_path": None,
}


def fresh_main() -> ModuleType:
    """A user's module as a session begins with it."""
    main = types.ModuleType("__main__")
    main.__dict__["__builtins__"] = builtins
    return main


main = fresh_main()
turns_run = 0


def turn() -> None:
    """Run one turn: from the host's request to exactly one report."""
    global turns_run
    signals.begin()
    request = wire.request()
    turns_run += 1
    report = _BARE_REPORT
    try:
        report = _serve(request)
    except BaseException:  # noqa: BLE001 - whatever fails, the host gets its report
        signals.armed = False
        reserve.release()
    finally:
        signals.listening = False
        try:
            interpreter.leave()
            # From here on the memory may be saved: what a restore needs is in it. Not after a
            # rehearsal: to ask for a descriptor starts threads in the host, which a fork loses.
            if request["turn"] > 0:
                descriptors.note()
                clocks.note()
        finally:
            wire.finish(report, _BARE_REPORT)


def _serve(request: dict) -> dict:
    reserve.refill()
    number, text_bytes = request["turn"], request["text_bytes"]
    console.begin(number, text_bytes, request["spool_bytes"])
    gallery.begin(number, request["image_bytes"], request["displays"])
    interpreter.enter(main)
    value, error = _guarded(_run, request["code"], number)
    text = None
    if error is None and value is not None:
        text, error = _guarded(display.result, value)
        main.__dict__["_"] = value
    del value
    if not signals.interrupted:
        _, late = _guarded(figures.capture_open)
        error = error or late
    if signals.interrupted:
        # What is not drawn by now would be drawn by the next turn.
        _guarded(figures.close_open)
    gallery.end()
    return _report(text, error, source.filename_of(number), text_bytes)


def _guarded(step: Callable, *args: object) -> tuple[object, BaseException | None]:
    # The only place where user code runs: an interrupt ends it, and all it raises stops here.
    value, error = None, None
    try:
        signals.armed = True
        if signals.due:
            signals.raise_due()
        value = step(*args)
        signals.armed = False
    except BaseException as raised:  # noqa: BLE001
        signals.armed = False
        error = raised
        if issubclass(type(raised), MemoryError):
            reserve.release()
    while True:
        try:
            interpreter.untrace()
        except BaseException:  # noqa: BLE001, S112 - a tracer that raises is removed by that
            continue
        return value, error


def _run(code: str, number: int) -> object:
    program = source.prepare(code, number)
    parts = [part for part in (program.body, program.last) if part is not None]
    if any(part.co_flags & _CO_COROUTINE for part in parts):
        value = events.run(_run_awaiting(parts))
    else:
        value = None
        for part in parts:
            value = _evaluate(part)
    return None if program.last is None or program.silent else value


def _evaluate(part: CodeType) -> object:
    names = main.__dict__
    # Where a name space has no builtins, eval() would put our own into it.
    names.setdefault("__builtins__", builtins)
    names.setdefault("__name__", "__main__")
    return eval(part, names)  # noqa: S307


async def _run_awaiting(parts: list[CodeType]) -> object:
    value = None
    for part in parts:
        value = _evaluate(part)
        if part.co_flags & _CO_COROUTINE:
            value = await value
    return value


def _report(text: str | None, error: BaseException | None, filename: str, text_bytes: int) -> dict:
    status, shown_error, truncated = "ok", None, False
    if error is not None and not _is_clean_exit(error):
        status = "error"
        if signals.interrupted and issubclass(type(error), KeyboardInterrupt):
            status = "interrupted"
        shown_error, truncated = _describe(error, filename, text_bytes)
    # From here on an interrupt comes too late.
    signals.listening = False
    console.end()
    if text is not None:
        whole = text
        text, cut = clip(whole, text_bytes)
        if cut:
            truncated = True
            console.spool.open()
            console.spool.put(whole.encode("utf-8", "backslashreplace"))
    stdout_tail, stdout_cut = console.stdout.end()
    stderr_tail, stderr_cut = console.stderr.end()
    return {
        "status": status,
        "result": text,
        "error": shown_error,
        "stdout_tail": stdout_tail,
        "stderr_tail": stderr_tail,
        "stdout_cut": stdout_cut,
        "stderr_cut": stderr_cut,
        "truncated": truncated or stdout_cut > 0 or stderr_cut > 0,
        "full_output_path": console.spool.end(),
    }


def _describe(error: BaseException, filename: str, text_bytes: int) -> tuple[dict, bool]:
    shown, failure = _guarded(tracebacks.describe, error, filename, text_bytes)
    if failure is not None and not signals.interrupted:
        # Perhaps for want of a builtin that user code took away.
        interpreter.leave()
        shown, failure = _guarded(tracebacks.describe, error, filename, text_bytes)
    return shown if failure is None else (tracebacks.bare(error), False)


def _is_clean_exit(error: BaseException) -> bool:
    # By type: isinstance() asks the exception for its class, and that is user code.
    if not issubclass(type(error), SystemExit):
        return False
    code = SystemExit.code.__get__(error)
    return code is None or (type(code) in (int, bool) and code == 0)
