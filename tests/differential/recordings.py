"""What the expressions come to on a native machine, and which differences from it are known."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

HERE = Path(__file__).parent
VERSIONS = {"numpy": "2.5.2", "pandas": "3.0.6", "scipy": "1.18.1"}


def read(area: str) -> dict[str, dict[str, Any]]:
    """The outcome of each expression of an area."""
    text = _path(area).read_text(encoding="utf-8")
    return dict(json.loads(line) for line in text.splitlines())


def write(area: str, outcomes: dict[str, dict[str, Any]]) -> None:
    lines = (json.dumps(pair) + "\n" for pair in outcomes.items())
    _path(area).write_text("".join(lines), encoding="utf-8")


def _path(area: str) -> Path:
    return HERE / "native" / f"{area}.jsonl"


@dataclass(frozen=True)
class Difference:
    """An expression that comes to something else in the guest."""

    area: str
    expression: str
    native: dict[str, Any]
    guest: dict[str, Any]
    aspects: frozenset[str]
    """What it could be put down to alone, of "warnings" and "message"."""

    def __str__(self) -> str:
        native, guest = json.dumps(self.native), json.dumps(self.guest)
        return f"{self.expression}: native {native} guest {guest}"


@dataclass
class Known:
    """An entry of differences.toml: which differences it stands for, and why they are there."""

    reason: str
    expressions: list[str] = field(default_factory=list[str])
    pattern: str = ""
    native: str = ""
    guest: str = ""
    only: Literal["warnings", "message", ""] = ""
    """Where alone the two may differ: in the warnings, or in the text of the same error."""
    counts: dict[str, int] = field(default_factory=dict[str, int])
    """How many differences a pattern stands for in each area, so that no new one goes unseen."""

    def covers(self, difference: Difference) -> bool:
        if self.only and self.only not in difference.aspects:
            return False
        if self.expressions:
            return difference.expression in self.expressions
        return bool(
            re.search(self.pattern, difference.expression)
            and re.search(self.native, json.dumps(difference.native))
            and re.search(self.guest, json.dumps(difference.guest))
        )


def known() -> list[Known]:
    text = (HERE / "differences.toml").read_text(encoding="utf-8")
    return [Known(**entry) for entry in tomllib.loads(text).get("difference", [])]
