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

import mmap
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from cloche.engine import image
from cloche.engine.checkpoint_files import (
    EXTENT_BYTES,
    GRAIN_BYTES,
    DataFile,
    Header,
    Section,
    Span,
    data_name,
    image_name,
    map_data,
    read_image,
    sync_data,
    write_image,
)
from cloche.engine.pages import PAGE_BYTES, PageSet, Run, Tracker
from cloche.errors import ImageRejected

_SPAN_PAGES = 64
"""From this length on a run of pages is worth a mapping of its own."""

_MOST_SPANS = 1024
"""Past it the spans are written anew: each costs a mapping, of which a process has 65,530."""

_LARGEST_PARTIAL = 512
"""Pages that may change before a full section is written again, and a quarter of the last one."""

_GRAINS = [(at, at + GRAIN_BYTES) for at in range(0, PAGE_BYTES, GRAIN_BYTES)]


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
        newest = read_image(self._folder / image_name(turn), turn, self._base.digest)
        sections = [newest]
        header = newest.header
        if header.full != turn:
            full = read_image(
                self._folder / image_name(header.full), header.full, self._base.digest
            )
            if not header.builds_on(full):
                raise ImageRejected(f"{image_name(header.full)} is not what turn {turn} builds on")
            sections.insert(0, full)
        maps = {
            file: map_data(self._folder / data_name(file), data)
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
                self._synced[file] = sync_data(self._folder / data_name(file), pages)
                written += pages * PAGE_BYTES
        extents, pieces = self._differences(capture.pages)
        body = extents.tobytes() + b"".join(pieces)
        header = Header(
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
        size, digest = write_image(self._folder / image_name(capture.turn), header, body)
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
            first = start * PAGE_BYTES // GRAIN_BYTES
            for at, end in _differing(new, old):
                extents.extend((first + at, end - at))
                pieces.append(new[at * GRAIN_BYTES : end * GRAIN_BYTES])
        return extents, pieces

    def _apply(
        self, sections: Sequence[Section], maps: dict[int, mmap.mmap], *, copy: bool
    ) -> None:
        memory, newest = self._memory, sections[-1].header
        memory.restore(self._base.path, copy=copy)
        memory.grow_to(newest.memory_bytes)
        view = image.view(memory.address, memory.memory_bytes)
        newer = PageSet()
        for section in reversed(sections):
            body, at = section.body, section.header.extents * EXTENT_BYTES
            for start, count in section.extents():
                length, begin = count * GRAIN_BYTES, start * GRAIN_BYTES
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
        first, begin = page // GRAIN_BYTES, -1
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
