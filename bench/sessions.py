"""Measure Cloche's session layer and judge it: a table for each part, and a JSON file.

Usage: uv run python bench/sessions.py [--only PART]... [--quick]
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from datetime import UTC, datetime
from types import ModuleType

import machine
import report
from catalog import CLOCHE, NATIVE
from environments import interpreter
from session_layer import checkpoints, crowd, forks, interrupts, recovery, resumes, stops
from session_layer.bounds import judged
from session_layer.lines import FULL, QUICK, Effort, Lines, blank
from session_layer.native import Native, found_native
from session_layer.table import section_table

PARTS = {
    "interrupts": interrupts,
    "stops": stops,
    "checkpoints": checkpoints,
    "forks": forks,
    "resumes": resumes,
    "crowd": crowd,
    "recovery": recovery,
}


async def main() -> None:
    """Run what the command line asks for."""
    arguments = _arguments()
    wanted = {name: part for name, part in PARTS.items() if name in (arguments.only or PARTS)}
    started, clock = datetime.now(UTC), time.monotonic()
    described = machine.described()
    interpreter(CLOCHE)  # set up
    native = found_native(NATIVE)
    found: dict[str, Lines] = {}
    for name, part in wanted.items():
        print(f"{name}: measuring", file=sys.stderr)  # no spinner: it would take time from turns
        found[name] = await _lines(part, QUICK if arguments.quick else FULL, native)
    verdicts = list(judged({key: line for each in found.values() for key, line in each.items()}))

    tables = [section_table(name, lines, PARTS[name].TITLES) for name, lines in found.items()]
    report.show([*tables, report.targets_table(verdicts)], described)
    document = {
        "started": started.isoformat(),
        "quick": arguments.quick,
        "seconds": time.monotonic() - clock,
        "machine": described,
        "parts": {
            name: {key: line.as_json() for key, line in lines.items()}
            for name, lines in found.items()
        },
        "targets": [verdict.as_json() for verdict in verdicts],
    }
    print(f"written to {report.write(f'{started:%Y%m%dT%H%M%SZ}-sessions', document)}")


async def _lines(part: ModuleType, effort: Effort, native: Native) -> Lines:
    try:
        return await part.measured(effort, native)
    except Exception as error:  # noqa: BLE001 - one part's failure is shown in its place
        return blank(part.TITLES, f"failed: {type(error).__name__}: {error}"[:300])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure Cloche's session layer.")
    parser.add_argument(
        "--only",
        action="append",
        choices=list(PARTS),
        help="measure this part; may be given more than once (default: all)",
    )
    parser.add_argument(
        "--quick", action="store_true", help="few repetitions: to see that it works, not how fast"
    )
    return parser.parse_args()


if __name__ == "__main__":
    asyncio.run(main())
