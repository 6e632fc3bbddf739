"""The examination: every wall of this machine, and how it is told."""

from __future__ import annotations

import json
import platform
import shutil
import sys
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path

from rich.console import Console
from rich.table import Table

from cloche import __version__
from cloche.config import Settings
from cloche.doctor.check import Check
from cloche.doctor.engine import check_engine
from cloche.doctor.guest import check_guest
from cloche.doctor.outside import outside
from cloche.doctor.worker import check_worker
from cloche.mounts import resolve_mounts
from cloche.runtimes.install import locate
from cloche.workers import landlock

_GIB = 1024**3


@dataclass(frozen=True)
class Diagnosis:
    """What the doctor found."""

    facts: dict[str, str]
    checks: list[Check] = field(default_factory=list[Check])

    @property
    def healthy(self) -> bool:
        """Whether every wall stands that this system can have."""
        return all(check.standing != "missing" for check in self.checks)

    def to_json(self) -> str:
        """Return it as one JSON object."""
        return json.dumps({"healthy": self.healthy, **asdict(self)}, indent=2)


async def examine(settings: Settings) -> Diagnosis:
    """Try every wall. Takes some seconds; leaves nothing behind.

    Raises `InvalidRequest` for mounts that cannot be.
    """
    facts = _facts(settings)
    checks = [check_engine(metadata.version("wasmtime"), sys.platform, platform.machine())]
    with outside() as reached:
        checks += check_worker(reached)
        checks += await check_guest(settings, reached)
    return Diagnosis(facts, checks)


def show(diagnosis: Diagnosis, console: Console) -> None:
    """Print it for people."""
    facts = Table.grid(padding=(0, 2))
    for name, value in diagnosis.facts.items():
        facts.add_row(name, value)
    console.print(facts)
    table = Table("wall around", "what must not be possible", "", "how it went", box=None)
    colours = {"stands": "green", "missing": "red", "does not apply": "dim"}
    for check in diagnosis.checks:
        detail = f"{check.detail}\n{check.remedy}" if check.remedy else check.detail
        standing = f"[{colours[check.standing]}]{check.standing}[/]"
        table.add_row(check.wall, check.name, standing, _plain(detail))
    console.print()
    console.print(table)
    console.print()
    console.print(
        "Every wall stands that this system can have."
        if diagnosis.healthy
        else "Some walls are missing."
    )


def _plain(text: str) -> str:
    return text.replace("[", r"\[")


def _facts(settings: Settings) -> dict[str, str]:
    runtime = locate(settings.cache_dir)
    facts = {
        "Cloche": __version__,
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": f"{platform.system()} {platform.release()} on {platform.machine()}",
        "wasmtime": metadata.version("wasmtime"),
        "cache": _folder(settings.cache_dir),
        "data": _folder(settings.data_dir),
        "runtime": "not prepared: `cloche setup`"
        if runtime is None
        else f"{runtime.language} {runtime.version}, prepared",
    }
    private = [settings.data_dir, settings.cache_dir]
    for mount in resolve_mounts(settings.mounts, private=private):
        rights = "guests can write to it" if mount.writable else "read-only"
        facts[f"mount {mount.guest}"] = f"{mount.host} ({rights})"
    if sys.platform == "linux":
        facts["Landlock"] = f"version {landlock.abi()}" if landlock.abi() else "none"
    return facts


def _folder(folder: Path) -> str:
    there = next(each for each in (folder, *folder.parents) if each.exists())
    return f"{folder} ({shutil.disk_usage(there).free / _GIB:.1f} GiB free)"
