"""Quotas: what one owner may have, beside what everybody may."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Quota:
    """What one owner may have at once; None is what everybody may."""

    max_sessions: int | None = None
