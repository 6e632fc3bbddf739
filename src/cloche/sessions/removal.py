"""Removing a folder with whatever a guest has put there, however deep it is nested."""

from __future__ import annotations

import contextlib
import itertools
import os
from pathlib import Path


def remove_folder(folder: Path) -> int:
    """Remove a folder and all that is in it, as far as that is possible; returns how many files.

    Each folder is moved up before it is looked into: so no path gets long, no descriptor is held
    and nothing calls itself, which `shutil.rmtree` does once for each level. Links are removed and
    not followed.
    """
    numbers = itertools.count()
    removed = 0
    ahead, emptied = [str(folder)], [str(folder)]
    while ahead:
        current = ahead.pop()
        with contextlib.suppress(OSError):
            with os.scandir(current) as found:
                entries = list(found)
            for entry in entries:
                with contextlib.suppress(OSError):
                    if not entry.is_dir(follow_symlinks=False):
                        os.unlink(entry.path)  # noqa: PTH108 - there may be a million of them
                        removed += 1
                        continue
                    moved = f"{folder}{os.sep}{next(numbers)}.removed"
                    os.rename(entry.path, moved)  # noqa: PTH104
                    ahead.append(moved)
                    emptied.append(moved)
    for path in reversed(emptied):
        with contextlib.suppress(OSError):
            os.rmdir(path)  # noqa: PTH106
    return removed
