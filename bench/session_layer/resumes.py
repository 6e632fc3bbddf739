"""The first turn of a hibernated session, beside the same turn of the same session when it is live.

The two alternate, and each pair gives one difference. The peer is a native Python that imports
pandas, as the least that is to be done to begin again without a session.
"""

from __future__ import annotations

import time

from cloche.sessions.session import Session
from session_layer.checkpoints import FRAME, PLOT
from session_layer.lines import Effort, Line, Lines, seconds
from session_layer.native import Native
from session_layer.sandbox import WrongAnswerError, checkpointed, new_session, opened, run

_KINDS = {
    "one": ("x = 1", "pass"),
    "frame": ("a DataFrame", FRAME),
    "plot": ("a plot", PLOT),
}
TITLES = {
    name: title
    for key, (holds, _) in _KINDS.items()
    for name, title in (
        (f"resumed_{key}", f"first turn of a hibernated session, {holds}"),
        (f"live_{key}", "… the same turn when it is live"),
        (f"resume_{key}", "… the difference"),
    )
}


async def measured(effort: Effort, native: Native) -> Lines:
    """Seconds of both turns and of the difference, for each of what a session may hold."""
    lines: Lines = {}
    start = await native.start_with_pandas(effort.resumes)
    async with opened() as cloche:
        for key, (_, code) in _KINDS.items():
            session = await new_session(cloche)
            await run(session, code)
            await run(session, "x = 1")
            resumed, live = [], []
            for _ in range(effort.resumes):
                await checkpointed(session)
                if not await session.hibernate():
                    raise WrongAnswerError("the session would not hibernate")
                resumed.append(await _turn(session))
                await checkpointed(session)
                live.append(await _turn(session))
            await cloche.sessions.destroy(session)
            extra = [one - other for one, other in zip(resumed, live, strict=True)]
            lines[f"resumed_{key}"] = Line(seconds(resumed), start, 'python -c "import pandas"')
            lines[f"live_{key}"] = Line(seconds(live))
            lines[f"resume_{key}"] = Line(seconds(extra), start, "the same")
    return lines


async def _turn(session: Session) -> float:
    began = time.perf_counter()
    await run(session, "x", "1")
    return time.perf_counter() - began
