"""Memory at rest: what is prepared before an image is taken, and after one is restored."""

import contextlib
import gc
import json
import linecache
import os
import sys

from . import comforts, figures, interpreter, spool, wire
from . import turn as turns
from .streams import console

_WARM_UP = (
    "x = 1",
    "print('warm'); x",
    "import pandas as pd",
    "frame = pd.DataFrame({'a': [1, 2, 2], 'b': [1.5, 2.5, 3.5], 'c': list('xyz')})",
    "frame",
    "frame.groupby('a').agg({'b': ['sum', 'mean']})",
    "frame.describe()",
    "import io\npd.read_csv(io.StringIO(frame.to_csv()))",
    "import numpy as np; np.linspace(0, 1, 3) @ np.ones(3)",
    "import matplotlib.pyplot as plt",
    "plt.plot([1, 2], label='line'); plt.title('t'); plt.legend();",
    "def f(n):\n    return 1 / n\nf(0)",
    "x = = 1",
    "undefined_name",
    "import asyncio; await asyncio.sleep(0)",
)


def warm() -> None:
    """Bring the interpreter to the state that every session starts from."""
    comforts.install()
    import matplotlib as mpl

    mpl.use("agg")
    figures.install()
    import matplotlib.pyplot  # noqa: F401
    import numpy.random  # noqa: F401
    import pandas as pd

    _set_up_pandas(pd)
    _enter_workspace()
    interpreter.adopt()
    _run_turns(_WARM_UP)
    _remove_plots()
    turns.main = turns.fresh_main()
    turns.turns_run = 0
    linecache.clearcache()
    freeze()
    # What is loaded now lives as long as the session: collections need not look at it, nor
    # dirty its pages.
    gc.freeze()


def freeze() -> None:
    """Make ready for an image: nothing pending, no file of ours open."""
    console.drain()
    _release_fonts()
    gc.collect()


def thaw() -> None:
    """Make a restored image fit to run: no stale files, and randomness of its own."""
    _release_fonts()
    _enter_workspace()
    # Later on the generators are the session's own, perhaps seeded by its code.
    if turns.turns_run == 0:
        _reseed()


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
        "display.float_format": show_float,
    }
    for name, value in options.items():
        pd.set_option(name, value)


def show_float(value: float) -> str:
    """A number in full: never `1.234568e+06` for 1234567.891."""
    size = abs(value)
    if size and not 1e-4 <= size < 1e15:
        return f"{value:.6g}"
    text = f"{value:.6f}".rstrip("0")
    return text + "0" if text.endswith(".") else text


def _enter_workspace() -> None:
    if spool.WORKSPACE not in sys.path:
        sys.path.insert(0, spool.WORKSPACE)
    # The folder may be another than the one that the import system has seen.
    sys.path_importer_cache.pop(spool.WORKSPACE, None)
    with contextlib.suppress(OSError):
        if os.getcwd() == "/":  # noqa: PTH109
            os.chdir(spool.WORKSPACE)


def _release_fonts() -> None:
    module = sys.modules.get("matplotlib.font_manager")
    if module is not None:
        module._get_font.cache_clear()


def _reseed() -> None:
    for name in ("random", "numpy.random"):
        module = sys.modules.get(name)
        if module is not None:
            module.seed()
