"""A fork of a session that holds an array of 50 MB, and its first result.

The peer is what one would do without sessions: pickle the array to a file and load it in a new
native Python. The checkpoint of the session that is forked is on disk before.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from driver import NoFigureError
from figures import Blank, Cell

from session_layer.checkpoints import ARRAY
from session_layer.lines import Effort, Line, Lines, seconds
from session_layer.native import Native
from session_layer.sandbox import WrongAnswerError, checkpointed, new_session, opened

TITLES = {
    "fork": "fork of a session with an array of 50 MB, until it is ready",
    "fork_sum": "… its first turn, a.sum()",
    "fork_both": "… both",
}

_SAME = "round(float(a.sum()))"
_SAVE = "import pickle\nwith open({path!r}, 'wb') as file:\n    pickle.dump(a, file, protocol=5)\n"
_LOAD = "import pickle\nwith open({path!r}, 'rb') as file:\n    a = pickle.load(file)\n"


async def measured(effort: Effort, native: Native) -> Lines:
    """Seconds to be ready, of the first turn, and of both."""
    created, summed = [], []
    async with opened() as cloche:
        session = await new_session(cloche)
        outcome = await session.execute(f"{ARRAY}\n{_SAME}")
        await checkpointed(session)
        for _ in range(effort.forks):
            began = time.perf_counter()
            fork = await new_session(cloche, fork_of=session)
            ready = time.perf_counter()
            result = (await fork.execute(_SAME)).result
            ended = time.perf_counter()
            if result is None or result != outcome.result:
                raise WrongAnswerError(f"the fork's array sums to {result}, not {outcome.result}")
            created.append(ready - began)
            summed.append(ended - ready)
            await cloche.sessions.destroy(fork)
    loaded, natively_summed, both = await _by_pickle(effort, native)
    return {
        "fork": Line(seconds(created), loaded, "pickle, new native Python, load"),
        "fork_sum": Line(seconds(summed), natively_summed, "the same in that one"),
        "fork_both": Line(
            seconds([one + two for one, two in zip(created, summed, strict=True)]), both, "both"
        ),
    }


async def _by_pickle(effort: Effort, native: Native) -> tuple[Cell, Cell, Cell]:
    """Seconds until the array is in a new process, of its sum, and of both."""
    with tempfile.TemporaryDirectory(prefix="cloche-bench-") as folder:
        path = str(Path(folder) / "a.pickle")
        loaded, summed = [], []
        try:
            async with native.session() as session:
                await session.execute(ARRAY)
                for _ in range(effort.forks):
                    began = time.perf_counter()
                    await session.execute(_SAVE.format(path=path))
                    async with native.session() as other:
                        await other.execute(_LOAD.format(path=path))
                        ready = time.perf_counter()
                        await other.execute("", _SAME)
                        ended = time.perf_counter()
                    loaded.append(ready - began)
                    summed.append(ended - ready)
        except NoFigureError as reason:
            return (Blank(str(reason)),) * 3
    both = [one + two for one, two in zip(loaded, summed, strict=True)]
    return seconds(loaded), seconds(summed), seconds(both)
