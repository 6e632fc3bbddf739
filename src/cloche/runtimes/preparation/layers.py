"""Layers: finished folders of the cache, each of which appears whole or not at all.

A layer is made in a staging folder, synced, and renamed to its place. Its `complete.json` names
the size of every file, so that a torn or damaged layer is told from a whole one without reading it.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from cloche.errors import PreparationFailed
from cloche.runtimes.preparation.private import FILE_MODE, FOLDER_MODE, sync_folder

_COMPLETE = "complete.json"
_STAGING = "staging"

DISK_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
"""Numbers of the OSError of a disk, or a quota on it, that has no room left."""

_BUSY_TRIES = 20
_BUSY_SECONDS = 0.1
"""How long a folder may be busy: virus scanners on Windows hold new files for a moment, and a
child of a process that was killed may still write for one."""


@dataclass(frozen=True)
class Layer:
    """A finished folder and what its `complete.json` says."""

    folder: Path
    digests: Mapping[str, str]
    """SHA-256 by file name, for the files whose digest is known."""

    facts: Mapping[str, object]
    """What else was worth keeping when the layer was made."""


def read_layer(folder: Path) -> Layer | None:
    """Return the layer in `folder` if it is whole: every recorded file is there at its size."""
    try:
        record = json.loads((folder / _COMPLETE).read_bytes())
        recorded = cast("dict[str, dict[str, int | str]]", record["files"])
        facts = cast("dict[str, object]", record["facts"])
        sizes = _sizes(folder)
        if any(sizes.get(name) != entry["size"] for name, entry in recorded.items()):
            return None
        digests = {
            name: str(entry["sha256"]) for name, entry in recorded.items() if "sha256" in entry
        }
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None
    return Layer(folder, digests, facts)


def publish(
    staged: Path,
    folder: Path,
    *,
    digests: Mapping[str, str],
    facts: Mapping[str, object],
) -> None:
    """Make `staged` the layer `folder`: sync and record its files, then rename it there."""
    sizes = _sizes(staged)
    record = {
        "files": {
            name: {"size": size, **({"sha256": digests[name]} if name in digests else {})}
            for name, size in sorted(sizes.items())
        },
        "facts": facts,
    }
    (staged / _COMPLETE).write_text(json.dumps(record, indent=1), "utf-8")
    for root, _, names in os.walk(staged):
        for name in names:
            _sync_file(Path(root, name))
        Path(root).chmod(FOLDER_MODE)
        sync_folder(Path(root))
    folder.parent.mkdir(mode=FOLDER_MODE, exist_ok=True)
    discard(folder)
    _when_not_busy(lambda: staged.rename(folder))
    sync_folder(folder.parent)


def discard(folder: Path) -> None:
    """Remove a layer that is damaged. Raises `PreparationFailed` when it cannot be removed."""
    try:
        _when_not_busy(lambda: _remove(folder))
    except OSError as error:
        raise PreparationFailed(
            f"{folder} is damaged and cannot be removed ({error.strerror}); stop every Cloche "
            "that uses it, remove it, and start again"
        ) from error


@contextmanager
def staging(cache_dir: Path) -> Generator[Path]:
    """Give an empty folder on the cache's file system; it is gone afterwards."""
    parent = cache_dir / _STAGING
    parent.mkdir(mode=0o700, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=parent))
    try:
        yield folder
    finally:
        _try_to_remove(folder)


def clear_staging(cache_dir: Path) -> None:
    """Remove what killed processes left. The caller holds the lock, so nobody else stages."""
    with contextlib.suppress(FileNotFoundError):
        for entry in list((cache_dir / _STAGING).iterdir()):
            _try_to_remove(entry)


def _sizes(folder: Path) -> dict[str, int]:
    """Return the size of every regular file below `folder` by its relative name with slashes."""
    sizes: dict[str, int] = {}

    def collect(path: str, prefix: str) -> None:
        with os.scandir(path) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    collect(entry.path, f"{prefix}{entry.name}/")
                elif entry.is_file(follow_symlinks=False):
                    sizes[prefix + entry.name] = entry.stat(follow_symlinks=False).st_size

    collect(str(folder), "")
    return sizes


def _sync_file(path: Path) -> None:
    path.chmod(FILE_MODE)
    # Windows syncs only what is open for writing.
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def _remove(folder: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(folder)


def _try_to_remove(folder: Path) -> None:
    # What stays is taken away by the next preparation; it must not hide how this one went.
    with contextlib.suppress(OSError):
        _when_not_busy(lambda: _remove(folder))


def _when_not_busy(act: Callable[[], object]) -> None:
    for tries_left in reversed(range(_BUSY_TRIES)):
        try:
            act()
        except OSError:
            if not tries_left:
                raise
            time.sleep(_BUSY_SECONDS)
        else:
            return
