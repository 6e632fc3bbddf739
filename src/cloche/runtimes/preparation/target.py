"""The target: what native code of this machine depends on, as one string for cache keys."""

from __future__ import annotations

import platform
import sys
from pathlib import Path

# The extensions that wasmtime uses where it finds them. A cache folder may travel, in a home
# directory on a network or in a container, to a machine that lacks one of them.
_EXTENSIONS = frozenset(
    {
        *("pni", "ssse3", "sse4_1", "sse4_2", "cx16", "popcnt", "abm", "bmi1", "bmi2"),
        *("avx", "avx2", "fma", "avx512bitalg", "avx512dq", "avx512f", "avx512vbmi", "avx512vl"),
        *("atomics", "paca", "fphp"),
    }
)

_CPUINFO = Path("/proc/cpuinfo")
_CPUINFO_BYTES = 16 * 1024


def target() -> str:
    """Return operating system, machine and, where they can be read, processor extensions."""
    return "-".join((sys.platform, platform.machine().lower(), *_extensions()))


def _extensions() -> list[str]:
    # macOS and Windows have no such file; wasmtime's own check on loading is what is left there.
    try:
        with _CPUINFO.open("rb") as file:
            text = file.read(_CPUINFO_BYTES).decode("ascii", "replace")
    except OSError:
        return []
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name.strip() in {"flags", "Features"}:
            return sorted(_EXTENSIONS.intersection(value.split()))
    return []
