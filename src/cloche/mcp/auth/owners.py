"""Owners: the one name under which everything of a caller is kept, over all kinds of auth."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from fastmcp.server.auth import AccessToken

_CLAIM = "cloche.owner"


def token_owner(name: str) -> str:
    """Return the owner whose tokens are in the token file under `name`."""
    return f"token:{quote(name, safe='')}"


def jwt_owner(issuer: str, subject: str) -> str:
    """Return the owner whom an issuer calls `subject`."""
    return f"jwt:{quote(issuer, safe='')}:{quote(subject, safe='')}"


def stamp(token: AccessToken, owner: str) -> AccessToken:
    """Return the token with its owner, over any claim of that name that it came with."""
    return token.model_copy(
        update={"subject": owner, "client_id": owner, "claims": {**token.claims, _CLAIM: owner}}
    )


def owner_of(token: AccessToken) -> str:
    """Return whom a verified token speaks for.

    Stable from server to server, and no two callers have the same. Raises `LookupError` for a
    token that no provider of `build_auth` has verified.
    """
    owner = token.claims.get(_CLAIM)
    if owner is None:
        raise LookupError("the token was not verified by a provider of Cloche")
    return str(owner)
