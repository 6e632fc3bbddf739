"""Code that cannot be interrupted: how late after timeout and grace its outcome comes.

Before each stop a variable is given a new value; the outcome must be a timeout, and the next turn
must find that value in a new worker.
"""

from __future__ import annotations

import time

from cloche.limits import Limits
from cloche.sessions.session import Session
from session_layer.lines import Effort, Line, Lines, count, seconds
from session_layer.native import Native
from session_layer.sandbox import WrongAnswerError, new_session, opened, run

_LIMITS = Limits(grace_seconds=1.0)
_TIMEOUT_SECONDS = 0.5

KINDS = {
    "one long call": "sum(range(10**11))",
    "swallowed": "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
    "matmul": "import numpy as np\nm = np.ones((4000, 4000))\nm @ m",
}
TITLES = {
    "stop": "hard stop, from the end of the grace to the outcome",
    "stops_not_intact": "… stops after which the variables of the turn before were not there",
    **{f"stop_{name}": f"… {name}" for name in KINDS},
    "stop_next": "first turn after a hard stop",
}


async def measured(effort: Effort, native: Native) -> Lines:
    """Seconds over the grace, of all kinds and of each, and how often something was lost."""
    taken: dict[str, list[float]] = {name: [] for name in KINDS}
    followed: list[float] = []
    lost = 0
    async with opened(limits=_LIMITS) as cloche:
        for name, code in KINDS.items():
            session = await new_session(cloche)
            for number in range(effort.stops):
                late, after, intact = await _stopped(session, code, number)
                taken[name].append(late)
                followed.append(after)
                lost += not intact
            await cloche.sessions.destroy(session)
    return {
        "stop": Line(seconds([late for each in taken.values() for late in each])),
        "stops_not_intact": Line(count(lost)),
        **{f"stop_{name}": Line(seconds(each)) for name, each in taken.items()},
        "stop_next": Line(seconds(followed)),
    }


async def _stopped(session: Session, code: str, number: int) -> tuple[float, float, bool]:
    """Seconds over the grace, those of the next turn, and whether that one found the variable."""
    await run(session, f"n = {number}")
    began = time.perf_counter()
    outcome = await session.execute(code, timeout_seconds=_TIMEOUT_SECONDS)
    late = time.perf_counter() - began - _TIMEOUT_SECONDS - _LIMITS.grace_seconds
    if outcome.status != "timeout":
        raise WrongAnswerError(f"{code!r}: {outcome.status}, {outcome.error}"[:300])
    began = time.perf_counter()
    after = await session.execute("n")
    return late, time.perf_counter() - began, after.result == str(number)
