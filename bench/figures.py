"""What a measurement yields: samples with median and 95th percentile, or why there are none."""

from __future__ import annotations

import statistics
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """Samples of one quantity in one unit, in the order in which they were taken."""

    unit: str  # seconds, bytes, ratio, or count
    samples: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.samples)

    @property
    def p95(self) -> float:
        """Interpolated between the samples; of few samples it is close to their maximum."""
        return self._last_cut(20)

    @property
    def p99(self) -> float:
        """The same for 99 of 100."""
        return self._last_cut(100)

    @property
    def maximum(self) -> float:
        return max(self.samples)

    def as_json(self) -> dict[str, object]:
        return {
            "unit": self.unit,
            "n": len(self.samples),
            "median": self.median,
            "p95": self.p95,
            "p99": self.p99,
            "maximum": self.maximum,
            "samples": self.samples,
        }

    def _last_cut(self, parts: int) -> float:
        if len(self.samples) == 1:
            return self.samples[0]
        return statistics.quantiles(self.samples, n=parts, method="inclusive")[-1]


@dataclass(frozen=True)
class Blank:
    """A cell without a figure."""

    reason: str

    def as_json(self) -> dict[str, object]:
        return {"missing": self.reason}


Cell = Figure | Blank
