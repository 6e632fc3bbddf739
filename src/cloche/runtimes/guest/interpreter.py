"""What user code may change for itself, but never for us: builtins, hooks, limits, `__main__`.

The reactor that begins each turn is Python code too, and uses the interpreter's builtins. So
between turns all of it is as it was in the warm image; the recursion limit that user code set
comes back when it runs again.
"""

import ast
import builtins
import linecache
import sys
from types import ModuleType

from . import signals, streams

_modules = sys.modules
_builtins = vars(builtins)
_ours = dict(_builtins)
_main = _modules["__main__"]
_RECURSION_LIMIT = sys.getrecursionlimit()
_sys_attributes = ("displayhook", "excepthook", "unraisablehook", "breakpointhook", "modules")
_hooks: dict[str, object] = {}
_their_limit = _RECURSION_LIMIT
_set_limit, _get_limit = sys.setrecursionlimit, sys.getrecursionlimit
_get_trace, _set_trace = sys.gettrace, sys.settrace
_get_profile, _set_profile = sys.getprofile, sys.setprofile
_monitoring = sys.monitoring
_get_tool, _get_events = _monitoring.get_tool, _monitoring.get_events
_set_events = _monitoring.set_events
_TOOLS = range(6)
_their_events: dict[int, int] = {}
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
    for tool, events in _their_events.items():
        if _get_tool(tool) is not None:
            _set_events(tool, events)
    _their_events.clear()
    if _their_limit != _RECURSION_LIMIT:
        _set_limit(_their_limit)


def leave() -> None:
    """Take the interpreter back; safe to repeat."""
    global _their_limit, _user_code_runs
    untrace()
    # A builtin that was rebound or deleted comes back, and names that were added stay.
    _builtins.update(_ours)
    if _user_code_runs:
        _their_limit = _get_limit()
        for tool in _TOOLS:
            if _get_tool(tool) is not None and (events := _get_events(tool)):
                _their_events[tool] = events
                _set_events(tool, 0)
        _user_code_runs = False
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
