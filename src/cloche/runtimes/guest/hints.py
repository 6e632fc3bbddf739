"""A sentence for errors whose cause is the sandbox, and not the code."""

import sys

_THREADS = (
    "This sandbox has no threads; call the function directly, or use asyncio. "
    "concurrent.futures.ThreadPoolExecutor runs its work at once."
)
_PROCESSES = "This sandbox has no processes and no shell; do the work in this one, in Python."
_POOLS = (
    "This sandbox has no processes and no threads for a pool; "
    "concurrent.futures.ThreadPoolExecutor runs its work at once, in the calling code."
)
_NETWORK = "This sandbox has no network."
_NOT_HERE = "It needs something of the system that this sandbox does not have."
_AWAIT = "Code here may await at the top level: write `await main()` for asyncio.run(main())."
_VIDEO = "This sandbox makes no videos; save('name.gif', writer='pillow') and to_jshtml() work."
_IPYTHON = "This is no IPython; display(x) is a builtin."

_BY_MESSAGE = {
    "can't start new thread": _THREADS,
    "does not support processes": _PROCESSES,
    "multiprocessing.synchronize": _POOLS,
    "has no attribute 'WNOHANG'": _POOLS,
    "has no attribute 'fork'": _PROCESSES,
    "has no attribute 'kill'": _PROCESSES,
    "has no attribute 'waitpid'": _PROCESSES,
    "has no attribute 'pipe'": _POOLS,
    "has no attribute 'system'": _PROCESSES,
    "has no attribute 'popen'": _PROCESSES,
    "No module named '_multiprocessing'": _POOLS,
    "No module named '_posixshmem'": _PROCESSES,
    "'_multiprocessing'": _POOLS,
    "[Errno 58] Not supported": "This sandbox has no network, no processes and no threads.",
    "'_ssl'": _NETWORK,
    "unknown url type: http": _NETWORK,
    "module 'socket' has no attribute": _NETWORK,
    "could not bind on any address": _NETWORK,
    "has no attribute 'alarm'": "This sandbox has no timers; asyncio.timeout() ends what awaits.",
    "mmap is unavailable": "This sandbox maps no files into memory; read them whole or in pieces.",
    "cannot import name 'InterpreterPoolExecutor'": _POOLS,
    "cannot be called from a running event loop": _AWAIT,
    "This event loop is already running": _AWAIT,
    "no running event loop": (
        "A loop runs here in code that awaits at the top level, such as "
        "`task = asyncio.create_task(f()); await task`."
    ),
    "(ffmpeg) not available": _VIDEO,
    "unknown file extension: .mp4": _VIDEO,
    "unknown file extension: .webm": _VIDEO,
    "name 'get_ipython' is not defined": _IPYTHON,
    "No module named 'IPython": _IPYTHON,
    "No module named 'google.colab": _IPYTHON,
    "No module named 'nest_asyncio'": f"Nothing here needs it. {_AWAIT}",
}
_KINDS = (AttributeError, OSError, RuntimeError, ImportError, NameError, ValueError)


def hint_for(error: BaseException) -> str | None:
    """What to do instead, if the sandbox is why `error` was raised."""
    if not issubclass(type(error), _KINDS):
        return None
    message = str(error)
    for fragment, hint in _BY_MESSAGE.items():
        if fragment in message:
            return hint
    if issubclass(type(error), ModuleNotFoundError) and error.name:
        name = error.name.partition(".")[0]
        if name in sys.stdlib_module_names:
            return _NOT_HERE
        return f"If {name!r} is on PyPI, the install_package tool may install it."
    return None
