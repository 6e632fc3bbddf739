"""A Cloche for a measurement, with a folder of its own, and what every measurement does with it."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from cloche import Cloche
from cloche.api import LOCAL_OWNER
from cloche.sessions.session import Session


class WrongAnswerError(Exception):
    """Code did not do what it must for its time to count."""


@asynccontextmanager
async def opened(**settings: Any) -> AsyncGenerator[Cloche]:
    """Cloche in a temporary data folder, with no spares unless they are asked for.

    One session has come and gone, so that what all of them share is loaded.
    """
    with tempfile.TemporaryDirectory(prefix="cloche-bench-") as folder:
        async with Cloche(**{"data_dir": folder, "spares": 0, **settings}) as cloche:
            async with cloche.session() as session:
                await run(session, "1 + 1", "2")
            yield cloche


async def new_session(cloche: Cloche, *, fork_of: Session | None = None) -> Session:
    return await cloche.sessions.create("python", owner=LOCAL_OWNER, fork_of=fork_of)


async def run(session: Session, code: str, expect: str | None = None) -> None:
    """Run code that must end well, in a value of this text unless it is None."""
    outcome = await session.execute(code)
    kept = outcome.status == "ok" and outcome.state == "kept"
    if not kept or (expect is not None and outcome.result != expect):
        raise WrongAnswerError(
            f"{code[:60]!r} gave {outcome.result!r}, {outcome.status}, {outcome.state}: "
            f"{outcome.error.message if outcome.error else outcome.stderr}"[:300]
        )


async def checkpointed(session: Session) -> None:
    """Return when the last turn's checkpoint is on disk."""
    # The public ways to wait for it do more: hibernate() ends the worker, a fork copies files.
    await session.saved()
    if not session.history.is_saved:
        raise WrongAnswerError(f"turn {session.turns} was not saved")
