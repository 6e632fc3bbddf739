"""The composition root of the server: builds the FastMCP application."""

from __future__ import annotations

from fastmcp import FastMCP
from fastmcp.server.auth import AuthProvider

from cloche import __version__
from cloche.api import LOCAL_OWNER, Cloche
from cloche.mcp.arguments import ArgumentErrors
from cloche.mcp.auth import Quota, quota_of
from cloche.mcp.identity import Identity
from cloche.mcp.resources import add_resources
from cloche.mcp.sessions import WorkspaceSessionManager
from cloche.mcp.subscriptions import add_subscriptions
from cloche.mcp.tasks import TasksExtension
from cloche.mcp.tools import add_tools
from cloche.mcp.vanished import CancelForVanished
from cloche.mounts import describe_mounts

_INSTRUCTIONS = (
    "Runs code in a sandbox that keeps its variables from call to call. "
    "Just call execute_code: your session is made by itself. "
    "pandas, numpy and matplotlib are there; plots come back as images."
)

_PAGE_SIZE = 100


def build_app(
    cloche: Cloche, *, auth: AuthProvider | None = None, local_owner: str | None = LOCAL_OWNER
) -> FastMCP:
    """Return the application that serves an entered `cloche`.

    `auth` verifies whoever calls over HTTP. `local_owner` owns the sessions of whoever calls
    without HTTP; None: nobody does.
    """
    app = FastMCP(
        name="cloche",
        version=__version__,
        instructions=f"{_INSTRUCTIONS} {describe_mounts(cloche.mounts)}".rstrip(),
        mask_error_details=True,
        dereference_schemas=False,  # ours have no references, and those of others stay as they are
        middleware=[CancelForVanished(), ArgumentErrors()],
        auth=auth,
        list_page_size=_PAGE_SIZE,
    )
    settings = cloche.settings
    identity = Identity(local_owner=local_owner, authenticated=auth is not None)
    sessions = WorkspaceSessionManager(
        cloche.sessions, identity, lambda owner: quota_of(auth, owner) if auth else Quota()
    )
    add_tools(
        app,
        sessions,
        cloche.readiness,
        settings.limits,
        expire_seconds=settings.expire_seconds,
        reply_seconds=settings.reply_seconds,
    )
    app.add_extension(
        TasksExtension(identity, max_timeout_seconds=settings.limits.max_timeout_seconds)
    )
    add_resources(app, sessions, settings.limits, settings.max_listed_files)
    add_subscriptions(app, sessions, cloche.sessions.watchers)
    return app
