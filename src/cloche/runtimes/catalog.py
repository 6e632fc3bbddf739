"""The catalog: what a runtime is made from, pinned by digest, and what making it costs."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class Cost:
    """What preparing takes on the reference machine (2 cores, x86-64); an estimate elsewhere."""

    unpacked_bytes: int
    """Size of everything in the wheel."""

    artifact_bytes: int
    module_bytes: int
    image_bytes: int

    fetch_seconds: float
    verify_seconds: float
    unpack_seconds: float
    compile_cpu_seconds: float
    warm_cpu_seconds: float

    compile_calibration_ratio: float
    """Processor time of compiling the module, over that of the calibration module."""


@dataclass(frozen=True)
class Artifact:
    """One pinned wheel and the files in it that make up a runtime."""

    language: str
    language_version: str

    package: str
    version: str
    wheel: str
    wheel_sha256: str

    folder: str
    """Folder of the wheel in which the files lie, with forward slashes."""

    sums: str
    """File that names the SHA-256 of all others, relative to the folder, as the next ones are."""

    sums_sha256: str
    module: str
    stdlib: str
    documents: tuple[str, ...]
    licenses: str
    """Folder of licence texts; all of it is kept."""

    stdlib_name: str
    """Name that the guest expects the library zip to have."""

    mpl_data: str
    """Zip within the library zip whose files the guest needs unpacked."""

    widened: bool
    """Whether the module's integers are widened to 64 bits before it is compiled."""

    engine: str
    """What the compiled module depends on in the engine's settings."""

    image_format: int
    cost: Cost

    @property
    def requirement(self) -> str:
        """The pin, as a line of a requirements file."""
        return f"{self.package}=={self.version} --hash=sha256:{self.wheel_sha256}"


@dataclass(frozen=True)
class Catalog:
    """Every runtime that is prepared from an artifact."""

    python: Artifact


@cache
def load_catalog() -> Catalog:
    """Read the catalog that came with this version of Cloche."""
    text = resources.files("cloche.runtimes").joinpath("catalog.toml").read_text("utf-8")
    table = tomllib.loads(text)["python"]
    cost = Cost(**table.pop("cost"))
    documents = tuple(table.pop("documents"))
    return Catalog(python=Artifact(language="python", documents=documents, cost=cost, **table))
