"""Which file a descriptor is of, by its own path: without any link, as the system has it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_LONGEST = 32_768


if sys.platform == "win32":
    import ctypes
    import msvcrt

    def final_path(descriptor: int) -> str:
        """Return the path. Raises OSError."""
        # https://learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-getfinalpathnamebyhandlew
        kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
        find = kernel32.GetFinalPathNameByHandleW
        find.argtypes = [ctypes.c_void_p, ctypes.c_wchar_p, ctypes.c_uint32, ctypes.c_uint32]
        find.restype = ctypes.c_uint32
        buffer = ctypes.create_unicode_buffer(_LONGEST)
        length = find(msvcrt.get_osfhandle(descriptor), buffer, _LONGEST, 0)
        if not 0 < length < _LONGEST:
            raise ctypes.WinError(ctypes.get_last_error())
        return buffer.value

    def literal(folder: Path) -> str:
        r"""Return the path of a folder without links, in the form that takes names as they are.

        Without it `NUL` would be a device and `a.` the file `a`.
        """
        path = os.path.realpath(folder)
        if path.startswith("\\\\?\\"):
            return path
        return f"\\\\?\\UNC{path[1:]}" if path.startswith("\\\\") else f"\\\\?\\{path}"

else:

    def final_path(descriptor: int) -> str:
        """Return the path. Raises OSError. Linux; it is there for the tests of Windows' way."""
        return os.readlink(f"/proc/self/fd/{descriptor}")  # noqa: PTH115

    def literal(folder: Path) -> str:
        """Return the path of a folder without links."""
        return os.path.realpath(folder)
