"""Places: where the layers of a runtime lie in the cache folder.

    artifacts/python-<version>-<digest>/   module and library as fetched, data files, licences
    modules/<key>/module.cwasm             native code of an artifact as widened, for one machine
    images/<key>/warm.image, image.json    memory of a guest of one module, library and guest code

A key is a digest of all that the layer depends on, so a layer is never out of date: what belongs to
other inputs lies elsewhere.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib import metadata, resources
from pathlib import Path

from cloche.runtimes.catalog import Artifact
from cloche.runtimes.preparation.layers import Layer, read_layer
from cloche.runtimes.preparation.target import target

LIBRARY, MPL_DATA = "lib", "mpl-data"
"""Folders of the artifact that guests are given."""

MODULE, IMAGE, IMAGE_INFO = "module.cwasm", "warm.image", "image.json"


@dataclass(frozen=True)
class Places:
    """The folders of one artifact's layers in one cache folder, whether they exist or not."""

    cache_dir: Path
    spec: Artifact

    @property
    def artifact(self) -> Path:
        """The artifact's folder."""
        name = f"{self.spec.language}-{self.spec.version}-{self.spec.wheel_sha256[:12]}"
        return self.cache_dir / "artifacts" / name

    def module(self, artifact: Layer) -> Path:
        """Return the folder of the module compiled from `artifact` here and now."""
        return self.cache_dir / "modules" / self._module_key(artifact)

    def image(self, artifact: Layer) -> Path:
        """Return the folder of the image made with `artifact` and this version's guest code."""
        key = _key(
            self._module_key(artifact),
            artifact.digests[library(self.spec)],
            _digest("guest"),
            str(self.spec.image_format),
        )
        return self.cache_dir / "images" / key

    def find(self) -> Found:
        """Return the layers that are there and whole."""
        artifact = read_layer(self.artifact)
        if artifact is None:
            return Found(None, None, None)
        return Found(artifact, read_layer(self.module(artifact)), read_layer(self.image(artifact)))

    def _module_key(self, artifact: Layer) -> str:
        return _key(
            artifact.digests[self.spec.module],
            _wasmtime_version(),
            target(),
            self.spec.engine,
            _digest("integers") if self.spec.widened else "",
        )


@dataclass(frozen=True)
class Found:
    """The layers that are there and whole; a layer without the one before it does not count."""

    artifact: Layer | None
    module: Layer | None
    image: Layer | None


def library(spec: Artifact) -> str:
    """Return the name of the library zip in the artifact's folder."""
    return f"{LIBRARY}/{spec.stdlib_name}"


@cache
def _wasmtime_version() -> str:
    return metadata.version("wasmtime")  # not `import wasmtime`, which takes a tenth of a second


def _key(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]


@cache
def _digest(folder: str) -> str:
    """Return the digest of the sources in a folder of `cloche.runtimes`."""
    digest = hashlib.sha256()
    sources = resources.files("cloche.runtimes").joinpath(folder)
    if sources.is_dir():
        for entry in sorted(sources.iterdir(), key=lambda entry: entry.name):
            if entry.name.endswith((".py", ".wat")):
                source = entry.read_bytes()
                digest.update(f"{entry.name} {len(source)}\n".encode() + source)
    return digest.hexdigest()
