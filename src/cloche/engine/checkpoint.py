"""Checkpoints: what differs between a guest's memory and the image it was made of, on disk.

After turn 12 there is a file `00000012.image`: a header in JSON, and a *section* of scattered
pages, stored as the pieces in which they differ from the base image. A section is either *full*,
or holds what has changed since the full one that its header names. Long runs of pages go to
`00000012.pages` as they are, to be mapped instead of read; later headers refer to them for as long
as they stay the same. So a checkpoint costs what its turn has changed, and needs at most one other
image and the data files that it names.

Two steps, because the guest must rest for the first only: `capture` copies what has changed, and
`persist` writes it. Nothing is believed when it is read back: not the length, not a checksum, not
a number.
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
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from cloche.engine import image
from cloche.engine.pages import PAGE_BYTES, PageSet, Run, Tracker
from cloche.errors import ImageRejected

FORMAT = 1

_MAGIC = b"CLOCHECP"
_HEAD = struct.Struct("<8sI32s")  # magic, length of the JSON, SHA-256 of the JSON and the section

_SPAN_PAGES = 64
"""From this length on a run of pages is worth a mapping of its own."""

_MOST_SPANS = 1024
"""Past it the spans are written anew: each costs a mapping, of which a process has 65,530."""

_LARGEST_PARTIAL = 512
"""Pages that may change before a full section is written again, and a quarter of the last one."""

_GRAIN_BYTES = 256
"""Differences are told in pieces of this size: most pages change in a few places only."""

_GRAINS = [(at, at + _GRAIN_BYTES) for at in range(0, PAGE_BYTES, _GRAIN_BYTES)]

_EXTENT_BYTES = 8

_MOST_HEADER_BYTES = 16 * 1024 * 1024
_MOST_MEMORY_BYTES = 4 * 1024 * 1024 * 1024


class Memory(Protocol):
    """A guest's linear memory at rest."""

    address: int
    """Where it begins in this process."""

    @property
    def memory_bytes(self) -> int:
        """Its size."""
        ...

    def restore(self, path: Path, *, copy: bool) -> None:
        """Make it what an image holds."""
        ...

    def grow_to(self, memory_bytes: int) -> None:
        """Make it larger, with zeros."""
        ...


@dataclass(frozen=True)
class Base:
    """The image that sessions start from."""

    path: Path
    digest: str
    """SHA-256 of the file: a checkpoint is of no use over any other."""


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
class _Header:
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

    def builds_on(self, full: _Section) -> bool:
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
    def decode(cls, text: bytes) -> _Header:
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
        header = _Header.decode(text)
    except (OSError, ValueError, struct.error) as error:
        raise ImageRejected(f"{path.name} cannot be used: {error}") from error
    if path.name != image_name(header.turn):
        raise ImageRejected(f"{path.name} belongs to turn {header.turn}")
    return header.full, list(header.files)


@dataclass
class _Ledger:
    """What lies on disk of the memory as it was at the last capture."""

    known: PageSet = field(default_factory=PageSet)
    """Every page that ever differed from the base."""
    since: PageSet = field(default_factory=PageSet)
    """Scattered pages that have changed since the full section."""
    full: int = 0
    full_pages: int = 0
    spans: list[Span] = field(default_factory=list[Span])
    sizes: dict[int, int] = field(default_factory=dict[int, int])
    """Pages in each data file that a span lies in."""

    def take(self, changed: PageSet) -> None:
        """Note pages that have changed."""
        self.known |= changed
        self.since |= changed
        self.spans = [left for span in self.spans for left in _rest_of(span, changed)]
        used = {span.file for span in self.spans}
        self.sizes = {file: pages for file, pages in self.sizes.items() if file in used}

    def take_spans(self, turn: int, spans: Sequence[Span]) -> None:
        """Note that pages which were taken lie in the data file of `turn`."""
        self.since -= PageSet.of(span.run for span in spans)
        self.spans.extend(spans)
        self.sizes[turn] = sum(span.count for span in spans)

    def next_section(self, turn: int) -> list[Run]:
        """Return the pages that the section of `turn` is to hold, a full one when that is due."""
        if self.full and len(self.since) <= _LARGEST_PARTIAL + self.full_pages // 4:
            return self.since.runs()
        scattered = self.known - PageSet.of(span.run for span in self.spans)
        self.full, self.full_pages, self.since = turn, len(scattered), PageSet()
        return scattered.runs()

    def is_scattered(self) -> bool:
        """Whether the data files had better be written anew."""
        live = sum(span.count for span in self.spans)
        return len(self.spans) > _MOST_SPANS or sum(self.sizes.values()) > 2 * live + _SPAN_PAGES


def _rest_of(span: Span, changed: PageSet) -> list[Span]:
    """Return what is left of a span when pages are taken out."""
    gone = changed.within(span.run)
    if not gone:
        return [span]
    rest = PageSet.of([span.run]) - PageSet.of(gone)
    return [
        Span(start=start, count=count, file=span.file, offset=span.offset + start - span.start)
        for start, count in rest.runs()
    ]


@dataclass(frozen=True)
class Capture:
    """What a checkpoint will hold; the guest may go on meanwhile."""

    turn: int
    memory_bytes: int
    full: int
    pages: list[tuple[Run, bytes]]
    spans: list[Span]
    sizes: dict[int, int]

    @property
    def is_full(self) -> bool:
        """Whether later checkpoints build on this one, so that it must not be left out."""
        return self.full == self.turn


@dataclass(frozen=True)
class Saved:
    """A checkpoint that is on disk."""

    turn: int
    written_bytes: int
    full: int
    """Turn of the image with the full section that it builds on, perhaps its own."""
    files: list[int]
    """Turns whose data files it needs."""


class Checkpoints:
    """Takes the checkpoints of one guest, in a folder of its own.

    `capture` is called on the guest's thread between turns, `persist` on another one, in order.
    """

    def __init__(
        self, memory: Memory, base: Base, folder: Path, tracker: Callable[[], Tracker]
    ) -> None:
        """Begin with a memory that is the base's; `tracker` is called when one is needed."""
        self._memory, self._base, self._folder = memory, base, folder
        self._new_tracker = tracker
        self._tracker: Tracker | None = None
        with base.path.open("rb") as file:
            self._base_bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._ledger = _Ledger()
        self._synced: dict[int, DataFile] = {}
        self._full: tuple[int, str] | None = None  # the full image on disk, and its digest
        self._failed = False

    def capture(self, turn: int) -> Capture:
        """Copy what has changed since the last capture; long runs go to a file at once.

        Raises OSError when that cannot be written; the next capture then is a full one.
        """
        size = self._memory.memory_bytes
        if self._tracker is None:
            self._tracker = self._new_tracker()
        ledger = self._ledger
        ledger.take(self._tracker.changed(size))
        if self._failed or ledger.is_scattered():
            ledger = _Ledger()
            ledger.take(self._ledger.known)
            self._ledger = ledger
        self._failed = False
        long = [run for run in ledger.since.runs() if run[1] >= _SPAN_PAGES]
        if long:
            try:
                ledger.take_spans(turn, self._write_long(turn, long))
            except OSError:
                self._failed = True
                raise
        section = ledger.next_section(turn)
        return Capture(
            turn=turn,
            memory_bytes=size,
            full=ledger.full,
            pages=self._copies(section),
            spans=list(ledger.spans),
            sizes=dict(ledger.sizes),
        )

    def persist(self, capture: Capture) -> Saved:
        """Write what was captured; it is on disk when this returns.

        Raises OSError; the next capture then is a full one.
        """
        try:
            return self._persist(capture)
        except OSError:
            self._failed = True
            raise

    def restore(self, turn: int, *, copy: bool) -> None:
        """Make the memory what it was after `turn`; `copy` reads what could be mapped.

        Raises `ImageRejected`, before anything of the memory is changed.
        """
        newest = _read(self._folder / image_name(turn), turn, self._base.digest)
        sections = [newest]
        header = newest.header
        if header.full != turn:
            full = _read(self._folder / image_name(header.full), header.full, self._base.digest)
            if not header.builds_on(full):
                raise ImageRejected(f"{image_name(header.full)} is not what turn {turn} builds on")
            sections.insert(0, full)
        maps = {
            file: _verified(self._folder / data_name(file), data)
            for file, data in header.files.items()
        }
        try:
            self._apply(sections, maps, copy=copy)
        finally:
            for mapped in maps.values():
                mapped.close()
        self._synced = dict(header.files)
        self._full = (header.full, sections[0].digest)
        ledger = self._ledger = _Ledger(
            full=header.full,
            full_pages=sum(count for _, count in sections[0].header.pages),
            spans=list(header.spans),
            sizes={file: data.pages for file, data in header.files.items()},
        )
        for section in sections:
            ledger.known |= PageSet.of(section.header.pages)
        ledger.known |= PageSet.of(span.run for span in header.spans)
        if header.full != turn:
            ledger.since = PageSet.of(header.pages)
        self._tracker = self._new_tracker()
        self._tracker.settle(self._memory.memory_bytes)

    def _copies(self, runs: Iterable[Run]) -> list[tuple[Run, bytes]]:
        view = image.view(self._memory.address, self._memory.memory_bytes)
        return [
            (run, bytes(view[run[0] * PAGE_BYTES : (run[0] + run[1]) * PAGE_BYTES])) for run in runs
        ]

    def _write_long(self, turn: int, runs: Sequence[Run]) -> list[Span]:
        spans: list[Span] = []
        offset = 0
        path = self._folder / data_name(turn)
        try:
            with path.open("wb", buffering=0) as file:
                for start, count in runs:
                    view = image.view(self._memory.address + start * PAGE_BYTES, count * PAGE_BYTES)
                    while view:
                        view = view[file.write(view) :]
                    spans.append(Span(start=start, count=count, file=turn, offset=offset))
                    offset += count
        except OSError:
            path.unlink(missing_ok=True)
            raise
        return spans

    def _persist(self, capture: Capture) -> Saved:
        full_digest = ""
        if not capture.is_full:
            if self._full is None or self._full[0] != capture.full:
                raise OSError(f"the image of turn {capture.full}, on which it builds, is not there")
            full_digest = self._full[1]
        written = 0
        for file, pages in capture.sizes.items():
            if file not in self._synced:
                self._synced[file] = _sync_data(self._folder / data_name(file), pages)
                written += pages * PAGE_BYTES
        extents, pieces = self._differences(capture.pages)
        body = extents.tobytes() + b"".join(pieces)
        header = _Header(
            base=self._base.digest,
            turn=capture.turn,
            memory_bytes=capture.memory_bytes,
            full=capture.full,
            full_digest=full_digest,
            extents=len(extents) // 2,
            pages=[run for run, _ in capture.pages],
            spans=capture.spans,
            files={file: self._synced[file] for file in capture.sizes},
        )
        size, digest = _write(self._folder / image_name(capture.turn), header, body)
        written += size
        if capture.is_full:
            self._full = (capture.turn, digest)
        self._synced = {f: data for f, data in self._synced.items() if f in capture.sizes}
        return Saved(capture.turn, written, capture.full, list(capture.sizes))

    def _differences(self, pages: Iterable[tuple[Run, bytes]]) -> tuple[array[int], list[bytes]]:
        """Return where pages differ from the base, as pairs in grains, and the bytes there."""
        extents, pieces = array("I"), list[bytes]()
        for (start, _), new in pages:
            begin = start * PAGE_BYTES
            old = self._base_bytes[begin : begin + len(new)].ljust(len(new), b"\0")
            first = start * PAGE_BYTES // _GRAIN_BYTES
            for at, end in _differing(new, old):
                extents.extend((first + at, end - at))
                pieces.append(new[at * _GRAIN_BYTES : end * _GRAIN_BYTES])
        return extents, pieces

    def _apply(
        self, sections: Sequence[_Section], maps: dict[int, mmap.mmap], *, copy: bool
    ) -> None:
        memory, newest = self._memory, sections[-1].header
        memory.restore(self._base.path, copy=copy)
        memory.grow_to(newest.memory_bytes)
        view = image.view(memory.address, memory.memory_bytes)
        newer = PageSet()
        for section in reversed(sections):
            body, at = section.body, section.header.extents * _EXTENT_BYTES
            for start, count in section.extents():
                length, begin = count * _GRAIN_BYTES, start * _GRAIN_BYTES
                if begin // PAGE_BYTES not in newer:
                    view[begin : begin + length] = body[at : at + length]
                at += length
            newer |= PageSet.of(section.header.pages)
        for span in newest.spans:
            begin, length = span.start * PAGE_BYTES, span.count * PAGE_BYTES
            offset = span.offset * PAGE_BYTES
            if copy or mmap.PAGESIZE != PAGE_BYTES:
                view[begin : begin + length] = maps[span.file][offset : offset + length]
            else:
                path = self._folder / data_name(span.file)
                image.map_memory(memory.address + begin, length, path, offset=offset)


def _differing(new: bytes, old: bytes) -> list[tuple[int, int]]:
    """Return the grains from which to which two equally long runs of pages differ.

    No piece crosses the border of a page: each page can then be taken from another section.
    """
    pieces: list[tuple[int, int]] = []
    for page in range(0, len(new), PAGE_BYTES):
        mine, theirs = new[page : page + PAGE_BYTES], old[page : page + PAGE_BYTES]
        if mine == theirs:
            continue
        first, begin = page // _GRAIN_BYTES, -1
        for grain, (start, end) in enumerate(_GRAINS):
            if mine[start:end] != theirs[start:end]:
                if begin < 0:
                    begin = grain
            elif begin >= 0:
                pieces.append((first + begin, first + grain))
                begin = -1
        if begin >= 0:
            pieces.append((first + begin, first + len(_GRAINS)))
    return pieces


@dataclass(frozen=True)
class _Section:
    """An image as it was read, and found to be sound."""

    header: _Header
    body: bytes
    digest: str

    def extents(self) -> Iterator[tuple[int, int]]:
        """Give where the pieces belong, in grains: first and number."""
        numbers = array("I")
        numbers.frombytes(self.body[: self.header.extents * _EXTENT_BYTES])
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
        if header.extents * _EXTENT_BYTES > len(self.body):
            raise ValueError("its section is too short")
        there = header.extents * _EXTENT_BYTES
        for start, count in self.extents():
            there += count * _GRAIN_BYTES
            if (start + count) * _GRAIN_BYTES > header.memory_bytes:
                raise ValueError("it names bytes outside the memory")
        if there != len(self.body):
            raise ValueError("its section has another length than its pieces")
        for span in header.spans:
            data = header.files.get(span.file)
            if data is None or span.offset + span.count > data.pages:
                raise ValueError("it names pages outside its data files")


def _write(path: Path, header: _Header, body: bytes) -> tuple[int, str]:
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


def _read(path: Path, turn: int, base: str) -> _Section:
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


def _parsed(data: bytes) -> _Section:
    if len(data) < _HEAD.size:
        raise ValueError("it is torn")
    magic, length, digest = _HEAD.unpack_from(data)
    if magic != _MAGIC:
        raise ValueError("it is no checkpoint")
    text, body = data[_HEAD.size : _HEAD.size + length], data[_HEAD.size + length :]
    if _digest_of(text, body) != digest:
        raise ValueError("it is torn, or has been changed")
    header = _Header.decode(text)
    section = _Section(header, body, digest.hex())
    section.check()
    return section


def _digest_of(*parts: bytes) -> bytes:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.digest()


def _sync_data(path: Path, pages: int) -> DataFile:
    """Bring a data file to disk and return what it must be from now on."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            if len(data) != pages * PAGE_BYTES:
                raise OSError(f"{path.name} has {len(data)} bytes instead of {pages} pages")
            return DataFile(pages=pages, crc=zlib.crc32(data))


def _verified(path: Path, expected: DataFile) -> mmap.mmap:
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
