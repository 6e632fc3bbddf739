"""Checkpoints: memory comes back byte for byte, costs what has changed, and nothing is believed."""

import contextlib
import hashlib
import json
import os
import random
import shutil
import struct
import subprocess
import sys
import zlib
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloche.engine.checkpoint import Base
from cloche.engine.checkpoint_files import data_name, image_name, needs_of
from cloche.engine.image import view
from cloche.engine.module import in_guest_thread, load_module
from cloche.engine.pages import KernelNotes, WrittenPages, new_tracker, open_notes
from cloche.errors import ImageRejected
from cloche.runtimes.python import ImageInfo, PythonFiles, PythonGuest, Silence

MIB = 1024 * 1024
PAGE = 4096


@pytest.fixture(scope="module")
def program(prepared):
    return load_module(prepared.module)


@pytest.fixture(params=["scan", "pagemap", "compare"])
def notes(request):
    """What one of the three trackers needs of the kernel."""
    opened = open_notes()
    if request.param == "compare":
        yield KernelNotes()
    elif opened.pagemap is None:
        pytest.skip("no /proc/self/pagemap here")
    elif request.param == "pagemap":
        yield KernelNotes(opened.pagemap)
    elif opened.userfaultfd is None:
        pytest.skip("no userfaultfd here")
    else:
        yield opened
    for fd in (opened.pagemap, opened.userfaultfd):
        if fd is not None:
            os.close(fd)


@pytest.fixture(params=[False, True], ids=["mapped", "copied"])
def copy(request):
    return request.param


class Life:
    """A guest with its checkpoints, which goes on in another guest whenever it is restored."""

    def __init__(self, prepared, program, home, notes, *, memory_bytes=1024 * MIB):
        self.prepared, self.program, self.home, self.notes = prepared, program, home, notes
        self.memory_bytes = memory_bytes
        self.folder = home / "checkpoints"
        for name in ("workspace", "tmp", "checkpoints"):
            (home / name).mkdir(exist_ok=True)
        self.number = 0
        self.begin()

    def begin(self):
        """Have a new guest, that of a new session before it is thawed."""
        prepared = self.prepared
        self.guest = PythonGuest(
            self.program,
            PythonFiles(prepared.module, prepared.stdlib, prepared.mpl_data),
            workspace=self.home / "workspace",
            scratch=self.home / "tmp",
            memory_bytes=self.memory_bytes,
            sink=Silence(),
        )
        info = ImageInfo.load(prepared.image_info)
        self.guest.resume(prepared.image, info, copy=self.notes.pagemap is None)
        base = Base(prepared.image, prepared.digest)
        self.checkpoints = self.guest.checkpoints(
            self.folder, base, lambda address: new_tracker(address, base.path, self.notes)
        )
        return self

    def run(self, code):
        self.number += 1
        budget = {"text_bytes": 4096, "spool_bytes": 0, "image_bytes": 65536, "displays": 0}
        request = {"turn": self.number, "code": code, **budget}
        report = json.loads(self.guest.run(json.dumps(request).encode()))
        assert report["status"] == "ok", report["error"]
        return report["result"]

    def capture(self):
        return self.checkpoints.capture(self.number)

    def save(self):
        return self.checkpoints.persist(self.capture())

    def restore(self, turn, *, copy=False):
        """Restore in a new guest, which is not thawed yet."""
        self.begin()
        self.checkpoints.restore(turn, copy=copy)
        return self

    def memory(self):
        """What the whole memory is, in few bytes."""
        size = self.guest.memory_bytes
        return size, zlib.crc32(view(self.guest._guest.address, size))

    def disk_bytes(self):
        return sum(path.stat().st_size for path in self.folder.iterdir())


@pytest.fixture
def new_life(prepared, program, tmp_path):
    def new_life(notes, *, home=tmp_path, **options):
        return Life(prepared, program, home, notes, **options)

    return new_life


# Round trips.


def random_turn(rng):
    """Code that changes the memory in one of the ways in which sessions do."""
    n, seed = rng.randrange(3), rng.randrange(10**6)
    big = f"np.random.default_rng({seed}).random({rng.randrange(30_000, 1_500_000)})"
    kinds = [
        f"v{n} = {seed}",
        f"s{n} = [f'line {{i}} of {seed}' for i in range({rng.randrange(20_000)})]",
        f"a{n} = {big}",
        f"a = globals().get('a{n}')\nif a is not None: a[len(a) // 3 : len(a) // 2] = {seed}",
        f"a = globals().get('a{n}')\nif a is not None: a[:: {rng.choice([700, 5000])}] += 1",
        f"a = globals().get('a{n}')\nif a is not None: a[: len(a) // 2] = 0",
        f"for name in ('a{n}', 's{n}', 'a'): globals().pop(name, None)",
        f"b{n} = bytearray({rng.randrange(1, 12) * MIB}); b{n}[:: 9973] = b{n}[:: 9973]",
        f"d = {{i: str(i) * 3 for i in range({rng.randrange(30_000)})}}; del d",
        "1 / 3",
    ]
    return "import numpy as np\n" + rng.choice(kinds)


@pytest.mark.parametrize("seed", [1])
def test_memory_comes_back_byte_for_byte_from_any_turn_again_and_again(new_life, notes, copy, seed):
    rng = random.Random(seed)

    def work():
        life = new_life(notes)
        life.guest.thaw()
        memories = {}
        restored = 0
        while life.number < 30:
            life.run(random_turn(rng))
            memories[life.number] = life.memory()
            life.save()
            assert life.memory() == memories[life.number], "a checkpoint changed the memory"
            if rng.random() < 0.35 or life.number == 30:
                turn = rng.choice([life.number, rng.choice(list(memories))])
                assert life.restore(turn, copy=copy).memory() == memories[turn], turn
                life.guest.thaw()
                restored += 1
        return restored

    assert in_guest_thread(work) > 5


def test_checkpoints_that_were_only_captured_are_not_missed(new_life, notes):
    rng = random.Random(2)

    def work():
        life = new_life(notes)
        life.guest.thaw()
        memories, dropped = {}, 0
        for _ in range(25):
            life.run(random_turn(rng))
            capture = life.capture()
            if capture.is_full or life.number % 3 == 0:
                life.checkpoints.persist(capture)
                memories[life.number] = life.memory()
            else:
                dropped += 1
        assert dropped > 0
        for turn in rng.sample(list(memories), 5):
            assert life.restore(turn).memory() == memories[turn], turn

    in_guest_thread(work)


def test_what_is_captured_is_the_turn_before_though_the_guest_goes_on(new_life, notes):
    def work():
        life = new_life(notes)
        life.guest.thaw()
        life.run("import numpy as np\na = np.arange(400_000)\nx = list(range(50_000))")
        life.save()
        life.run("a[7] = 0\nx[3] = 'changed'")
        captured, memory = life.capture(), life.memory()
        turn = life.number
        life.run("x[:] = [None] * len(x)\nd = {i: i for i in range(10_000)}")
        life.checkpoints.persist(captured)
        return life.restore(turn).memory() == memory

    assert in_guest_thread(work)


def test_a_full_one_that_was_left_out_is_missed_and_the_next_but_one_is_full(new_life, notes):
    def work():
        life = new_life(notes)
        life.guest.thaw()
        life.run("x = 1")
        assert life.capture().is_full
        life.run("x = 2")
        with pytest.raises(OSError, match="turn 1"):
            life.save()
        life.run("x = 3")
        memory = life.memory()
        assert life.save().full == 3
        assert life.restore(3).memory() == memory

    in_guest_thread(work)


def test_a_restored_session_goes_on_with_its_variables(new_life, notes, copy):
    def work():
        life = new_life(notes)
        life.guest.thaw()
        life.run("import pandas as pd\nx = pd.Series(range(100_000))\ndef f(): return int(x.sum())")
        life.save()
        life.run("x[:] = 0")
        life.save()
        assert life.run("f()") == "0"
        life.restore(1, copy=copy).guest.thaw()
        assert life.run("f()") == str(sum(range(100_000)))
        life.run("x[0] = 1")
        life.save()
        life.restore(life.number, copy=not copy).guest.thaw()
        assert life.run("f()") == str(sum(range(100_000)) + 1)

    in_guest_thread(work)


def test_writing_after_a_restore_never_reaches_the_files(new_life, notes):
    def work():
        life = new_life(notes)
        life.guest.thaw()
        life.run("import numpy as np\na = np.ones(1_000_000)")
        life.save()
        memory = life.memory()
        before = {path.name: path.read_bytes() for path in life.folder.iterdir()}
        life.restore(1).guest.thaw()
        life.run("a[:] = 5\nx = list(range(100_000))")
        assert {path.name: path.read_bytes() for path in life.folder.iterdir()} == before
        assert life.restore(1).memory() == memory

    in_guest_thread(work)


# What they cost.


def test_a_small_turn_writes_little_and_a_large_array_is_written_once(new_life, notes):
    def work():
        life = new_life(notes)
        life.guest.thaw()
        life.run("import numpy as np\na = np.random.default_rng(1).random(6_250_000)")
        assert life.save().written_bytes > 50_000_000
        for i in range(6):
            before = life.disk_bytes()
            life.run(f"x = {i}")
            written = life.save().written_bytes
            assert written < MIB
            assert life.disk_bytes() - before == written
        life.run("a[3_000_000] = 1.0")
        assert life.save().written_bytes < MIB
        memory = life.memory()
        assert life.restore(life.number).memory() == memory
        life.guest.thaw()
        life.run("y = 1")
        assert life.save().written_bytes < MIB

    in_guest_thread(work)


def test_data_files_do_not_pile_up_while_an_array_changes_again_and_again(new_life, notes):
    def work():
        life = new_life(notes)
        life.guest.thaw()
        needed = 0
        for i in range(12):
            life.run(f"import numpy as np\na = np.random.default_rng({i}).random(1_000_000)")
            saved = life.save()
            needed = sum((life.folder / data_name(file)).stat().st_size for file in saved.files)
        memory = life.memory()
        assert needed < 4 * 8_000_000
        for path in life.folder.iterdir():
            full, files = needs_of(life.folder / image_name(life.number))
            if path.name not in {
                image_name(life.number),
                image_name(full),
                *map(data_name, files),
            }:
                path.unlink()
        assert life.restore(life.number).memory() == memory

    in_guest_thread(work)


# Files that are torn, forged or foreign.

HEAD = struct.Struct("<8sI32s")


def sealed(header, body, *, magic=b"CLOCHECP"):
    """An image with the right checksum."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return HEAD.pack(magic, len(text), hashlib.sha256(text + body).digest()) + text + body


def opened(data):
    """The header and the body of an image."""
    _, length, _ = HEAD.unpack_from(data)
    return json.loads(data[HEAD.size :][:length]), data[HEAD.size + length :]


@dataclass
class Scene:
    """Three turns on disk, a guest to restore them in, and what its memory was before."""

    life: Life
    folder: object
    whole: dict
    memory: object
    memories: dict

    @property
    def newest(self):
        return self.whole[image_name(3)]

    def refuses(self, files, *, turn=3):
        """Whether turn 3 is refused when these files replace others; None takes one away."""
        for path in self.folder.iterdir():
            path.unlink()
        for name, data in {**self.whole, **files}.items():
            if data is not None:
                (self.folder / name).write_bytes(data)
        with contextlib.suppress(ImageRejected):
            self.life.checkpoints.restore(turn, copy=False)
            return False
        return True


@pytest.fixture(scope="module")
def in_scene(prepared, program, tmp_path_factory):
    """Return a function that calls another one, on a guest's thread, with a scene.

    When that returns the memory must be as it was, and the sound files must still be restored.
    """
    home = tmp_path_factory.mktemp("scene")

    def work():
        life = Life(prepared, program, home, open_notes())
        life.guest.thaw()
        memories = {}
        for code in (
            "import numpy as np\nb = np.random.default_rng(1).random(1000)",
            "a = np.random.default_rng(1).random(100_000)",
            "x = 3",
        ):
            life.run(code)
            life.save()
            memories[life.number] = life.memory()
        return memories, {path.name: path.read_bytes() for path in life.folder.iterdir()}

    memories, whole = in_guest_thread(work)
    header, _ = opened(whole[image_name(3)])
    assert (header["full"], "2" in header["files"]) == (1, True)

    def in_scene(act):
        def work():
            life = Life(prepared, program, home, open_notes())
            scene = Scene(life, life.folder, whole, life.memory(), memories)
            act(scene)
            assert life.memory() == scene.memory, "a refused image has changed the memory"
            assert not scene.refuses({})
            assert life.memory() == memories[3]

        in_guest_thread(work)

    return in_scene


@pytest.mark.parametrize("name", [image_name(1), image_name(3), data_name(2)])
def test_a_file_cut_off_at_any_length_is_refused(in_scene, name):
    def act(scene):
        data = scene.whole[name]
        lengths = {*range(60), *range(0, len(data), len(data) // 60), len(data) - 1}
        for length in lengths:
            assert scene.refuses({name: data[:length]}), length
        assert scene.refuses({name: data + b"x"})
        assert scene.refuses({name: data + data})

    in_scene(act)


@pytest.mark.parametrize("name", [image_name(1), image_name(3), data_name(2)])
def test_a_file_with_one_wrong_bit_is_refused(in_scene, name):
    def act(scene):
        data = scene.whole[name]
        first = 0 if name.endswith(".image") else len(data) - 1
        for at in {*range(first, 44), *range(0, len(data), len(data) // 100), len(data) - 1}:
            for bit in (1, 128):
                changed = bytearray(data)
                changed[at] ^= bit
                assert scene.refuses({name: bytes(changed)}), at

    in_scene(act)


@pytest.mark.parametrize("name", [image_name(1), image_name(3), data_name(2)])
def test_a_file_that_is_missing_empty_or_no_file_is_refused(in_scene, name):
    def act(scene):
        assert scene.refuses({name: None})
        assert scene.refuses({name: b""})
        assert scene.refuses({name: bytes(len(scene.whole[name]))})
        (scene.folder / name).unlink()
        (scene.folder / name).mkdir()
        with pytest.raises(ImageRejected):
            scene.life.checkpoints.restore(3, copy=False)
        (scene.folder / name).rmdir()

    in_scene(act)


FORGED_HEADERS = {
    "format 0": {"format": 0},
    "a later format": {"format": 2},
    "format is text": {"format": "1"},
    "base of another runtime": {"base": "0" * 64},
    "base is a number": {"base": 7},
    "another turn": {"turn": 2},
    "a negative turn": {"turn": -3},
    "turn is text": {"turn": "3"},
    "turn is true": {"turn": True},
    "turn is a float": {"turn": 3.0},
    "turn is missing": {"turn": ...},
    "turn is huge": {"turn": 10**400},
    "full is missing": {"full": ...},
    "full has no image": {"full": 9},
    "full is no full one": {"full": 2},
    "full is null": {"full": None},
    "memory is negative": {"memory_bytes": -1},
    "memory is nothing": {"memory_bytes": 0},
    "memory is no whole number of pages": {"memory_bytes": 300 * MIB + 5},
    "memory is smaller than that of the base": {"memory_bytes": 64 * 1024},
    "memory is 4 GiB": {"memory_bytes": 4096 * MIB},
    "memory is larger than any": {"memory_bytes": 2**63},
    "memory is infinite": {"memory_bytes": float("inf")},
    "fewer pieces": {"extents": 1},
    "more pieces": {"extents": 10**6},
    "pieces beyond counting": {"extents": 2**32 - 1},
    "pages outside": {"pages": [[2**20 - 1, 1]]},
    "pages far outside": {"pages": [[2**63, 1]]},
    "pages before the first": {"pages": [[-1, 2]]},
    "fewer than no pages": {"pages": [[1, -1]]},
    "pages are text": {"pages": ["12"]},
    "pages are a number": {"pages": 5},
    "pages have three numbers": {"pages": [[1, 2, 3]]},
    "spans are null": {"spans": None},
    "span is empty": {"spans": [{}]},
    "span is a list": {"spans": [[1, 64, 2, 0]]},
    "span outside": {"spans": [{"start": 2**20 - 64, "count": 64, "file": 2, "offset": 0}]},
    "span past its file": {"spans": [{"start": 1, "count": 64, "file": 2, "offset": 10**6}]},
    "span longer than its file": {"spans": [{"start": 1, "count": 5000, "file": 2, "offset": 0}]},
    "span of another file": {"spans": [{"start": 1, "count": 64, "file": 8, "offset": 0}]},
    "span before its file": {"spans": [{"start": 1, "count": 64, "file": 2, "offset": -1}]},
    "span has more": {
        "spans": [{"start": 1, "count": 64, "file": 2, "offset": 0, "address": 5}],
    },
    "no files": {"files": {}},
    "files are a list": {"files": [1]},
    "file has another checksum": {"files": {"2": {"pages": 196, "crc": 1}}},
    "file is nameless": {"files": {"": {"pages": 1, "crc": 1}}},
    "file is a path": {"files": {"../2": {"pages": 1, "crc": 1}}},
    "file has fewer than no pages": {"files": {"2": {"pages": -1, "crc": 1}}},
}


@pytest.mark.parametrize("name", FORGED_HEADERS)
def test_a_header_that_lies_is_refused_though_its_checksum_is_right(in_scene, name):
    def act(scene):
        header, body = opened(scene.newest)
        for key, value in FORGED_HEADERS[name].items():
            header[key] = value
        header = {key: value for key, value in header.items() if value is not ...}
        assert scene.refuses({image_name(3): sealed(header, body)})

    in_scene(act)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"null",
        b"[]",
        b"7",
        b"{",
        b"\xff\xfe",
        b'{"format": 1}',
        b'[["format", 1]]',
        pytest.param(b"[" * 100_000, id="deep"),
        pytest.param(b'{"format": 1, "turn": ' + b"9" * 10_000 + b"}", id="long number"),
    ],
)
def test_a_header_that_is_none_is_refused(in_scene, text):
    def act(scene):
        assert scene.refuses({image_name(3): sealed(text, opened(scene.newest)[1])})

    in_scene(act)


def test_another_magic_is_refused(in_scene):
    def act(scene):
        header, body = opened(scene.newest)
        assert scene.refuses({image_name(3): sealed(header, body, magic=b"CLOCHECQ")})

    in_scene(act)


def test_a_section_that_lies_is_refused_though_its_checksum_is_right(in_scene):
    def act(scene):
        header, body = opened(scene.newest)
        extents, at = header["extents"], header["extents"] * 8

        def image(body, **changes):
            return {image_name(3): sealed({**header, **changes}, body)}

        assert not scene.refuses(image(body))
        assert scene.life.memory() == scene.memories[3]
        scene.life.begin()
        last = header["memory_bytes"] // 256 - 1
        for first, count in ((last, 2), (last + 1, 1), (2**32 - 1, 2**32 - 1), (0, 2**32 - 1)):
            pieces = struct.pack("<2I", first, count) + body[8:]
            assert scene.refuses(image(pieces)), (first, count)
        assert scene.refuses(image(body[:-1]))
        assert scene.refuses(image(body + b"x"))
        assert scene.refuses(image(body[:at]))
        assert scene.refuses(image(body[: at - 4], extents=extents))
        assert scene.refuses(image(b""))

    in_scene(act)


def test_the_full_image_of_another_session_is_refused(in_scene, new_life, tmp_path):
    def foreign():
        life = new_life(KernelNotes())
        life.guest.thaw()
        life.run("b = bytearray(b'x' * 90_000_000)\ns = [str(i) for i in range(50_000)]")
        life.save()
        return (life.folder / image_name(1)).read_bytes()

    other = in_guest_thread(foreign)
    in_scene(lambda scene: scene.refuses({image_name(1): other}) or pytest.fail("it was taken"))


@pytest.mark.parametrize("name", [image_name(1), image_name(2)])
def test_an_image_under_the_name_of_another_turn_is_refused(in_scene, name):
    in_scene(
        lambda scene: (
            scene.refuses({image_name(3): scene.whole[name]}) or pytest.fail("it was taken")
        )
    )


def test_an_image_larger_than_the_memory_may_be_is_refused(new_life, copy):
    def work():
        life = new_life(open_notes())
        life.guest.thaw()
        life.run("b = bytearray(b'x' * 200_000_000)")
        life.save()
        memory = life.memory()
        life.memory_bytes = 256 * MIB
        life.begin()
        before = life.memory()
        with pytest.raises(ImageRejected, match="fewer are allowed"):
            life.checkpoints.restore(1, copy=copy)
        assert life.memory() == before
        life.guest.thaw()
        assert life.run("1 + 1") == "2"
        life.memory_bytes = 1024 * MIB
        assert life.restore(1).memory() == memory

    in_guest_thread(work)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
NUMBER = st.integers(-2, 2**33) | st.integers(0, 20) | JSON
SPAN = st.fixed_dictionaries(dict.fromkeys(("start", "count", "file", "offset"), NUMBER)) | JSON
FILE = st.fixed_dictionaries({"pages": NUMBER, "crc": NUMBER}) | JSON
HEADER = st.fixed_dictionaries(
    {
        "format": st.just(1) | NUMBER,
        "base": st.text(max_size=5),
        "turn": NUMBER,
        "memory_bytes": NUMBER | st.just(256 * MIB),
        "full": NUMBER,
        "extents": NUMBER,
        "pages": st.lists(st.lists(NUMBER, max_size=3), max_size=3) | JSON,
        "spans": st.lists(SPAN, max_size=3) | JSON,
        "files": st.dictionaries(st.integers(-1, 9).map(str) | st.text(max_size=3), FILE) | JSON,
    }
)
BODY = st.binary(max_size=64) | st.binary(max_size=600)


ANY = st.builds(sealed, HEADER | JSON, BODY) | st.binary(max_size=200)


@settings(max_examples=400, deadline=None)
@given(data=ANY)
def test_any_bytes_name_what_they_build_on_or_are_refused(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "any.image"
    path.write_bytes(data)
    try:
        full, files = needs_of(path)
    except ImageRejected:
        return
    header, _ = opened(data)
    assert (full, files) == (header["full"], [int(name) for name in header["files"]])
    assert all(type(number) is int and number >= 0 for number in (full, *files))


def test_any_bytes_are_refused_as_an_image_or_restored(in_scene):
    def act(scene):
        header, body = opened(scene.newest)
        restored = 0

        # Sound headers with some fields changed, so that they get far, and anything at all.
        near = HEADER.flatmap(
            lambda any_header: st.sets(st.sampled_from(sorted(any_header)), max_size=2).map(
                lambda names: {**header, **{name: any_header[name] for name in names}}
            )
        )

        @settings(max_examples=300, deadline=None)
        @given(data=st.builds(sealed, near, st.just(body) | BODY) | ANY)
        def try_out(data):
            nonlocal restored
            if not scene.refuses({image_name(3): data}):
                restored += 1
                scene.life.begin()
            assert scene.life.guest.memory_bytes == scene.memory[0]

        try_out()
        assert restored > 0

    in_scene(act)


# Disks that are full.


@contextlib.contextmanager
def no_file_longer_than(size):
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextlib.contextmanager
def no_room(folder, left):
    """Fill the disk of `folder`, but for some bytes."""
    room = shutil.disk_usage(folder).free - left
    filler = folder / "filler"
    filler.write_bytes(bytes(max(room, 0)))
    try:
        yield
    finally:
        filler.unlink()


@pytest.fixture(params=["limit", "disk"])
def full_disk(request, tmp_path):
    """A home, and a context in which no more than some bytes can be written there."""
    home = tmp_path / "home"
    home.mkdir()
    if request.param == "limit":
        yield home, no_file_longer_than
        return
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("cannot mount a small disk")
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m", "none", str(home)]
    if subprocess.run(mount, check=False).returncode:
        pytest.skip("cannot mount a small disk")
    yield home, lambda left: no_room(home, left)
    subprocess.run(["umount", "--lazy", str(home)], check=True)


@pytest.mark.parametrize("step", ["capture", "persist"])
def test_after_a_full_disk_the_next_checkpoint_is_whole(new_life, notes, full_disk, step):
    home, full = full_disk
    codes = {
        "capture": "import numpy as np\na = np.random.default_rng(1).random(1_000_000)",
        "persist": "import random\nx = [random.random() for _ in range(3000)]",
    }

    def work():
        life = new_life(notes, home=home)
        life.guest.thaw()
        life.run("first = 'first'")
        first = life.memory()
        life.save()
        for failure in range(3):
            life.run(codes[step])
            with full(8192), pytest.raises(OSError, match=r"large|space"):
                # Where only blocks of pages are told, a small change may be a long run.
                life.capture() if step == "capture" else life.save()
            assert not list(life.folder.glob("*.partial"))
            assert not (life.folder / image_name(life.number)).exists(), failure
        life.run("second = 'second'")
        second, turn = life.memory(), life.number
        assert life.save().full == turn
        life.run("third = 'third'")
        third = life.memory()
        life.save()
        assert life.restore(1).memory() == first
        assert life.restore(turn).memory() == second
        assert life.restore(turn + 1).memory() == third

    in_guest_thread(work)


def test_the_kernels_notes_are_used_where_it_has_them(prepared, program, new_life):
    """Otherwise the tests above would try the same way twice."""
    notes = open_notes()
    if notes.userfaultfd is None:
        pytest.skip("no userfaultfd here")

    def work():
        life = new_life(notes)
        return new_tracker(life.guest._guest.address, prepared.image, notes)

    if not isinstance(in_guest_thread(work), WrittenPages):
        pytest.skip("a kernel before 6.7")
