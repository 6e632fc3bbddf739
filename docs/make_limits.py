"""Make docs/LIMITS.md from the code: every limit, and what happens when it is reached."""

from __future__ import annotations

import textwrap
from pathlib import Path

from annotated_types import Ge, Gt, Le
from pydantic.fields import FieldInfo

from cloche.config import Settings
from cloche.config_http import HttpSettings
from cloche.limits import GIB, KIB, MIB, Fires, Limits

PAGE = Path(__file__).with_name("LIMITS.md")

_HEAD = """\
# Limits

<!-- Made by docs/make_limits.py from the code (`make docs`). Change the code, not this page. -->

Every limit is finite by default and none can be switched off. Each bounds one session, and no
session that reaches one is noticed by another or by the server. Failing code is an ordinary
outcome; with status `limit`, the outcome's `limit` names which one: `memory`, `disk` or `cpu`. The
error's message has the figures and the next step.

Set a limit by its variable, or from Python: `Cloche(limits=Limits(memory_bytes=2 * 1024**3))`.
Sizes are in bytes, times in seconds.
"""

_HTTP_HEAD = """\
## What a client may do over HTTP

With `cloche serve --transport http`. Errors are JSON; the connection stays open unless it says so.
"""

_FIXED_HEAD = """\
## Bounds that cannot be set
"""

_FIXED = {
    "Address space": "A guest is a 32-bit machine: 4 GiB, whatever `memory_bytes` says.",
    "Recursion": "The code gets RecursionError, from Python code and from C code (`repr` of "
    "nested lists, `json.loads` of nested brackets) alike. The guest's stack cannot be overrun.",
    "Nesting of code": "Code that is nested too deeply to be parsed gets MemoryError ('too complex "
    "to parse') or SyntaxError; with status error, because no memory would cure it.",
    "Threads and processes": "None. Asking for one raises an error that says so.",
    "Network": "None: no sockets.",
    "Standard input": "None: `input()` raises EOFError.",
    "Open files": "256 descriptors for each session, of which about 20 are taken. The code gets "
    "OSError ('I/O error'); other sessions have their own.",
    "A full disk": "When the host's own disk is full, the code gets OSError ('No space left on "
    "device'), and the server goes on.",
    "Requests of the guest to the host": "64 MiB each; a guest that sends more is ended.",
    "Start of a worker": "60 s; a worker that is not ready by then is killed and the call fails.",
}


def render() -> str:
    """Return the page."""
    parts = [_HEAD, "## What one session may use\n"]
    parts += [
        _section(f"limits__{name}", name, field) for name, field in Limits.model_fields.items()
    ]
    parts.append("## What the server may hold\n")
    parts += [
        _section(name, name, field)
        for name, field in Settings.model_fields.items()
        if _fires(field) is not None
    ]
    parts.append(_HTTP_HEAD)
    parts += [
        _section(f"http__{name}", name, field)
        for name, field in HttpSettings.model_fields.items()
        if _fires(field) is not None
    ]
    parts.append(_FIXED_HEAD)
    parts += [f"{_wrapped(f'- **{name}.** {text}', indent='  ')}" for name, text in _FIXED.items()]
    return "\n".join(parts) + "\n"


def _section(path: str, name: str, field: FieldInfo) -> str:
    fires = _fires(field)
    if fires is None:
        raise LookupError(f"{name} does not say what happens when it is reached: annotate Fires")
    default = _shown(name, field.default)
    facts = f"`CLOCHE_{path.upper()}`: {default} by default, {_range(name, field)}."
    return (
        f"### `{name}`\n\n{_wrapped(field.description or '')}\n\n{_wrapped(facts)}\n\n"
        f"{_wrapped(fires.text)}\n"
    )


def _fires(field: FieldInfo) -> Fires | None:
    return next((each for each in field.metadata if isinstance(each, Fires)), None)


def _range(name: str, field: FieldInfo) -> str:
    bounds = {
        type(each): _shown(name, float(str(getattr(each, type(each).__name__.lower()))))
        for each in field.metadata
        if isinstance(each, (Ge, Gt, Le))
    }
    low = f"above {bounds[Gt]}" if Gt in bounds else f"at least {bounds[Ge]}"
    return f"{low}, at most {bounds[Le]}" if Le in bounds else low


def _shown(name: str, value: float) -> str:
    if name.endswith("_seconds"):
        return f"{value:,.10g} s"
    whole = int(value)
    if not name.endswith("_bytes"):
        return f"{whole:,}"
    for size, unit in ((GIB, "GiB"), (MIB, "MiB"), (KIB, "KiB")):
        if whole and whole % size == 0:
            return f"{whole // size:,} {unit} ({whole})"
    return "1 byte" if whole == 1 else f"{whole:,} bytes"


def _wrapped(text: str, indent: str = "") -> str:
    return textwrap.fill(
        " ".join(text.split()),
        100,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
