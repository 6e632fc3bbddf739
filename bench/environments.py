"""One environment per product, made with uv in the user's cache folder and kept for the next run.

An environment is reused if it was made from the same requirements with the same Python; a
requirement without a version means the newest at the time it was made, and the report names it.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from catalog import Product
from platformdirs import user_cache_path
from uv import find_uv_bin

WANTED_PYTHON = "3.13"
_OLDER_OR_NEWER = ("3.14", "3.12", "3.11")
_STAMP = "cloche-bench.json"


class UnavailableError(Exception):
    """A product that cannot be had on this machine; the text says why."""


def interpreter(product: Product) -> Path:
    """The Python that a product is ready to be measured with; made now if there is none."""
    python = _environment(product) if product.requirements else Path(sys.executable)
    if product.setup:
        _ran(str(python), *product.setup)
    return python


def version_of(python: Path) -> str:
    """Major and minor version of an interpreter, empty if it does not start."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    done = subprocess.run([str(python), "-I", "-c", code], capture_output=True, text=True)
    return done.stdout.strip()


def _environment(product: Product) -> Path:
    base = native_python()
    folder = user_cache_path("cloche-bench", appauthor=False) / product.name.replace(" ", "")
    python = _python_in(folder)
    stamp = {"python": str(base), "requirements": list(product.requirements)}
    if not (python.exists() and _read(folder / _STAMP) == stamp):
        _uv("venv", "--no-project", "--clear", "--python", str(base), str(folder))
        _uv("pip", "install", "--compile-bytecode", "--python", str(python), *product.requirements)
        (folder / _STAMP).write_text(json.dumps(stamp), encoding="utf-8")
    return python


@functools.cache
def native_python() -> Path:
    """CPython 3.13 (found, else installed by uv), or the newest other one that is found."""
    if found := next(_found(WANTED_PYTHON), None):
        return found
    try:
        _uv("python", "install", WANTED_PYTHON)
        return Path(_uv("python", "find", "--no-project", "--managed-python", WANTED_PYTHON))
    except UnavailableError as refusal:
        others = (python for version in _OLDER_OR_NEWER for python in _found(version))
        if other := next(others, None):
            return other
        raise UnavailableError(
            f"no CPython {WANTED_PYTHON} to be found or installed: {refusal}"
        ) from None


def _found(version: str) -> Iterator[Path]:
    """Interpreters of a version on this machine that start and say that they are it."""
    for candidate in _candidates(version):
        if candidate.exists() and version_of(candidate) == version:
            yield candidate


def _candidates(version: str) -> Iterator[Path]:
    with contextlib.suppress(UnavailableError):  # uv stops at a shim on PATH that does not start
        yield Path(
            _uv("python", "find", "--no-project", "--system", "--no-python-downloads", version)
        )
    if on_path := shutil.which(f"python{version}"):
        yield Path(on_path)
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from sorted(pyenv.glob(f"versions/{version}.*/bin/python"), reverse=True)


def _python_in(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def _read(stamp: Path) -> object:
    return json.loads(stamp.read_text(encoding="utf-8")) if stamp.exists() else None


def _uv(*arguments: str) -> str:
    return _ran(find_uv_bin(), *arguments)


def _ran(*command: str) -> str:
    """What a command printed; UnavailableError with the last line of its stderr if it failed."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise UnavailableError(f"{' '.join(command[1:3])}: {_last_line(done.stderr)}")
    return done.stdout.strip()


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no message"
