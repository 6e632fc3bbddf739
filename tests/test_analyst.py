"""What an analyst's agent would ask and print: the same as on native 64-bit CPython.

The statements lie in `tests/analyst/statements`, a file for each session, and what they print on
native CPython in `tests/analyst/native`; `tests/analyst/record.py` makes the latter.
"""

import json
import math
import re
import runpy
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.anyio

_cells = runpy.run_path(str(Path(__file__).parent / "analyst" / "cells.py"))
FILES, DATA, NATIVE, cells_of = (_cells[name] for name in ("FILES", "DATA", "NATIVE", "cells_of"))

POINTERS = "the texts of a column are pointers, which have 4 bytes here"


@dataclass(frozen=True)
class Difference:
    """What a statement shows otherwise here than natively, and why."""

    native: str
    here: str
    reason: str


DIFFERENCES = {
    ("bonds", "Load the bonds"): Difference(
        "memory usage: 3.6 KB", "memory usage: 3.2 KB", POINTERS
    ),
    ("numbers", "Index arithmetic in a large virtual grid"): Difference(
        "[    1 42949] [49999 33646] int64\n[2000000007]",
        "ValueError: dimensions are too large; arrays and shapes with a total size greater than "
        "'intp' are not supported.",
        "no array here has more than 2**31 - 1 elements, nor can a shape",
    ),
    ("numbers", "What becomes of values that no integer can hold?"): Difference(
        "[-9223372036854775808 -9223372036854775808 -9223372036854775808]",
        "[                   0  9223372036854775807 -9223372036854775808]",
        "C leaves it open; x86-64 gives the lowest integer, WebAssembly and ARM the nearest or 0",
    ),
    ("prices", "Load the prices of the three stocks"): Difference(
        "memory usage: 28.3 KB", "memory usage: 24.7 KB", POINTERS
    ),
}

# Sums are taken in another order where the native machine has wider vectors, which shows in the
# last digits of a float. Most are printed rounded, and all else must be the same: integers, words
# and, unless a float is shorter or longer, blanks.
FLOAT = re.compile(r"([-+]?\d+\.\d*(?:e[-+]?\d+)?|[-+]?\d+e[-+]?\d+)")
RELATIVE_TOLERANCE = 1e-9

TIMEOUT_SECONDS = 300


def same(one, other):
    """Whether two texts are equal, but for the last digits of floats."""
    if one == other:
        return True
    pieces, others = FLOAT.split(one), FLOAT.split(other)
    return (
        len(pieces) == len(others)
        and all(a.split() == b.split() for a, b in zip(pieces[::2], others[::2], strict=True))
        and all(
            math.isclose(float(a), float(b), rel_tol=RELATIVE_TOLERANCE)
            for a, b in zip(pieces[1::2], others[1::2], strict=True)
        )
    )


def text_of(lines):
    return None if lines is None else "\n".join(lines)


def shown(stdout, result, error=None):
    """All that a statement shows, as one text."""
    text = stdout if result is None else f"{stdout}result: {result}"
    return text if error is None else f"{text}{error.type}: {error.message}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
async def test_a_session_of_statements_shows_what_native_python_shows(session, path):
    cells = cells_of(path)
    natives = json.loads((NATIVE / f"{path.stem}.json").read_text("utf-8"))
    assert [cell.digest for cell in cells] == [native["code"] for native in natives], (
        f"{path.name} is not the recorded one: run tests/analyst/record.py"
    )
    shutil.copytree(DATA, session.home.workspace, dirs_exist_ok=True)
    failures = []
    for cell, native in zip(cells, natives, strict=True):
        outcome = await session.execute(cell.code, timeout_seconds=TIMEOUT_SECONDS)
        assert outcome.status in ("ok", "error"), outcome
        assert not outcome.truncated, cell.question
        here = shown(outcome.stdout, outcome.result, outcome.error)
        expected = shown(text_of(native["stdout"]), text_of(native["result"]))
        difference = DIFFERENCES.get((path.stem, cell.question))
        if difference is not None:
            assert expected.count(difference.native) == 1, cell.question
            expected = expected.replace(difference.native, difference.here)
        if not same(here, expected):
            failures.append(f"--- {cell.question}\nexpected:\n{expected}\nhere:\n{here}")
    if failures:
        pytest.fail("\n".join(failures), pytrace=False)


def test_every_difference_is_of_a_statement_and_has_a_reason():
    questions = {(path.stem, cell.question) for path in FILES for cell in cells_of(path)}
    assert set(DIFFERENCES) <= questions
    assert all(each.reason and each.native != each.here for each in DIFFERENCES.values())


def test_there_are_two_hundred_statements_or_more():
    questions = [(path.stem, cell.question) for path in FILES for cell in cells_of(path)]
    assert len(set(questions)) == len(questions) >= 200


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("x 0.30000000000000004", "x 0.3", True),
        ("0.1\n  12", "0.10000000000000001\n  12", True),
        ("1.5e-10", "1.5000000001e-10", True),
        ("nan 2.0", "nan 2.0", True),
        ("0.1", "0.1001", False),
        ("3000000000", "3000000001", False),
        ("-0.5", "0.5", False),
        ("int64 1.0", "int32 1.0", False),
        ("1.0", "1", False),
        ("1.0 2.0", "1.0", False),
    ],
)
def test_texts_are_the_same_when_only_last_digits_of_floats_differ(one, other, equal):
    assert same(one, other) is equal
