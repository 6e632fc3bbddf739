"""What user code may change for itself, but never for us: builtins, hooks, limits, `__main__`.

The reactor that begins each turn is Python code too, and uses the interpreter's builtins. So
between turns everything is as it was in the warm image; builtins and the recursion limit that
user code set come back when it runs again.
"""

import ast
import builtins
import linecache
import sys
from operator import is_
from types import ModuleType

from . import signals, streams

_modules = sys.modules
_builtins = vars(builtins)
_ours = dict(_builtins)
_main = _modules["__main__"]
_RECURSION_LIMIT = sys.getrecursionlimit()
_sys_attributes = ("displayhook", "excepthook", "unraisablehook", "breakpointhook", "modules")
_hooks: dict[str, object] = {}
_theirs: dict[str, object] | None = None
_their_limit = _RECURSION_LIMIT
_set_limit, _get_limit = sys.setrecursionlimit, sys.getrecursionlimit
_get_trace, _set_trace = sys.gettrace, sys.settrace
_get_profile, _set_profile = sys.getprofile, sys.setprofile
_reactor_lines = linecache._interactive_cache
# What the reactor imports and calls to begin a turn.
_reactor_needs = {
    "sys": (sys, {}),
    "builtins": (builtins, {}),
    "ast": (ast, {name: getattr(ast, name) for name in ("parse", "Expr", "Expression")}),
    "linecache": (linecache, {"_register_code": linecache._register_code}),
}
_user_code_runs = False


def adopt() -> None:
    """Take the interpreter as it is now for the state between turns."""
    global _ours
    _ours = dict(_builtins)
    _hooks.update({name: getattr(sys, name) for name in _sys_attributes})


def enter(main: ModuleType) -> None:
    """Hand the interpreter to user code."""
    global _user_code_runs
    _user_code_runs = True
    _modules["__main__"] = main
    _wire_streams()
    if _theirs is not None:
        _builtins.clear()
        _builtins.update(_theirs)
    if _their_limit != _RECURSION_LIMIT:
        _set_limit(_their_limit)


def leave() -> None:
    """Take the interpreter back; safe to repeat."""
    global _theirs, _their_limit, _user_code_runs
    untrace()
    changed = _changed()
    if _user_code_runs:
        # A builtin that was deleted comes back: without print() a session is of no use.
        _theirs = _ours | _builtins if changed else None
        _their_limit = _get_limit()
        _user_code_runs = False
    if changed:
        _builtins.clear()
        _builtins.update(_ours)
    _set_limit(_RECURSION_LIMIT)
    for name, value in _hooks.items():
        setattr(sys, name, value)
    for name, (module, attributes) in _reactor_needs.items():
        _modules[name] = module
        vars(module).update(attributes)
    _modules["__main__"] = _main
    # The reactor keeps the source of every turn it starts, and ours is always the same line.
    _reactor_lines.clear()
    _wire_streams()
    signals.install()


def untrace() -> None:
    """End tracing and profiling, which would follow our own calls."""
    if _get_profile() is not None:
        _set_profile(None)
    if _get_trace() is not None:
        _set_trace(None)


def _wire_streams() -> None:
    sys.stdout = sys.__stdout__ = streams.stdout
    sys.stderr = sys.__stderr__ = streams.stderr
    sys.stdin = sys.__stdin__ = streams.stdin


def _changed() -> bool:
    # By identity: comparing the values would run user code.
    return len(_builtins) != len(_ours) or not all(map(is_, _builtins.values(), _ours.values()))
