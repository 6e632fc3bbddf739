"""Files of a workspace, looked at from outside: what hostile guests put there leads nowhere."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from cloche.errors import InvalidRequest, UnknownFile
from cloche.sessions.files import list_files, read_file

pytestmark = pytest.mark.anyio

MARKER = b"SECRET-MARKER"
READS = 500


@pytest.fixture(params=["native", "portable"])
def portable(request):
    """Where folders can be opened, and where they cannot, as on Windows."""
    if request.param == "portable" and sys.platform not in {"linux", "win32"}:
        pytest.skip("asks /proc for the path of a descriptor")
    return request.param == "portable"


@pytest.fixture
def workspace(tmp_path):
    """A workspace, with a marker beside it that must never come out."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "file").write_bytes(MARKER)
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    return workspace


def paths(workspace, portable, most=1000, entries=10_000):
    files = list_files(workspace, most=most, entries=entries, portable=portable)
    return [file.path for file in files]


def read(workspace, path, portable, most_bytes=1000):
    return read_file(workspace, path, most_bytes=most_bytes, portable=portable)


def test_a_file_is_listed_with_its_size_and_time_and_read(workspace, portable):
    (workspace / "a" / "b").mkdir(parents=True)
    file = workspace / "a" / "b" / "data.bin"
    file.write_bytes(b"\0\xff\r\n")
    os.utime(file, (1000, 2000))
    (found,) = list_files(workspace, most=10, entries=10, portable=portable)
    assert (found.path, found.size, found.modified_at) == ("a/b/data.bin", 4, 2000)
    assert read(workspace, "a/b/data.bin", portable) == b"\0\xff\r\n"


def test_files_of_a_folder_come_by_name_and_before_those_of_its_subfolders(workspace, portable):
    (workspace / "a" / "z").mkdir(parents=True)
    for name in ("c", "b", "a/2", "a/1", "a/z/0"):
        (workspace / name).touch()
    assert paths(workspace, portable) == ["b", "c", "a/1", "a/2", "a/z/0"]
    assert paths(workspace, portable, most=3) == ["b", "c", "a/1"]


@pytest.mark.skipif(sys.platform == "win32", reason="such names are not possible there")
@pytest.mark.parametrize(
    "name",
    [
        b"with space",
        b"percent%20",
        b"..hidden",
        b"a..b",
        b"...",
        b"new\nline",
        b"back\\slash",
        b"con",
        b"tab\tand\x01control",
        "ünïcödé 🐍".encode(),
        b"no \xff unicode",
        b"stream:inside",
        b"-rf",
        b"~",
        b"n" * 255,
    ],
)
def test_any_name_is_listed_and_read_by_what_was_listed(workspace, portable, name):
    Path(os.fsdecode(os.fsencode(workspace) + b"/" + name)).write_bytes(name)
    (path,) = paths(workspace, portable)
    assert os.fsencode(path) == name
    assert read(workspace, path, portable) == name


@pytest.mark.parametrize(
    "path",
    [
        "../outside/file",
        "folder/../../outside/file",
        "/etc/passwd",
        "folder//file",
        "./file",
        "folder/.",
        "folder/..",
        "folder/",
        "folder",
        "",
        "/",
        ".",
        "..",
        "missing",
        "file/below",
        "file\0",
        "\0",
        "\ud800",
        "n" * 256,
        "n/" * 5000 + "n",
    ],
)
def test_what_is_no_file_of_the_workspace_is_told_as_such(workspace, portable, path):
    (workspace / "folder").mkdir()
    (workspace / "folder" / "file").touch()
    (workspace / "file").touch()
    with pytest.raises(UnknownFile, match="there is no file"):
        read(workspace, path, portable)


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
@pytest.mark.parametrize(
    ("link", "target", "path"),
    [
        ("link", "../outside/file", "link"),
        ("link", "../outside", "link/file"),
        ("folder/link", "../../outside", "folder/link/file"),
        ("link", "/etc/passwd", "link"),
        ("link", "/etc", "link/passwd"),
        ("link", "/proc/self/environ", "link"),
        ("link", ".", "link/inside"),
        ("link", "inside", "link"),
        ("link", "link", "link"),
        ("link", "nowhere", "link"),
    ],
)
def test_no_link_is_listed_or_followed(workspace, portable, link, target, path):
    (workspace / "folder").mkdir()
    (workspace / "inside").touch()
    (workspace / link).symlink_to(target)
    assert paths(workspace, portable) == ["inside"]
    with pytest.raises(UnknownFile):
        read(workspace, path, portable)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="has no pipes with names")
def test_a_pipe_is_neither_listed_nor_waited_for(workspace, portable):
    os.mkfifo(workspace / "pipe")
    assert paths(workspace, portable) == []
    with pytest.raises(UnknownFile):
        read(workspace, "pipe", portable)


def test_a_file_above_the_bound_is_refused_with_both_figures(workspace, portable):
    (workspace / "fits").write_bytes(b"x" * 1000)
    (workspace / "large").write_bytes(b"x" * 1001)
    assert read(workspace, "fits", portable) == b"x" * 1000
    with pytest.raises(InvalidRequest, match="'large' has 1001 bytes, and 1000 are served"):
        read(workspace, "large", portable)


def test_a_sparse_file_is_as_large_as_it_is_long(workspace, portable):
    with (workspace / "sparse").open("wb") as file:
        file.truncate(10**12)
    with pytest.raises(InvalidRequest, match="1000000000000 bytes"):
        read(workspace, "sparse", portable)


def test_a_walk_looks_at_no_more_than_it_may_and_deep_folders_cost_more(workspace, portable):
    for number in range(30):
        (workspace / f"{number:02}").touch()
    assert len(paths(workspace, portable, entries=10)) == 10
    deep = workspace
    for _ in range(100):
        deep = deep / "d"
        deep.mkdir()
    (deep / "file").touch()
    found = paths(workspace, portable)
    assert found[-1] == "d/" * 100 + "file"
    assert found[:-1] == paths(workspace, portable, entries=3000)
    assert read(workspace, found[-1], portable) == b""


def test_a_path_beyond_what_is_listed_can_still_be_read(workspace, portable):
    deep = workspace
    for _ in range(6):
        deep = deep / ("d" * 200)
        deep.mkdir()
    (deep / "file").write_bytes(b"deep")
    assert paths(workspace, portable) == []
    assert read(workspace, f"{'d' * 200}/" * 6 + "file", portable) == b"deep"


def test_a_workspace_that_is_gone_has_no_files(tmp_path, portable):
    assert paths(tmp_path / "gone", portable) == []
    with pytest.raises(UnknownFile):
        read(tmp_path / "gone", "file", portable)


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_workspace_below_a_link_of_the_operators_is_served(workspace, tmp_path, portable):
    (workspace / "file").write_bytes(b"served")
    (tmp_path / "data").symlink_to(tmp_path)
    assert paths(tmp_path / "data" / "workspace", portable) == ["file"]
    assert read(tmp_path / "data" / "workspace", "file", portable) == b"served"


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
async def test_a_guest_that_swaps_a_folder_for_a_link_all_the_time_gets_nothing_out(
    session, portable
):
    workspace = session.home.workspace
    outside = workspace.parent / "outside"
    outside.mkdir()
    (outside / "file").write_bytes(MARKER)
    (outside / "planted").write_bytes(MARKER)
    made = await session.execute(
        "import os\nos.mkdir('folder')\nopen('folder/file', 'w').write('inside')\n"
        "os.symlink('../outside', 'link')"
    )
    assert made.status == "ok", made
    assert (workspace / "link" / "file").read_bytes() == MARKER
    swapping = asyncio.create_task(
        session.execute(
            "while True:\n"
            "    os.rename('folder', 'away')\n    os.rename('link', 'folder')\n"
            "    os.rename('folder', 'link')\n    os.rename('away', 'folder')\n",
            timeout_seconds=600,
        )
    )
    seen, refused, listed = 0, 0, set()

    def look():
        nonlocal seen, refused
        try:
            assert read(workspace, "folder/file", portable) == b"inside"
            seen += 1
        except UnknownFile:
            refused += 1
        listed.update(paths(workspace, portable))

    try:
        for _ in range(100 * READS):
            await asyncio.to_thread(look)
            if seen and refused and seen + refused >= READS:
                break
        assert seen
        assert refused
        assert not swapping.done()
    finally:
        session.cancel()
        await swapping
    assert listed <= {"folder/file", "away/file"}
    assert listed
