"""The composition root of the server: builds the FastMCP application."""

from __future__ import annotations

from fastmcp import FastMCP
from fastmcp.server.auth import AuthProvider

from cloche import __version__
from cloche.api import LOCAL_OWNER, Cloche
from cloche.mcp.arguments import ArgumentErrors
from cloche.mcp.sessions import WorkspaceSessionManager
from cloche.mcp.tools import add_tools

_INSTRUCTIONS = (
    "Runs code in a sandbox that keeps its variables from call to call. "
    "Just call execute_code: your session is made by itself. "
    "pandas, numpy and matplotlib are there; plots come back as images."
)


def build_app(cloche: Cloche, *, auth: AuthProvider | None = None) -> FastMCP:
    """Return the application that serves an entered `cloche`; over HTTP, to whom `auth` knows."""
    app = FastMCP(
        name="cloche",
        version=__version__,
        instructions=_INSTRUCTIONS,
        mask_error_details=True,
        dereference_schemas=False,  # ours have no references, and those of others stay as they are
        middleware=[ArgumentErrors()],
        auth=auth,
    )
    sessions = WorkspaceSessionManager(cloche.sessions, owner=LOCAL_OWNER)
    settings = cloche.settings
    add_tools(app, sessions, cloche.readiness, settings.limits, settings.expire_seconds)
    return app
