"""Identity: who is calling, as far as the transport tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from fastmcp.server.dependencies import fastmcp_request_ctx, get_access_token, get_http_request
from mcp.server.connection import Connection

from cloche.errors import InternalError
from cloche.mcp.auth.owners import owner_of

ANONYMOUS_OWNER = "anonymous"
"""Owner of the sessions of all who call over HTTP without authentication: an id is the only key."""


@dataclass(frozen=True)
class Caller:
    """Who calls, and what tells this client's calls from those of others."""

    owner: str
    """Whose sessions the call may name."""

    client: str | None
    """What this client's automatic sessions are bound to; None when nothing tells who it is."""

    lasting: bool = False
    """Whether the same client may come back to another server process."""

    connection: Connection | None = None
    """What the client ends with, where it does not end with this process."""

    @property
    def knows_its_sessions(self) -> bool:
        """Whether all sessions of the owner are this client's own."""
        return self.owner != ANONYMOUS_OWNER


class Identity:
    """Tells who is calling. Use it within a request."""

    def __init__(self, *, local_owner: str | None, authenticated: bool) -> None:
        """`local_owner` is who calls without HTTP; None: nobody does.

        With `authenticated`, whoever calls over HTTP has a verified token.
        """
        self._local_owner = local_owner
        self._authenticated = authenticated

    def caller(self) -> Caller:
        """Return who calls. Raises `InternalError` for a request that should not have come here."""
        try:
            get_http_request()
        except RuntimeError:
            if self._local_owner is not None:
                return Caller(self._local_owner, client="process")
        token = get_access_token()
        if token is not None:
            return Caller(owner_of(token), client="principal", lasting=True)
        if self._authenticated:
            raise InternalError("a request without a verified token got past authentication")
        connection = _connection()
        if connection is None or connection.session_id is None:
            return Caller(ANONYMOUS_OWNER, client=None)
        return Caller(ANONYMOUS_OWNER, client=connection.session_id, connection=connection)


def _connection() -> Connection | None:
    request = fastmcp_request_ctx.get()
    # The library has no public way from a request to the connection that it came by.
    return None if request is None else cast("Connection", vars(request.session)["_connection"])
