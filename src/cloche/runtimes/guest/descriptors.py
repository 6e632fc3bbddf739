"""Open files over a restore: the same numbers stand for the same files again.

Descriptors are the host's and are not in an image. So each turn ends with notes of what is open,
and a restore opens it again under the same numbers. That serves every holder of a number, whatever
it has buffered: file objects, zip files, databases, bare integers. A number whose file cannot be
opened again is given to something that can neither be read nor written, so that it never comes to
mean another file.
"""

import gc
import posix
import stat
import sys
import weakref
from _io import FileIO
from contextlib import suppress
from typing import NamedTuple

from . import mounts

_fstat, _stat, _scandir, _getcwd = posix.fstat, posix.stat, posix.scandir, posix.getcwd
_open, _close, _seek = posix.open, posix.close, posix.lseek
_pread, _write = posix.pread, posix.write
_get_objects = gc.get_objects
# From the type: a subclass may answer as it likes.
_is_closed, _mode = FileIO.closed.__get__, FileIO.mode.__get__
_fileno, _readable, _writable = FileIO.fileno, FileIO.readable, FileIO.writable
_attribute = object.__getattribute__

_LIBRARY = "/usr/local/lib"
_SEARCHED = ("/workspace", "/tmp")  # noqa: S108 - the guest's own
_MOST_SEARCHED = 2000
# To ask for a number that is free costs 1 to 2 µs. The host gives the number that was closed last,
# or else the lowest that was never given: only code that had more files than this open at once,
# closed them, and then opened another can leave one unseen. It fails after a restore, then.
_FREE_IN_A_ROW = 12


class Note(NamedTuple):
    """What one open descriptor stands for."""

    number: int
    identity: tuple[int, int]
    """Device and inode."""
    path: str | None
    """None when no path leads to the file."""
    flags: int
    position: int | None
    """None for a folder."""
    holder: "weakref.ref[FileIO] | None"
    """The file object that has the number, if it is not a bare one."""
    label: tuple[object, str] | None
    """Name and mode of the holder."""
    stamp: tuple[int, int] | None
    """Size and time of change of a file that is to be opened again only as it was."""


# What CPython says before anything of it opens a file or a folder and may keep it.
_OPENINGS = frozenset(("open", "os.scandir", "sqlite3.connect"))

_notes: dict[int, Note] = {}
_first = 3
_opened = True  # something was, since it was last looked
_highest = 3  # of those seen open so far


def adopt() -> None:
    """Take the descriptors that are open now for those that every guest begins with."""
    global _first
    sys.addaudithook(_hear)
    _first = 3
    with suppress(OSError):
        while True:
            _fstat(_first)
            _first += 1


def _hear(event: str, args: tuple) -> None:
    global _opened
    if event in _OPENINGS:
        _opened = True
        if event != "os.scandir":
            mounts.refuse_special(args[0])


def note() -> None:
    """Note what is open, for an image that may be taken before the next turn."""
    global _opened
    if not _notes:
        # Most turns open nothing. To look would cost them 20 µs, and in the first of a session a
        # megabyte: the host starts threads to answer.
        if not _opened:
            return
        _opened = False
        number, end = _first, max(_first + _FREE_IN_A_ROW, _highest + 1)
        while number < end:
            try:
                _fstat(number)
            except OSError:
                number += 1
            else:
                break
        if number == end:
            return
    # With notes that are out of date, the next restore finds less; the turn's report is not lost.
    with suppress(BaseException):
        _note_all()


def revive() -> None:
    """Open what the notes name, each under its number."""
    for number in _notes:
        with suppress(OSError):  # open only if this is a second restore in the same process
            _close(number)
    if not _notes:
        return
    held: set[int] = set()
    while not held.issuperset(_notes) and len(held) <= max(_notes):
        held.add(_hold_place())
    for number in sorted(held.intersection(_notes)):
        _notes[number] = _reopen(_notes[number])
    # The lowest last, to be the first that is given again.
    for number in sorted(held.difference(_notes), reverse=True):
        _close(number)


def _hold_place() -> int:
    return _open(_LIBRARY, posix.O_RDONLY | posix.O_DIRECTORY)


def _reopen(old: Note) -> Note:
    """Put the file in the place of the placeholder that has its number."""
    number = old.number
    path = old.path if old.path and _is_as_noted(old) else None
    if path is not None:
        _close(number)
        try:
            _open(path, old.flags)
            if old.position is not None:
                _seek(number, old.position, 0)
        except OSError:
            path = None
            with suppress(OSError):
                _close(number)
            _hold_place()
    return old._replace(path=path, identity=_identity(_fstat(number)))


def _is_as_noted(old: Note) -> bool:
    try:
        return old.stamp is None or old.stamp == _stamp(_stat(old.path))
    except OSError:
        return False


def _note_all() -> None:
    global _notes, _highest
    notes, unknown = {}, {}
    number, free = _first, 0
    while free < _FREE_IN_A_ROW or number <= _highest:
        known = _notes.get(number)
        same = known and _noted_again(known)
        if same:
            notes[number], free = same, 0
        else:
            try:
                unknown[number], free = _fstat(number), 0
            except OSError:
                free += 1
        number += 1
    if unknown:
        holders = _holders()
        for number, status in unknown.items():
            notes[number] = _first_note(number, status, holders.get(number))
    _notes, _highest = notes, max(_highest, 0, *notes)


def _noted_again(known: Note) -> Note | None:
    """The note brought up to date; None if the number may stand for something else by now."""
    number, path, stamp = known.number, known.path, None
    try:
        if known.holder is not None:
            holder = known.holder()
            if holder is None or _is_closed(holder) or _fileno(holder) != number:
                return None
            if _label(holder) != known.label:
                return None
        else:
            status = _fstat(number)
            if _identity(status) != known.identity:
                return None
            stamp = known.stamp and _stamp(status)
        # What lies in the library stays where it is.
        if path and not path.startswith(_LIBRARY) and _identity(_stat(path)) != known.identity:
            return None
        return known._replace(position=_position(number), stamp=stamp)
    except OSError:
        return None


def _first_note(number: int, status: posix.stat_result, holder: FileIO | None) -> Note:
    identity, flags, label, stamp, position = _identity(status), posix.O_RDONLY, None, None, None
    if stat.S_ISDIR(status.st_mode):
        flags |= posix.O_DIRECTORY
    else:
        position = _position(number)
        if holder is not None:
            label = _label(holder)
            reads, writes = _readable(holder), _writable(holder)
        else:
            reads, writes = _works(_pread, number, 0, 0), _works(_write, number, b"")
        if writes:
            flags = posix.O_RDWR if reads else posix.O_WRONLY
        if label and label[1].startswith("a"):
            flags |= posix.O_APPEND
        if writes and holder is None:
            # This may be a database, which remembers what the file held.
            stamp = _stamp(status)
    reference = None if holder is None else weakref.ref(holder)
    path = _find(identity, label)
    return Note(number, identity, path, flags, position, reference, label, stamp)


def _holders() -> dict[int, FileIO]:
    holders = {}
    for each in _get_objects():
        if issubclass(type(each), FileIO) and not _is_closed(each):
            holders[_fileno(each)] = each
    return holders


def _label(holder: FileIO) -> tuple[object, str]:
    name = None
    with suppress(BaseException):
        name = _attribute(holder, "__dict__").get("name")
    # A name of another type may run code of its own when it is compared.
    return name if type(name) in (str, bytes, int) else None, _mode(holder)


def _find(identity: tuple[int, int], label: tuple[object, str] | None) -> str | None:
    """A path that leads to the file: the name that it was opened by, or one that is found."""
    name = label and label[0]
    if type(name) is bytes:
        name = name.decode(errors="surrogateescape")
    if type(name) is str:
        with suppress(OSError, ValueError):
            path = name if name.startswith("/") else f"{_getcwd()}/{name}"
            if _identity(_stat(path)) == identity:
                return path
    return _search(identity)


def _search(identity: tuple[int, int]) -> str | None:
    folders, left = [*_SEARCHED, *mounts.folders], _MOST_SEARCHED
    for folder in folders:
        with suppress(OSError):
            if _identity(_stat(folder)) == identity:
                return folder
            for entry in _scandir(folder):
                left -= 1
                if left < 0:
                    return None
                if entry.inode() == identity[1]:
                    return entry.path
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
    return None


def _identity(status: posix.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _stamp(status: posix.stat_result) -> tuple[int, int]:
    return status.st_size, status.st_mtime_ns


def _position(number: int) -> int | None:
    try:
        return _seek(number, 0, 1)
    except OSError:
        return None


def _works(call: object, *args: object) -> bool:
    try:
        call(*args)
    except OSError:
        return False
    return True
