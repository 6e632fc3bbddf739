"""An exception as a client sees it: type, message, traceback, line; no frame of ours."""

import traceback

from .clip import clip
from .hints import hint_for

_TracebackException = traceback.TracebackException
_OURS = "<cloche>/"
# Formatting costs 0.15 ms a frame, folded or not.
_MOST_FRAMES = 1200
_SITE_IS_OFF = ". Site initialization is disabled"


def describe(error: BaseException, filename: str, text_bytes: int) -> tuple[dict, bool]:
    """The report's error object for what left the code named `filename`; whether text was cut."""
    report = bare(error)
    if issubclass(type(error), SyntaxError) and error.filename == filename:
        line, message = error.lineno, str(error.msg)
    else:
        line, message = _line_of(error, filename), str(error)
    report["line"] = line if type(line) is int else None
    report["message"], cut = clip(message, text_bytes)
    report["traceback"], also_cut = clip(_format(error, filename), text_bytes)
    return report, cut or also_cut


def bare(error: BaseException) -> dict:
    """The error object when nothing but the exception's type can be trusted."""
    name = type.__dict__["__name__"].__get__(type(error))
    message = "the exception could not be shown"
    traceback = f"{name}: {message}\n"
    return {"type": name[:200], "message": message, "traceback": traceback, "line": None}


def _line_of(error: BaseException, filename: str) -> int | None:
    line, step = None, error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == filename:
            line = step.tb_lineno
        step = step.tb_next
    return line


def _format(error: BaseException, filename: str) -> str:
    shown = _TracebackException(type(error), error, error.__traceback__, compact=True)
    stack = shown.stack
    # What comes before the code itself is the machinery that ran it: our frames, or the event loop.
    start = next((i for i, frame in enumerate(stack) if frame.filename == filename), 0)
    del stack[:start]
    if len(stack) > _MOST_FRAMES:
        left_out = len(stack) - _MOST_FRAMES
        half = _MOST_FRAMES // 2
        gap = traceback.FrameSummary("...", 0, f"<{left_out} frames left out>", line="")
        stack[half:-half] = [gap]
    _strip(shown, set())
    # The library does lie in a zip, and that is no mistake of anybody's.
    shown._str = str(shown._str).partition(_SITE_IS_OFF)[0]
    hint = hint_for(error)
    if hint:
        shown.__notes__ = [*(shown.__notes__ or ()), hint]
    return "".join(shown.format())


def _strip(shown: traceback.TracebackException | None, seen: set[int]) -> None:
    if shown is None or id(shown) in seen:
        return
    seen.add(id(shown))
    shown.stack[:] = [frame for frame in shown.stack if not frame.filename.startswith(_OURS)]
    for other in (shown.__cause__, shown.__context__, *(shown.exceptions or ())):
        _strip(other, seen)
