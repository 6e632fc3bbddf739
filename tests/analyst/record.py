# /// script
# requires-python = "==3.13.*"
# dependencies = [
#   "numpy==2.5.2",
#   "pandas==3.0.6",
#   "scipy==1.18.1",
#   "scikit-learn==1.9.1",
#   "statsmodels==0.15.0",
#   "patsy==1.0.3",
#   "openpyxl==3.1.5",
#   "tabulate==0.10.0",
#   "python-dateutil==2.9.0.post0",
#   "tzdata==2026.5",
# ]
# ///
"""Run the statements on native 64-bit CPython, and keep what they print.

`uv run --no-project tests/analyst/record.py [NAME ...]` writes `tests/analyst/native/NAME.json`,
for every file of statements if none is named. The packages are those of the guest, and others are
refused, as is another Python than 3.13 (the guest's is 3.15).
"""

import ast
import contextlib
import io
import json
import multiprocessing
import os
import re
import shutil
import sys
import tempfile
import types
import warnings
from importlib.metadata import distributions
from pathlib import Path

from cells import DATA, FILES, NATIVE, Cell, cells_of

# What numpy answers with a processor's wider vectors differs from machine to machine: the last
# digits of sums, the order of what argsort finds equal. The record is of the least processor.
WIDER_VECTORS = "X86_V3 X86_V4 AVX512_ICL AVX512_SPR"

# As Cloche sets them for every session.
PANDAS_OPTIONS = {
    "display.width": 200,
    "display.max_columns": 40,
    "display.max_colwidth": 100,
    "display.min_rows": 20,
}


def main(names: list[str]) -> None:
    """Record the files of these names, or all."""
    refuse_another_machine()
    NATIVE.mkdir(exist_ok=True)
    os.environ |= {"NPY_DISABLE_CPU_FEATURES": WIDER_VECTORS, "TZ": "UTC"}
    context = multiprocessing.get_context("spawn")
    # A process for each file: options and imports of one are not there for the next.
    for path in FILES:
        if names and path.stem not in names:
            continue
        with context.Pool(1) as pool:
            records = pool.apply(record, (path,))
        target = NATIVE / f"{path.stem}.json"
        target.write_text(json.dumps(records, indent=1, ensure_ascii=False) + "\n", "utf-8")
        print(f"{path.stem}: {len(records)} statements")


def refuse_another_machine() -> None:
    """Exit unless this is the Python, and these the packages, that the head of this file names."""
    if sys.version_info[:2] != (3, 13) or sys.maxsize != 2**63 - 1 or sys.platform != "linux":
        sys.exit("CPython 3.13 for 64-bit Linux is needed: run this by `uv run --no-project`")
    head = Path(__file__).read_text(encoding="utf-8").partition('# ///\n"""')[0]
    pins = dict(re.findall(r'"([\w-]+)==([\w.]+)"', head))
    found = {dist.name: dist.version for dist in distributions()}
    wrong = [
        f"{name} {pin}, not {found.get(name)}"
        for name, pin in pins.items()
        if found.get(name) != pin
    ]
    if wrong or not pins:
        sys.exit(f"these packages are needed: {', '.join(wrong)}")


def record(path: Path) -> list[dict]:
    """Run a file's cells as the turns of one session."""
    import pandas as pd

    warnings.simplefilter("ignore")
    for name, value in PANDAS_OPTIONS.items():
        pd.set_option(name, value)
    main_module = types.ModuleType("__main__")
    sys.modules["__main__"] = main_module
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(DATA, folder, dirs_exist_ok=True)
        os.chdir(folder)
        records = [run(cell, main_module.__dict__) for cell in cells_of(path)]
        os.chdir("/")
    return records


def run(cell: Cell, names: dict) -> dict:
    """Run one cell; a last expression is the result, as its repr."""
    tree, value = ast.parse(cell.code), None
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, cell.question, "exec"), names)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), cell.question, "eval"), names)
    return {
        "question": cell.question,
        "code": cell.digest,
        "stdout": printed.getvalue().split("\n"),
        "result": None if value is None else repr(value).split("\n"),
    }


if __name__ == "__main__":
    main(sys.argv[1:])
