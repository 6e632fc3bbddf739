"""Interrupts of endless code at random moments: how soon the outcome comes, whether all is kept.

Kinds take turns, each in a session of its own. Before an interrupt a variable is given a new value,
and after it that value must still be there. Native Python gets SIGINT under the same code.
"""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass

from driver import NoFigureError
from figures import Blank, Cell

from cloche.sessions.session import Session
from session_layer.lines import Effort, Line, Lines, count, seconds
from session_layer.native import Native
from session_layer.sandbox import WrongAnswerError, new_session, opened, run

TITLES = {
    "interrupt": "interrupt, from cancel() to the outcome",
    "interrupt_early": "… asked for within 10 ms of the call",
    "interrupts_not_kept": "… interrupts after which variables were not kept",
}

_LATEST_SECONDS = 0.1  # into the turn
_EARLY_SECONDS = 0.01


@dataclass(frozen=True)
class _Kind:
    code: str
    setup: str = "pass"


KINDS = {
    "busy loop": _Kind("while True: pass"),
    "arithmetic": _Kind(
        "total = 0\nfor i in range(10**12):\n    total = (total + i * 3) % 1_000_003"
    ),
    "numpy": _Kind(
        "while True:\n    np.sqrt(a).sum()", "import numpy as np\na = np.arange(100_000.0)"
    ),
    "regex": _Kind("re.match('(a+)+$', 'a' * 60 + 'b')", "import re"),
    "time.sleep": _Kind("time.sleep(1000)", "import time"),
    "asyncio.sleep": _Kind("asyncio.run(asyncio.sleep(1000))", "import asyncio"),
    "print": _Kind("while True: print('line after line')"),
    "pandas": _Kind(
        "while True:\n    df.groupby('key').value.mean()",
        "import pandas as pd\n"
        "df = pd.DataFrame({'key': [i % 10 for i in range(10_000)], 'value': range(10_000)})",
    ),
}
TITLES |= {f"interrupt_{name}": f"… {name}" for name in KINDS}


async def measured(effort: Effort, native: Native) -> Lines:
    """Seconds, over all kinds and for each, and how often something was lost."""
    moments = random.Random(1)
    taken: dict[str, list[float]] = {name: [] for name in KINDS}
    early: list[float] = []
    lost = 0
    names = list(KINDS)
    async with opened() as cloche:
        sessions = {name: await new_session(cloche) for name in KINDS}
        for name, session in sessions.items():
            await run(session, KINDS[name].setup)
        for number in range(effort.interrupts):
            name = names[number % len(names)]
            delay = moments.uniform(0, _LATEST_SECONDS)
            elapsed, kept = await _interrupted(sessions[name], KINDS[name], number, delay)
            taken[name].append(elapsed)
            if delay < _EARLY_SECONDS:
                early.append(elapsed)
            lost += not kept
    natively = await _natively(effort, native)
    lines = {f"interrupt_{name}": Line(seconds(taken[name]), natively[name]) for name in KINDS}
    together = [sample for samples in taken.values() for sample in samples]
    return {
        "interrupt": Line(seconds(together), natively["all"], "SIGINT, native"),
        "interrupt_early": Line(seconds(early) if early else Blank("none was")),
        "interrupts_not_kept": Line(count(lost)),
        **lines,
    }


async def _interrupted(
    session: Session, kind: _Kind, number: int, delay: float
) -> tuple[float, bool]:
    """Seconds from the interrupt to the outcome, and whether the variable is still there."""
    await run(session, f"n = {number}")
    turn = asyncio.create_task(session.execute(kind.code))
    await asyncio.sleep(delay)
    while session.cancel() is None:  # it has not begun
        if turn.done():
            raise WrongAnswerError(f"{kind.code!r} ended by itself: {turn.result()}"[:300])
        await asyncio.sleep(0)
    asked = time.perf_counter()
    outcome = await turn
    elapsed = time.perf_counter() - asked
    after = await session.execute("n")
    kept = (outcome.status, outcome.state) == ("cancelled", "kept")
    return elapsed, kept and after.result == str(number)


async def _natively(effort: Effort, native: Native) -> dict[str, Cell]:
    moments = random.Random(1)
    samples: dict[str, list[float]] = {}
    try:
        for name, kind in KINDS.items():
            samples[name] = []
            async with native.session() as session:
                await session.execute(kind.setup)
                for _ in range(max(1, effort.interrupts // len(KINDS))):
                    await session.begin(kind.code)
                    await asyncio.sleep(moments.uniform(0, _LATEST_SECONDS))
                    asked = time.perf_counter()
                    await session.interrupt()
                    samples[name].append(time.perf_counter() - asked)
    except NoFigureError as reason:
        return dict.fromkeys([*KINDS, "all"], Blank(str(reason)))
    together = [sample for each in samples.values() for sample in each]
    return {name: seconds(each) for name, each in samples.items()} | {"all": seconds(together)}
