"""What the tests share: a prepared runtime, sandboxes, connected clients, and bounded waits."""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio
import pytest
from fastmcp import Client
from fastmcp.client.transports import StdioTransport, StreamableHttpTransport

from cloche import Cloche
from cloche.config import Settings
from cloche.mcp.auth.token_file import add_token
from cloche.mcp.server import build_app
from cloche.runtimes.install import prepare

from .clients import environments

PATIENCE_SECONDS = 60
"""How long a wait may take on the slowest of machines before it counts as never."""


@pytest.fixture(scope="session")
def anyio_backend():
    return "asyncio"


@pytest.fixture(scope="session")
def prepared():
    """The runtime, prepared in the user's cache folder: at once, unless guest code changed."""
    return prepare(Settings().cache_dir, report=lambda progress: None)


# Sandboxes.


@pytest.fixture(scope="module")
async def cloche(anyio_backend, prepared, tmp_path_factory):
    async with Cloche(data_dir=tmp_path_factory.mktemp("data")) as cloche:
        yield cloche


@pytest.fixture
async def session(cloche):
    async with cloche.session() as session:
        yield session


@pytest.fixture(scope="module", params=["native", "portable"])
async def twin(anyio_backend, prepared, tmp_path_factory, request):
    """A Cloche as this system has it, then one with what every system has."""
    data_dir = tmp_path_factory.mktemp(request.param)
    async with Cloche(data_dir=data_dir, portable=request.param == "portable") as cloche:
        yield cloche


@pytest.fixture
async def twin_session(twin):
    async with twin.session() as session:
        yield session


# Clients.


@dataclass(frozen=True)
class Way:
    """How a client reaches the server."""

    transport: str
    era: str


WAYS = [Way(t, e) for t in ("memory", "stdio", "http") for e in ("modern", "legacy")]


@pytest.fixture(scope="module")
def server_environment(prepared, tmp_path_factory):
    """The variables of a server process with folders of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CLOCHE_")}
    return {
        **kept,
        "CLOCHE_CACHE_DIR": str(Settings().cache_dir),
        "CLOCHE_DATA_DIR": str(tmp_path_factory.mktemp("server")),
    }


@pytest.fixture(scope="module")
def connect_by(cloche, server_environment, http_server, tmp_path_factory):
    """Return an async context manager that connects a client in a given way, as somebody new."""
    names = [f"owner-{number}" for number in range(100)]
    owners, servers = iter(names), {}

    async def over_http(era):
        # In the older era without authentication, so that both ways of binding are met.
        if era not in servers:
            servers[era] = await http_server(*(names if era == "modern" else []))
        server = servers[era]
        auth = server.tokens[next(owners)] if era == "modern" else None
        return StreamableHttpTransport(server.url, auth=auth)

    @asynccontextmanager
    async def connect(way, **options):
        if way.transport == "memory":
            server = build_app(cloche)
        elif way.transport == "http":
            server = await over_http(way.era)
        else:
            server = StdioTransport(
                sys.executable,
                ["-m", "cloche.cli"],
                env=server_environment,
                keep_alive=False,
                log_file=tmp_path_factory.mktemp("log") / "stderr",
            )
        mode = "legacy" if way.era == "legacy" else "auto"
        async with Client(server, mode=mode, **options) as client:
            yield client

    return connect


@pytest.fixture(scope="module", params=WAYS, ids=lambda way: f"{way.transport}-{way.era}")
def connect(connect_by, request):
    """`connect_by`, in each way."""

    def connect(**options):
        return connect_by(request.param, **options)

    return connect


@pytest.fixture(scope="module")
async def client(anyio_backend, connect):
    """One connected client for a whole module, in each way."""
    async with connect() as client:
        yield client


# Servers over HTTP.


@dataclass(frozen=True)
class HttpServer:
    """A server process, its address and its token file."""

    url: str
    process: subprocess.Popen
    data_dir: Path
    log_file: Path
    tokens: dict[str, str]
    """The tokens that it began with, by owner."""

    @property
    def base(self):
        return self.url.removesuffix("/mcp")

    @property
    def port(self):
        return int(self.base.rpartition(":")[2])

    @property
    def log(self):
        return self.log_file.read_text("utf-8")

    def bearer(self, owner):
        return {"Authorization": f"Bearer {self.tokens[owner]}"}


@pytest.fixture(scope="module")
def http_server(prepared, tmp_path_factory, until):
    """Return a function that starts a server over HTTP, with owners and variables."""
    started = []

    async def http_server(*owners, arguments=(), **variables):
        """Start a server; with `owners` it asks for tokens, which it knows of each of them."""
        folder = tmp_path_factory.mktemp("http")
        data_dir, log_file = folder / "data", folder / "stderr"
        tokens = {owner: add_token(data_dir / "tokens.jsonl", owner) for owner in owners}
        kept = {name: value for name, value in os.environ.items() if name[:7] != "CLOCHE_"}
        settings = {
            "CLOCHE_CACHE_DIR": str(Settings().cache_dir),
            "CLOCHE_DATA_DIR": str(data_dir),
            "CLOCHE_HTTP__AUTH": "tokens" if owners else "none",
            "CLOCHE_HTTP__PORT": "0",
            **{name: str(value) for name, value in variables.items()},
        }
        with log_file.open("wb") as log:
            process = subprocess.Popen(  # noqa: ASYNC220 - returns at once
                [sys.executable, "-m", "cloche.cli", "serve", "--transport", "http", *arguments],
                env={**kept, **settings},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                cwd=folder,
            )
        started.append(process)

        def listening():
            assert process.poll() is None, log_file.read_text("utf-8")
            return re.search(r"event=listening url=(\S+)", log_file.read_text("utf-8"))

        url = (await until(listening, "the server listens"))[1]
        return HttpServer(url, process, data_dir, log_file, tokens)

    yield http_server
    for process in started:
        process.kill()
        process.wait()


# Outside judges and clients, in environments of their own.


def pytest_terminal_summary(terminalreporter):
    ran, skipped = (
        sum("test_real_clients" in report.nodeid for report in terminalreporter.stats.get(kind, []))
        for kind in ("passed", "skipped")
    )
    if ran or skipped:
        terminalreporter.write_line(f"real clients: {ran} tests passed, {skipped} were skipped")


CLIENT_PATIENCE_SECONDS = 180

NOBODY = "http://127.0.0.1:9"
"""Where nobody listens: no client may need anything but the server."""


def had(environment, *arguments):
    """Return an environment, or skip the test where its packages cannot be reached."""
    try:
        return environment(*arguments)
    except environments.Unreachable as error:
        reason = f"a package registry cannot be reached: {error}"
        if os.environ.get("REQUIRE_CLIENTS"):
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture(scope="session")
def node():
    return environments.node()


@pytest.fixture(scope="session")
def node_modules():
    """The folder with the packages of Node."""
    return had(environments.node_modules)


@pytest.fixture(scope="session")
def client_python():
    """Return the Python of an environment by its name."""
    return lambda name: had(environments.python, name)


@pytest.fixture(scope="module")
def listening(server_environment, tmp_path_factory):
    """Return a context manager that runs a server and gives the address it prints first."""

    @contextmanager
    def listening(*command):
        log = tmp_path_factory.mktemp("log") / "stderr"
        with (
            log.open("wb") as stderr,
            subprocess.Popen(
                [*map(str, command)],
                env=server_environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
                encoding="utf-8",
            ) as server,
        ):
            try:
                address = server.stdout.readline().strip()
                assert address, log.read_text("utf-8")
                yield address
            finally:
                server.send_signal(signal.SIGTERM)
                server.wait(PATIENCE_SECONDS)

    return listening


@pytest.fixture(scope="module")
async def http_address(anyio_backend, http_server):
    """The address of a server over HTTP that asks nobody who he is."""
    return (await http_server()).url


@pytest.fixture(scope="module", params=["stdio", "http"])
def target(request, anyio_backend, server_environment):
    """How a script reaches the server."""
    if request.param == "http":
        return {"url": request.getfixturevalue("http_address")}
    command = {"command": sys.executable, "arguments": ["-m", "cloche.cli", "serve"]}
    return {**command, "environment": server_environment}


@pytest.fixture
def run_client(tmp_path):
    """Return a function that runs a command in a home of its own, with the server in reach only."""

    def run_client(*command, **variables):
        environment = {
            **{name: value for name, value in os.environ.items() if "_proxy" not in name.lower()},
            **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY"), NOBODY),
            "NO_PROXY": "127.0.0.1",
            "HOME": str(tmp_path),
            "USERPROFILE": str(tmp_path),
            **variables,
        }
        return subprocess.run(
            [*map(str, command)],
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=CLIENT_PATIENCE_SECONDS,
            check=False,
        )

    return run_client


# Processes.


@pytest.fixture(scope="session")
def until():
    """Wait until a condition holds and return its value, with a bound."""

    async def until(condition, what):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (value := condition()):
            if time.monotonic() > deadline:
                pytest.fail(f"did not come within {PATIENCE_SECONDS} s: {what}")
            await anyio.sleep(0.01)
        return value

    return until


@dataclass(frozen=True)
class Process:
    """A process of this system, told from a later one with the same number."""

    pid: int
    started: str

    @property
    def alive(self):
        status = _status(self.pid)
        if status is None or status[19] != self.started:
            return False
        # The first thread may be dead while others, and with them the descriptors, are not.
        return status[0] != "Z" or len(Processes().threads_of(self.pid)) > 1


class Processes:
    """Looks at processes of ours through /proc."""

    def workers_below(self, pid):
        """Fork servers and workers among the descendants of a process."""
        return {found for found in self.below(pid) if b"cloche.workers" in _command(found.pid)}

    def below(self, pid):
        parents = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal() and (status := _status(int(entry.name))):
                parents[Process(int(entry.name), status[19])] = int(status[1])
        found, numbers = set(), {pid}
        while True:
            more = {process for process, parent in parents.items() if parent in numbers} - found
            if not more:
                return found
            found |= more
            numbers |= {process.pid for process in more}

    def worker_of(self, session):
        """The process that has the session's workspace open."""
        (found,) = (
            process
            for process in self.workers_below(os.getpid())
            if str(session.home.workspace) in self.open_files(process).values()
        )
        return found

    def threads_of(self, pid):
        try:
            return [entry.name for entry in Path(f"/proc/{pid}/task").iterdir()]
        except OSError:
            return []

    def open_files(self, process):
        files = {}
        for entry in Path(f"/proc/{process.pid}/fd").iterdir():
            try:
                files[int(entry.name)] = str(entry.readlink())
            except OSError:
                continue
        return files


def _status(pid):
    """The fields of /proc/PID/stat from the state on."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def _command(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


@pytest.fixture(scope="session")
def processes():
    if sys.platform != "linux":
        pytest.skip("looks at processes through /proc")
    return Processes()
