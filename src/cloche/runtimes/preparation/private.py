"""What keeps the cache folder its user's own, on POSIX and on Windows.

Compiled modules in it are native code that this process maps, so whoever can write there can run
code as its user.
"""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

from cloche.errors import PreparationFailed

FILE_MODE = 0o644
FOLDER_MODE = 0o755
"""Modes of finished files and folders, whatever the umask: others may read, nobody else write."""

if sys.platform == "win32":

    def check_private(folder: Path) -> None:
        """Nothing to check: a folder in a user's profile inherits an access list of its own.

        Mode bits say nothing there, and who may write elsewhere is the administrator's decision.
        """

    def sync_folder(folder: Path) -> None:
        """Nothing to do: NTFS journals names, and a folder cannot be opened to be synced."""

else:

    def check_private(folder: Path) -> None:
        """Raise `PreparationFailed` unless only this user, or root, can write in `folder`."""
        status = folder.stat()
        if status.st_uid not in (0, os.geteuid()):
            raise PreparationFailed(
                f"cache folder {folder} belongs to user {status.st_uid}, not to user "
                f"{os.geteuid()} who runs Cloche: it would hold native code that Cloche runs; "
                "point CLOCHE_CACHE_DIR to a folder of your own"
            )
        mode = stat.S_IMODE(status.st_mode)
        if mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise PreparationFailed(
                f"cache folder {folder} has mode {mode:04o}, so others can write native code "
                "that Cloche would run; remove it, or point CLOCHE_CACHE_DIR to a folder of mode "
                "0700"
            )

    def sync_folder(folder: Path) -> None:
        """Bring the names in `folder` to the disk."""
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def claim(folder: Path) -> None:
    """Make `folder` if there is none, and check that it is private. Raises PreparationFailed."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    check_private(folder)
