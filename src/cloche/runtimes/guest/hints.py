"""A sentence for errors whose cause is the sandbox, and not the code."""

_THREADS = "This sandbox has no threads; call the function directly, or use asyncio."
_PROCESSES = "This sandbox has no processes and no shell; do the work in this one, in Python."
_NETWORK = "This sandbox has no network."

_BY_MESSAGE = {
    "can't start new thread": _THREADS,
    "does not support processes": _PROCESSES,
    "has no attribute 'WNOHANG'": _PROCESSES,
    "has no attribute 'fork'": _PROCESSES,
    "has no attribute 'waitpid'": _PROCESSES,
    "has no attribute 'pipe'": _PROCESSES,
    "has no attribute 'system'": _PROCESSES,
    "has no attribute 'popen'": _PROCESSES,
    "No module named '_multiprocessing'": _PROCESSES,
    "No module named '_posixshmem'": _PROCESSES,
    "[Errno 58] Not supported": "This sandbox has no network, no processes and no threads.",
    "No module named '_ssl'": _NETWORK,
    "No module named 'IPython'": "There is no IPython here; display(x) is a builtin.",
}


def hint_for(error: BaseException) -> str | None:
    """What to do instead, if the sandbox is why `error` was raised."""
    if not issubclass(type(error), (AttributeError, OSError, RuntimeError, ImportError)):
        return None
    message = str(error)
    for fragment, hint in _BY_MESSAGE.items():
        if fragment in message:
            return hint
    if issubclass(type(error), ModuleNotFoundError) and error.name:
        name = error.name.partition(".")[0]
        return f"If {name!r} is on PyPI, the install_package tool may install it."
    return None
