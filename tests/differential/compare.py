"""Compare what the guest makes of the expressions with the recordings.

`python -m tests.differential.compare [AREA ...]` prints every difference, and marks by `!` those
that differences.toml does not know.
"""

from __future__ import annotations

import asyncio
import json
import math
import sys
from typing import Any

from cloche import Cloche
from cloche.sessions.session import Session

from . import expressions, recordings
from .recordings import HERE, Difference

CHUNK = 300
TURN_SECONDS = 300
EPSILONS = {"float16": 2.0**-10, "float32": 2.0**-23, "complex64": 2.0**-23}
EPSILON = 2.0**-52
ULPS = 4
ITERATIVE = {"linalg": 1e-12, "scipy_numbers": 1e-9, "scipy_arrays": 1e-9}
"""The error allowed, relative to the largest value, where algorithms add up rounding errors."""


async def versions(session: Session) -> dict[str, str]:
    """The versions in the guest."""
    await _run(session, (HERE / "describe.py").read_text(encoding="utf-8"))
    await _run(session, "Path('versions.json').write_text(json.dumps(versions()))")
    return json.loads((session.home.workspace / "versions.json").read_text(encoding="utf-8"))


async def differences(session: Session, area: str) -> list[Difference]:
    """What an area's expressions come to in a session, where that is not what is recorded."""
    found: list[Difference] = []
    workspace = session.home.workspace
    await _run(session, (HERE / "describe.py").read_text(encoding="utf-8"))
    pairs = list(recordings.read(area).items())
    for start in range(0, len(pairs), CHUNK):
        chunk = pairs[start : start + CHUNK]
        texts = json.dumps([expression for expression, _ in chunk])
        (workspace / "expressions.json").write_text(texts, encoding="utf-8")
        await _run(session, "write('expressions.json', 'outcomes.json')")
        outcomes = json.loads((workspace / "outcomes.json").read_text(encoding="utf-8"))
        for (expression, native), guest in zip(chunk, outcomes, strict=True):
            iterative = ITERATIVE.get(area, 0.0)
            if not equal(native, guest, iterative):
                aspects = _aspects(native, guest, iterative)
                found.append(Difference(area, expression, native, guest, aspects))
    return found


def _aspects(native: dict[str, Any], guest: dict[str, Any], iterative: float) -> frozenset[str]:
    found: set[str] = set()
    if equal({**native, "warnings": []}, {**guest, "warnings": []}, iterative):
        found.add("warnings")
    errors = [str(each.get("error")).partition(":")[0] for each in (native, guest)]
    if "error" in native and errors[0] == errors[1]:
        found.add("message")
    return frozenset(found)


async def _run(session: Session, code: str) -> None:
    outcome = await session.execute(code, timeout_seconds=TURN_SECONDS)
    if outcome.status != "ok":
        raise AssertionError(outcome)


def equal(native: Any, guest: Any, iterative: float, epsilon: float = EPSILON) -> bool:
    """Whether two descriptions are of the same thing: floats within the error, all else exactly.

    Without `iterative`, two floats may be a few units in the last place of their dtype apart.
    """
    if isinstance(native, float) and isinstance(guest, float):
        return _close(native, guest, max(ULPS * epsilon, iterative))
    if type(native) is not type(guest):
        return False
    if isinstance(native, dict):
        return native.keys() == guest.keys() and all(
            equal(value, guest[key], iterative, epsilon) for key, value in native.items()
        )
    if not isinstance(native, list):
        return native == guest
    if len(native) != len(guest):
        return False
    for tag in map(str, native[:2]):
        epsilon = EPSILONS.get(tag.removeprefix("np."), epsilon)
    sizes = [abs(value) for value in native if isinstance(value, float) and math.isfinite(value)]
    if iterative and len(sizes) == len(native) > 0 and all(isinstance(x, float) for x in guest):
        # What should be 0 is a rounding error of the values around it.
        allowed = max(ULPS * epsilon, iterative)
        floor = allowed * max(sizes)
        return all(_close(*two, allowed, floor) for two in zip(native, guest, strict=True))
    return all(equal(*two, iterative, epsilon) for two in zip(native, guest, strict=True))


def _close(native: float, guest: float, relative: float, absolute: float = 0.0) -> bool:
    if math.isnan(native) or math.isnan(guest):
        return math.isnan(native) and math.isnan(guest)
    if native == guest == 0.0 and not absolute:
        return math.copysign(1, native) == math.copysign(1, guest)
    return math.isclose(native, guest, rel_tol=relative, abs_tol=absolute)


async def _all(areas: list[str]) -> list[Difference]:
    found: list[Difference] = []
    async with Cloche() as cloche:
        for area in areas:
            async with cloche.session() as session:
                found += await differences(session, area)
    return found


def main() -> None:
    areas = sys.argv[1:] or list(expressions.AREAS)
    known = recordings.known()
    found = asyncio.run(_all(areas))
    for each in found:
        mark = " " if any(entry.covers(each) for entry in known) else "!"
        print(f"{mark} {each.area}: {each}")
    total = sum(len(recordings.read(area)) for area in areas)
    print(f"{len(found)} differences in {total} expressions")


if __name__ == "__main__":
    main()
