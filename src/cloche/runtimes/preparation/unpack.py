"""Unpacking: checks every file of an artifact and lays out the folder that guests are given."""

from __future__ import annotations

import hashlib
import io
import re
import threading
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from cloche.errors import PreparationFailed
from cloche.runtimes.catalog import Artifact
from cloche.runtimes.preparation.child import check_stop
from cloche.runtimes.preparation.fetch import is_plain_path
from cloche.runtimes.preparation.meter import Meter

LIBRARY = "lib"
MPL_DATA = "mpl-data"

_CHUNK_BYTES = 1024 * 1024

_SUM_LINE = re.compile(r"(?P<digest>[0-9a-f]{64}) [ *](?P<name>.+)")


def verify(
    artifact: Artifact, fetched: Path, *, meter: Meter, stop: threading.Event | None
) -> dict[str, str]:
    """Check every file that will be used; return their SHA-256 by name.

    Raises `PreparationFailed`, which names the file that is missing or differs.
    """
    sums = _read_sums(artifact, fetched)
    used = [artifact.module, artifact.stdlib, *artifact.documents]
    used += [name for name in sums if name.startswith(artifact.licenses + "/")]
    paths: dict[str, Path] = {}
    for name in used:
        path = fetched.joinpath(*name.split("/"))
        if name not in sums or not is_plain_path(name) or not path.is_file():
            raise PreparationFailed(f"{artifact.package} {artifact.version} has no usable {name!r}")
        paths[name] = path
    total, done = sum(path.stat().st_size for path in paths.values()), 0
    for name, path in paths.items():
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                check_stop(stop)
                digest.update(chunk)
                done += len(chunk)
                meter.update(done / max(total, 1))
        if digest.hexdigest() != sums[name]:
            raise PreparationFailed(
                f"{name} of {artifact.package} {artifact.version} is damaged: its SHA-256 is "
                f"{digest.hexdigest()} instead of {sums[name]}; start the preparation again"
            )
    return {name: sums[name] for name in used}


def lay_out(
    artifact: Artifact,
    fetched: Path,
    layer: Path,
    digests: Mapping[str, str],
    *,
    meter: Meter,
    stop: threading.Event | None,
) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Move the verified files into `layer` and unpack what the guest needs as plain files.

    Returns the digests by the names in the layer, and the packages (name, version) in the library.
    """
    library_name = f"{LIBRARY}/{artifact.stdlib_name}"
    moved: dict[str, str] = {}
    for name in (*digests, artifact.sums):
        new_name = library_name if name == artifact.stdlib else name
        target = layer.joinpath(*new_name.split("/"))
        target.parent.mkdir(parents=True, exist_ok=True)
        fetched.joinpath(*name.split("/")).rename(target)
        moved[new_name] = digests.get(name, artifact.sums_sha256)
    try:
        with zipfile.ZipFile(layer.joinpath(*library_name.split("/"))) as library:
            packages = _packages(library)
            data = io.BytesIO(library.read(artifact.mpl_data))
        with zipfile.ZipFile(data) as archive:
            _unpack_all(archive, layer / MPL_DATA, meter=meter, stop=stop)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, KeyError) as error:
        raise PreparationFailed(
            f"the library of {artifact.package} {artifact.version} cannot be unpacked: {error}"
        ) from error
    return moved, packages


def _read_sums(artifact: Artifact, fetched: Path) -> dict[str, str]:
    path = fetched / artifact.sums
    data = path.read_bytes() if path.is_file() else b""
    digest = hashlib.sha256(data).hexdigest()
    if digest != artifact.sums_sha256:
        raise PreparationFailed(
            f"{artifact.sums} of {artifact.package} {artifact.version} is damaged: its SHA-256 is "
            f"{digest} instead of {artifact.sums_sha256}; start the preparation again"
        )
    matches = [_SUM_LINE.fullmatch(line) for line in data.decode("utf-8").splitlines()]
    return {match["name"]: match["digest"] for match in matches if match}


def _packages(library: zipfile.ZipFile) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name in library.namelist():
        match = re.fullmatch(r"(?P<name>[^/-]+)-(?P<version>[^/-]+)\.dist-info/METADATA", name)
        if match:
            found.append((match["name"].replace("_", "-"), match["version"]))
    return sorted(found)


def _unpack_all(
    archive: zipfile.ZipFile, folder: Path, *, meter: Meter, stop: threading.Event | None
) -> None:
    members = [info for info in archive.infolist() if not info.is_dir()]
    for done, info in enumerate(members):
        check_stop(stop)
        if not is_plain_path(info.filename):
            raise PreparationFailed(f"an archive of the artifact holds the path {info.filename!r}")
        path = folder.joinpath(*info.filename.split("/"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(archive.read(info))
        meter.update(done / len(members))
