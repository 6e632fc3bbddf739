"""Checks: what came of trying one wall."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Standing = Literal["stands", "missing", "does not apply"]

UNEXPLAINED = "report it: nothing of this system should keep this wall from standing"
"""The remedy where no other is known."""


@dataclass(frozen=True)
class Check:
    """One wall, and whether it stands."""

    wall: str
    """What it is around."""
    name: str
    """What it keeps from being done."""
    standing: Standing
    detail: str
    remedy: str = ""
    """What to do; empty where there is nothing to do."""
