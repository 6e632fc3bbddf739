"""The engine: its version among the advisories that are known of it."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

from cloche.doctor.check import Check

_WALL = "engine"


@dataclass(frozen=True)
class Advisory:
    """What is known of one hole in wasmtime."""

    id: str
    title: str
    fixed: Sequence[str]
    crosses: bool
    systems: Sequence[str] = ()
    machines: Sequence[str] = ()

    def affects(self, version: str, system: str, machine: str) -> bool:
        """Return whether this version has the hole, on this system and machine."""
        if self.systems and system not in self.systems:
            return False
        if self.machines and machine not in self.machines:
            return False
        ours = _numbers(version)
        fixed = [_numbers(each) for each in self.fixed]
        of_our_line = [each for each in fixed if each[0] == ours[0]]
        return not (any(ours >= each for each in of_our_line) or ours >= max(fixed))


def advisories() -> tuple[str, list[Advisory]]:
    """Return the date of the table, and what is in it."""
    text = (resources.files("cloche") / "advisories.toml").read_text("utf-8")
    table = tomllib.loads(text)
    return str(table["date"]), [Advisory(**each) for each in table["advisory"]]


def check_engine(version: str, system: str, machine: str) -> Check:
    """Look the version of wasmtime up among its known advisories."""
    date, known = advisories()
    found = [each for each in known if each.affects(version, system, machine)]
    crossing = [each for each in found if each.crosses]
    told = "; ".join(f"{each.id}: {each.title}" for each in crossing or found)
    name = "cross WebAssembly by a known hole"
    if crossing:
        first = max(crossing[0].fixed, key=_numbers)
        return Check(
            _WALL,
            name,
            "missing",
            f"wasmtime {version}: {told}",
            f"install wasmtime {first} or later as soon as there is one for Python",
        )
    detail = f"wasmtime {version}: none of the {len(known)} advisories known on {date}"
    if found:
        detail += f"; but a guest may end its own worker by {told}"
    return Check(_WALL, name, "stands", detail)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:3])
