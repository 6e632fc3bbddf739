"""Warming: makes the image that every session starts from, and proves that it works."""

from __future__ import annotations

import json
import os
import tempfile
import threading
from dataclasses import replace
from pathlib import Path

import wasmtime

from cloche.engine.guest import GuestTrapped
from cloche.engine.image import CAN_MAP
from cloche.engine.interrupt import SignalAddresses
from cloche.engine.module import in_guest_thread, load_module
from cloche.errors import ClocheError, PreparationFailed
from cloche.mounts import Mount
from cloche.runtimes.python import IMAGE_FORMAT, ImageInfo, PythonFiles, PythonGuest, Silence

_WARMING_BYTES = 2 * 1024**3


def make_image(files: PythonFiles, image: Path, info: Path) -> None:
    """Make the image that every session starts from, and prove that it works.

    Takes some ten seconds, in a process of its own. Raises `PreparationFailed`.
    """

    def work() -> None:
        with tempfile.TemporaryDirectory(prefix="cloche-warm-") as folder:
            complaints = Path(folder, "complaints")
            try:
                _make_image(files, image, info, Path(folder), complaints)
            except (ClocheError, GuestTrapped, OSError, wasmtime.WasmtimeError) as error:
                said = complaints.read_text(errors="replace") if complaints.exists() else ""
                raise PreparationFailed(f"no warm image: {error}\n{said}".strip()) from error

    in_guest_thread(work)


def _make_image(
    files: PythonFiles, image: Path, info: Path, folder: Path, complaints: Path
) -> None:
    program = load_module(files.module)
    workspace, scratch = folder / "workspace", folder / "tmp"
    workspace.mkdir()
    scratch.mkdir()
    sink = _Heard()

    mounted = folder / "mounted"
    mounted.mkdir()
    (mounted / "note").write_text("seen")

    def new_guest(*mounts: Mount) -> PythonGuest:
        return PythonGuest(
            program,
            files,
            workspace=workspace,
            scratch=scratch,
            memory_bytes=_WARMING_BYTES,
            sink=sink,
            mounts=mounts,
            stderr=complaints,
        )

    warm = new_guest()
    warm.boot()
    warm.allow_recursion()
    warm.suspend(image)
    size = image.stat().st_size
    proven = new_guest()
    facts = ImageInfo(IMAGE_FORMAT, size, None, warm.slots)
    proven.resume(image, facts, copy=not CAN_MAP)
    proven.thaw()
    replace(facts, signals=_prove_signals(proven)).save(info)
    for copy in (False, True) if CAN_MAP else (True,):
        guest = new_guest(Mount(os.path.realpath(mounted), "/mounted", writable=False))
        guest.resume(image, ImageInfo.load(info), copy=copy)
        guest.thaw()
        _self_test(guest, sink)


def _self_test(guest: PythonGuest, sink: _Heard) -> None:
    for turn, (code, result) in enumerate(_PROOFS, 1):
        report = json.loads(guest.run(_proof_request(turn, code)))
        if report["status"] != "ok" or report["result"] != result:
            raise PreparationFailed(f"self-test {code!r} gave {report!r} instead of {result!r}")
    names = [variable["name"] for variable in json.loads(guest.inspect())["variables"]]
    if names[:1] != ["x"]:
        raise PreparationFailed(f"self-test: the variables were {names!r} after x = 41")
    if not sink.images:
        raise PreparationFailed("self-test: a plot was drawn, and no image came")


class _Heard(Silence):
    """Keeps count of the images that come."""

    def __init__(self) -> None:
        self.images = 0

    def display(self, parts: bytes) -> None:
        """Take display data."""
        self.images += 1


_DEEP = """import functools
@functools.cache
def deep(n):
    return n and deep(n - 1) + 1
try:
    deep(10**6)
except RecursionError:
    print('too deep')
deep(400)"""

_PROOFS = [
    ("x = 41", None),
    ("x + 1", "42"),
    ("import pandas as pd\nint(pd.DataFrame({'a': [1, 2]}).a.sum())", "3"),
    ("import matplotlib.pyplot as plt\nlines = plt.plot([1, 2])", None),
    ("import numpy as np\nint((np.argsort([2, 1]) * 3_000_000_000)[0])", "3000000000"),
    (_DEEP, "400"),
    ("import pathlib\npathlib.Path('note').write_text('kept')", "4"),
    ("pathlib.Path('/mounted/note').read_text()", "'seen'"),
]


def _proof_request(turn: int, code: str) -> bytes:
    budget = {"text_bytes": 4096, "spool_bytes": 4096, "image_bytes": 524_288, "displays": 1}
    return json.dumps({"turn": turn, "code": code, **budget}).encode()


def _prove_signals(guest: PythonGuest) -> SignalAddresses | None:
    """Return where signals are raised in `guest`: where one interrupts a real loop."""
    for candidate in guest.may_be_signals():
        guest.use_signals(candidate)
        if _interrupts_a_loop(guest):
            return candidate
    guest.use_signals(None)
    return None


def _interrupts_a_loop(guest: PythonGuest) -> bool:
    done = threading.Event()

    def keep_interrupting() -> None:
        while not done.wait(0.05):
            guest.interrupt()

    thread = threading.Thread(target=keep_interrupting)
    thread.start()
    # Were the addresses wrong, the loop would still end by itself.
    code = "import time\nend = time.monotonic() + 5\nwhile time.monotonic() < end: pass"
    try:
        report = json.loads(guest.run(_proof_request(0, code)))
    finally:
        done.set()
        thread.join()
    return report["status"] == "interrupted"
