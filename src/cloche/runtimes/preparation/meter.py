"""The meter: turns the shares of stages into one share of all the work, and makes it known.

What it reports goes to the caller, and to a small file in the cache folder for other processes
that wait for the same runtime or are asked about it.
"""

from __future__ import annotations

import contextlib
import json
import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import get_args

from cloche.runtimes.progress import Progress, Report, Stage

_REPORT_EVERY_SECONDS = 0.1
_FILE_EVERY_SECONDS = 0.25

_FILE = "progress.json"

_STALE_SECONDS = 15.0
"""The file is written several times a second; an older one was left by a process that died."""


class Meter:
    """Progress through a plan of stages, each with the seconds that it is expected to take."""

    def __init__(
        self, report: Report, plan: Mapping[Stage, float], *, cache_dir: Path, floor: float
    ) -> None:
        """Start at `floor`, the share that was reported before, while waiting for another."""
        self._report = report
        self._plan = dict(plan)
        self._file = cache_dir / _FILE
        self._floor = floor
        self._stage: Stage | None = None
        self._detail = ""
        self._passed = 0.0
        self._reached = floor
        self._reported_at = self._written_at = -math.inf

    def begin(self, stage: Stage, detail: str) -> None:
        """Enter the next stage of the plan; those before it are done."""
        stages = list(self._plan)
        self._passed = sum(self._plan[name] for name in stages[: stages.index(stage)])
        self._stage, self._detail = stage, detail
        self._reported_at = self._written_at = -math.inf
        self.update(0.0)

    def update(
        self, share: float, *, detail: str | None = None, seconds_left: float | None = None
    ) -> None:
        """Say that `share` of the stage is done and, if known, how long the rest of it takes."""
        assert self._stage is not None, "a stage has begun"
        now = time.monotonic()
        if now - self._reported_at < _REPORT_EVERY_SECONDS:
            return
        weight, total = self._plan[self._stage], sum(self._plan.values())
        fraction = (self._passed + min(share, 1.0) * weight) / total
        # The end is reported by whoever has seen the finished runtime, so never here.
        self._reached = max(self._reached, self._floor + (0.999 - self._floor) * fraction)
        if seconds_left is not None:
            seconds_left += total - self._passed - weight
        progress = Progress(self._stage, self._reached, detail or self._detail, seconds_left)
        self._reported_at = now
        if now - self._written_at >= _FILE_EVERY_SECONDS:
            self._written_at = now
            _write(self._file, progress)
        self._report(progress)

    def close(self) -> None:
        """Withdraw what other processes were told."""
        with contextlib.suppress(OSError):
            self._file.unlink()


def read_progress(cache_dir: Path) -> Progress | None:
    """Return how far the process that prepares in `cache_dir` is, or None when none does."""
    file = cache_dir / _FILE
    try:
        if time.time() - file.stat().st_mtime > _STALE_SECONDS:
            return None
        data = json.loads(file.read_text("utf-8"))
        stage, detail, left = data["stage"], str(data["detail"]), data["seconds_left"]
        if stage not in get_args(Stage):
            return None
        fraction = min(max(float(data["fraction"]), 0.0), 1.0)
        return Progress(stage, fraction, detail, None if left is None else float(left))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(file: Path, progress: Progress) -> None:
    text = json.dumps(
        {
            "stage": progress.stage,
            "fraction": progress.fraction,
            "detail": progress.detail,
            "seconds_left": progress.seconds_left,
        }
    )
    staged = file.with_name(f"{_FILE}.new")
    # Only news for others: on Windows the replacement fails while one of them reads.
    with contextlib.suppress(OSError):
        staged.write_text(text, "utf-8")
        staged.replace(file)
