"""The composition root of the server: builds the FastMCP application."""

from __future__ import annotations

from fastmcp import FastMCP

from cloche import __version__
from cloche.api import LOCAL_OWNER, Cloche
from cloche.mcp.arguments import ArgumentErrors
from cloche.mcp.sessions import WorkspaceSessionManager
from cloche.mcp.tools import add_tools
from cloche.mounts import describe_mounts

_INSTRUCTIONS = (
    "Runs code in a sandbox that keeps its variables from call to call. "
    "Just call execute_code: your session is made by itself. "
    "pandas, numpy and matplotlib are there; plots come back as images."
)


def build_app(cloche: Cloche) -> FastMCP:
    """Return the application that serves an entered `cloche` to one local client."""
    app = FastMCP(
        name="cloche",
        version=__version__,
        instructions=f"{_INSTRUCTIONS} {describe_mounts(cloche.mounts)}".rstrip(),
        mask_error_details=True,
        middleware=[ArgumentErrors()],
    )
    sessions = WorkspaceSessionManager(cloche.sessions, owner=LOCAL_OWNER)
    settings = cloche.settings
    add_tools(app, sessions, cloche.readiness, settings.limits, settings.expire_seconds)
    return app
