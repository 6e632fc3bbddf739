"""The composition root of the server: builds the FastMCP application."""

from __future__ import annotations

from fastmcp import FastMCP

from cloche import __version__
from cloche.api import LOCAL_OWNER, Cloche
from cloche.mcp.arguments import ArgumentErrors
from cloche.mcp.resources import add_resources
from cloche.mcp.sessions import WorkspaceSessionManager
from cloche.mcp.subscriptions import add_subscriptions
from cloche.mcp.tools import add_tools

_INSTRUCTIONS = (
    "Runs code in a sandbox that keeps its variables from call to call. "
    "Just call execute_code: your session is made by itself. "
    "pandas, numpy and matplotlib are there; plots come back as images."
)

_PAGE_SIZE = 100


def build_app(cloche: Cloche) -> FastMCP:
    """Return the application that serves an entered `cloche` to one local client."""
    app = FastMCP(
        name="cloche",
        version=__version__,
        instructions=_INSTRUCTIONS,
        mask_error_details=True,
        middleware=[ArgumentErrors()],
        list_page_size=_PAGE_SIZE,
    )
    sessions = WorkspaceSessionManager(cloche.sessions, owner=LOCAL_OWNER)
    settings = cloche.settings
    add_tools(app, sessions, cloche.readiness, settings.limits, settings.expire_seconds)
    add_resources(app, sessions, settings.limits, settings.max_listed_files)
    add_subscriptions(app, sessions, cloche.sessions.watchers)
    return app
