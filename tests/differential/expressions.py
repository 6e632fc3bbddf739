"""All expressions, by area."""

from __future__ import annotations

from functools import cache
from importlib import import_module

AREAS = (
    *("creation", "promotion", "ufuncs", "reductions", "indexing", "random_numbers"),
    *("pandas_values", "pandas_tables"),
    *("scipy_numbers", "scipy_arrays"),
    *("text", "linalg", "stdlib_numbers", "stdlib_text"),
)


def of(area: str) -> list[str]:
    """The expressions of an area, without those that came before."""
    return _by_area()[area]


@cache
def _by_area() -> dict[str, list[str]]:
    seen: set[str] = set()
    found: dict[str, list[str]] = {}
    for area in AREAS:
        texts = dict.fromkeys(import_module(f"{__package__}.areas.{area}").expressions())
        found[area] = [text for text in texts if text not in seen]
        seen.update(texts)
    return found
