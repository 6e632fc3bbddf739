"""A job of its own for a worker: what Windows has to keep a process in bounds.

https://learn.microsoft.com/windows/win32/procthread/job-objects
"""

from __future__ import annotations

import ctypes
import sys
from typing import Protocol, cast

_BASIC_UI_RESTRICTIONS = 4  # classes of information
_EXTENDED_LIMIT_INFORMATION = 9

_LIMIT_ACTIVE_PROCESS = 0x0008
_LIMIT_DIE_ON_UNHANDLED_EXCEPTION = 0x0400  # and no dialogue that waits for somebody
_LIMIT_KILL_ON_JOB_CLOSE = 0x2000

_EVERY_UI_RESTRICTION = 0xFF  # handles of others, clipboard, settings, desktops, shutting down


class _IoCounters(ctypes.Structure):
    _fields_ = [
        ("ReadOperationCount", ctypes.c_ulonglong),
        ("WriteOperationCount", ctypes.c_ulonglong),
        ("OtherOperationCount", ctypes.c_ulonglong),
        ("ReadTransferCount", ctypes.c_ulonglong),
        ("WriteTransferCount", ctypes.c_ulonglong),
        ("OtherTransferCount", ctypes.c_ulonglong),
    ]


class _BasicLimits(ctypes.Structure):
    _fields_ = [
        ("PerProcessUserTimeLimit", ctypes.c_longlong),
        ("PerJobUserTimeLimit", ctypes.c_longlong),
        ("LimitFlags", ctypes.c_uint32),
        ("MinimumWorkingSetSize", ctypes.c_size_t),
        ("MaximumWorkingSetSize", ctypes.c_size_t),
        ("ActiveProcessLimit", ctypes.c_uint32),
        ("Affinity", ctypes.c_size_t),
        ("PriorityClass", ctypes.c_uint32),
        ("SchedulingClass", ctypes.c_uint32),
    ]


class ExtendedLimits(ctypes.Structure):
    """JOBOBJECT_EXTENDED_LIMIT_INFORMATION."""

    _fields_ = [
        ("BasicLimitInformation", _BasicLimits),
        ("IoInfo", _IoCounters),
        ("ProcessMemoryLimit", ctypes.c_size_t),
        ("JobMemoryLimit", ctypes.c_size_t),
        ("PeakProcessMemoryUsed", ctypes.c_size_t),
        ("PeakJobMemoryUsed", ctypes.c_size_t),
    ]


class Kernel32(Protocol):
    """The functions of kernel32.dll that are used here, under their own names."""

    def CreateJobObjectW(self, attributes: None, name: None) -> int | None:  # noqa: D102, N802
        ...

    def SetInformationJobObject(  # noqa: D102, N802
        self, job: ctypes.c_void_p, information: int, data: object, size: int
    ) -> int: ...

    def GetCurrentProcess(self) -> int: ...  # noqa: D102, N802

    def AssignProcessToJobObject(  # noqa: D102, N802
        self, job: ctypes.c_void_p, process: ctypes.c_void_p
    ) -> int: ...


def enter() -> None:
    """Put this process into a job of its own, if the system lets it."""
    if sys.platform == "win32":
        kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
        # A handle is as wide as a pointer, and ctypes would take it for a C int.
        kernel32.CreateJobObjectW.restype = ctypes.c_void_p
        kernel32.GetCurrentProcess.restype = ctypes.c_void_p
        enter_job(cast("Kernel32", kernel32))


def enter_job(kernel32: Kernel32) -> bool:
    """Make a job of one process with no user interface and enter it; False where that fails.

    The only handle stays open as long as the process: with it the job ends, and all that is in it.
    """
    job = ctypes.c_void_p(kernel32.CreateJobObjectW(None, None))
    if not job:
        return False
    limits = ExtendedLimits()
    limits.BasicLimitInformation.LimitFlags = (
        _LIMIT_ACTIVE_PROCESS | _LIMIT_DIE_ON_UNHANDLED_EXCEPTION | _LIMIT_KILL_ON_JOB_CLOSE
    )
    limits.BasicLimitInformation.ActiveProcessLimit = 1
    interface = ctypes.c_uint32(_EVERY_UI_RESTRICTION)
    for information, data in (
        (_EXTENDED_LIMIT_INFORMATION, limits),
        (_BASIC_UI_RESTRICTIONS, interface),
    ):
        size = ctypes.sizeof(data)
        if not kernel32.SetInformationJobObject(job, information, ctypes.byref(data), size):
            return False
    process = ctypes.c_void_p(kernel32.GetCurrentProcess())
    return bool(kernel32.AssignProcessToJobObject(job, process))
