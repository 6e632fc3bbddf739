"""Runs in the guest: pytest over one file of a suite, each outcome written down as it comes.

The library under test is imported from the guest's archive, without its tests; those lie in a
folder beside it, in a tree of the same shape. What has been written down survives a crash of the
guest, so that the rest of the file can be run afterwards.
"""

import importlib
import json
import os
import re
import sys
import types
from pathlib import Path

import pytest

MESSAGE_CHARACTERS = 500

COMPILED_TEST_MODULES = [
    "numpy._core._multiarray_tests",
    "numpy._core._operand_flag_tests",
    "numpy._core._rational_tests",
    "numpy._core._simd",
    "numpy._core._struct_ufunc_tests",
    "numpy._core._umath_tests",
    "scipy._lib._test_ccallback",
    "scipy._lib._test_deprecation_call",
    "scipy._lib._test_deprecation_def",
    "scipy.integrate._test_multivariate",
    "scipy.special._test_internal",
]


def prepare(tree: str, library: str, options: list[str]) -> None:
    """Import the library, and stand in for the compiled modules that only its tests have."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    sys.dont_write_bytecode = True
    _graft(Path(tree), library)
    if library == "pandas":
        sys.modules[library].reset_option("^display")  # sessions begin with wider tables
    for name in COMPILED_TEST_MODULES:
        if name.startswith(f"{library}."):
            _stand_in(name)
    Path("/tmp/done").touch()
    # A first run of pytest loads what all further ones need.
    run(tree, f"{library}/conftest.py", "/tmp/done", "/tmp/outcomes", options)


def run(tree: str, file: str, done: str, outcomes: str, options: list[str]) -> None:
    """Run one test file, but for the tests named in the file `done`; append to `outcomes`."""
    root = Path(tree)
    recorder = Recorder(outcomes, frozenset(Path(done).read_text("utf-8").splitlines()))
    code = pytest.main(
        [
            *("--rootdir", tree, "-c", str(root / "pytest.ini"), "--capture=sys", "--tb=short"),
            *("--import-mode=append", "--quiet", "--no-header", "--no-summary"),
            *("-p", "no:cacheprovider", "-p", "no:faulthandler", "-p", "no:threadexception"),
            *("-p", "_hypothesis_pytestplugin", "--basetemp", "/tmp/pytest"),
            *("-o", "log_file=/tmp/pytest.log"),  # there is no /dev/null
            *(*options, str(root / file)),
        ],
        plugins=[recorder],
    )
    # A file of which nothing is left to run, or that cannot be imported, has ended too.
    if code in {0, 1, 2, 5}:
        recorder.write({"ended": file})


def steady(nodeid: str) -> str:
    """Return the name of a test without what differs from run to run."""
    return re.sub(r"0x[0-9a-f]{5,}", "0x…", nodeid)


class Recorder:
    """A pytest plugin that writes one line of JSON per event."""

    def __init__(self, path: str, done: frozenset[str]) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._done = done
        self._worst: dict[str, str] = {}

    def write(self, event: dict[str, str]) -> None:
        line = json.dumps(event) + "\n"
        os.write(self._file, line.encode())

    def pytest_collection_modifyitems(self, items):
        items[:] = [item for item in items if steady(item.nodeid) not in self._done]

    def pytest_collectreport(self, report):
        if report.outcome != "passed":
            self.write(_event(report, report.outcome))

    def pytest_runtest_logstart(self, nodeid):
        self._worst = {"outcome": "passed"}
        self.write({"started": steady(nodeid)})

    def pytest_runtest_setup(self, item):
        parameters = item.callspec.params if hasattr(item, "callspec") else {}
        for value in parameters.values():
            kind = value if isinstance(value, type) else type(value)
            if issubclass(kind, Missing):
                kind.skip()

    def pytest_runtest_logreport(self, report):
        outcome = report.outcome
        if hasattr(report, "wasxfail"):
            outcome = "xfailed" if report.skipped else "xpassed"
        if outcome != "passed" and self._worst["outcome"] in {"passed", "xfailed", "skipped"}:
            self._worst = _event(report, outcome)
        if report.when == "teardown":
            self.write({**self._worst, "test": steady(report.nodeid)})


def _event(report, outcome):
    event = {"test": steady(report.nodeid), "outcome": outcome}
    representation = report.longrepr
    if outcome == "skipped" and isinstance(representation, tuple):
        return event | {"message": str(representation[2])[:MESSAGE_CHARACTERS]}
    if outcome in {"xfailed", "xpassed"}:
        return event | {"message": str(report.wasxfail)[:MESSAGE_CHARACTERS]}
    crash = getattr(representation, "reprcrash", None)
    if crash is None:
        return event | {"message": str(representation)[-MESSAGE_CHARACTERS:]}
    return event | {
        "message": str(crash.message)[:MESSAGE_CHARACTERS],
        "where": f"{crash.path}:{crash.lineno}",
    }


def _graft(root: Path, library: str) -> None:
    """Let each package of the library find its tests and its conftest in the tree too."""
    for file in sorted((root / library).rglob("__init__.py")):
        folder = file.parent.relative_to(root)
        if "tests" not in folder.parts:
            try:
                package = importlib.import_module(".".join(folder.parts))
            except ImportError:  # scipy.odr is not in the guest
                continue
            package.__path__ = [*package.__path__, str(root / folder)]


class _Skips(type):
    """What a test asks of the classes below skips it."""

    module: str

    def __getattr__(cls, name: str):
        if name.startswith("__"):
            raise AttributeError(name)
        if _in_a_test():
            cls.skip()
        if name == "dtype":  # numpy asks every class that is taken for a data type
            raise AttributeError(name)
        return _missing(cls.module, name)

    def skip(cls) -> None:
        why = f"needs {cls.module}, a compiled module that only the tests have"
        pytest.skip(why, allow_module_level=not _in_a_test())


class Missing(metaclass=_Skips):
    """Base of what stands in for the contents of compiled test modules."""

    module = ""

    def __init__(self, *_: object, **__: object) -> None:
        # What is made while tests are collected is a parameter of some of them.
        if _in_a_test():
            type(self).skip()

    def __iter__(self):
        type(self).skip()


def _in_a_test() -> bool:
    return "PYTEST_CURRENT_TEST" in os.environ


def _missing(module: str, name: str) -> type[Missing]:
    return _Skips(name, (Missing,), {"module": module, "__module__": module})


def _stand_in(name: str) -> None:
    """Put a module in place whose functions and classes skip the test that uses them."""
    module = types.ModuleType(name)
    module.get_fpu_mode = lambda: 0

    def attribute(wanted):
        if wanted.startswith("__"):
            raise AttributeError(wanted)
        return _missing(name, wanted)

    module.__getattr__ = attribute
    sys.modules[name] = module
    parent, _, child = name.rpartition(".")
    setattr(importlib.import_module(parent), child, module)
