"""Cloche: a glass bell for code. Runs Python in WebAssembly sandboxes for AI agents.

    async with Cloche() as cloche, cloche.session("python") as session:
        outcome = await session.execute("1 + 1")

Names are loaded on first use, because worker processes import this package and must stay lean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cloche.api import Cloche as Cloche
    from cloche.limits import Limits as Limits
    from cloche.outcome import Outcome as Outcome

__all__ = ["Cloche", "Limits", "Outcome", "__version__"]

__version__ = "0.1.0"

_HOMES = {"Cloche": "cloche.api", "Limits": "cloche.limits", "Outcome": "cloche.outcome"}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'cloche' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
