"""Who may call over HTTP, and as which owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloche.errors import InvalidRequest
from cloche.mcp.auth.owners import owner_of
from cloche.mcp.auth.quotas import Quota

if TYPE_CHECKING:
    from pathlib import Path

    from fastmcp.server.auth import AuthProvider

    from cloche.config import Settings

__all__ = ["Quota", "build_auth", "owner_of", "quota_of", "tokens_file"]


def build_auth(settings: Settings) -> AuthProvider | None:
    """Return what tells callers apart, or None if nothing does.

    Every token that it verifies has an owner (`owner_of`), who is its `client_id` and `subject`
    too. Raises `InvalidRequest` for settings that do not fit together.
    """
    # Each kind is imported by itself: they bring cryptography and HTTP clients with them.
    http = settings.http
    if http.auth == "tokens":
        from cloche.mcp.auth.tokens import TokenFileVerifier

        verifier = TokenFileVerifier(tokens_file(settings))
        if not verifier.tokens:
            raise InvalidRequest(
                f"{tokens_file(settings)} holds no token; make one with `cloche token add OWNER`"
            )
        return verifier
    if http.auth == "jwt":
        from cloche.mcp.auth.jwt import build_jwt

        return build_jwt(http.jwt)
    if http.auth == "oauth":
        from cloche.mcp.auth.oauth import build_oauth

        return build_oauth(http, settings.data_dir)
    return None


def quota_of(auth: AuthProvider | None, owner: str) -> Quota:
    """Return what an owner may have, beside what everybody may."""
    from cloche.mcp.auth.tokens import TokenFileVerifier

    return auth.quota_of(owner) if isinstance(auth, TokenFileVerifier) else Quota()


def tokens_file(settings: Settings) -> Path:
    """Return where the tokens of `cloche token` are."""
    return settings.http.tokens_file or settings.data_dir / "tokens.jsonl"
