"""The files that a checkpoint consists of: what is in them, and how they are written and read.

An image is a header in JSON and a *section*: pairs of numbers that say where its pieces belong, and
the pieces. A data file is pages as they are. Both are there whole or not at all, and nothing is
believed when they are read back: not the length, not a checksum, not a number.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import struct
import sys
import zlib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cloche.engine import image
from cloche.engine.pages import PAGE_BYTES, Run
from cloche.errors import ImageRejected

FORMAT = 1

_MAGIC = b"CLOCHECP"
_HEAD = struct.Struct("<8sI32s")  # magic, length of the JSON, SHA-256 of the JSON and the section

GRAIN_BYTES = 256
"""Differences are told in pieces of this size: most pages change in a few places only."""

EXTENT_BYTES = 8
"""Length of the pair of numbers that says where a piece belongs."""

_MOST_HEADER_BYTES = 16 * 1024 * 1024
_MOST_MEMORY_BYTES = 4 * 1024 * 1024 * 1024


@dataclass(frozen=True)
class Span:
    """A run of pages that lies in a data file."""

    start: int
    count: int
    file: int
    """Turn that wrote it."""
    offset: int
    """Where it begins in the file, in pages."""

    @property
    def run(self) -> Run:
        """The pages themselves."""
        return self.start, self.count


@dataclass(frozen=True)
class DataFile:
    """What a data file must be."""

    pages: int
    crc: int


@dataclass(frozen=True)
class Header:
    """The part of an image that says what the rest is."""

    base: str
    turn: int
    memory_bytes: int
    full: int
    """Turn of the image with the full section; the image's own turn when that is it."""
    full_digest: str
    """SHA-256 of that image, empty when it is this one."""
    extents: int
    """Number of pieces in the section: so many pairs of numbers stand at its beginning."""
    pages: list[Run]
    """The pages of the section, also those that are as in the base again."""
    spans: list[Span]
    files: dict[int, DataFile]

    def builds_on(self, full: Section) -> bool:
        """Whether that is the image with the full section that was meant."""
        return (
            full.digest == self.full_digest
            and full.header.full == full.header.turn
            and full.header.memory_bytes <= self.memory_bytes
        )

    def encode(self) -> bytes:
        """Return it as JSON."""
        spans = [vars(span) for span in self.spans]
        files = {number: vars(file) for number, file in self.files.items()}
        return json.dumps({"format": FORMAT, **vars(self), "spans": spans, "files": files}).encode()

    @classmethod
    def decode(cls, text: bytes) -> Header:
        """Undo `encode`. Raises ValueError for anything else."""
        try:
            data: dict[str, Any] = dict(json.loads(text))
            if data["format"] != FORMAT:
                raise ValueError(f"it is not of form {FORMAT}")
            header = cls(
                base=str(data["base"]),
                turn=data["turn"],
                memory_bytes=data["memory_bytes"],
                full=data["full"],
                full_digest=str(data["full_digest"]),
                extents=data["extents"],
                pages=[(_whole(start), _whole(count)) for start, count in data["pages"]],
                spans=[Span(**span) for span in data["spans"]],
                files={int(n): DataFile(**file) for n, file in data["files"].items()},
            )
        except (TypeError, KeyError, AttributeError, RecursionError) as error:
            raise ValueError("its header makes no sense") from error
        numbers = [header.turn, header.memory_bytes, header.full, header.extents]
        for span in header.spans:
            numbers += (span.start, span.count, span.file, span.offset)
        for file in header.files.values():
            numbers += (file.pages, file.crc)
        if max(map(_whole, numbers)) > _MOST_MEMORY_BYTES:
            raise ValueError("its header has a number that is too large")
        return header


def _whole(value: object) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"its header has {str(value)[:32]!r} where a number belongs")
    return value


def image_name(turn: int) -> str:
    """Return the name of the image of a turn."""
    return f"{turn:08}.image"


def data_name(turn: int) -> str:
    """Return the name of the data file that a turn wrote, if it wrote one."""
    return f"{turn:08}.pages"


def needs_of(path: Path) -> tuple[int, list[int]]:
    """Return what the image at `path` builds on: a turn with a full section, turns with data files.

    Reads its header only, which may lie. Raises `ImageRejected` when it has none.
    """
    try:
        with path.open("rb") as file:
            magic, length, _ = _HEAD.unpack(file.read(_HEAD.size))
            text = file.read(min(length, _MOST_HEADER_BYTES)) if magic == _MAGIC else b""
        header = Header.decode(text)
    except (OSError, ValueError, struct.error) as error:
        raise ImageRejected(f"{path.name} cannot be used: {error}") from error
    if path.name != image_name(header.turn):
        raise ImageRejected(f"{path.name} belongs to turn {header.turn}")
    return header.full, list(header.files)


@dataclass(frozen=True)
class Section:
    """An image as it was read, and found to be sound."""

    header: Header
    body: bytes
    digest: str

    def extents(self) -> Iterator[tuple[int, int]]:
        """Give where the pieces belong, in grains: first and number."""
        numbers = array("I")
        numbers.frombytes(self.body[: self.header.extents * EXTENT_BYTES])
        return zip(numbers[::2], numbers[1::2], strict=True)

    def check(self) -> None:
        """Raise ValueError unless every number in it makes sense."""
        header = self.header
        if header.memory_bytes % image.PAGE_BYTES:
            raise ValueError(f"it says that a memory has {header.memory_bytes} bytes")
        pages = header.memory_bytes // PAGE_BYTES
        runs = [*header.pages, *(span.run for span in header.spans)]
        if any(start + count > pages for start, count in runs):
            raise ValueError("it names pages outside the memory")
        if header.extents * EXTENT_BYTES > len(self.body):
            raise ValueError("its section is too short")
        there = header.extents * EXTENT_BYTES
        for start, count in self.extents():
            there += count * GRAIN_BYTES
            if (start + count) * GRAIN_BYTES > header.memory_bytes:
                raise ValueError("it names bytes outside the memory")
        if there != len(self.body):
            raise ValueError("its section has another length than its pieces")
        for span in header.spans:
            data = header.files.get(span.file)
            if data is None or span.offset + span.count > data.pages:
                raise ValueError("it names pages outside its data files")


def write_image(path: Path, header: Header, body: bytes) -> tuple[int, str]:
    """Write an image so that it is there whole or not at all; returns its size and digest."""
    text = header.encode()
    digest = _digest_of(text, body)
    head = _HEAD.pack(_MAGIC, len(text), digest)
    partial = path.with_suffix(".partial")
    try:
        with partial.open("wb", buffering=0) as file:
            for part in (head, text, body):
                rest = memoryview(part)
                while rest:
                    rest = rest[file.write(rest) :]
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
    return len(head) + len(text) + len(body), digest.hex()


def read_image(path: Path, turn: int, base: str) -> Section:
    """Read an image and believe nothing of it. Raises `ImageRejected`."""
    try:
        section = _parsed(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ImageRejected(f"{path.name} cannot be restored: {error}") from error
    if section.header.base != base:
        raise ImageRejected(f"{path.name} was made with another runtime")
    if section.header.turn != turn:
        raise ImageRejected(f"{path.name} belongs to turn {section.header.turn}")
    return section


def _parsed(data: bytes) -> Section:
    if len(data) < _HEAD.size:
        raise ValueError("it is torn")
    magic, length, digest = _HEAD.unpack_from(data)
    if magic != _MAGIC:
        raise ValueError("it is no checkpoint")
    text, body = data[_HEAD.size : _HEAD.size + length], data[_HEAD.size + length :]
    if _digest_of(text, body) != digest:
        raise ValueError("it is torn, or has been changed")
    header = Header.decode(text)
    section = Section(header, body, digest.hex())
    section.check()
    return section


def _digest_of(*parts: bytes) -> bytes:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.digest()


def sync_data(path: Path, pages: int) -> DataFile:
    """Bring a data file to disk and return what it must be from now on."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            if len(data) != pages * PAGE_BYTES:
                raise OSError(f"{path.name} has {len(data)} bytes instead of {pages} pages")
            return DataFile(pages=pages, crc=zlib.crc32(data))


def map_data(path: Path, expected: DataFile) -> mmap.mmap:
    """Map a data file that is what it must be. Raises `ImageRejected`."""
    try:
        with path.open("rb") as file:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:
        raise ImageRejected(f"{path.name} cannot be restored: {error}") from error
    if len(data) != expected.pages * PAGE_BYTES or zlib.crc32(data) != expected.crc:
        data.close()
        raise ImageRejected(f"{path.name} cannot be restored: it is torn, or has been changed")
    return data


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to disk, where a system can be asked for that."""
    if sys.platform != "win32":
        fd = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
