"""Checkpoints: how soon after the outcome they are on disk, their size, what they cost turns.

Each is that of the first turn of a new session, where nothing else is said. Native Python pickles
the same value to a file and syncs it: less than a checkpoint holds, and a floor for what the disk
takes.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path

from driver import NoFigureError
from figures import Blank, Cell, Figure

from cloche import Cloche
from session_layer.lines import Effort, Line, Lines, seconds
from session_layer.native import Native
from session_layer.sandbox import checkpointed, new_session, opened, run

_PAUSE_SECONDS = 0.03
_WARM_UP = 10

FRAME = (
    "import pandas as pd\n"
    "df = pd.DataFrame({'key': [i % 100 for i in range(100_000)], 'value': range(100_000)})\n"
    "means = df.groupby('key').value.mean()"
)
PLOT = "import matplotlib.pyplot as plt\nplt.plot([1, 2, 3]);"
ARRAY = "import numpy as np\na = np.random.default_rng(0).random(6_250_000)"


@dataclass(frozen=True)
class _Kind:
    title: str
    code: str
    pickled: str = ""  # what native Python pickles
    later: bool = False  # in a session that has had a turn before


KINDS = {
    "one": _Kind("x = 1", "x = 1", "x"),
    "later": _Kind("x = 1 in a later turn", "x = 1", later=True),
    "frame": _Kind("a DataFrame of 100,000 rows and a group-by", FRAME, "(df, means)"),
    "plot": _Kind("a plot", PLOT),
    "array": _Kind("an array of 50 MB", ARRAY, "a"),
}
TITLES = (
    {f"checkpoint_{key}": f"checkpoint after {kind.title}" for key, kind in KINDS.items()}
    | {f"checkpoint_{key}_bytes": f"… {kind.title}, on disk" for key, kind in KINDS.items()}
    | {
        "turn_settled": "turn x += 1, the checkpoint before it on disk",
        "turn_gap_0": "… turns without a gap",
        "turn_gap_30": "… turns 30 ms apart",
    }
)


async def measured(effort: Effort, native: Native) -> Lines:
    """Seconds and bytes of checkpoints, and seconds of turns beside them."""
    lines: Lines = {}
    async with opened() as cloche:
        for key, kind in KINDS.items():
            times, sizes = await _checkpoints(cloche, kind, effort.checkpoints)
            floor = await _pickled(native, kind, effort.checkpoints) if kind.pickled else None
            what = "pickle and sync, native" if floor else ""
            lines[f"checkpoint_{key}"] = Line(times, floor, what)
            lines[f"checkpoint_{key}_bytes"] = Line(sizes)
        lines |= await _loops(cloche, effort.turns, await _native_turns(native, effort.turns))
    return lines


async def _checkpoints(cloche: Cloche, kind: _Kind, times: int) -> tuple[Figure, Figure]:
    """Seconds from the outcome until the checkpoint is on disk, and bytes that it added."""
    taken, sizes = [], []
    for _ in range(times):
        session = await new_session(cloche)
        if kind.later:
            await run(session, "pass")
            await checkpointed(session)
        older = set(session.home.checkpoints.iterdir())
        await run(session, kind.code)
        ended = time.perf_counter()
        await checkpointed(session)
        taken.append(time.perf_counter() - ended)
        added = set(session.home.checkpoints.iterdir()) - older
        sizes.append(sum(map(_disk_bytes, added)))
        await cloche.sessions.destroy(session)
    return seconds(taken), Figure("bytes", tuple(sizes))


def _disk_bytes(path: Path) -> int:
    stat = path.stat()
    return stat.st_blocks * 512 if hasattr(stat, "st_blocks") else stat.st_size


async def _pickled(native: Native, kind: _Kind, times: int) -> Cell:
    write = (
        "import os, pickle, tempfile, time\n"
        "started = time.perf_counter()\n"
        "with tempfile.NamedTemporaryFile() as file:\n"
        f"    pickle.dump({kind.pickled}, file, protocol=5)\n"
        "    file.flush()\n"
        "    os.fsync(file.fileno())\n"
        "    seconds = time.perf_counter() - started\n"
    )
    try:
        async with native.session() as session:
            await session.execute(kind.code)
            return seconds([float(await session.execute(write, "seconds")) for _ in range(times)])
    except NoFigureError as reason:
        return Blank(str(reason))


async def _loops(cloche: Cloche, turns: int, natively: Cell) -> Lines:
    """Turns of one session: with nothing to write, one upon the other, and with a pause between.

    The three take turns in blocks, so that the machine's wandering speed meets them alike.
    """
    session = await new_session(cloche)
    await run(session, "x = 0")
    for _ in range(_WARM_UP):
        await run(session, "x += 1")
    taken: dict[str, list[float]] = {"turn_settled": [], "turn_gap_0": [], "turn_gap_30": []}
    block = max(1, turns // 10)
    while len(taken["turn_settled"]) < turns:
        for key, samples in taken.items():
            await checkpointed(session)
            for _ in range(block):
                began = time.perf_counter()
                await run(session, "x += 1")
                samples.append(time.perf_counter() - began)
                if key == "turn_settled":
                    await checkpointed(session)
                elif key == "turn_gap_30":
                    await asyncio.sleep(_PAUSE_SECONDS)
    settled = seconds(taken.pop("turn_settled"))
    what = "the first of these"
    return {
        "turn_settled": Line(settled, natively, "native, over a pipe"),
        **{key: Line(seconds(samples), settled, what) for key, samples in taken.items()},
    }


async def _native_turns(native: Native, turns: int) -> Cell:
    try:
        async with native.session() as session:
            await session.execute("x = 0")
            taken = []
            for _ in range(turns):
                began = time.perf_counter()
                await session.execute("x += 1")
                taken.append(time.perf_counter() - began)
            return seconds(taken)
    except NoFigureError as reason:
        return Blank(str(reason))
