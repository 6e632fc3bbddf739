"""Memory at rest: what is prepared before an image is taken, and after one is restored."""

import contextlib
import gc
import json
import linecache
import os
import sys

from . import (
    clocks,
    comforts,
    descriptors,
    figures,
    inspection,
    integers,
    interpreter,
    mounts,
    spool,
    wire,
)
from . import turn as turns
from .streams import console

_USUAL = (
    "x = 1",
    "print('warm'); x",
    "import pandas as pd",
    "pd.DataFrame({'a': [1, 2, 3]}).a.sum()",
    "frame = pd.DataFrame({'a': [1, 2, 2], 'b': [1.5, 2.5, 3.5], 'c': list('xyz')})",
    "frame",
    "frame.groupby('a').agg({'b': ['sum', 'mean']})",
    "frame.describe()",
    "import io\npd.read_csv(io.StringIO(frame.to_csv()))",
    "import numpy as np; np.linspace(0, 1, 3) @ np.ones(3)",
    "def f(n):\n    return 1 / n\nf(0)",
    "x = = 1",
    "undefined_name",
    "import asyncio; await asyncio.sleep(0)",
)
_SLOW = (
    "import matplotlib.pyplot as plt",
    "plt.plot([1, 2], label='line'); plt.title('t'); plt.legend();",
)

# After so many runs CPython has specialised what it runs: the first turns of a session are a
# fifth faster, and more runs only make the image larger.
_REPEATS = 10

_getcwd, _chdir = os.getcwd, os.chdir


def warm() -> None:
    """Bring the interpreter to the state that every session starts from."""
    comforts.install()
    import matplotlib as mpl

    mpl.use("agg")
    figures.install()
    import matplotlib.pyplot  # noqa: F401
    import numpy.random  # noqa: F401
    import pandas as pd

    integers.install()
    _set_up_pandas(pd)
    _enter_workspace()
    interpreter.adopt()
    descriptors.adopt()
    inspection.adopt()
    for _ in range(_REPEATS):
        _run_turns(_USUAL)
    _run_turns(_SLOW)
    _remove_plots()
    _reseed()
    _forget_turns()
    freeze()
    # What is loaded now lives as long as the session: collections need not look at it, nor
    # dirty its pages.
    gc.freeze()


def rehearse() -> None:
    """Run what sessions usually begin with, so that the memory it writes to is private already.

    For a guest that waits for its session: what is paid here is not paid by the first turn.
    """
    _run_turns(_USUAL[:4])
    _forget_turns()


def freeze() -> None:
    """Make ready for the image that all sessions begin with: nothing pending, no file open.

    An image of a session is taken without: each turn leaves the memory ready for it.
    """
    console.drain()
    _release_fonts()
    gc.collect()
    descriptors.note()


def thaw(folders: list[str]) -> None:
    """Make a restored image fit to run: its files open, and randomness of its own.

    `folders` are those of the host that are mounted now.
    """
    if mounts.folders != tuple(folders):
        mounts.folders = tuple(folders)
    _enter_workspace()
    if turns.turns_run == 0:
        # Later on the generators are the session's own, perhaps seeded by its code.
        _reseed()
        return
    descriptors.revive()
    clocks.resume(turns.main.__dict__)


def _forget_turns() -> None:
    turns.main = turns.fresh_main()
    turns.turns_run = 0
    linecache.clearcache()


def _run_turns(codes: tuple[str, ...]) -> None:
    requests = [
        {
            "turn": 0,
            "code": code,
            "text_bytes": 1 << 16,
            "spool_bytes": 0,
            "image_bytes": 1 << 20,
            "displays": 9,
        }
        for code in codes
    ]
    real_call = wire.call
    try:
        for request in requests:
            answer = json.dumps(request).encode()
            wire.call = lambda frame, answer=answer: answer if frame[:1] == b"T" else b""
            turns.turn()
    finally:
        wire.call = real_call


def _remove_plots() -> None:
    with contextlib.suppress(OSError):
        folder = f"{spool.WORKSPACE}/plots"
        os.unlink(f"{folder}/turn-0-1.png")  # noqa: PTH108
        os.rmdir(folder)  # noqa: PTH106


def _set_up_pandas(pd: object) -> None:
    options = {
        "display.width": 200,
        "display.max_columns": 40,
        "display.max_colwidth": 100,
        "display.min_rows": 20,
    }
    for name, value in options.items():
        pd.set_option(name, value)


def _enter_workspace() -> None:
    with contextlib.suppress(OSError):
        if _getcwd() == "/":
            _chdir(spool.WORKSPACE)
    # What user code has made of sys must not cost it the session.
    with contextlib.suppress(Exception):
        if spool.WORKSPACE not in sys.path:
            sys.path.insert(0, spool.WORKSPACE)
        # The folder may be another than the one that the import system has seen.
        sys.path_importer_cache.pop(spool.WORKSPACE, None)


def _release_fonts() -> None:
    module = sys.modules.get("matplotlib.font_manager")
    if module is not None:
        module._get_font.cache_clear()


def _reseed() -> None:
    for name in ("random", "numpy.random"):
        module = sys.modules.get(name)
        if module is not None:
            module.seed()
