"""The tools, and the only place where errors become wire results."""

# Annotations are evaluated here, not kept as text: the tools' bounds come from the settings.

import secrets
from collections.abc import Generator
from contextlib import contextmanager
from typing import Annotated, Literal

import structlog
from fastmcp import Context, FastMCP
from fastmcp.exceptions import ToolError
from fastmcp.tools import ToolResult
from fastmcp.utilities.types import Image
from mcp_types import ContentBlock, TextContent, ToolAnnotations
from pydantic import Field

from cloche.errors import CallerError
from cloche.limits import Limits
from cloche.mcp.progress import ProgressReporter
from cloche.mcp.sessions import WorkspaceSessionManager
from cloche.mcp.text import render
from cloche.outcome import Language, Outcome, Record
from cloche.runtimes.readiness import Readiness

_log = structlog.get_logger()


class Package(Record):
    """A package that comes with a runtime."""

    name: str
    """Its name."""

    version: str
    """Its version."""


class RuntimeInfo(Record):
    """A language, and whether it can run now."""

    language: Language
    """The language."""

    version: str
    """Version of the language, or an empty string while it is unknown."""

    status: Literal["ready", "preparing", "unavailable"]
    """ready: code runs now; preparing: the first call waits for it; unavailable: see detail."""

    progress: float
    """Share of the preparation that is done, 0 to 1."""

    detail: str
    """What the preparation is doing, or why the runtime is unavailable."""

    packages: list[Package]
    """Packages that can be imported without being installed."""


class RuntimeList(Record):
    """Every language of this server."""

    runtimes: list[RuntimeInfo]
    """One entry for each language."""


def add_tools(
    app: FastMCP, sessions: WorkspaceSessionManager, readiness: Readiness, limits: Limits
) -> None:
    """Add the tools to `app`, in the order in which clients list them."""

    @app.tool(
        title="Execute code",
        annotations=ToolAnnotations(
            title="Execute code",
            read_only_hint=False,
            destructive_hint=False,
            idempotent_hint=False,
            open_world_hint=False,
        ),
        output_schema=Outcome.model_json_schema(mode="serialization"),
    )
    async def execute_code(
        ctx: Context,
        code: Annotated[
            str,
            Field(
                description="Source code. Variables, imports and files of earlier calls are there. "
                "The value of the last expression is returned, and open plots as images.",
                max_length=limits.code_bytes,
            ),
        ],
        language: Annotated[
            Language | None,
            Field(description="Language of the code; default: the session's, else python."),
        ] = None,
        session_id: Annotated[
            str | None,
            Field(
                description="A session by its id; leave it out for your own automatic session.",
                max_length=256,
            ),
        ] = None,
        timeout_seconds: Annotated[
            float | None,
            Field(
                description="Wall time after which the code is interrupted; "
                f"default {limits.timeout_seconds:g}.",
                gt=0,
                le=limits.max_timeout_seconds,
            ),
        ] = None,
    ) -> ToolResult:
        """Run code in a sandbox that keeps its variables, and return what came of it.

        Like a notebook cell. Python has numpy, pandas, scipy, scikit-learn, statsmodels and
        matplotlib; it has no network, threads or processes. Files in the working directory are
        kept. Code that fails is an ordinary result with status "error".
        """
        with _wire_errors():
            async with ProgressReporter(ctx) as progress:
                session = await sessions.resolve(session_id, language, progress.preparation)
                outcome = await session.execute(
                    code, timeout_seconds=timeout_seconds, listener=progress.printed
                )
        return _result_of(outcome)

    @app.tool(
        title="List runtimes",
        annotations=ToolAnnotations(
            title="List runtimes",
            read_only_hint=True,
            destructive_hint=False,
            idempotent_hint=True,
            open_world_hint=False,
        ),
        output_schema=RuntimeList.model_json_schema(mode="serialization"),
    )
    async def list_runtimes() -> ToolResult:
        """List the languages that can run here, whether they are ready, and their packages."""
        with _wire_errors():
            runtimes = _list_runtimes(readiness)
        return ToolResult(
            content=[TextContent(type="text", text=_describe(runtimes))],
            structured_content=runtimes.model_dump(mode="json"),
        )


@contextmanager
def _wire_errors() -> Generator[None]:
    """Turn our errors into what a client may see; anything else gets a reference to the log."""
    try:
        yield
    except CallerError as error:
        raise ToolError(str(error)) from None
    except Exception as error:
        reference = secrets.token_hex(6)
        _log.error("internal_error", reference=reference, exc_info=error)
        raise ToolError(
            f"the sandbox failed, and not because of your code (reference {reference}); "
            "call again, and report the reference if it goes on"
        ) from error


def _result_of(outcome: Outcome) -> ToolResult:
    blocks: list[ContentBlock] = [TextContent(type="text", text=render(outcome))]
    for output in outcome.outputs:
        if output.data and output.mime in {"image/png", "image/jpeg"}:
            image = Image(data=output.data, format=output.mime.removeprefix("image/"))
            blocks.append(image.to_image_content())
    return ToolResult(content=blocks, structured_content=outcome.model_dump(mode="json"))


def _list_runtimes(readiness: Readiness) -> RuntimeList:
    return RuntimeList(
        runtimes=[
            RuntimeInfo(
                language=standing.language,
                version=standing.runtime.version if standing.runtime else "",
                status=standing.status,
                progress=round(standing.progress, 4),
                detail=standing.detail,
                packages=[
                    Package(name=name, version=version)
                    for name, version in (standing.runtime.packages if standing.runtime else ())
                ],
            )
            for standing in readiness.standings()
        ]
    )


def _describe(runtimes: RuntimeList) -> str:
    lines: list[str] = []
    for runtime in runtimes.runtimes:
        lines.append(f"{runtime.language} {runtime.version}: {runtime.status}".replace(" :", ":"))
        if runtime.status == "preparing":
            lines.append(f"  {runtime.progress:.0%} ({runtime.detail})")
        elif runtime.detail:
            lines.append(f"  {runtime.detail}")
        if runtime.packages:
            names = ", ".join(f"{package.name} {package.version}" for package in runtime.packages)
            lines.append(f"  packages: {names}")
    return "\n".join(lines)
