"""A seccomp filter: the system calls that a worker never makes answer EPERM. Linux.

A list of what is denied and not of what is allowed: which calls libc, Python and wasmtime make
differs by version, and one that is missed would end sessions. Denied calls answer as for want of
permission, so that a library which only tries goes on.

There are two filters, of which every call has to pass both. The large one holds for the process
that forks workers too, because making it costs the kernel 190 µs and inheriting it nothing.
"""

from __future__ import annotations

import ctypes
import errno
import functools
import itertools
import os
import platform
import struct
import sys
from collections.abc import Mapping, Sequence

from cloche.workers import syscalls

_DENIED: Mapping[str, tuple[int | None, int | None]] = {  # numbers on x86_64 and on aarch64
    # Talking to anything but the server, over the channel that is open already.
    "socket": (41, 198),
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
    "sendmsg": (46, 211),
    "sendmmsg": (307, 269),
    "recvmmsg": (299, 243),
    "setsockopt": (54, 208),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "semget": (64, 190),
    "semop": (65, 193),
    "semtimedop": (220, 192),
    "semctl": (66, 191),
    "msgget": (68, 186),
    "msgsnd": (69, 189),
    "msgrcv": (70, 188),
    "msgctl": (71, 187),
    "mq_open": (240, 180),
    "mq_unlink": (241, 181),
    # Running programs, and reaching into processes of the same user.
    "execve": (59, 221),
    "execveat": (322, 281),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_mrelease": (448, 448),
    "kcmp": (312, 272),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "setpriority": (141, 140),
    "sched_setscheduler": (144, 119),
    "sched_setparam": (142, 118),
    "sched_setattr": (314, 274),
    "sched_setaffinity": (203, 122),
    "ioprio_set": (251, 30),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    # Another view of the file system, and what Landlock does not bind on it.
    "mount": (165, 40),
    "umount2": (166, 39),
    "move_mount": (429, 429),
    "open_tree": (428, 428),
    "open_tree_attr": (467, 467),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "listmount": (458, 458),
    "statmount": (457, 457),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "unshare": (272, 97),
    "setns": (308, 268),
    "open_by_handle_at": (304, 265),
    "fanotify_init": (300, 262),
    "fanotify_mark": (301, 263),
    "mknod": (133, None),
    "mknodat": (259, 33),
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, None),
    "fchown": (93, 55),
    "lchown": (94, None),
    "fchownat": (260, 54),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "setxattrat": (463, 463),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "removexattrat": (466, 466),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    # Large or privileged parts of the kernel that a worker has no use for.
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "syslog": (103, 116),
    "acct": (163, 89),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "personality": (135, 92),
    "iopl": (172, None),
    "ioperm": (173, None),
    "modify_ldt": (154, None),
    "lookup_dcookie": (212, 18),
    "vhangup": (153, 58),
    "uselib": (134, None),
    "ustat": (136, None),
    "sysfs": (139, None),
    "nfsservctl": (180, 42),
}

_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_SECCOMP = {"x86_64": 317, "aarch64": 277}

_DENIED_AT_LAST: Mapping[str, tuple[int | None, int | None]] = {
    # What it takes to fork a worker, and to become one.
    "fork": (57, None),
    "vfork": (58, None),
    "socketpair": (53, 199),
    "recvmsg": (47, 212),
    # A worker may open one to learn which pages of the guest were written; no guest needs one.
    "userfaultfd": (323, 282),
}
_CLONE, _CLONE3 = (56, 220), (435, 435)
_KILL, _TGKILL = (62, 129), (234, 131)
_PRCTL, _PRLIMIT64 = (157, 167), (302, 261)

_X32 = 0x40000000  # marks the calls of x86_64's other ABI, whose numbers differ

_SET_MODE_FILTER = 1
_GET_ACTION_AVAIL = 2
_ALL_THREADS = 1
# Before Linux 5.16 a filter also switched off speculative stores, which slows all code down. The
# memory that they could give away is the worker's own.
_LEAVE_SPECULATION = 4

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_AT_NUMBER, _AT_ARCH, _AT_ARGUMENTS = 0, 4, 16

_ALLOW = 0x7FFF0000
_DENY = 0x00050000 | errno.EPERM
_UNKNOWN = 0x00050000 | errno.ENOSYS

_PID = 0x5E1F5E1F
"""Stands for the process in a filter that is made before the process is; no real number."""

_CLONE_THREAD = 0x00010000
_PR_SET_PDEATHSIG = 1

_Step = tuple[int, int, int, int]
"""One instruction: code, steps to skip if true, steps to skip if false, operand."""

_STEP = struct.Struct("=HBBI")
_STEP_OPERAND = 4
_NUMBER = struct.Struct("=I")


@functools.cache
def available() -> bool:
    """Return whether this kernel can hold the filter, and the numbers of this machine are known."""
    if sys.platform != "linux" or _machine() not in _SECCOMP or sys.maxsize < 2**32:
        return False
    action = struct.pack("=I", _DENY & 0xFFFF0000)
    try:
        syscalls.call(_SECCOMP[_machine()], _GET_ACTION_AVAIL, 0, syscalls.address(action))
    except OSError:
        return False
    return True


def install() -> None:
    """Deny this process, and all that it forks, what neither a fork server nor a worker does.

    For good. Needs no_new_privs. Raises OSError.
    """
    _install(_Code(program(_machine())))
    _last()  # made before the forks that will want it


def install_last() -> None:
    """Deny this process, too, to fork, to signal others and to outlive its parent. Raises OSError.

    For good; threads it can still make.
    """
    code = _last()
    code.fill_in(os.getpid())
    _install(code)


class _Code:
    """A filter as the kernel takes it."""

    def __init__(self, steps: Sequence[_Step]) -> None:
        self._steps = bytearray(b"".join(_STEP.pack(*step) for step in steps))
        self._pids = [
            index * _STEP.size + _STEP_OPERAND
            for index, step in enumerate(steps)
            if step[3] == _PID
        ]
        start = ctypes.addressof(ctypes.c_char.from_buffer(self._steps))
        self._header = struct.pack("@HP", len(steps), start)
        self.call = (
            _SECCOMP[_machine()],
            _SET_MODE_FILTER,
            _ALL_THREADS | _LEAVE_SPECULATION,
            syscalls.address(self._header),
        )

    def fill_in(self, pid: int) -> None:
        """Put in the number of the process."""
        for position in self._pids:
            _NUMBER.pack_into(self._steps, position, pid)


def _install(code: _Code) -> None:
    syscalls.call(*code.call)


@functools.cache
def _last() -> _Code:
    return _Code(last_program(_machine(), _PID))


@functools.cache
def _machine() -> str:
    return platform.machine()


def number(name: str) -> int:
    """Return the number here of a call that workers are denied; -1 for one this machine lacks."""
    found = {**_DENIED, **_DENIED_AT_LAST}[name][list(_SECCOMP).index(_machine())]
    return -1 if found is None else found


def program(machine: str) -> list[_Step]:
    """Return the large filter."""
    answers = _denials(_DENIED, machine)
    answers[_of(_PRLIMIT64, machine)] = _if_argument(0, _EQUAL, 0, _ALLOW, _DENY)  # only its own
    return _filter(machine, answers)


def last_program(machine: str, pid: int) -> list[_Step]:
    """Return the small filter for process `pid`, the only one that it may still signal."""
    answers = _denials(_DENIED_AT_LAST, machine)
    answers[_of(_CLONE, machine)] = _if_argument(0, _ANY_BIT, _CLONE_THREAD, _ALLOW, _DENY)
    # What it is to make lies in memory, where no filter can look; libc goes on with clone.
    answers[_of(_CLONE3, machine)] = [_answer(_UNKNOWN)]
    for numbers in (_KILL, _TGKILL):
        answers[_of(numbers, machine)] = _if_argument(0, _EQUAL, pid, _ALLOW, _DENY)
    answers[_of(_PRCTL, machine)] = _if_argument(0, _EQUAL, _PR_SET_PDEATHSIG, _DENY, _ALLOW)
    return _filter(machine, answers)


def _of(numbers: tuple[int, int], machine: str) -> int:
    return numbers[list(_SECCOMP).index(machine)]


def _denials(
    denied: Mapping[str, tuple[int | None, int | None]], machine: str
) -> dict[int, list[_Step]]:
    column = list(_SECCOMP).index(machine)
    numbers = (numbers[column] for numbers in denied.values())
    return {number: [_answer(_DENY)] for number in numbers if number is not None}


def _filter(machine: str, answers: Mapping[int, list[_Step]]) -> list[_Step]:
    ranges = _ranges(answers)
    if machine == "x86_64":
        ranges.append((_X32, [_answer(_DENY)]))
    return [
        (_LOAD, 0, 0, _AT_ARCH),
        (_EQUAL, 1, 0, _AUDIT_ARCH[machine]),
        _answer(_DENY),
        (_LOAD, 0, 0, _AT_NUMBER),
        *_search(ranges),
    ]


def _ranges(answers: Mapping[int, list[_Step]]) -> list[tuple[int, list[_Step]]]:
    """Return where, in the order of numbers, each other answer begins."""
    ranges: list[tuple[int, list[_Step]]] = [(0, [_answer(_ALLOW)])]
    for number, answer in sorted(answers.items()):
        if ranges[-1][0] == number:
            ranges.pop()
        ranges += [(number, answer), (number + 1, [_answer(_ALLOW)])]
    groups = itertools.groupby(ranges, key=lambda entry: entry[1])
    return [next(group) for _, group in groups]


def _search(ranges: list[tuple[int, list[_Step]]]) -> list[_Step]:
    """Return the steps that find the answer for the loaded number, in halves."""
    if len(ranges) == 1:
        return ranges[0][1]
    middle = len(ranges) // 2
    below, above = _search(ranges[:middle]), _search(ranges[middle:])
    return [(_AT_LEAST, len(below), 0, ranges[middle][0]), *below, *above]


def _if_argument(index: int, test: int, operand: int, then: int, otherwise: int) -> list[_Step]:
    return [
        (_LOAD, 0, 0, _AT_ARGUMENTS + 8 * index),  # its lower half: both machines put it first
        (test, 0, 1, operand),
        _answer(then),
        _answer(otherwise),
    ]


def _answer(action: int) -> _Step:
    return (_RETURN, 0, 0, action)
