"""Memory of a process tree: the sum of PSS, in bytes (Linux).

PSS counts a page that n processes map as 1/n in each, so the sum over a tree counts what its
processes share once, and does not count twice what a forked worker has from its parent.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

from driver import NoFigureError

_PROC = Path("/proc")


def tree_pss_bytes(root: int) -> int:
    """PSS of a process and all its descendants, from /proc/*/smaps_rollup."""
    if sys.platform != "linux":
        raise NoFigureError("Linux only")
    return sum(_pss_bytes(pid) for pid in _tree(root))


def _tree(root: int) -> list[int]:
    children: dict[int, list[int]] = defaultdict(list)
    for entry in _PROC.iterdir():
        if entry.name.isdigit() and (parent := _parent(entry)) is not None:
            children[parent].append(int(entry.name))
    tree = [root]
    for pid in tree:  # grows while it is walked
        tree.extend(children[pid])
    return tree


def _parent(process: Path) -> int | None:
    try:
        stat = (process / "stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None  # ended meanwhile
    return int(stat.rpartition(")")[2].split()[1])


def _pss_bytes(pid: int) -> int:
    try:
        rollup = (_PROC / str(pid) / "smaps_rollup").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return 0
    except PermissionError:
        raise NoFigureError(f"not allowed to read the memory of process {pid}") from None
    kib = next(line for line in rollup.splitlines() if line.startswith("Pss:")).split()[1]
    return int(kib) * 1024
