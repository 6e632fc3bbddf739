"""Landlock: a process gives up every file but those it names, TCP, and reaching others. Linux.

The rules hold for this thread and for what it starts later, and nothing takes them back. They are
tied to the files themselves, whatever their names become, and also bind what is opened relative to
a folder that was opened before. They do not bind `stat`, `chdir`, a change of times, and what is
open already.
"""

from __future__ import annotations

import functools
import os
import stat
import struct
import sys
from collections.abc import Iterable

from cloche.workers import syscalls

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every machine
_CREATE_RULESET_VERSION = 1
_RULE_PATH_BENEATH = 1

_WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 1, 1 << 2, 1 << 3
_REMOVE_DIR, _REMOVE_FILE = 1 << 4, 1 << 5
_MAKE_DIR, _MAKE_REG, _MAKE_SYM = 1 << 7, 1 << 8, 1 << 12
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
_FILES_FROM_ABI = ((1, (1 << 13) - 1), (2, _REFER), (3, _TRUNCATE), (5, _IOCTL_DEV))

_BIND_AND_CONNECT_TCP = 0b11
_ABSTRACT_SOCKETS_AND_SIGNALS = 0b11

_RULE = struct.Struct("=Qi")  # rights, descriptor

_READ = _READ_FILE | _READ_DIR
# Not: running files, making devices, pipes or sockets, and controlling devices.
_WRITE = (
    _READ
    | _WRITE_FILE
    | _TRUNCATE
    | _REMOVE_DIR
    | _REMOVE_FILE
    | _MAKE_DIR
    | _MAKE_REG
    | _MAKE_SYM
    | _REFER  # renames from one subfolder to another
)
_FOR_A_FILE = _READ_FILE | _WRITE_FILE | _TRUNCATE


@functools.cache
def abi() -> int:
    """Return the version of Landlock that the kernel has; 0 for none, or one switched off."""
    try:
        return syscalls.call(_CREATE_RULESET, 0, 0, _CREATE_RULESET_VERSION)
    except OSError:
        return 0


def prepare() -> None:
    """Do what `restrict` can have done for it before a fork."""
    _ruleset(abi())


def restrict(*, readable: Iterable[str], writable: Iterable[str], abi: int) -> None:
    """Leave this thread only these files and folders with all below them.

    Handles what version `abi` of Landlock can: from 2 on renames between folders (denied before),
    from 4 TCP, from 6 signals and abstract Unix sockets. Needs no_new_privs. Raises OSError.
    """
    handled, attributes = _ruleset(abi)
    ruleset = syscalls.call(_CREATE_RULESET, syscalls.address(attributes), len(attributes), 0)
    try:
        for path in readable:
            _allow(ruleset, path, _READ & handled)
        for path in writable:
            _allow(ruleset, path, _WRITE & handled)
        syscalls.call(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


@functools.cache
def _ruleset(abi: int) -> tuple[int, bytes]:
    """Return the rights on files that are handled, and all that is handled as the kernel takes it.

    What is handled is denied, but for what a rule allows.
    """
    handled = sum(rights for since, rights in _FILES_FROM_ABI if abi >= since)
    attributes = struct.pack("=Q", handled)
    if abi >= 4:
        attributes += struct.pack("=Q", _BIND_AND_CONNECT_TCP)
    if abi >= 6:
        attributes += struct.pack("=Q", _ABSTRACT_SOCKETS_AND_SIGNALS)
    return handled, attributes


def _allow(ruleset: int, path: str, rights: int) -> None:
    assert sys.platform == "linux"
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # it needs no rule: whoever wants it fails as well, and the others must be bound
    try:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            rights &= _FOR_A_FILE
        rule = _RULE.pack(rights, descriptor)
        syscalls.call(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, syscalls.address(rule), 0)
    finally:
        os.close(descriptor)
