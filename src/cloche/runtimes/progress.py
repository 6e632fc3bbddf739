"""Progress of a preparation: what is reported, and how a person sees it."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, TextIO

Stage = Literal["waiting", "fetch", "verify", "unpack", "compile", "warm", "done"]

_PLAIN_EVERY_SECONDS = 10.0


@dataclass(frozen=True)
class Progress:
    """How far a preparation has come."""

    stage: Stage
    """What is being done; `waiting` while another process prepares the same runtime."""

    fraction: float
    """Share of all the work that is done, from 0 to 1; never falls, and is 1 only at the end."""

    detail: str
    """What is being done, in words."""

    seconds_left: float | None
    """Estimate for the rest of all the work, or None while there is nothing to base it on."""


Report = Callable[[Progress], None]
"""Takes progress; called from the thread that prepares, at most some ten times a second."""


@contextmanager
def show(stream: TextIO) -> Generator[Report]:
    """Give a `Report` that draws a bar on a terminal, and writes plain lines anywhere else."""
    if stream.isatty():
        with _bar(stream) as report:
            yield report
    else:
        yield _plain(stream)


@contextmanager
def _bar(stream: TextIO) -> Generator[Report]:
    # Imported here because most processes that use this module never draw.
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[left]}", markup=False),
    )
    with Bar(*columns, console=Console(file=stream)) as bar:
        task = bar.add_task("preparing", total=1.0, left="")

        def report(progress: Progress) -> None:
            bar.update(
                task,
                completed=progress.fraction,
                description=progress.detail,
                left=_left(progress),
            )

        yield report


def _plain(stream: TextIO) -> Report:
    shown_stage: Stage | None = None
    shown_at = 0.0

    def report(progress: Progress) -> None:
        nonlocal shown_stage, shown_at
        now = time.monotonic()
        if progress.stage == shown_stage and now - shown_at < _PLAIN_EVERY_SECONDS:
            return
        shown_stage, shown_at = progress.stage, now
        left = _left(progress)
        tail = f", {left}" if left else ""
        # One whole line per write, so that lines of several threads do not mix.
        stream.write(f"cloche: {progress.fraction:4.0%} {progress.detail}{tail}\n")
        stream.flush()

    return report


def _left(progress: Progress) -> str:
    seconds = progress.seconds_left
    if seconds is None or progress.stage == "done":
        return ""
    if seconds < 100:
        return f"about {max(1, round(seconds))} s left"
    return f"about {round(seconds / 60)} min left"
