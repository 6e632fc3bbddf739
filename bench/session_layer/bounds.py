"""What the session layer is to reach."""

from __future__ import annotations

from collections.abc import Iterator

from targets import Judged, Target

from session_layer.lines import Lines

_NONE = {"bound": 0, "unit": "count"}
_GIB = 2**30

TARGETS = (
    Target(title="interrupt, p99", row="interrupt", bound=0.1, unit="seconds", statistic="p99"),
    Target(title="interrupts that lose variables", row="interrupts_not_kept", **_NONE),
    Target(
        title="hard stop over the grace, maximum",
        row="stop",
        bound=0.5,
        unit="seconds",
        statistic="maximum",
    ),
    Target(title="hard stops that lose the turn before", row="stops_not_intact", **_NONE),
    Target(title="checkpoint after x = 1", row="checkpoint_one", bound=20e-3, unit="seconds"),
    Target(title="… on disk", row="checkpoint_one_bytes", bound=1e6, unit="bytes"),
    Target(title="fork with 50 MB, until it is ready", row="fork", bound=60e-3, unit="seconds"),
    Target(title="resume over a live turn, x = 1", row="resume_one", bound=30e-3, unit="seconds"),
    Target(
        title="resume over a live turn, DataFrame", row="resume_frame", bound=30e-3, unit="seconds"
    ),
    Target(title="resume over a live turn, plot", row="resume_plot", bound=30e-3, unit="seconds"),
    Target(title="sessions of one owner that lose something", row="crowd_lost", **_NONE),
    Target(title="memory with all of them, PSS", row="crowd_memory", bound=24 * _GIB, unit="bytes"),
    Target(title="durable sessions lost by kill -9", row="recovery_lost", **_NONE),
)


def judged(lines: Lines) -> Iterator[Judged]:
    """Every target of which something was asked to be measured."""
    for target in TARGETS:
        if target.row in lines:
            yield Judged(target=target, measured=target.of(lines[target.row].cell))
