"""Workspace files as resources, as real clients see them: over memory and stdio, in both eras."""

import asyncio
import base64
import contextlib
import json
from datetime import UTC, datetime, timedelta

import pytest
from fastmcp import Client, FastMCP
from fastmcp.exceptions import ToolError
from mcp.client.subscriptions import listen
from mcp.shared.exceptions import MCPError
from mcp_types import ResourceTemplateReference
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from cloche import Cloche, Limits
from cloche.mcp.auth import Quota
from cloche.mcp.identity import Identity
from cloche.mcp.server import build_app
from cloche.mcp.sessions import WorkspaceSessionManager
from cloche.mcp.subscriptions import add_subscriptions
from cloche.mcp.workspace_uris import TEMPLATE, parse, uri_of

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.filterwarnings("ignore:resources/(un)?subscribe is removed"),
]

PATIENCE_SECONDS = 60
NEVER = "s_" + "0" * 40
MARKER = "SECRET-MARKER"
INVALID_PARAMS = -32602


async def run(client, code, **arguments):
    """Run code that must not fail and return the whole result."""
    result = await client.call_tool("execute_code", {"code": code, **arguments})
    assert result.structured_content["status"] == "ok", result.structured_content
    return result


@pytest.fixture(autouse=True)
async def no_sessions_left(cloche):
    """Owners may have so many sessions and no more."""
    yield
    for owner in ("local", "ann", "bob"):
        for session in cloche.sessions.of_owner(owner):
            await cloche.sessions.destroy(session)


@pytest.fixture
async def box(client):
    """The id of a session of its own."""
    made = await client.call_tool("create_session", {})
    name = made.structured_content["session_id"]
    yield name
    with contextlib.suppress(ToolError):  # it is gone
        await client.call_tool("destroy_session", {"session_id": name})


async def write(client, box, files):
    """Have code write files, and return their resources by path."""
    await run(
        client,
        f"import os\nfor path, data in {files!r}.items():\n"
        "    os.makedirs(os.path.dirname(path) or '.', exist_ok=True)\n"
        "    with open(path, 'wb') as file: file.write(data)",
        session_id=box,
    )
    return await resources(client, box)


async def resources(client, box):
    found = [(*parse(each.uri), each) for each in await client.list_resources()]
    return {path: resource for name, path, resource in found if name == box}


async def read(client, uri):
    (contents,) = await client.read_resource(uri)
    assert contents.uri == uri
    return contents


async def bytes_of(client, uri):
    contents = await read(client, uri)
    return contents.text.encode() if hasattr(contents, "text") else base64.b64decode(contents.blob)


async def refused(client, uri):
    """Return the message of a refusal, which must say which resource it is about."""
    with pytest.raises(MCPError) as caught:
        await client.session.read_resource(uri)  # FastMCP's own would tidy the URI up
    assert caught.value.error.code == INVALID_PARAMS
    assert caught.value.error.data == {"uri": uri}
    return caught.value.error.message


# Listing and reading.


async def test_a_file_is_listed_with_its_type_size_and_time_and_read(client, box):
    listed = await write(client, box, {"out/table.csv": b"a,b\n1,2\n"})
    resource = listed["out/table.csv"]
    assert resource.uri == f"workspace://{box}/out/table.csv"
    assert (resource.name, resource.mime_type, resource.size) == ("out/table.csv", "text/csv", 8)
    assert box in resource.description
    age = datetime.now(UTC) - datetime.fromisoformat(resource.annotations.last_modified)
    assert abs(age) < timedelta(hours=1)
    contents = await read(client, resource.uri)
    assert (contents.text, contents.mime_type) == ("a,b\n1,2\n", "text/csv")


async def test_what_is_read_is_what_is_there_now(client, box):
    uri = (await write(client, box, {"file.txt": b"before"}))["file.txt"].uri
    assert (await read(client, uri)).text == "before"
    await write(client, box, {"file.txt": b"after"})
    assert (await read(client, uri)).text == "after"
    await run(client, "os.remove('file.txt')", session_id=box)
    assert "there is no file 'file.txt'" in await refused(client, uri)
    assert await resources(client, box) == {}


NAMES = [
    "with space",
    "100%",
    "%2e%2e",
    "%41",
    "A",
    "a#b",
    "a?b=c&d",
    "a+b",
    "..hidden",
    "a..b",
    "...",
    "new\nline",
    "back\\slash",
    "a:b;c@d",
    "tab\tcontrol\x01",
    "'quote\"",
    "[brackets]{path*}",
    "~tilde",
    "ü",
    "u\u0308",
    "Ünïcödé/🐍/データ",
    "\u202ereversed",
    "a/b/c",
    "n" * 255,
]


async def test_any_name_has_a_uri_of_its_own_by_which_it_is_read(client, box):
    files = {name: f"content of {name!r}".encode() for name in NAMES}
    listed = await write(client, box, files)
    assert set(listed) == set(NAMES)
    assert len({resource.uri for resource in listed.values()}) == len(NAMES)
    for name, resource in listed.items():
        assert resource.uri.isascii()
        assert resource.name.isprintable()
        assert await bytes_of(client, resource.uri) == files[name]


CONTENTS = {
    "empty.txt": (b"", "text/plain", True),
    "empty.png": (b"", "image/png", False),
    "plain.txt": ("Grüße\r\n".encode(), "text/plain", True),
    "latin.txt": (b"Gr\xfc\xdfe", "text/plain", False),
    "zeros.txt": (b"a\0b", "text/plain", True),
    "table.csv": (b"a,b\n", "text/csv", True),
    "UPPER.CSV": (b"a,b\n", "text/csv", True),
    "data.json": (b'{"a": 1}', "application/json", True),
    "lines.jsonl": (b"{}\n{}\n", "application/jsonl", True),
    "page.html": (b"<script>alert(1)</script>", "text/html", True),
    "drawing.svg": (b"<svg/>", "image/svg+xml", True),
    "notes.md": (b"# A", "text/markdown", True),
    "code.py": (b"print()", "text/x-python", True),
    "sheet.xlsx": (
        b"PK\x03\x04",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        False,
    ),
    "frame.parquet": (b"PAR1", "application/vnd.apache.parquet", False),
    "image.png": (b"\x89PNG\r\n\x1a\n", "image/png", False),
    "report.pdf": (b"%PDF-1.7", "application/pdf", False),
    "archive.tar.gz": (b"\x1f\x8b", "application/gzip", False),
    "every.bin": (bytes(range(256)), "application/octet-stream", False),
    "README": (b"plain", "text/plain", True),
    "zeros": (b"\0", "application/octet-stream", False),
    "unknown.zzz": (b"plain", "text/plain", True),
}


async def test_text_comes_as_text_and_all_else_unharmed_with_its_type(client, box):
    listed = await write(client, box, {name: data for name, (data, _, _) in CONTENTS.items()})
    for name, (data, media_type, is_text) in CONTENTS.items():
        contents = await read(client, listed[name].uri)
        assert (contents.mime_type, hasattr(contents, "text")) == (media_type, is_text), name
        assert await bytes_of(client, listed[name].uri) == data
        assert listed[name].mime_type in {media_type, None}
    unknown = {name for name, resource in listed.items() if resource.mime_type is None}
    assert unknown == {"every.bin", "README", "zeros", "unknown.zzz"}


@pytest.mark.parametrize(
    "byte", [b"\xff", b"a", b'"', b"\x01"], ids=["binary", "text", "quotes", "control"]
)
async def test_the_largest_file_that_is_served_stays_below_a_megabyte(client, box, byte):
    most = Limits().resource_bytes
    await run(
        client,
        f"open('fits.txt', 'wb').write({byte!r} * {most})\n"
        f"open('large.txt', 'wb').write({byte!r} * {most + 1})",
        session_id=box,
    )
    listed = await resources(client, box)
    contents = await read(client, listed["fits.txt"].uri)
    assert len(contents.model_dump_json()) < 1_000_000
    assert await bytes_of(client, listed["fits.txt"].uri) == byte * most
    message = await refused(client, listed["large.txt"].uri)
    assert f"'large.txt' has {most + 1} bytes, and {most} are served" in message
    assert "with code" in message


async def test_a_sparse_file_of_a_gigabyte_is_refused_and_its_size_told(client, box):
    await run(client, "open('sparse', 'wb').truncate(2**30)", session_id=box)
    listed = await resources(client, box)
    assert listed["sparse"].size == 2**30
    assert "1073741824 bytes" in await refused(client, listed["sparse"].uri)


async def test_a_file_from_the_far_future_is_listed_like_any_other(client, box):
    times = "(2**63 - 1, 2**63 - 1)"
    await run(
        client, f"import os\nopen('f', 'w').close()\nos.utime('f', ns={times})", session_id=box
    )
    assert (await resources(client, box))["f"].annotations.last_modified.startswith("2262-")


async def test_a_long_list_comes_in_pages_that_have_every_file_once(client, box):
    names = {f"{number:03}" for number in range(250)}
    await write(client, box, dict.fromkeys(names, b""))
    pages, cursor = [], None
    while True:
        page = await client.list_resources_mcp(cursor=cursor)
        pages.append(page.resources)
        cursor = page.next_cursor
        if cursor is None:
            break
    assert len(pages) >= 3
    assert max(map(len, pages)) <= 100
    found = [parse(resource.uri) for page in pages for resource in page]
    own = [path for name, path in found if name == box]
    assert sorted(own) == sorted(names)


@pytest.mark.parametrize("cursor", ["nonsense", "eyJvIjogLTF9", "x" * 10_000])
async def test_a_cursor_that_is_none_of_ours_is_refused(client, cursor):
    with pytest.raises(MCPError) as caught:
        await client.list_resources_mcp(cursor=cursor)
    assert caught.value.error.code == INVALID_PARAMS


async def test_the_template_says_how_to_read_a_file(client, box):
    (template,) = await client.list_resource_templates()
    assert template.uri_template == "workspace://{session_id}/{path*}" == TEMPLATE
    assert template.mime_type is None
    assert "session_id" in template.description
    await write(client, box, {"a b/c.txt": b"filled in"})
    for filled in ("a%20b/c.txt", "a%20b%2Fc.txt", "a%20b%2fc.txt"):  # RFC 6570 has both
        assert (await read(client, f"workspace://{box}/{filled}")).text == "filled in"


async def test_arguments_of_the_template_are_completed(client, box):
    await write(client, box, {"data/one.csv": b"", "data/two.csv": b"", "other": b""})
    template = ResourceTemplateReference(uri=TEMPLATE)

    async def complete(name, value, **context):
        given = {"name": name, "value": value}
        return (await client.complete(template, given, context or None)).values

    assert await complete("session_id", box[:20]) == [box]
    assert await complete("path", "data/", session_id=box) == ["data/one.csv", "data/two.csv"]
    assert await complete("path", "", session_id=NEVER) == []
    assert await complete("path", "data/") == []
    assert await complete("nonsense", "") == []


async def test_reading_does_not_prolong_a_sessions_life(cloche):
    async with Client(build_app(cloche)) as client:
        outcome = (await run(client, "open('f', 'w').close()")).structured_content
        session = cloche.sessions.get(outcome["session_id"], owner="local")
        used = session.last_used_at
        await client.list_resources()
        await client.read_resource(uri_of(session.id, "f"))
        assert session.last_used_at == used


# What is refused.


async def test_what_names_no_file_is_told_alike_for_unknown_sessions(client, box):
    await write(client, box, {"folder/file": b""})
    for path in ("missing", "folder", "folder/", "folder/file/", "folder//file", "file%00"):
        message = await refused(client, f"workspace://{box}/{path}")
        assert "resource not found: there is no file" in message
        assert "list the resources" in message
        assert "no such session" in await refused(client, f"workspace://{NEVER}/{path}")


@pytest.mark.parametrize(
    "path",
    [
        "../outside",
        "%2e%2e/outside",
        "..%2foutside",
        "%2e%2e%2foutside",
        "folder/../../outside",
        "folder/%2e%2e/%2e%2e/outside",
        "..%5coutside",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "//etc/passwd",
        "outside",
        "link",
        "link/file",
        "folder/link",
        "%00",
        "..",
        ".",
        "%ff",
        "n/" * 2000,
    ],
)
async def test_no_path_leads_out_of_the_workspace(cloche, path):
    async with Client(build_app(cloche)) as client:
        outcome = (
            await run(
                client,
                "import os\nos.makedirs('folder', exist_ok=True)\n"
                "if not os.path.lexists('link'):\n"
                "    os.symlink('../outside', 'link')\n"
                "    os.symlink('../../outside/file', 'folder/link')",
            )
        ).structured_content
        session = cloche.sessions.get(outcome["session_id"], owner="local")
        outside = session.home.workspace.parent / "outside"
        outside.mkdir()
        (outside / "file").write_text(MARKER)
        for suffix in ("", "/file"):
            await refused(client, f"workspace://{session.id}/{path}{suffix}")
        assert MARKER not in repr(await client.list_resources())
        assert not any("link" in each.uri for each in await client.list_resources())


@pytest.mark.parametrize(
    "uri",
    [
        "workspace://",
        "workspace:///x",
        "workspace://{session_id}/x",
        "workspace://SESSION",
        "workspace://SESSION/",
        "workspace://SESSION/f?",
        "workspace://SESSION/f?x=1",
        "workspace://SESSION/f#",
        "workspace://SESSION/f%",
        "workspace://SESSION/f%zz",
        "workspace://user@SESSION/f",
        "workspace://SESSION:80/f",
        "workspace:/SESSION/f",
        "workspaces://SESSION/f",
        "file:///etc/passwd",
        "workspace://SESSION/" + "f" * 20_000,
        "no uri",
        "",
    ],
)
async def test_what_is_no_uri_of_a_file_is_not_found(cloche, uri):
    async with Client(build_app(cloche)) as client:
        outcome = (await run(client, "open('f', 'w').close()")).structured_content
        message = await refused(client, uri.replace("SESSION", outcome["session_id"]))
        assert "not found" in message


async def test_another_owners_files_are_neither_listed_nor_read_nor_told_from_none(cloche):
    async with (
        Client(build_app(cloche, local_owner="ann")) as ann,
        Client(build_app(cloche, local_owner="bob")) as bob,
    ):
        outcome = (await run(ann, f"open('f', 'w').write({MARKER!r})")).structured_content
        name = outcome["session_id"]
        uri = uri_of(name, "f")
        assert (await read(ann, uri)).text == MARKER
        assert await bob.list_resources() == []
        for path in ("f", "missing"):
            foreign = await refused(bob, uri_of(name, path))
            assert foreign == await refused(bob, uri_of(NEVER, path))
        template = ResourceTemplateReference(uri=TEMPLATE)
        given = {"name": "path", "value": ""}
        assert (await bob.complete(template, given, {"session_id": name})).values == []
        given = {"name": "session_id", "value": ""}
        assert (await bob.complete(template, given)).values == []


async def test_a_list_is_bounded_and_shared_among_the_sessions(prepared, tmp_path):
    async with (
        Cloche(data_dir=tmp_path, max_listed_files=12) as cloche,
        Client(build_app(cloche)) as client,
    ):
        boxes = []
        for files in (30, 2, 30):
            made = (await client.call_tool("create_session", {})).structured_content
            boxes.append(made["session_id"])
            await run(
                client,
                f"for i in range({files}): open(f'{{i:02}}', 'w').close()",
                session_id=boxes[-1],
            )
        counts = [len(await resources(client, box)) for box in boxes]
        assert counts == [4, 2, 6]
        assert await bytes_of(client, uri_of(boxes[0], "29")) == b""


async def test_a_session_that_is_destroyed_while_it_is_read_is_gone_or_read(cloche):
    async with Client(build_app(cloche)) as client:
        made = (await client.call_tool("create_session", {})).structured_content
        name = made["session_id"]
        await run(client, "open('f', 'w').write('x' * 500_000)", session_id=name)

        async def look():
            try:
                contents = await read(client, uri_of(name, "f"))
            except MCPError as error:
                return error.error.message
            assert contents.text == "x" * 500_000
            return "read"

        said = {await look()}
        looking = [asyncio.create_task(look()) for _ in range(20)]
        await client.call_tool("destroy_session", {"session_id": name})
        said |= set(await asyncio.gather(*looking)) | {await look()}
        gone = await refused(client, uri_of(NEVER, "f"))
        assert said == {"read", gone}
        assert await resources(client, name) == {}


# Links in results.


async def links_of(result):
    return [block for block in result.content if block.type == "resource_link"]


async def test_a_result_links_to_files_that_the_code_wrote(client, box):
    result = await run(client, "open('a b.csv', 'w').write('1,2\\n');", session_id=box)
    (link,) = await links_of(result)
    assert (link.name, link.mime_type, link.size) == ("a b.csv", "text/csv", 4)
    assert (await read(client, link.uri)).text == "1,2\n"
    assert await links_of(await run(client, "1", session_id=box)) == []
    assert await links_of(await run(client, "import os; os.remove('a b.csv')", session_id=box)) == (
        []
    )


async def test_links_are_a_handful_and_each_can_be_read(client, box):
    result = await run(
        client,
        f"open('0 large', 'wb').truncate({Limits().resource_bytes + 1})\n"
        "for i in range(1, 20): open(f'{i:02}', 'w').close()",
        session_id=box,
    )
    links = await links_of(result)
    assert [link.name for link in links] == ["01", "02", "03", "04", "05"]
    for link in links:
        assert (await read(client, link.uri)).text == ""


async def test_an_image_that_comes_as_a_block_is_not_linked_to_as_well(client, box):
    result = await run(
        client,
        "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.savefig('mine.svg')",
        session_id=box,
    )
    assert [block.type for block in result.content].count("image") == 1
    assert [link.name for link in await links_of(result)] == ["mine.svg"]


# Notifications.


@contextlib.asynccontextmanager
async def hearing(connect, *, files=()):
    """A client with a session, and a queue of what it hears of its list and of some files."""
    heard = asyncio.Queue()

    async def hear(message):
        params = getattr(message, "params", None)
        if message.method == "notifications/resources/list_changed":
            heard.put_nowait("list")
        elif message.method == "notifications/resources/updated":
            heard.put_nowait(params.uri)

    async with contextlib.AsyncExitStack() as exits:
        client = await exits.enter_async_context(connect(message_handler=hear))
        made = (await client.call_tool("create_session", {})).structured_content
        name = made["session_id"]
        uris = [uri_of(name, path) for path in files]
        if client.session.protocol_version in MODERN_PROTOCOL_VERSIONS:
            stream = await exits.enter_async_context(
                listen(client.session, resources_list_changed=True, resource_subscriptions=uris)
            )
            assert stream.honored.resources_list_changed
        else:
            for uri in uris:
                await client.session.subscribe_resource(uri)
        yield client, name, heard


async def told(heard, count):
    """The next things that are heard, in any order."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        return {await heard.get() for _ in range(count)}


async def test_changes_are_told_when_the_turn_that_made_them_has_ended(connect):
    async with hearing(connect, files=["watched"]) as (client, name, heard):
        watched = uri_of(name, "watched")
        await run(client, "open('other', 'w').close()", session_id=name)
        assert await told(heard, 1) == {"list"}
        await run(client, "open('watched', 'w').close()", session_id=name)
        assert await told(heard, 2) == {"list", watched}
        await run(client, "open('watched', 'w').write('more')", session_id=name)
        assert await told(heard, 1) == {watched}
        await run(client, "open('other', 'w').write('more')\n1", session_id=name)
        await run(client, "import os\nos.remove('watched')", session_id=name)
        assert await told(heard, 2) == {"list", watched}
        await client.call_tool("reset_workspace", {"session_id": name})
        assert await told(heard, 2) == {"list", watched}
        await client.call_tool("destroy_session", {"session_id": name})
        assert await told(heard, 2) == {"list", watched}
        assert heard.empty()


async def test_a_copy_of_a_session_brings_files_to_the_list(connect):
    async with hearing(connect) as (client, name, heard):
        await run(client, "open('f', 'w').close()", session_id=name)
        assert await told(heard, 1) == {"list"}
        await client.call_tool("create_session", {"fork_of": name})
        assert await told(heard, 1) == {"list"}


async def test_a_turn_whose_worker_was_ended_may_have_changed_any_file(connect):
    async with hearing(connect, files=["watched"]) as (client, name, heard):
        result = await client.call_tool(
            "execute_code",
            {
                "code": "open('watched', 'w').close()\nsum(range(10**12))",
                "session_id": name,
                "timeout_seconds": 2,
            },
        )
        assert result.structured_content["state"] != "kept"
        assert await told(heard, 2) == {"list", uri_of(name, "watched")}


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_nobody_hears_of_another_owners_files(cloche, mode):
    heard = asyncio.Queue()

    async def hear(message):
        heard.put_nowait(message.method)

    async with (
        Client(build_app(cloche, local_owner="ann")) as ann,
        Client(build_app(cloche, local_owner="bob"), mode=mode, message_handler=hear) as bob,
    ):
        made = (await ann.call_tool("create_session", {})).structured_content
        foreign = uri_of(made["session_id"], "f")
        async with contextlib.AsyncExitStack() as exits:
            if mode == "auto":
                await exits.enter_async_context(
                    listen(
                        bob.session,
                        resources_list_changed=True,
                        resource_subscriptions=[foreign, uri_of(NEVER, "f")],
                    )
                )
            else:
                said = []
                for uri in (foreign, uri_of(NEVER, "f")):
                    with pytest.raises(MCPError) as caught:
                        await bob.session.subscribe_resource(uri)
                    said.append((caught.value.error.code, caught.value.error.message))
                assert said[0] == said[1]
            while not heard.empty():  # the stream's own first word
                heard.get_nowait()
            await run(ann, "open('f', 'w').close()", session_id=made["session_id"])
            await ann.call_tool("destroy_session", {"session_id": made["session_id"]})
            await run(bob, "open('own', 'w').close()")
            async with asyncio.timeout(PATIENCE_SECONDS):
                assert await heard.get() == "notifications/resources/list_changed"
            assert heard.empty()


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_client_that_goes_leaves_no_subscription(cloche, until, mode):
    watchers = cloche.sessions.watchers
    before = len(watchers)
    for _ in range(3):

        def connect(**options):
            return Client(build_app(cloche), mode=mode, **options)

        async with hearing(connect, files=["f"]):
            assert len(watchers) == before + 1
        await until(lambda: len(watchers) == before, "the subscription is gone")


async def test_a_subscription_can_be_ended(cloche):
    heard = asyncio.Queue()

    async def hear(message):
        heard.put_nowait(message)

    async with Client(build_app(cloche), mode="legacy", message_handler=hear) as client:
        outcome = (await run(client, "open('f', 'w').close();")).structured_content
        uri = uri_of(outcome["session_id"], "f")
        await asyncio.wait_for(heard.get(), PATIENCE_SECONDS)  # the list
        await client.session.subscribe_resource(uri)
        await run(client, "open('f', 'w').write('1')")
        updated = await asyncio.wait_for(heard.get(), PATIENCE_SECONDS)
        assert updated.params.uri == uri
        await client.session.unsubscribe_resource(uri)
        await client.session.unsubscribe_resource(uri)  # nothing to end is no error
        await run(client, "open('f', 'w').write('12')")
        await run(client, "open('g', 'w').close()")
        listed = await asyncio.wait_for(heard.get(), PATIENCE_SECONDS)
        assert listed.method == "notifications/resources/list_changed"
        assert heard.empty()


async def test_what_one_client_may_subscribe_to_is_bounded(cloche):
    async with Client(build_app(cloche), mode="legacy") as client:
        name = (await run(client, "1")).structured_content["session_id"]
        for number in range(256):
            await client.session.subscribe_resource(uri_of(name, f"{number}"))
        with pytest.raises(MCPError, match="256 files"):
            await client.session.subscribe_resource(uri_of(name, "one more"))
        with pytest.raises(MCPError, match="not found"):
            await client.session.subscribe_resource("workspace://x")
    async with Client(build_app(cloche)) as client, contextlib.AsyncExitStack() as exits:
        with pytest.raises(MCPError, match="256 files"):
            async with listen(client.session, resource_subscriptions=["a:b"] * 257):
                pass
        for _ in range(32):
            await exits.enter_async_context(listen(client.session, resources_list_changed=True))
        with pytest.raises(MCPError, match="32 streams"):
            async with listen(client.session, resources_list_changed=True):
                pass
        await exits.aclose()
        async with listen(client.session, resources_list_changed=True):
            pass


async def test_a_resource_of_another_kind_can_be_subscribed_to_and_never_changes(cloche):
    app = build_app(cloche)
    app.resource("test://other")(lambda: "constant")
    async with Client(app, mode="legacy") as client:
        await client.session.subscribe_resource("test://other")
        await client.session.unsubscribe_resource("test://other")
        with pytest.raises(MCPError, match="not found"):
            await client.session.subscribe_resource("test://missing")


async def test_streams_end_with_a_word_when_the_server_closes_them(cloche):
    app = FastMCP("cloche")
    identity = Identity(local_owner="local", authenticated=False)
    sessions = WorkspaceSessionManager(cloche.sessions, identity, lambda owner: Quota())
    subscriptions = add_subscriptions(app, sessions, cloche.sessions.watchers)
    async with (
        Client(app) as client,
        listen(client.session, resources_list_changed=True) as stream,
    ):
        subscriptions.close()
        async with asyncio.timeout(PATIENCE_SECONDS):
            assert [event async for event in stream] == []


async def test_a_notified_list_is_json_like_any_other(client, box):
    """What a hostile name puts into messages is data: no line ends, no half characters."""
    await write(client, box, {"\u2028\n\r\x1b[2J": b""})
    result = await client.list_resources_mcp()
    assert "\\n" not in json.dumps([each.name for each in result.resources])
