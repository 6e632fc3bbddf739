"""Runs test files in guests; what ends a guest is the outcome of one test, not of the run."""

import asyncio
import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cloche import Cloche, Limits
from cloche.api import LOCAL_OWNER
from cloche.sessions.session import Session

GIB = 1024**3

LIMITS = Limits(
    timeout_seconds=3600,
    max_timeout_seconds=86_400,
    memory_bytes=2 * GIB,
    cpu_seconds=1_000_000,
    workspace_bytes=4 * GIB,
    checkpoint_bytes=8 * GIB,
)

STALL_SECONDS = 600
"""How long one test may take before its guest is given up."""

_LOOK_EVERY_SECONDS = 0.5

Outcomes = dict[str, dict[str, str]]
"""Of one file: name of the test, and `outcome`, `message` and `where`."""


@dataclass(frozen=True)
class Suite:
    """One library's tests."""

    library: str
    options: list[str]


async def run_files(
    suite: Suite,
    files: Iterable[str],
    *,
    sources: Path,
    work: Path,
    guests: int,
    report: Callable[[str, Outcomes], None],
) -> None:
    """Run the files, `guests` at a time, and report each as it ends."""
    waiting = list(reversed(list(files)))

    async def work_off(cloche: Cloche) -> None:
        async with cloche.session() as prepared:
            await _prepare(prepared, suite, sources)
            async with Guest(cloche, prepared, suite) as guest:
                while waiting:
                    file = waiting.pop()
                    report(file, await guest.run(file))

    async with (
        Cloche(data_dir=work, limits=LIMITS, max_sessions=2 * guests) as cloche,
        asyncio.TaskGroup() as group,
    ):
        for _ in range(min(guests, len(waiting))):
            group.create_task(work_off(cloche))


async def _prepare(session: Session, suite: Suite, sources: Path) -> None:
    """Bring pytest and the suite into a session, and import what every file needs."""
    workspace = session.home.workspace
    tree = workspace / "tree"
    shutil.copytree(sources / "lib", workspace / "lib")
    shutil.copytree(sources / "tree" / suite.library, tree / suite.library)
    shutil.copyfile(sources / "tree" / "pytest.ini", tree / "pytest.ini")
    shutil.copyfile(Path(__file__).parent / "inside.py", workspace / "lib" / "inside.py")
    outcome = await session.execute(
        "import sys; sys.path.append('/workspace/lib'); import inside\n"
        f"inside.prepare('/workspace/tree', {suite.library!r}, {suite.options!r})"
    )
    if outcome.status != "ok":
        raise RuntimeError(f"pytest could not be prepared in the guest: {outcome.error}")


class Guest:
    """A copy of the prepared session that has its memory again before each file."""

    def __init__(self, cloche: Cloche, prepared: Session, suite: Suite) -> None:
        self._cloche = cloche
        self._prepared = prepared
        self._suite = suite
        self._session: Session | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._cloche.sessions.destroy(self._session)

    async def _fresh(self) -> Session:
        """Return a session with the memory of the prepared one.

        To go back is quicker than to copy, but the image to go back to is kept for some turns only.
        """
        session, first = self._session, self._prepared.turns
        if session is not None and session.turns < first + LIMITS.checkpoints - 2:
            await session.reset(to_turn=first, keep_files=True)
            return session
        await self.__aexit__()
        self._session = await self._cloche.sessions.create(
            "python", owner=LOCAL_OWNER, fork_of=self._prepared
        )
        return self._session

    async def run(self, file: str) -> Outcomes:
        """Run a file to its end, in as many guests as that takes."""
        found: Outcomes = {}
        while True:
            ended, running, how = await self._run_rest(file, found)
            if ended:
                return found
            # Nothing was begun, or what was begun has been tried before: nothing more will come.
            name = running or file
            found[name] = {"outcome": "failed", "message": how}
            if name == file:
                return found

    async def _run_rest(self, file: str, found: Outcomes) -> tuple[bool, str | None, str]:
        session = await self._fresh()
        done, log = session.home.workspace / "done", session.home.workspace / "outcomes"
        done.write_text("\n".join(found), "utf-8")
        log.write_bytes(b"")
        arguments = ", ".join(
            repr(each)
            for each in (
                *("/workspace/tree", file, "/workspace/done", "/workspace/outcomes"),
                self._suite.options,
            )
        )
        turn = asyncio.create_task(
            session.execute(f"inside.run({arguments})", timeout_seconds=LIMITS.max_timeout_seconds)
        )
        stalled = await _watch(turn, log)
        try:
            outcome = await turn
        except asyncio.CancelledError:
            if not stalled:
                raise
            how = f"the guest was stopped after {STALL_SECONDS} s in one test"
        else:
            said = outcome.error.message if outcome.error else outcome.stdout[-500:]
            how = f"the guest ended: {outcome.status}: {said}"
            if stalled:
                how = f"the guest was stopped after {STALL_SECONDS} s in one test"
        ended, running = False, None
        for line in log.read_text("utf-8").splitlines():
            event = json.loads(line)
            if "started" in event:
                running = event["started"]
            elif "ended" in event:
                ended = True
            else:
                running = None
                found[event.pop("test")] = event
        return ended, running, how


async def _watch(turn: asyncio.Task[object], log: Path) -> bool:
    """Wait for the turn; cancel it and return True when nothing new is written for too long."""
    size, quiet = 0, 0.0
    while not turn.done():
        await asyncio.wait([turn], timeout=_LOOK_EVERY_SECONDS)
        now = _size_of(log)
        size, quiet = now, 0.0 if now != size else quiet + _LOOK_EVERY_SECONDS
        if quiet > STALL_SECONDS:
            turn.cancel()
            await asyncio.wait([turn])
            return True
    return False


def _size_of(log: Path) -> int:
    return log.stat().st_size
