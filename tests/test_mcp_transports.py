"""The server over HTTP: callers, browsers, TLS, what it refuses to be, and its end."""

import asyncio
import contextlib
import datetime
import os
import signal
import ssl
import subprocess
import sys
import time
import warnings
from types import SimpleNamespace

import httpx2
import pytest
from fastmcp import Client
from fastmcp.client.transports import StreamableHttpTransport
from filelock import FileLock
from mcp.shared.exceptions import MCPError

from cloche.config import Settings, load_settings
from cloche.errors import InvalidRequest
from cloche.mcp.auth import build_auth
from cloche.mcp.auth.token_file import add_token, remove_tokens
from cloche.mcp.transports.http import listening

pytestmark = pytest.mark.anyio

PATIENCE_SECONDS = 60
ENDING_SECONDS = 10
ERAS = ["modern", "legacy"]

BEGIN = "open('begun', 'w').close()\n"
WATCHED = (
    BEGIN + "import os, time\ntry:\n    while True: time.sleep(0.01)\n"
    "finally:\n    with open('ending', 'w') as f: f.write(str(time.time()))\n"
    "    os.rename('ending', 'ended')"
)
UNSTOPPABLE = BEGIN + "sum(range(10**11))"


def connect(server, *, owner=None, era="modern", **options):
    headers = server.bearer(owner) if owner else {}
    transport = StreamableHttpTransport(server.url, headers=headers)
    return Client(transport, mode="legacy" if era == "legacy" else "auto", **options)


async def outcome_of(client, code, **arguments):
    result = await client.call_tool("execute_code", {"code": code, **arguments})
    return result.structured_content


def file_of(server, name):
    """What a session of the server has written, once it is there and not empty."""
    for file in server.data_dir.glob(f"homes/*/*/workspace/{name}"):
        return file.read_text() or "empty"
    return None


@pytest.fixture(scope="module")
async def server(anyio_backend, http_server):
    """One server for what needs no settings of its own, with two owners."""
    return await http_server("alice", "bob")


@pytest.fixture
async def http():
    async with httpx2.AsyncClient(timeout=PATIENCE_SECONDS) as http:
        yield http


# Calls.


@pytest.mark.parametrize("era", ERAS)
async def test_code_runs_and_its_session_can_be_named(server, era):
    async with connect(server, owner="alice", era=era) as client:
        first = await outcome_of(client, "x = 41")
        again = await outcome_of(client, "x + 1", session_id=first["session_id"])
    assert (again["result"], again["turn"]) == ("42", first["turn"] + 1)


@pytest.mark.parametrize("era", ERAS)
async def test_prints_stream_while_the_code_runs(server, era):
    heard = asyncio.Event()

    async def hear(progress, total, message):
        heard.set()

    async with connect(server, owner="alice", era=era) as client:
        call = asyncio.create_task(
            client.call_tool(
                "execute_code",
                {"code": "print('begun')\nimport time\ntime.sleep(600)", "timeout_seconds": 600},
                progress_handler=hear,
            )
        )
        await asyncio.wait_for(heard.wait(), PATIENCE_SECONDS)
        assert not call.done()
        call.cancel()
        await asyncio.wait([call])


async def test_a_client_that_vanishes_stops_its_turn_and_keeps_its_session(http_server, until):
    server = await http_server()
    async with connect(server) as client:
        session_id = (await outcome_of(client, "x = 41"))["session_id"]
        call = asyncio.create_task(outcome_of(client, WATCHED, session_id=session_id))
        await until(lambda: file_of(server, "begun"), "the code runs")
        left = time.time()
        call.cancel()
        await asyncio.wait([call])
    ended = float(await until(lambda: file_of(server, "ended"), "the code is interrupted"))
    assert ended - left < ENDING_SECONDS
    async with connect(server) as client:
        assert (await outcome_of(client, "x + 1", session_id=session_id))["result"] == "42"


async def test_a_call_of_the_older_era_is_cancelled_by_its_notification(http_server, until):
    server = await http_server()
    async with connect(server, era="legacy") as client:
        session_id = (await outcome_of(client, "x = 41"))["session_id"]
        call = asyncio.create_task(outcome_of(client, WATCHED, session_id=session_id))
        await until(lambda: file_of(server, "begun"), "the code runs")
        call.cancel()
        await asyncio.wait([call])
        await until(lambda: file_of(server, "ended"), "the code is interrupted")
        assert (await outcome_of(client, "x + 1", session_id=session_id))["result"] == "42"


# Bearer tokens.


async def test_nobody_is_served_without_a_token(server, http):
    for headers in (
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Basic YWxpY2U6"},
        {"Authorization": f"bearer{server.tokens['alice']}"},
        {"Authorization": f"Bearer {server.tokens['alice']}x"},
        {"Authorization": f"Bearer {server.tokens['alice'].upper()}"},
    ):
        for method in ("GET", "POST", "DELETE"):
            answer = await http.request(method, server.url, headers=headers)
            assert answer.status_code == 401, headers
            assert answer.headers["www-authenticate"].startswith("Bearer")
            assert isinstance(answer.json(), dict)


async def test_the_file_holds_no_token_and_the_log_none_either(server, http):
    await http.post(server.url, headers={"Authorization": "Bearer a-secret-of-mine"})
    known = (server.data_dir / "tokens.jsonl").read_text("utf-8")
    for token in [*server.tokens.values(), "a-secret-of-mine"]:
        assert token not in known
        assert token not in server.log


async def post_ping(http, server, token):
    answer = await http.post(
        server.url,
        headers={"Authorization": f"Bearer {token}", "Accept": "*/*"},
        json={"jsonrpc": "2.0", "id": 1, "method": "ping"},
    )
    return answer.status_code


async def until_answered(http, server, token, status):
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await post_ping(http, server, token) != status:
            continue


async def test_a_running_server_follows_its_token_file(http_server, http):
    server = await http_server("alice")
    file = server.data_dir / "tokens.jsonl"
    carol = add_token(file, "carol")
    await until_answered(http, server, carol, 400)  # known; a ping has no session
    remove_tokens(file, "alice")
    await until_answered(http, server, server.tokens["alice"], 401)
    file.write_text("no JSON\n")
    async with asyncio.timeout(PATIENCE_SECONDS):
        while "token_file_kept_as_it_was" not in server.log:
            assert await post_ping(http, server, carol) == 400
    file.unlink()
    await until_answered(http, server, carol, 401)


async def test_a_token_that_expires_is_refused(http_server, http):
    server = await http_server("alice")
    past = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    old = add_token(server.data_dir / "tokens.jsonl", "bob", expires_at=past)
    new = add_token(server.data_dir / "tokens.jsonl", "bob")
    await until_answered(http, server, new, 400)
    assert await post_ping(http, server, old) == 401


@pytest.fixture
def command(prepared, tmp_path):
    """Run `cloche` with arguments and variables."""

    def command(*arguments, **variables):
        kept = {name: value for name, value in os.environ.items() if name[:7] != "CLOCHE_"}
        folders = {
            "CLOCHE_CACHE_DIR": str(Settings().cache_dir),
            "CLOCHE_DATA_DIR": str(tmp_path / "data"),
        }
        return subprocess.run(
            [sys.executable, "-m", "cloche.cli", *arguments],
            env={**kept, **folders, **variables},
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE_SECONDS,
            check=False,
        )

    return command


def test_tokens_are_made_listed_and_removed_from_the_command_line(command, tmp_path):
    first = command("token", "add", "alice", "--max-sessions", "3").stdout.strip()
    second = command("token", "add", "alice", "--days", "30").stdout.strip()
    assert first != second
    assert len(first) >= 43
    file = tmp_path / "data" / "tokens.jsonl"
    if os.name == "posix":
        assert file.stat().st_mode & 0o777 == 0o600
    listed = command("token", "list").stdout
    assert listed.count("alice") == 2
    assert "at most 3 sessions" in listed
    assert first not in listed
    done = command("token", "remove", "alice")
    assert (done.returncode, done.stdout) == (0, "removed 2 tokens of alice\n")
    assert file.read_text() == ""
    assert command("token", "remove", "alice").returncode == 2


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("add", "../alice"), "'../alice'"),
        (("add", ""), "''"),
        (("add", "a\nb"), "no name"),
        (("add", "x" * 200), "no name"),
        (("add", "alice", "--max-sessions", "0"), "max_sessions is 0"),
        (("add", "alice", "--days", "-1"), "--days is -1"),
        (("add", "alice", "--days", "nan"), "--days is nan"),
    ],
)
def test_a_token_for_no_proper_owner_is_refused(command, arguments, word):
    done = command("token", *arguments)
    assert done.returncode == 2
    assert word in done.stderr
    assert "Traceback" not in done.stderr


# Browsers.


PREFLIGHT = {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization, mcp-protocol-version, mcp-session-id, "
    "mcp-method, mcp-name, content-type",
}


def cors(answer):
    return {name for name in answer.headers if name.startswith("access-control")}


async def test_no_page_may_call_unless_its_origin_is_allowed(server, http):
    for origin in ("https://evil.example", "null", "https://127.0.0.1.evil.example"):
        for method in ("OPTIONS", "POST", "GET", "DELETE"):
            answer = await http.request(
                method, server.url, headers={**PREFLIGHT, "Origin": origin, **server.bearer("bob")}
            )
            assert answer.status_code == 403
            assert not cors(answer)


async def test_no_headers_for_browsers_by_default(server, http):
    answer = await http.options(server.url, headers={**PREFLIGHT, "Origin": server.base})
    assert answer.status_code == 405
    assert not cors(answer)


async def test_a_page_of_an_allowed_origin_may_call(http_server, http):
    origin = "https://app.example.org"
    server = await http_server("alice", CLOCHE_HTTP__ALLOWED_ORIGINS=f"{origin},https://b.example")
    answer = await http.options(server.url, headers={**PREFLIGHT, "Origin": origin})
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == origin
    assert "access-control-allow-credentials" not in answer.headers
    allowed = {each.strip() for each in answer.headers["access-control-allow-headers"].split(",")}
    asked = {each.strip() for each in PREFLIGHT["Access-Control-Request-Headers"].split(",")}
    assert asked <= {each.lower() for each in allowed}
    answer = await http.post(server.url, headers={"Origin": origin})
    assert answer.status_code == 401
    assert answer.headers["access-control-allow-origin"] == origin
    assert "mcp-session-id" in answer.headers["access-control-expose-headers"]
    answer = await http.options(server.url, headers={**PREFLIGHT, "Origin": "https://c.example"})
    assert answer.status_code == 403
    assert not cors(answer)


async def test_a_host_that_is_not_ours_is_refused_until_it_is_named(http_server, server, http):
    for path in ("/mcp", "/health", "/ready", "/nothing"):
        answer = await http.post(server.base + path, headers={"Host": "cloche.example.org"})
        assert answer.status_code == 421, path
    named = await http_server(CLOCHE_HTTP__ALLOWED_HOSTS="cloche.example.org")
    for host, status in (("cloche.example.org", 200), ("localhost", 200), ("b.example.org", 421)):
        answer = await http.get(named.base + "/health", headers={"Host": host})
        assert answer.status_code == status, host


# Probes.


async def test_probes_tell_little_and_need_no_token(server, http):
    for path, told in (("/health", "ok"), ("/ready", "ready")):
        answer = await http.get(server.base + path)
        assert (answer.status_code, answer.json()) == (200, {"status": told})
        assert (await http.post(server.base + path)).status_code == 405


async def test_it_is_ready_only_when_its_runtime_is(http_server, http, tmp_path):
    cache = tmp_path / "cache"
    cache.mkdir(mode=0o700)
    with FileLock(cache / "prepare.lock"):  # as if another process prepared
        server = await http_server(CLOCHE_CACHE_DIR=cache)
        assert (await http.get(server.base + "/health")).status_code == 200
        answer = await http.get(server.base + "/ready")
        assert answer.status_code == 503
        assert "preparing python" in answer.json()["reason"]
        server.process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(server.process.wait, ENDING_SECONDS) == 0
    assert "Traceback" not in server.log


async def test_a_runtime_that_cannot_be_had_makes_it_unready_without_paths(
    http_server, http, tmp_path
):
    cache = tmp_path / "cache"
    cache.mkdir()
    cache.chmod(0o777)
    server = await http_server(CLOCHE_CACHE_DIR=cache)
    answer = await http.get(server.base + "/ready")
    assert answer.status_code == 503
    assert str(tmp_path) not in answer.text
    assert "no runtime is available" in answer.json()["reason"]


# What it refuses to be.


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"CLOCHE_HTTP__HOST": "0.0.0.0"}, ["0.0.0.0", "CLOCHE_HTTP__AUTH", "token add"]),
        ({"CLOCHE_HTTP__HOST": "::"}, ["CLOCHE_HTTP__AUTH"]),
        ({"CLOCHE_HTTP__HOST": "no such host"}, ["no such host"]),
        ({"CLOCHE_HTTP__HOST": "127.0.0.1", "CLOCHE_HTTP__PORT": "70000"}, ["70000"]),
        ({"CLOCHE_HTTP__AUTH": "magic"}, ["CLOCHE_HTTP__AUTH", "magic"]),
        ({"CLOCHE_HTTP__AUTH": "tokens"}, ["holds no token", "cloche token add"]),
        ({"CLOCHE_HTTP__AUTH": "jwt"}, ["CLOCHE_HTTP__JWT__ISSUER"]),
        (
            {"CLOCHE_HTTP__AUTH": "jwt", "CLOCHE_HTTP__JWT__ISSUER": "https://i"},
            ["CLOCHE_HTTP__JWT__AUDIENCE"],
        ),
        (
            {
                "CLOCHE_HTTP__AUTH": "jwt",
                "CLOCHE_HTTP__JWT__ISSUER": "https://i",
                "CLOCHE_HTTP__JWT__AUDIENCE": "a",
            },
            ["JWKS_URL", "PUBLIC_KEY_FILE"],
        ),
        ({"CLOCHE_HTTP__JWT__ALGORITHM": "HS256"}, ["CLOCHE_HTTP__JWT__ALGORITHM"]),
        ({"CLOCHE_HTTP__JWT__ALGORITHM": "none"}, ["CLOCHE_HTTP__JWT__ALGORITHM"]),
        ({"CLOCHE_HTTP__AUTH": "oauth"}, ["CLOCHE_HTTP__OAUTH__BASE_URL"]),
        (
            {"CLOCHE_HTTP__AUTH": "oauth", "CLOCHE_HTTP__OAUTH__BASE_URL": "https://c"},
            ["AUTHORIZATION_SERVERS", "CONFIG_URL"],
        ),
        (
            {
                "CLOCHE_HTTP__OAUTH__CONFIG_URL": "https://c",
                "CLOCHE_HTTP__OAUTH__AUTHORIZATION_SERVERS": "https://c",
                "CLOCHE_HTTP__OAUTH__CLIENT_SECRET": "hush-hush",
            },
            ["not both"],
        ),
        ({"CLOCHE_HTTP__ALLOWED_HOSTS": "*"}, ["CLOCHE_HTTP__ALLOWED_HOSTS", "'*'"]),
        ({"CLOCHE_HTTP__ALLOWED_ORIGINS": "*"}, ["CLOCHE_HTTP__ALLOWED_ORIGINS", "'*'"]),
        ({"CLOCHE_HTTP__ALLOWED_ORIGINS": "app.example.org"}, ["https://app.example.org"]),
        ({"CLOCHE_HTTP__CERTFILE": "/nowhere.pem"}, ["/nowhere.pem", "cannot be read"]),
        ({"CLOCHE_HTTP__KEYFILE": "/nowhere.pem"}, ["CLOCHE_HTTP__CERTFILE"]),
        ({"CLOCHE_HTTP__CERTFILE": __file__}, ["no certificate"]),
        (
            {"CLOCHE_LIMITS__CODE_BYTES": "16000000"},
            ["CLOCHE_HTTP__BODY_BYTES", "CLOCHE_LIMITS__CODE_BYTES"],
        ),
        ({"CLOCHE_HTTP__BUFFERED_BYTES": "65536"}, ["CLOCHE_HTTP__BUFFERED_BYTES"]),
        ({"CLOCHE_HTTP__PROT": "1"}, ["CLOCHE_HTTP__PROT", "CLOCHE_HTTP__PORT"]),
        ({"CLOCHE_HTTP": "1"}, ["CLOCHE_HTTP is no JSON object"]),
        ({"CLOCHE_HTTP__SHUTDOWN_SECONDS": "inf"}, ["CLOCHE_HTTP__SHUTDOWN_SECONDS"]),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_settings_that_do_not_fit_are_refused_by_name(variables, words, monkeypatch, tmp_path):
    monkeypatch.setenv("CLOCHE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("CLOCHE_HTTP__PORT", "0")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    def start():
        settings = load_settings()
        with listening(settings):
            build_auth(settings)

    with pytest.raises(InvalidRequest) as caught:
        start()
    for word in words:
        assert word in str(caught.value)
    assert "hush-hush" not in str(caught.value)


def test_a_server_that_anybody_could_reach_does_not_start(command):
    done = command("serve", "--transport", "http", "--host", "0.0.0.0")
    assert done.returncode == 2
    assert "CLOCHE_HTTP__AUTH" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_that_is_taken_is_told(command, server):
    done = command("serve", "--transport", "http", "--port", str(server.port))
    assert done.returncode == 2
    assert str(server.port) in done.stderr
    assert "--port" in done.stderr


def test_a_port_goes_with_http_alone(command):
    assert "--transport http" in command("serve", "--port", "1").stderr


async def test_other_machines_are_served_with_tokens_and_a_warning_about_tls(http_server, http):
    server = await http_server("alice", CLOCHE_HTTP__HOST="0.0.0.0")
    assert "event=no_tls" in server.log
    local = server.base.replace("0.0.0.0", "127.0.0.1")
    assert (await http.get(f"{local}/ready")).status_code == 200
    assert (await http.post(f"{local}/mcp")).status_code == 401


# TLS.


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for 127.0.0.1 that has signed itself, and its key."""
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "cloche test")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return SimpleNamespace(certfile=folder / "cert.pem", keyfile=folder / "key.pem")


async def test_tls_from_files_serves_calls_and_nothing_older_than_1_2(
    http_server, certificate, until
):
    server = await http_server(
        "alice",
        CLOCHE_HTTP__CERTFILE=certificate.certfile,
        CLOCHE_HTTP__KEYFILE=certificate.keyfile,
        CLOCHE_HTTP__HEADER_SECONDS="5",
    )
    assert server.url.startswith("https://127.0.0.1:")
    trust = ssl.create_default_context(cafile=str(certificate.certfile))

    def client_factory(**options):
        return httpx2.AsyncClient(verify=trust, **options)

    transport = StreamableHttpTransport(
        server.url, headers=server.bearer("alice"), httpx_client_factory=client_factory
    )
    async with Client(transport) as client:
        assert (await outcome_of(client, "6 * 7"))["result"] == "42"
    async with client_factory() as http:
        assert (await http.get(f"{server.base}/ready")).status_code == 200

    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.load_verify_locations(certificate.certfile)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, OSError)):
        await asyncio.open_connection("127.0.0.1", server.port, ssl=old)

    # A client that never begins TLS, or speaks none, is let go.
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    assert await asyncio.wait_for(reader.read(), PATIENCE_SECONDS) == b""
    writer.close()


# The end.


async def ended(server, seconds=ENDING_SECONDS):
    """The exit code, once the process has ended."""
    return await asyncio.to_thread(server.process.wait, seconds)


@pytest.fixture
def running(until):
    """Return a context in which a client's code runs; its server may be gone when it ends."""

    @contextlib.asynccontextmanager
    async def running(server, code, **options):
        client = connect(server, **options)
        await client.__aenter__()
        await client.list_tools()  # a client that knew no tools would ask for them afterwards
        call = asyncio.create_task(outcome_of(client, code, timeout_seconds=600))
        try:
            await until(lambda: file_of(server, "begun"), "the code runs")
            yield call
        finally:
            call.cancel()
            await asyncio.wait([call])
            with contextlib.suppress(httpx2.HTTPError, MCPError):
                await client.__aexit__(None, None, None)

    return running


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_an_idle_server(http_server, processes, number, until):
    server = await http_server()
    async with connect(server) as client:
        await outcome_of(client, "1")
    below = processes.below(server.process.pid)
    assert processes.workers_below(server.process.pid)
    server.process.send_signal(number)
    assert await ended(server) == 0
    await until(lambda: not any(each.alive for each in below), "the workers are gone")
    assert "Traceback" not in server.log
    assert list((server.data_dir / "homes").iterdir()) == []


@pytest.mark.parametrize("era", ERAS)
async def test_a_turn_may_end_by_itself_and_meanwhile_nothing_new_is_served(
    http_server, http, running, era, until
):
    server = await http_server(CLOCHE_HTTP__SHUTDOWN_SECONDS=PATIENCE_SECONDS)
    code = BEGIN + "import os, time\nwhile not os.path.exists('go'): time.sleep(0.01)\n'done'"
    async with running(server, code, era=era) as call:
        server.process.send_signal(signal.SIGTERM)
        await until(lambda: "shutting_down" in server.log, "it has heard")
        answer = await http.get(f"{server.base}/ready")
        assert (answer.status_code, answer.json()["reason"]) == (503, "shutting down")
        assert (await http.get(f"{server.base}/health")).status_code == 200
        refused = await http.post(server.url)
        assert refused.status_code == 503
        assert refused.headers["retry-after"]
        (workspace,) = server.data_dir.glob("homes/*/*/workspace/begun")
        workspace.with_name("go").write_text("")
        outcome = await asyncio.wait_for(call, PATIENCE_SECONDS)
    assert (outcome["status"], outcome["result"]) == ("ok", "'done'")
    assert await ended(server) == 0
    assert "Traceback" not in server.log


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("code", [WATCHED, UNSTOPPABLE], ids=["heeds", "unstoppable"])
async def test_a_turn_that_goes_on_is_interrupted_and_its_caller_told(
    http_server, processes, running, era, code, until
):
    server = await http_server(
        CLOCHE_HTTP__SHUTDOWN_SECONDS="0.5", CLOCHE_LIMITS__GRACE_SECONDS="3"
    )
    async with running(server, code, era=era) as call:
        below = processes.below(server.process.pid)
        server.process.send_signal(signal.SIGTERM)
        outcome = await asyncio.wait_for(call, PATIENCE_SECONDS)
    assert outcome["status"] == "cancelled"
    assert await ended(server) == 0
    await until(lambda: not any(each.alive for each in below), "the workers are gone")
    assert "Traceback" not in server.log


async def test_calls_that_wait_for_a_turn_are_told_too(http_server, until):
    server = await http_server(CLOCHE_HTTP__SHUTDOWN_SECONDS="0.2")
    async with connect(server) as client:
        await client.list_tools()
        session_id = (await outcome_of(client, "1"))["session_id"]
        arguments = {"session_id": session_id, "timeout_seconds": 600}
        calls = [asyncio.create_task(outcome_of(client, WATCHED, **arguments)) for _ in range(3)]
        await until(lambda: file_of(server, "begun"), "the code runs")
        server.process.send_signal(signal.SIGTERM)
        outcomes = await asyncio.wait_for(asyncio.gather(*calls), PATIENCE_SECONDS)
    assert {outcome["status"] for outcome in outcomes} == {"cancelled"}
    assert await ended(server) == 0


async def test_open_streams_do_not_hold_it_up_and_are_closed_in_order(http_server, http):
    server = await http_server()
    headers = {"Accept": "application/json, text/event-stream"}
    hello = {
        "jsonrpc": "2.0",
        "id": 0,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        },
    }
    answer = await http.post(server.url, json=hello, headers=headers)
    headers["Mcp-Session-Id"] = answer.headers["mcp-session-id"]
    async with http.stream("GET", server.url, headers=headers) as stream:
        assert stream.status_code == 200
        server.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(ENDING_SECONDS):
            async for _ in stream.aiter_bytes():  # ends, and not by a cut
                pass
    assert await ended(server) == 0
    assert "Traceback" not in server.log
    assert "without completing" not in server.log


async def test_a_client_that_has_vanished_does_not_hold_it_up(http_server, running):
    server = await http_server(CLOCHE_HTTP__SHUTDOWN_SECONDS="0.2")
    async with running(server, WATCHED, era="legacy"):
        pass
    server.process.send_signal(signal.SIGTERM)
    assert await ended(server) == 0
    assert "Traceback" not in server.log


async def test_a_call_that_waits_for_the_preparation_does_not_hold_it_up(
    http_server, http, tmp_path
):
    cache = tmp_path / "cache"
    cache.mkdir(mode=0o700)
    with FileLock(cache / "prepare.lock"):
        server = await http_server(
            CLOCHE_CACHE_DIR=cache, CLOCHE_HTTP__SHUTDOWN_SECONDS=PATIENCE_SECONDS
        )
        told = asyncio.Event()

        async def hear(progress, total, message):
            told.set()

        async with connect(server) as client:
            call = asyncio.create_task(
                client.call_tool("execute_code", {"code": "1"}, progress_handler=hear)
            )
            await asyncio.wait_for(told.wait(), PATIENCE_SECONDS)
            server.process.send_signal(signal.SIGTERM)
            assert await ended(server) == 0
            await asyncio.wait([call])
            assert call.exception() is not None
    assert "Traceback" not in server.log


async def test_a_server_whose_log_nobody_reads_ends_in_order(prepared, tmp_path):
    kept = {name: value for name, value in os.environ.items() if name[:7] != "CLOCHE_"}
    process = subprocess.Popen(  # noqa: ASYNC220 - returns at once
        [sys.executable, "-m", "cloche.cli", "serve", "--transport", "http", "--port", "0"],
        env={**kept, "CLOCHE_DATA_DIR": str(tmp_path)},
        stderr=subprocess.PIPE,
    )
    try:
        while b"event=listening" not in await asyncio.to_thread(process.stderr.readline):
            assert process.poll() is None
        process.stderr.close()
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, PATIENCE_SECONDS) == 0
    finally:
        process.kill()
        process.wait()


async def test_a_second_signal_ends_it_at_once(http_server, processes, running, until):
    server = await http_server(CLOCHE_HTTP__SHUTDOWN_SECONDS=PATIENCE_SECONDS)
    async with running(server, WATCHED):
        below = processes.below(server.process.pid)
        server.process.send_signal(signal.SIGTERM)
        await until(lambda: "shutting_down" in server.log, "it has heard")
        server.process.send_signal(signal.SIGINT)
        assert await ended(server) == 128 + signal.SIGINT
        await until(lambda: not any(each.alive for each in below), "the workers are gone")


async def test_a_signal_while_it_starts_ends_it_in_order(prepared, tmp_path):
    kept = {name: value for name, value in os.environ.items() if name[:7] != "CLOCHE_"}
    for delay in (0.3, 0.8, 1.5):
        process = subprocess.Popen(  # noqa: ASYNC220 - returns at once
            [sys.executable, "-m", "cloche.cli", "serve", "--transport", "http", "--port", "0"],
            env={**kept, "CLOCHE_DATA_DIR": str(tmp_path)},
            stderr=subprocess.PIPE,
        )
        await asyncio.sleep(delay)  # where this falls is another place each time
        process.send_signal(signal.SIGTERM)
        _, err = await asyncio.to_thread(process.communicate, timeout=PATIENCE_SECONDS)
        # Before it has taken signals over, one ends it as it would any process.
        assert process.returncode in {0, -signal.SIGTERM}
        assert b"Traceback" not in err


async def test_a_killed_server_leaves_no_worker(http_server, processes, running, until):
    server = await http_server()
    async with running(server, WATCHED):
        below = processes.below(server.process.pid)
        server.process.kill()
        await until(lambda: not any(each.alive for each in below), "the workers are gone")


async def test_the_access_log_tells_requests_and_no_secrets(http_server, http, until):
    server = await http_server("alice", CLOCHE_HTTP__ACCESS_LOG="true")
    await http.post(f"{server.url}?token=in-the-query", headers=server.bearer("alice"))
    await until(lambda: "event=request" in server.log, "it is logged")
    assert "path=/mcp" in server.log
    assert "in-the-query" not in server.log
    assert server.tokens["alice"] not in server.log


# Standard input and output.


async def test_stdio_ends_with_its_input(prepared, tmp_path):
    kept = {name: value for name, value in os.environ.items() if name[:7] != "CLOCHE_"}
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "cloche.cli", "serve"],
        env={**kept, "CLOCHE_DATA_DIR": str(tmp_path)},
        input=b"",
        capture_output=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, b"")
