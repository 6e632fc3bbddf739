"""Hostile traffic over HTTP: the right error each time, and the next honest call is served."""

import asyncio
import contextlib
import copy
import itertools
import json
import random
import re
from pathlib import Path
from types import SimpleNamespace

import httpx2
import pytest

pytestmark = pytest.mark.anyio

PATIENCE_SECONDS = 60

MODERN, LEGACY = "2026-07-28", "2025-11-25"
META = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}
ACCEPT = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
MODERN_HEADERS = {
    **ACCEPT,
    "MCP-Protocol-Version": MODERN,
    "Mcp-Method": "tools/call",
    "Mcp-Name": "execute_code",
}

LEAK = re.compile(
    rb"Traceback|site-packages|/tmp/|/root|/home/|\.py\b|pydantic|starlette|uvicorn|\bcloche\.\w|"
    rb"\bmcp\.\w|0x[0-9a-f]{8}",
)


def call(number, code="6 * 7", **arguments):
    """A call in the newer era."""
    return {
        "jsonrpc": "2.0",
        "id": number,
        "method": "tools/call",
        "params": {
            "name": "execute_code",
            "arguments": {"code": code, **arguments},
            "_meta": META,
        },
    }


HELLO = {
    "jsonrpc": "2.0",
    "id": 0,
    "method": "initialize",
    "params": {
        "protocolVersion": LEGACY,
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}


@pytest.fixture(scope="module")
async def server(anyio_backend, http_server):
    return await http_server("alice", "mallory")


@pytest.fixture
async def http():
    async with httpx2.AsyncClient(timeout=PATIENCE_SECONDS) as http:
        yield http


async def legacy_headers(http, server, owner):
    """The headers of a new client of the older era."""
    headers = {**ACCEPT, **server.bearer(owner)}
    answer = await http.post(server.url, json=HELLO, headers=headers)
    assert answer.status_code == 200, answer.text
    headers |= {
        "Mcp-Session-Id": answer.headers["mcp-session-id"],
        "MCP-Protocol-Version": LEGACY,
    }
    note = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    assert (await http.post(server.url, json=note, headers=headers)).status_code == 202
    return headers


async def serves(http, server):
    """Assert that an honest caller is served."""
    assert server.process.poll() is None
    headers = {**MODERN_HEADERS, **server.bearer("alice")}
    answer = await http.post(server.url, json=call(1), headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["result"]["structuredContent"]["result"] == "42"


def told(answer):
    """What an answer says, which must be JSON or a stream of it, and leak nothing."""
    assert not LEAK.search(answer.content), answer.content[:2000]
    kind = answer.headers.get("content-type", "")
    if answer.status_code == 202 or not answer.content:
        return None
    if kind.startswith("text/event-stream"):
        data = [line[6:] for line in answer.text.splitlines() if line.startswith("data: ")]
        return json.loads(data[-1])
    assert kind.startswith("application/json"), (kind, answer.content[:200])
    return json.loads(answer.content)


# Bodies.


def encoded(message):
    return json.dumps(message).encode()


def places(value, path=()):
    """Every path into a message."""
    if isinstance(value, (dict, list)):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield (*path, key)
            yield from places(inner, (*path, key))


def changed(message, path, change):
    message = copy.deepcopy(message)
    inner = message
    for key in path[:-1]:
        inner = inner[key]
    change(inner, path[-1])
    return message


WRONG = [None, True, 0, -1, 1.5, "", "x", [], {}, [[]], [None], {"": None}, "../../etc/passwd"]


def wrong_type(rng, message):
    path, value = rng.choice(list(places(message))), rng.choice(WRONG)
    return encoded(changed(message, path, lambda inner, key: inner.__setitem__(key, value)))


def missing(rng, message):
    path = rng.choice(list(places(message)))
    return encoded(changed(message, path, lambda inner, key: inner.pop(key)))


def unknown(rng, message):
    paths = [path for path in places(message) if isinstance(path[-1], str)]
    name = rng.choice(["__proto__", "x", "\u0000", "💥" * 100, "constructor", "__class__"])
    add = rng.choice(paths)
    return encoded(changed(message, add, lambda inner, key: inner.__setitem__(name, "x")))


def truncated(rng, message):
    text = encoded(message)
    return text[: rng.randrange(len(text))]


def flipped(rng, message):
    text = bytearray(encoded(message))
    for _ in range(rng.randint(1, 5)):
        text[rng.randrange(len(text))] = rng.randrange(256)
    return bytes(text)


def invalid_utf8(rng, message):
    bad = rng.choice([b"\xff", b"\xc3", b"\xf8\x88\x80\x80\x80", b"\xc0\x80"])
    return encoded(message).replace(b"6 * 7", b"'" + bad + b"'")


def surrogate(rng, message):
    bad = rng.choice([b"\xed\xa0\x80", rb"\ud800", rb"\udfff", rb"\ud800\ud800", rb"\udc00\ud800"])
    old = rng.choice([b"6 * 7", b"execute_code", b"tools/call", b'"test"'])
    return encoded(message).replace(old, old[:-1] + bad + old[-1:])


def nul(rng, message):
    text = encoded(message)
    at = rng.randrange(len(text))
    return text[:at] + rng.choice([b"\0", rb"\u0000"]) + text[at:]


def nested(rng, message):
    depth = rng.choice([500, 1500, 10_000, 100_000])
    opening, closing = rng.choice([(b"[", b"]"), (b'{"a":', b"}"), (b'[{"a":', b"}]")])
    bomb = opening * depth + b"1" + closing * depth
    return rng.choice([bomb, encoded(message).replace(b'"6 * 7"', bomb), opening * depth])


def huge_number(rng, message):
    number = rng.choice(
        [b"9" * 5000, b"-" + b"9" * 400, b"1e999", b"-1e999", b"1e-999", b"NaN", b"Infinity", b"-0",
         b"0x10", b"1" + b"0" * 100_000, b"9223372036854775808", b"01", b"1.", b"1.5"]
    )  # fmt: skip
    text = encoded({**message, "id": 4711})
    place = rng.choice([b"4711", b'"6 * 7"', b'"2.0"'])
    return text.replace(place, number)


def duplicate(rng, message):
    text = encoded(message)
    key = rng.choice([b'"id": 5', b'"method": "nonsense"', b'"params": {}', b'"jsonrpc": "1.0"'])
    return rng.choice([b"{" + key + b", " + text[1:], text[:-1] + b", " + key + b"}"])


def batch(rng, message):
    return encoded(rng.choice([[], [message], [message] * 3, [1], [[message]], [message, None]]))


def strange(rng, message):
    text = encoded(message)
    return rng.choice(
        [b"", b" ", b"null", b"true", b'"text"', b"1", b"{}", b"\xef\xbb\xbf" + text, text + text,
         text + b"}", text.decode().encode("utf-16"), text.decode().encode("utf-32"),
         b"--x\r\n\r\n" + text, b"code=1", text.replace(b'"', b"'"), b"\x1f\x8b\x08" + text,
         b"<?xml version='1.0'?>", b"{" * 1000, text.replace(b":", b"="), b"/" * 100_000]
    )  # fmt: skip


KINDS = [
    wrong_type, missing, unknown, truncated, flipped, invalid_utf8, surrogate, nul, nested,
    huge_number, duplicate, batch, strange,
]  # fmt: skip
NEVER_VALID = {truncated, invalid_utf8, batch}
EACH = 50  # of every kind: 650 bodies, each in both eras


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
async def test_a_broken_body_is_refused_and_the_next_call_is_served(server, http, kind):
    rng = random.Random(f"cloche {kind.__name__}")
    modern = {**MODERN_HEADERS, **server.bearer("mallory")}
    legacy = await legacy_headers(http, server, "mallory")
    for number in range(EACH):
        body = kind(rng, call(number + 1))
        for headers in (modern, legacy):
            async with asyncio.timeout(PATIENCE_SECONDS):
                answer = await http.post(server.url, content=body, headers=headers)
            shown = (kind.__name__, headers["MCP-Protocol-Version"], body[:300])
            said = told(answer)
            assert answer.status_code in {200, 202, 400, 404, 413}, (shown, answer.status_code)
            if answer.status_code >= 400:
                assert said["error"], shown
            if kind in NEVER_VALID:
                assert answer.status_code == 400, (shown, answer.text)
                assert said["error"]["code"] in {-32700, -32600, -32602}, (shown, said)
    await serves(http, server)


def resident_mib(server):
    """The memory of the server's own process."""
    status = Path(f"/proc/{server.process.pid}/status").read_text("ascii")
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


async def test_memory_stays_bounded_under_large_bodies(server, http, processes):
    headers = {**MODERN_HEADERS, **server.bearer("mallory")}
    bodies = [
        b"[" + b"[]," * 1_300_000 + b"1]",
        encoded(call(1, "#" * 4_000_000)),
        b"x" * 4_000_000,
    ]
    for body in bodies:
        await http.post(server.url, content=body, headers=headers)
    before = resident_mib(server)
    for body in bodies * 10:
        answer = await http.post(server.url, content=body, headers=headers)
        assert answer.status_code in {200, 400}
    assert resident_mib(server) < before + 100
    await serves(http, server)


# Headers, eras and ids.


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"Accept": None}, {200, 406}),
        ({"Accept": "text/html"}, {406}),
        ({"Content-Type": "text/plain"}, {400, 415}),
        ({"Content-Type": None}, {400, 415}),
        ({"MCP-Protocol-Version": "1999-01-01"}, {400}),
        ({"MCP-Protocol-Version": "x" * 5000}, {400}),
        ({"MCP-Protocol-Version": ""}, {400}),
        ({"MCP-Protocol-Version": LEGACY}, {400}),
        ({"MCP-Protocol-Version": None}, {400}),
        ({"Mcp-Method": None}, {400}),
        ({"Mcp-Method": "tools/list"}, {400}),
        ({"Mcp-Name": "list_runtimes"}, {400}),
        ({"Mcp-Name": "\x7f"}, {400}),
        ({"Mcp-Session-Id": "00000000000000000000000000000000"}, {200}),
        ({"Last-Event-ID": "../../1"}, {200}),
    ],
    ids=str,
)
async def test_wrong_headers_are_refused(server, http, change, status):
    headers = {**MODERN_HEADERS, **server.bearer("mallory"), **change}
    kept = {name: value for name, value in headers.items() if value is not None}
    request = http.build_request("POST", server.url, content=encoded(call(1)), headers=kept)
    for name, value in headers.items():
        if value is None and name in request.headers:
            del request.headers[name]
    answer = await http.send(request)
    told(answer)
    assert answer.status_code in status, answer.text
    await serves(http, server)


async def test_guessed_replayed_and_foreign_ids_get_one_answer(server, http):
    mine = await legacy_headers(http, server, "alice")
    over = await legacy_headers(http, server, "mallory")
    listing = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    assert (await http.post(server.url, json=listing, headers=mine)).status_code == 200
    assert (await http.delete(server.url, headers=over)).status_code == 200
    own = {**mine, **server.bearer("mallory")}
    ids = [mine["Mcp-Session-Id"], over["Mcp-Session-Id"], "f" * 32, "x", "../x", "' or 1=1"]
    answers = set()
    for session_id, method in itertools.product(ids, ["POST", "GET", "DELETE"]):
        content = encoded(listing) if method == "POST" else None
        headers = {**own, "Mcp-Session-Id": session_id}
        answer = await http.request(method, server.url, content=content, headers=headers)
        answers.add((answer.status_code, answer.text))
        assert "mcp-session-id" not in answer.headers
    assert len(answers) == 1, answers
    assert answers.pop()[0] == 404
    assert (await http.post(server.url, json=listing, headers=mine)).status_code == 200
    assert mine["Mcp-Session-Id"] not in server.log


async def test_unknown_paths_and_methods_are_refused_as_json(server, http):
    for path in ("/", "/mcp/", "/mcp/x", "/../etc/passwd", "/%2e%2e/etc/passwd", "/\u00fc",
                 "/mcp%00", "//mcp", "/mcp;x", "/.well-known/x"):  # fmt: skip
        for method in ("GET", "POST"):
            answer = await http.request(method, server.base + path)
            assert answer.status_code in {401, 404, 307}, (path, answer.text)
            told(answer)
    for method in ("PUT", "PATCH", "OPTIONS", "TRACE", "BREW"):
        answer = await http.request(method, server.url, headers=server.bearer("mallory"))
        assert (answer.status_code, answer.json()) == (405, {"error": "Method Not Allowed"})
        assert answer.headers["allow"]


# The wire.


@pytest.fixture(scope="module")
async def hasty(anyio_backend, http_server):
    """A server with little patience and room for few connections."""
    return await http_server(
        "alice",
        CLOCHE_HTTP__HEADER_SECONDS="1",
        CLOCHE_HTTP__BODY_SECONDS="1",
        CLOCHE_HTTP__WRITE_SECONDS="1",
        CLOCHE_HTTP__KEEP_ALIVE_SECONDS="1",
        CLOCHE_HTTP__CONNECTIONS="8",
    )


async def exchange(server, *pieces, pause=0.0, finish=False):
    """Send raw pieces and return all that comes back until the connection ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            reading = asyncio.create_task(reader.read(-1))
            for piece in pieces:
                try:
                    writer.write(piece)
                    await writer.drain()
                except OSError:
                    break
                if reading.done():
                    break
                await asyncio.sleep(pause)
            if finish:
                writer.write_eof()
            try:
                return await reading
            except ConnectionResetError:
                return b""
    finally:
        writer.close()


def statuses(answers):
    return [int(each) for each in re.findall(rb"HTTP/1\.1 (\d{3}) ", answers)]


def head(server, *lines, method="POST", path="/mcp", owner="alice"):
    first = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{server.port}"]
    if owner:
        first.append(f"Authorization: Bearer {server.tokens[owner]}")
    return "\r\n".join([*first, *lines, "", ""]).encode("latin-1")


HIDDEN = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.parametrize(
    ("lines", "body"),
    [
        (["Content-Length: 6", "Transfer-Encoding: chunked"], b"0\r\n\r\n" + HIDDEN),
        (["Transfer-Encoding: chunked", "Content-Length: 6"], b"0\r\n\r\n" + HIDDEN),
        (["Content-Length: 5", "Content-Length: 6"], b"12345" + HIDDEN),
        (["Content-Length: 5, 6"], b"12345" + HIDDEN),
        (["Content-Length: -1"], HIDDEN),
        (["Content-Length: +5"], b"12345" + HIDDEN),
        (["Content-Length: 0x5"], b"12345" + HIDDEN),
        (["Content-Length: 5 5"], b"12345" + HIDDEN),
        (["Content-Length: " + "9" * 30], HIDDEN),
        (["Transfer-Encoding: xchunked"], b"0\r\n\r\n" + HIDDEN),
        (["Transfer-Encoding: gzip, chunked"], b"0\r\n\r\n" + HIDDEN),
        (["Transfer-Encoding: chunked", "Transfer-Encoding: identity"], b"0\r\n\r\n" + HIDDEN),
        (["Transfer-Encoding : chunked"], b"0\r\n\r\n" + HIDDEN),
        (["Transfer-Encoding:\x0bchunked"], b"0\r\n\r\n" + HIDDEN),
        (["X: a\x00b"], HIDDEN),
        (["X: a\rb"], HIDDEN),
        (["Host: evil.example"], HIDDEN),
        (["Transfer-Encoding: chunked"], b"zz\r\n" + HIDDEN),
        (["Transfer-Encoding: chunked"], b"-5\r\n12345\r\n0\r\n\r\n" + HIDDEN),
        (["Transfer-Encoding: chunked"], b"fffffffffffffffff\r\n" + HIDDEN),
        (["Authorization: Bearer other"], HIDDEN),
        (["Content-Type: application/json", "Content-Type: text/plain"], HIDDEN),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_no_second_request_hides_in_a_malformed_one(server, http, lines, body):
    answers = await exchange(server, head(server, *lines) + body, finish=True)
    assert len(statuses(answers)) <= 1, answers
    assert all(400 <= status < 500 or status == 501 for status in statuses(answers)), answers
    assert not LEAK.search(answers)
    await serves(http, server)


@pytest.mark.parametrize(
    "piece",
    [
        b"\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 200, b"\xff" * 5000,
        b"GET /mcp\r\n\r\n", b"GET /mcp HTTP/3.0\r\n\r\n", b"GET /mcp HTTP/1.1\r\n\r\n",
        b"GET /mcp HTTP/1.0\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"A" * 100_000,
        b"CONNECT evil:443 HTTP/1.1\r\nHost: evil:443\r\n\r\n",
        b"GET http://evil/mcp HTTP/1.1\r\nHost: evil\r\n\r\n",
        b"GET /mcp HTTP/1.1\nHost: evil\n\n",
        b"GET /mcp HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n",
        b"GET /mcp HTTP/1.1\r\nHost: localhost@evil\r\n\r\n",
        b"GET /mcp HTTP/1.1\r\nHost: \xff\r\n\r\n",
        b"GET /mcp HTTP/1.1\r\nHost: localhost\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n",
        b"GET /mcp HTTP/1.1\r\nHost: localhost\r\nOrigin: file://\r\n\r\n",
    ],
    ids=lambda piece: str(piece[:40]),
)  # fmt: skip
async def test_what_is_no_request_for_us_is_refused(server, http, piece):
    answers = await exchange(server, piece, finish=True)
    assert len(statuses(answers)) <= 1
    assert all(400 <= status < 500 or status == 505 for status in statuses(answers)), answers
    assert not LEAK.search(answers)
    await serves(http, server)


async def test_requests_that_are_too_large_are_refused(server, http):
    big = b"x" * (5 * 1024 * 1024)
    headers = {**MODERN_HEADERS, **server.bearer("mallory")}
    assert (await http.post(server.url, content=big, headers=headers)).status_code == 413

    async def chunks():
        for at in range(0, len(big), 65536):
            yield big[at : at + 65536]

    assert (await http.post(server.url, content=chunks(), headers=headers)).status_code == 413
    lying = head(server, "Content-Length: 99999999999")
    assert statuses(await exchange(server, lying, finish=True)) == [413]
    assert (await http.get(f"{server.url}?{'x' * 9000}")).status_code == 414
    assert (await http.get(server.url, headers={"X": "x" * 40_000})).status_code == 431
    many = {f"X-{number}": "" for number in range(200)}
    assert (await http.get(server.url, headers=many)).status_code == 431
    endless = (f"X-{number}: {'x' * 1000}\r\n".encode() for number in itertools.count())
    start = head(server)[:-2]
    assert statuses(await exchange(server, start, *itertools.islice(endless, 300))) in ([400], [])
    await serves(http, server)


async def test_slow_headers_and_bodies_are_cut_off(hasty, http):
    slow = [bytes([letter]) for letter in head(hasty) + b"x" * 1000]
    assert statuses(await exchange(hasty, *slow, pause=0.05)) == [408]
    body = [head(hasty, "Content-Length: 1000", "Accept: */*"), *[b"x"] * 1000]
    assert statuses(await exchange(hasty, *body, pause=0.05)) == [408]
    chunked = [head(hasty, "Transfer-Encoding: chunked", "Accept: */*"), *[b"1\r\nx\r\n"] * 1000]
    assert statuses(await exchange(hasty, *chunked, pause=0.05)) == [408]
    assert await exchange(hasty) == b""
    # After an answer, too: the next request, and the rest of a body that nobody wants.
    probe = head(hasty, method="GET", path="/health")
    again = [probe, *([b"G"] + [b"E"] * 1000)]
    assert statuses(await exchange(hasty, *again, pause=0.05)) in ([200], [200, 408])
    unwanted = [head(hasty, "Content-Length: 1000", owner=None), *[b"x"] * 1000]
    assert statuses(await exchange(hasty, *unwanted, pause=0.05)) == [401]
    await serves(http, hasty)


def sockets_of(server, processes):
    """How many sockets the server's own process has open."""
    files = processes.open_files(SimpleNamespace(pid=server.process.pid)).values()
    return sum(file.startswith("socket:") for file in files)


def listing(server):
    """A raw request with a large answer."""
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": META}}
    body = encoded(message)
    headers = {**MODERN_HEADERS, "Mcp-Method": "tools/list", "Content-Length": str(len(body))}
    del headers["Mcp-Name"]
    return head(server, *(f"{name}: {value}" for name, value in headers.items())) + body


async def test_a_client_that_reads_nothing_is_cut_off(hasty, http, processes, until):
    request = listing(hasty)
    before = sockets_of(hasty, processes)
    reader, writer = await asyncio.open_connection("127.0.0.1", hasty.port)
    writer.transport.pause_reading()
    many = 200_000 // len(request)
    writer.write(request * many)
    await until(lambda: sockets_of(hasty, processes) > before, "it is connected")
    await until(lambda: sockets_of(hasty, processes) <= before, "it is cut off")
    writer.transport.resume_reading()
    try:
        answers = await asyncio.wait_for(reader.read(), PATIENCE_SECONDS)
        assert len(statuses(answers)) < many
    except ConnectionError:
        pass
    writer.close()
    await serves(http, hasty)


async def test_requests_sent_ahead_of_their_answers_do_not_pile_up(server, http, processes):
    before = resident_mib(server)
    flood = listing(server) * 1000
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    reading = asyncio.create_task(reader.read())
    with contextlib.suppress(ConnectionError):
        async with asyncio.timeout(PATIENCE_SECONDS):
            for _ in range(100):  # 60 MB
                writer.write(flood)
                await writer.drain()
            pytest.fail("it was not cut off")
    with contextlib.suppress(ConnectionError):
        await reading
    writer.close()
    assert resident_mib(server) < before + 20
    await serves(http, server)


async def test_connections_past_the_bound_are_told_and_then_closed(hasty, http):
    async with asyncio.timeout(PATIENCE_SECONDS):
        held = [await asyncio.open_connection("127.0.0.1", hasty.port) for _ in range(8)]
        answers = await exchange(hasty, head(hasty, "Content-Length: 0"), finish=False)
        assert statuses(answers) == [503]
        assert b"retry-after: " in answers.lower()
        probe = head(hasty, "Connection: close", method="GET", path="/health")
        assert statuses(await exchange(hasty, probe)) == [200]
        more = [await asyncio.open_connection("127.0.0.1", hasty.port) for _ in range(80)]
        for reader, writer in [*held, *more]:  # none of them says anything
            assert await reader.read() == b""
            writer.close()
    await serves(http, hasty)
