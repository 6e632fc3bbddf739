"""The Python runtime with the integers of its artifact: default integers have 32 bits.

Run as the child of a preparation, with the arguments of `cloche.runtimes.preparation.build`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from platformdirs import user_cache_path

from cloche.engine.module import ENGINE_ID
from cloche.runtimes import python
from cloche.runtimes.catalog import load_catalog
from cloche.runtimes.install import prepare
from cloche.runtimes.integers import edits
from cloche.runtimes.preparation import build, warming
from cloche.runtimes.preparation.places import Places


def prepared() -> Path:
    """The cache folder of the runtime, made now if there is none: a minute or two."""
    spec = load_catalog().python
    name = f"as-shipped-{spec.version}-{ENGINE_ID}"
    cache = user_cache_path("cloche-bench", appauthor=False) / name
    _keep_module(Places(cache, spec))
    prepare(
        cache,
        report=lambda progress: None,
        build_command=(sys.executable, "-I", str(Path(__file__))),
    )
    return cache


def _keep_module(places: Places) -> None:
    """Use the module that is there, whatever has changed in the code that would widen it."""
    found = places.find()
    if found.artifact and not found.module:
        module = places.module(found.artifact)
        for other in module.parent.glob("*"):
            other.rename(module)
            break


def _leave_as_shipped() -> None:
    sources = python._sources()
    sources["integers.py"] = "def install():\n    pass\n"
    python._sources = lambda: sources
    edits.widen = lambda source: source
    warming._self_test = lambda guest, sink: None  # it demands wide integers


if __name__ == "__main__":
    _leave_as_shipped()
    sys.exit(build.main(sys.argv[1:]))
