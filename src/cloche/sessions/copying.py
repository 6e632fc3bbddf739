"""Copying the files of a session: what takes no space must not begin to take any.

A guest may have made a sparse file of a terabyte, or a thousand names for one large file; the copy
must be as small as the original. Links are copied as links, and never followed.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from pathlib import Path

_PART_BYTES = 1024 * 1024


def copy_tree(source: Path, target: Path) -> None:
    """Copy what is in a folder into another, which is empty. Raises OSError."""
    copies: dict[tuple[int, int], str] = {}
    ahead = [""]
    while ahead:
        below = ahead.pop()
        with os.scandir(f"{source}{below}") as entries:
            for entry in entries:
                name = f"{below}/{entry.name}"
                status = entry.stat(follow_symlinks=False)
                copy = f"{target}{name}"
                if stat.S_ISDIR(status.st_mode):
                    Path(copy).mkdir()
                    ahead.append(name)
                elif stat.S_ISLNK(status.st_mode):
                    Path(copy).symlink_to(Path(entry.path).readlink())
                elif stat.S_ISREG(status.st_mode):
                    identity = (status.st_dev, status.st_ino)
                    if status.st_nlink > 1 and identity in copies:
                        os.link(copies[identity], copy)
                    else:
                        copy_file(entry.path, copy)
                        copies[identity] = copy


def copy_file(source: str | Path, target: str | Path) -> None:
    """Copy one file with its time of change, holes as holes. Raises OSError for a link."""
    no_link = getattr(os, "O_NOFOLLOW", 0)
    reading = os.open(source, os.O_RDONLY | no_link | getattr(os, "O_BINARY", 0))
    with os.fdopen(reading, "rb", buffering=0) as old, Path(target).open("xb", buffering=0) as new:
        status = os.fstat(old.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "only files are copied", str(source))
        if hasattr(os, "SEEK_DATA"):
            _copy_data(old.fileno(), new.fileno(), status.st_size)
        else:
            shutil.copyfileobj(old, new, _PART_BYTES)
    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))


def _copy_data(old: int, new: int, size: int) -> None:
    os.ftruncate(new, size)
    end = 0
    while end < size:
        try:
            start = os.lseek(old, end, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:  # a hole up to the end
                return
            raise
        end = os.lseek(old, start, os.SEEK_HOLE)
        os.lseek(new, start, os.SEEK_SET)
        os.lseek(old, start, os.SEEK_SET)
        left = end - start
        while left > 0 and (part := os.read(old, min(left, _PART_BYTES))):
            left -= len(part)
            while part:
                part = part[os.write(new, part) :]
