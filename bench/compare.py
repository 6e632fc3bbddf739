"""Measure Cloche beside its peers, in one run on one machine: tables, and a JSON file.

Usage: uv run python bench/compare.py [--only NAME]... [--quick]
"""

from __future__ import annotations

import argparse
import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path

import machine
import mcp_call
import report
from catalog import CLOCHE, NATIVE, PRODUCTS, Product
from driver import NoFigureError
from environments import WANTED_PYTHON, UnavailableError, interpreter, version_of
from figures import Blank
from measures import FULL, QUICK, Column, Effort, measured
from rich.console import Console
from targets import judged


async def main() -> None:
    """Run what the command line asks for."""
    arguments = _arguments()
    wanted = [one for one in PRODUCTS if not arguments.only or one.name in arguments.only]
    effort = QUICK if arguments.quick else FULL
    started, clock = datetime.now(UTC), time.monotonic()
    described = machine.described()

    calls = None
    with Console(stderr=True).status("") as status:
        pythons: dict[Product, Path | Blank] = {}
        for product in dict.fromkeys([NATIVE, *wanted]):
            status.update(f"{product.name}: making its environment")
            pythons[product] = _prepared(product)
        native = pythons[NATIVE] if isinstance(pythons[NATIVE], Path) else None
        columns: dict[str, Column] = {}
        for product in wanted:
            status.update(f"{product.name}: measuring")
            columns[product.name] = await _column(product, pythons[product], native, effort)
        if CLOCHE in wanted:
            status.update("MCP calls: measuring")
            calls = await mcp_call.compared(effort)

    native_version = version_of(native) if native else None
    run = report.Run(
        started=started,
        quick=arguments.quick,
        seconds=time.monotonic() - clock,
        machine={**described, "native_python": native_version},
        columns=columns,
        calls=calls,
        targets=list(
            judged(
                columns[CLOCHE.name].cells,
                mcp_call.ratio(calls),
                native_is_wanted=native_version == WANTED_PYTHON,
            )
        )
        if calls
        else [],
    )
    report.printed(run)
    print(f"written to {report.written(run)}")


def _prepared(product: Product) -> Path | Blank:
    try:
        return interpreter(product)
    except UnavailableError as refusal:
        return Blank(f"not available: {refusal}")


async def _column(
    product: Product, python: Path | Blank, native: Path | None, effort: Effort
) -> Column:
    if isinstance(python, Blank):
        return Column.blank(python)
    try:
        return await measured(product, python, native, effort)
    except NoFigureError as refusal:
        return Column.blank(Blank(f"not available: {refusal}"))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure Cloche beside its peers.")
    parser.add_argument(
        "--only",
        action="append",
        choices=[product.name for product in PRODUCTS],
        help="measure this product; may be given more than once (default: all)",
    )
    parser.add_argument(
        "--quick", action="store_true", help="few repetitions: to see that it works, not how fast"
    )
    return parser.parse_args()


if __name__ == "__main__":
    asyncio.run(main())
