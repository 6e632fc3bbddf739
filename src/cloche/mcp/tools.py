"""The tools, and the only place where errors become wire results."""

# Annotations are evaluated here, not kept as text: the tools' bounds come from the settings.

import secrets
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import structlog
from fastmcp import Context, FastMCP
from fastmcp.exceptions import ToolError
from fastmcp.tools import ToolResult
from fastmcp.utilities.types import Image
from mcp_types import ContentBlock, TextContent, ToolAnnotations
from pydantic import Field

from cloche.description import Package, SessionLimits, WorkspaceInfo
from cloche.errors import CallerError
from cloche.limits import Limits
from cloche.mcp.progress import ProgressReporter
from cloche.mcp.resources import links_for
from cloche.mcp.results import (
    Cancellation,
    Destruction,
    Reset,
    RuntimeInfo,
    RuntimeList,
    SessionInfo,
)
from cloche.mcp.running import Run, Runs, outcome_so_far, patient
from cloche.mcp.schemas import output_schema
from cloche.mcp.sessions import WorkspaceSessionManager
from cloche.mcp.text import render, render_workspace
from cloche.outcome import Language, Outcome, Record
from cloche.runtimes.readiness import Readiness
from cloche.sessions.session import Session

_log = structlog.get_logger()

_Tool = Callable[..., Awaitable[ToolResult]]

_LEAST_SECONDS = 0.001
"""Some readers of schemas know no exclusive bounds, so there is no "more than 0"."""

_SessionId = Annotated[
    str | None,
    Field(
        description="A session by its id; leave it out for your own automatic session.",
        max_length=256,
    ),
]


def add_tools(
    app: FastMCP,
    sessions: WorkspaceSessionManager,
    readiness: Readiness,
    limits: Limits,
    expire_seconds: float,
    reply_seconds: float,
) -> None:
    """Add the tools to `app`, in the order in which clients list them."""
    runs = Runs()

    def tool(
        title: str,
        result: type[Record],
        *,
        read_only: bool = False,
        destructive: bool = False,
        idempotent: bool = False,
    ) -> Callable[[_Tool], object]:
        return app.tool(
            title=title,
            annotations=ToolAnnotations(
                title=title,
                read_only_hint=read_only,
                destructive_hint=destructive,
                idempotent_hint=idempotent,
                open_world_hint=False,
            ),
            output_schema=output_schema(result),
        )

    @tool("Execute code", Outcome)
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
        session_id: _SessionId = None,
        timeout_seconds: Annotated[
            float | None,
            Field(
                description="Wall time after which the code is interrupted; "
                f"default {limits.timeout_seconds:g}.",
                ge=_LEAST_SECONDS,
                le=limits.max_timeout_seconds,
            ),
        ] = None,
    ) -> ToolResult:
        """Run code in a sandbox that keeps its variables, and return what came of it.

        Like a notebook cell. Python has numpy, pandas, scipy, scikit-learn, statsmodels and
        matplotlib; it has no network, threads or processes. Files in the working directory are
        kept. Code that fails is an ordinary result with status "error". Code that takes long is
        answered with status "running": call again with empty code for its outcome.
        """
        within = None if patient.get() else reply_seconds
        with _wire_errors():
            async with ProgressReporter(ctx) as progress:
                async with readiness.within(within):
                    session = await sessions.resolve(session_id, language, progress.preparation)
                run = None if code.strip() else runs.pick_up(session)
                run = run or Run(session, code, timeout_seconds)
                outcome = await run.outcome(within_seconds=within, listener=progress.printed)
                if outcome is None:
                    runs.put_aside(session, run)
                    outcome = outcome_so_far(run, session)
            bound = sessions.is_bound(session)
        return _result_of(
            outcome, must_name=session_id is None and not bound, most_linked=limits.resource_bytes
        )

    @tool("List runtimes", RuntimeList, read_only=True, idempotent=True)
    async def list_runtimes() -> ToolResult:
        """List the languages that can run here, whether they are ready, and their packages."""
        with _wire_errors():
            runtimes = _list_runtimes(readiness)
        return _told(runtimes, _describe(runtimes))

    @tool("Create session", SessionInfo)
    async def create_session(
        ctx: Context,
        language: Annotated[Language, Field(description="What it is to run.")] = "python",
        fork_of: Annotated[
            str | None,
            Field(
                description="Id of a session whose variables and files are copied.", max_length=256
            ),
        ] = None,
        idle_seconds: Annotated[
            float | None,
            Field(
                description="How long it may lie unused before it is destroyed; "
                f"default and at most {expire_seconds:g}.",
                ge=_LEAST_SECONDS,
                le=expire_seconds,
            ),
        ] = None,
    ) -> ToolResult:
        """Make a further session, with variables and files of its own, and return its id.

        You need none to run code: execute_code has an automatic one. It is destroyed, with its
        files, when it has not been used for idle_seconds.
        """
        with _wire_errors():
            async with ProgressReporter(ctx) as progress, readiness.within(reply_seconds):
                session = await sessions.create(
                    language,
                    fork_of=fork_of,
                    idle_seconds=idle_seconds,
                    listener=progress.preparation,
                )
            made = _info(session)
        return _told(
            made,
            f"session {made.session_id} ({made.language}); pass its id as session_id; "
            f"unused, it is destroyed at {made.expires_at:%Y-%m-%d %H:%M:%S} UTC",
        )

    @tool("Destroy session", Destruction, destructive=True)
    async def destroy_session(
        session_id: Annotated[
            str, Field(description="The session, by its id.", min_length=1, max_length=256)
        ],
    ) -> ToolResult:
        """End a session at once, with its variables and files; code that runs in it is stopped."""
        with _wire_errors():
            await sessions.destroy(session_id)
            gone = Destruction(session_id=session_id, destroyed=True)
        return _told(gone, f"session {session_id} is gone, with its variables and files")

    @tool("Cancel execution", Cancellation, idempotent=True)
    async def cancel_execution(session_id: _SessionId = None) -> ToolResult:
        """Interrupt the code that runs in a session, and say what became of its variables.

        Like a notebook's stop button: variables stay as they are, unless the code does not heed it.
        """
        with _wire_errors():
            session = sessions.find(session_id)
            outcome = await session.interrupt() if session else None
            if outcome is None:
                turn = session.turns if session else 0
                stopped = Cancellation(cancelled=False, turn=turn, state="kept")
            else:
                stopped = Cancellation(
                    cancelled=outcome.status == "cancelled", turn=outcome.turn, state=outcome.state
                )
        said = f"turn {stopped.turn} was stopped" if stopped.cancelled else "no code was stopped"
        return _told(stopped, f"{said}; variables {stopped.state}")

    @tool("Get workspace info", WorkspaceInfo, read_only=True, idempotent=True)
    async def get_workspace_info(session_id: _SessionId = None) -> ToolResult:
        """List what a session holds: variables, imports, files, turns to go back to, limits.

        Runs no code, does not wait for code that runs, and does not prolong the session's life.
        """
        with _wire_errors():
            session = await sessions.resolve(session_id, None)
            info = await session.describe()
        return _told(info, render_workspace(info))

    @tool("Reset workspace", Reset, destructive=True, idempotent=True)
    async def reset_workspace(
        session_id: _SessionId = None,
        keep_files: Annotated[
            bool, Field(description="Whether files stay, and variables alone go.")
        ] = False,
        to_turn: Annotated[
            int | None,
            Field(
                description="Go back to the variables as they were after this turn; files stay "
                "as they are. Leave it out to begin anew.",
                ge=0,
            ),
        ] = None,
    ) -> ToolResult:
        """Begin a session anew, without variables and files, or go back to an earlier turn.

        Waits for code that runs in it.
        """
        with _wire_errors():
            session = await sessions.resolve(session_id, None)
            removed = await session.reset(to_turn=to_turn, keep_files=keep_files)
            reset = Reset(session_id=session.id, turn=to_turn or 0, removed_files=removed)
        state = f"as after turn {to_turn}" if to_turn else "gone"
        return _told(reset, f"variables are {state}; {removed} files removed")


def _told(record: Record, text: str) -> ToolResult:
    return ToolResult(
        content=[TextContent(type="text", text=text)],
        structured_content=record.model_dump(mode="json"),
    )


def _info(session: Session) -> SessionInfo:
    return SessionInfo(
        session_id=session.id,
        language=session.language,
        created_at=datetime.fromtimestamp(session.created_at, UTC),
        expires_at=datetime.fromtimestamp(session.expires_at, UTC),
        limits=SessionLimits(
            **session.limits.model_dump(include=set(SessionLimits.model_fields)),
        ),
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


def _result_of(outcome: Outcome, *, must_name: bool, most_linked: int) -> ToolResult:
    text = render(outcome, must_name=must_name)
    blocks: list[ContentBlock] = [TextContent(type="text", text=text)]
    for output in outcome.outputs:
        if output.data and output.mime in {"image/png", "image/jpeg"}:
            image = Image(data=output.data, format=output.mime.removeprefix("image/"))
            blocks.append(image.to_image_content())
    blocks.extend(links_for(outcome, most_bytes=most_linked))
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
