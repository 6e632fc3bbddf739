"""A thousand sessions of one owner over a few workers, called at random: is anything lost?

Each has a value, a counter and a file of its own; a call counts and must give all three. With far
fewer workers than sessions nearly every call resumes a session and has another one hibernate. At
the end every session is asked once more.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import time
from pathlib import Path

from driver import NoFigureError
from figures import Blank, Cell, Figure
from memory import tree_pss_bytes

from cloche.errors import ClocheError
from cloche.sessions.session import Session
from session_layer.lines import Effort, Line, Lines, count, seconds
from session_layer.native import Native
from session_layer.sandbox import new_session, opened, run

TITLES = {
    "crowd_lost": "sessions of one owner that lost a value, a count or a file",
    "crowd_call": "… a call, four at a time",
    "crowd_live": "… of these, to a live session",
    "crowd_sessions": "… sessions",
    "crowd_memory": "… most memory of the process tree, PSS",
    "crowd_disk": "… disk for each session",
}

_WORKERS = 40
_AT_ONCE = 4
_BATCH = 100  # calls, between which memory is read


class _Member:
    """A session, and what it must answer."""

    def __init__(self, session: Session, value: int) -> None:
        self._session = session
        self._value = value
        self._count = 0
        self.lost = False

    async def settle_in(self) -> None:
        await run(
            self._session,
            f"value, count = {self._value}, 0\nwith open('own.txt', 'w') as file:\n"
            f"    file.write('file of {self._value}')\n",
        )

    async def call(self) -> tuple[float, bool]:
        """Seconds of a call, and whether the session was live before it."""
        live = self._session.is_live
        began = time.perf_counter()
        try:
            outcome = await self._session.execute(
                "count += 1\n(value, count, open('own.txt').read())"
            )
            answer = outcome.result or f"{outcome.status}: {outcome.error}"
        except ClocheError as error:
            answer = str(error)
        elapsed = time.perf_counter() - began
        self._count += 1
        expected = str((self._value, self._count, f"file of {self._value}"))
        if answer != expected and not self.lost:
            self.lost = True
            print(f"expected {expected}, got {answer[:300]}", file=sys.stderr)
        return elapsed, live


async def measured(effort: Effort, native: Native) -> Lines:
    """Sessions that lost something, seconds of calls, bytes of memory and disk."""
    workers = min(_WORKERS, effort.sessions // 4)
    most = effort.sessions + 1
    settings = {
        "max_sessions": most,
        "max_sessions_per_owner": most,
        "max_workers": workers,
        "spares": 1,
    }
    chance = random.Random(1)
    calls: list[tuple[float, bool]] = []
    memory: list[int | None] = []
    async with opened(**settings) as cloche:
        crowd = []
        for value in range(effort.sessions):
            member = _Member(await new_session(cloche), value)
            await member.settle_in()
            crowd.append(member)
        while len(calls) < effort.calls:
            # None is picked twice in a batch, so that its calls do not wait for each other.
            size = min(_BATCH, effort.calls - len(calls), len(crowd))
            calls += await _called(chance.sample(crowd, size))
            memory.append(_tree_bytes())
        await _called(crowd)
        disk = await asyncio.to_thread(_allocated_bytes, cloche.settings.data_dir)
    live = [elapsed for elapsed, was_live in calls if was_live]
    return {
        "crowd_lost": Line(count(sum(member.lost for member in crowd))),
        "crowd_call": Line(seconds([elapsed for elapsed, _ in calls])),
        "crowd_live": Line(seconds(live) if live else Blank("none was")),
        "crowd_sessions": Line(count(len(crowd))),
        "crowd_memory": Line(_most(memory)),
        "crowd_disk": Line(Figure("bytes", (disk / len(crowd),))),
    }


async def _called(members: list[_Member]) -> list[tuple[float, bool]]:
    """Call each, a few at a time."""
    waiting = iter(members)
    answers: list[tuple[float, bool]] = []

    async def caller() -> None:
        for member in waiting:  # shared: each takes the next that nobody has taken
            answer = await member.call()
            answers.append(answer)

    async with asyncio.TaskGroup() as callers:
        for _ in range(_AT_ONCE):
            callers.create_task(caller())
    return answers


def _tree_bytes() -> int | None:
    try:
        return tree_pss_bytes(os.getpid())
    except NoFigureError:
        return None


def _most(memory: list[int | None]) -> Cell:
    known = [each for each in memory if each is not None]
    return Figure("bytes", (max(known),)) if known else Blank("Linux only")


def _allocated_bytes(folder: Path) -> int:
    """Bytes on the disk; files that sessions share count once."""
    seen: dict[tuple[int, int], int] = {}
    for path in folder.rglob("*"):
        stat = path.lstat()
        blocks = stat.st_blocks * 512 if hasattr(stat, "st_blocks") else stat.st_size
        seen[stat.st_dev, stat.st_ino] = blocks
    return sum(seen.values())
