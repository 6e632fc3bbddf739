"""The kept results of a suite: every failure by name, under a cause that a person has written."""

import fnmatch
import json
import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parent / "results"

UNEXPLAINED = "unexplained"

Outcome = Mapping[str, str]

Run = Mapping[str, Mapping[str, Outcome]]
"""By file: the outcomes of its tests, by name."""


@dataclass
class Cause:
    """Why tests fail."""

    name: str
    reason: str
    wrong_number: bool = False
    """Whether the guest computes another number than a 64-bit machine."""
    unsteady: bool = False
    """Whether the tests fail in some runs only."""
    messages: list[str] = field(default_factory=list[str])
    """Patterns of messages: a new failure that shows one is of this cause."""
    where: list[str] = field(default_factory=list[str])
    """Patterns of test names: likewise."""
    tests: list[str] = field(default_factory=list[str])

    def explains(self, test: str, outcome: Outcome) -> bool:
        """Return whether a failure that nobody has looked at is of this cause."""
        return any(
            re.search(pattern, outcome["message"], re.DOTALL) for pattern in self.messages
        ) or any(fnmatch.fnmatchcase(test, pattern) for pattern in self.where)


@dataclass
class Kept:
    """What `results/LIBRARY.toml` says."""

    library: str
    causes: list[Cause]

    @classmethod
    def load(cls, library: str) -> "Kept":
        path = FOLDER / f"{library}.toml"
        table = tomllib.loads(path.read_text("utf-8")) if path.exists() else {}
        return cls(library, [_cause(each) for each in table.get("cause", [])])

    def expected(self) -> set[str]:
        """Return the tests that may fail."""
        return {test for cause in self.causes for test in cause.tests}

    def unexplained(self) -> list[str]:
        """Return the tests whose failure has no reason."""
        return [test for cause in self.causes if not cause.reason for test in cause.tests]

    def compare(self, run: Run) -> tuple[dict[str, Outcome], list[str]]:
        """Return the failures that are not kept, and the kept ones that do not fail now."""
        failures, ran, expected = failures_of(run), set(run), self.expected()
        new = {test: each for test, each in failures.items() if test not in expected}
        gone = [
            test
            for cause in self.causes
            for test in cause.tests
            if not cause.unsteady and test not in failures and file_of(test) in ran
        ]
        return new, gone

    def take(self, run: Run) -> None:
        """Put the failures of a run in the place of those that its files had before."""
        failures = failures_of(run)
        for cause in self.causes:
            cause.tests = [
                test
                for test in cause.tests
                if test in failures or file_of(test) not in run or cause.unsteady
            ]
        for test, outcome in self.compare(run)[0].items():
            self._cause_for(test, outcome).tests.append(test)
        self.causes = [cause for cause in self.causes if cause.tests or cause.name != UNEXPLAINED]

    def save(self, run: Run) -> None:
        """Write the file. The totals are those of `run`, which ran the whole suite."""
        lines = ["# Written by `run.py --update`; names, reasons and patterns of causes by hand."]
        lines += ["", "[totals]", *(f"{name} = {count}" for name, count in totals_of(run).items())]
        lines += ["", "[skipped]"]
        lines += [f"{_text(why)} = {count}" for why, count in skips_of(run).items()]
        for cause in sorted(self.causes, key=lambda cause: cause.name):
            lines += ["", "[[cause]]", f"name = {_text(cause.name)}"]
            lines += [f"reason = {_text(cause.reason)}"]
            lines += [f"wrong_number = {str(cause.wrong_number).lower()}"]
            if cause.unsteady:
                lines += ["unsteady = true"]
            lines += _array("messages", cause.messages) if cause.messages else []
            lines += _array("where", cause.where) if cause.where else []
            lines += [f"count = {len(cause.tests)}", *_array("tests", sorted(cause.tests))]
        FOLDER.mkdir(exist_ok=True)
        (FOLDER / f"{self.library}.toml").write_text("\n".join(lines) + "\n", "utf-8")

    def _cause_for(self, test: str, outcome: Outcome) -> Cause:
        for cause in self.causes:
            if cause.explains(test, outcome):
                return cause
        for cause in self.causes:
            if cause.name == UNEXPLAINED:
                return cause
        self.causes.append(Cause(UNEXPLAINED, ""))
        return self.causes[-1]


def failures_of(run: Run) -> dict[str, Outcome]:
    """Return the tests of a run that failed."""
    return {
        test: outcome
        for tests in run.values()
        for test, outcome in tests.items()
        if outcome["outcome"] == "failed"
    }


def totals_of(run: Run) -> dict[str, int]:
    """Return how many tests had which outcome."""
    counts = Counter(each["outcome"] for tests in run.values() for each in tests.values())
    return {"files": len(run), **dict(sorted(counts.items()))}


def skips_of(run: Run) -> dict[str, int]:
    """Return how many tests were skipped for which reason."""
    counts = Counter(
        " ".join(each["message"].removeprefix("Skipped: ").split())[:120]
        for tests in run.values()
        for each in tests.values()
        if each["outcome"] == "skipped"
    )
    return dict(sorted(counts.items()))


def file_of(test: str) -> str:
    """Return the file that a test is in."""
    return test.partition("::")[0]


def _cause(table: dict[str, object]) -> Cause:
    return Cause(**{name: value for name, value in table.items() if name != "count"})


def _array(name: str, values: list[str]) -> list[str]:
    return [f"{name} = [", *(f"    {_text(value)}," for value in values), "]"]


def _text(value: str) -> str:
    """Return a string of TOML, which is one of JSON but for two things."""
    plain = "".join("�" if "\ud800" <= each <= "\udfff" else each for each in value)
    return json.dumps(plain, ensure_ascii=False).replace("\x7f", "\\u007f")
