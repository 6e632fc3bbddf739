"""Mounts: folders of the host that the operator lets every guest see, as HOST:GUEST[:ro|:rw].

What is checked here is what the operator may have meant otherwise: a folder that is not there, a
place in the guest that is taken, and folders whose sight or change would let a guest out. What
keeps a guest inside a mounted folder is not here: wasmtime's resolution of paths, and Landlock.
"""

from __future__ import annotations

import contextlib
import os
import sys
import sysconfig
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from cloche.errors import InvalidRequest

MOST_MOUNTS = 8
"""Mounts that there can be: a guest is made with room for so many."""

MOST_NAME_BYTES = 255
"""Length of the path in the guest, in UTF-8."""

_TAKEN = ("/workspace", "/tmp", "/usr/local/lib")  # noqa: S108 - the guest's own
_SYSTEM = ("/proc", "/sys", "/dev")
_FORM = "write HOST:GUEST, HOST:GUEST:ro or HOST:GUEST:rw, for example ./data:/data"

_Identity = tuple[int, int]


@dataclass(frozen=True)
class Mount:
    """A folder of the host as guests see it."""

    host: str
    """Absolute path, without links in it."""

    guest: str
    """Absolute path in the guest, with forward slashes."""

    writable: bool

    def is_there(self) -> bool:
        """Whether the folder still lies where it lay at the start of the server, by no link."""
        try:
            with os.scandir(self.host):
                return os.path.realpath(self.host) == self.host
        except (OSError, ValueError):
            return False


def parse_mount(text: str) -> Mount:
    r"""Return what `text` means, its host path as it stands there. Raises `InvalidRequest`.

    It is read from its end, because a path of Windows has a colon: `C:\data:/data:rw`.
    """
    rest, writable = text, False
    for ending in (":ro", ":rw"):
        if text.endswith(ending):
            rest, writable = text.removesuffix(ending), ending == ":rw"
    host, colon, guest = rest.rpartition(":")
    if not colon or not host:
        _refuse(text, f"it does not name two folders; {_FORM}")
    if not guest.startswith("/"):
        _refuse(text, f"{guest!r} is no absolute path of the guest; {_FORM}")
    parts = [part for part in guest.split("/") if part]
    if not parts or "." in parts or ".." in parts:
        _refuse(text, f"{guest!r} names no folder below the guest's root; {_FORM}")
    guest = "/" + "/".join(parts)
    if not guest.isprintable():
        _refuse(text, f"{guest!r} has characters that cannot be printed; choose a plainer path")
    if len(guest.encode()) > MOST_NAME_BYTES:
        _refuse(text, f"the guest's path has more than {MOST_NAME_BYTES} bytes; choose a shorter")
    return Mount(host, guest, writable)


def resolve_mounts(texts: Sequence[str], *, private: Sequence[Path]) -> tuple[Mount, ...]:
    """Return the mounts that `texts` name, with their folders as they are now.

    `private` are folders that hold what is not for every guest. Raises `InvalidRequest`.
    """
    if len(texts) > MOST_MOUNTS:
        raise InvalidRequest(
            f"{len(texts)} mounts are too many: there can be {MOST_MOUNTS}; "
            "mount a folder that holds several of them"
        )
    found: dict[str, Mount] = {}
    for text in texts:
        mount = _resolved(text, parse_mount(text))
        _check_place(text, mount, found)
        _check_folder(text, mount, private)
        found[text] = mount
    _check_overlaps(found)
    return tuple(found.values())


def describe_mounts(mounts: Sequence[Mount]) -> str:
    """Return the sentence that tells a model of them; empty when there are none."""
    if not mounts:
        return ""
    told = ", ".join(
        f"{mount.guest} ({'writable' if mount.writable else 'read-only'})" for mount in mounts
    )
    return f"Folders of the host: {told}."


def _resolved(text: str, mount: Mount) -> Mount:
    try:
        host = os.path.realpath(Path(mount.host).expanduser(), strict=True)
        host.encode()
        with os.scandir(host) as entries:
            next(entries, None)
    except FileNotFoundError:
        _refuse(text, f"the folder {mount.host!r} does not exist; create it, or name another")
    except NotADirectoryError:
        _refuse(text, f"{mount.host!r} is no folder; mount the folder that it lies in")
    except PermissionError:
        _refuse(text, f"this user may not read {mount.host!r}; allow it, or name another folder")
    except UnicodeError:
        _refuse(text, f"the path of {mount.host!r} is no UTF-8; rename it, or name another")
    except (OSError, ValueError, RuntimeError) as error:
        _refuse(text, f"{mount.host!r} cannot be opened ({error}); name another folder")
    if mount.writable and not os.access(host, os.W_OK | os.X_OK):
        _refuse(text, f"this user may not write to {host!r}; leave :rw away, or allow it")
    return Mount(host, mount.guest, mount.writable)


def _check_place(text: str, mount: Mount, others: dict[str, Mount]) -> None:
    for taken in _TAKEN:
        if _overlap(mount.guest, taken):
            _refuse(text, f"{mount.guest} and the guest's own {taken} overlap; choose another path")
    for other, there in others.items():
        if _overlap(mount.guest, there.guest):
            _refuse(text, f"its path in the guest and that of {other!r} overlap; choose another")


def _check_folder(text: str, mount: Mount, private: Sequence[Path]) -> None:
    for folder in map(Path, _SYSTEM):
        if _reaches(mount, folder) or _lies_in(mount, folder):
            _refuse(text, f"{mount.host} shows what {folder} holds: the system, not files")
    for folder in private:
        if _reaches(mount, folder) or _lies_in(mount, folder):
            _refuse(
                text,
                f"{mount.host} shows what {folder} holds, which Cloche keeps to itself; "
                "name another folder",
            )
    for home in _homes():
        if _reaches(mount, home):
            _refuse(text, f"{mount.host} holds the home folder {home}; mount a folder inside it")
        if _lies_in(mount, home / ".ssh"):
            _refuse(text, f"{mount.host} holds keys of {home / '.ssh'}; name another folder")
    if mount.writable:
        for folder in _code_folders():
            if _reaches(mount, folder) or _lies_in(mount, folder):
                _refuse(
                    text,
                    f"whoever writes to {mount.host} changes {folder}, which Cloche itself runs "
                    "from; leave :rw away, or mount a folder beside it",
                )


def _check_overlaps(mounts: dict[str, Mount]) -> None:
    """Refuse what would let a guest put a link where the next worker opens a folder."""
    for text, mount in mounts.items():
        for other, outer in mounts.items():
            if other != text and outer.writable and _lies_in(mount, Path(outer.host)):
                _refuse(
                    text,
                    f"its folder lies in that of {other!r}, which guests can write to; "
                    "mount only one of them",
                )


def _overlap(one: str, other: str) -> bool:
    return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")


def _reaches(mount: Mount, folder: Path) -> bool:
    """Whether `folder` is the mounted one or lies in it, by whatever name."""
    return not _identities([Path(mount.host)]).isdisjoint(_identities(_line(folder)))


def _lies_in(mount: Mount, folder: Path) -> bool:
    """Whether the mounted folder lies in `folder`."""
    return not _identities([folder]).isdisjoint(_identities(_line(Path(mount.host))))


def _line(folder: Path) -> Iterable[Path]:
    whole = Path(os.path.realpath(folder))
    return whole, *whole.parents


def _identities(folders: Iterable[Path]) -> set[_Identity]:
    """Return what tells these folders from others; those that do not exist have nothing."""
    found: set[_Identity] = set()
    for folder in folders:
        with contextlib.suppress(OSError):
            status = folder.stat()
            found.add((status.st_dev, status.st_ino))
    return found


def _homes() -> list[Path]:
    with contextlib.suppress(RuntimeError):
        return [Path.home()]
    return []


def _code_folders() -> set[Path]:
    """Return the folders whose code this process, and the next one like it, runs."""
    paths = sysconfig.get_paths()
    kinds = ("stdlib", "platstdlib", "purelib", "platlib", "scripts")
    beside = (Path(__file__).parent, Path(sys.executable).parent)
    return {*(Path(paths[kind]) for kind in kinds), *beside}


def _refuse(text: str, reason: str) -> NoReturn:
    raise InvalidRequest(f"the mount {text!r} cannot be: {reason}")
