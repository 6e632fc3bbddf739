"""Signed tokens (JWT) of an issuer."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from fastmcp.server.auth import AccessToken, JWTVerifier

from cloche.errors import InvalidRequest
from cloche.mcp.auth.owners import jwt_owner, stamp

if TYPE_CHECKING:
    from cloche.config_http import JwtSettings

_SKEW_SECONDS = 60
"""How far the issuer's clock may be ahead of ours."""


class OwnerJwtVerifier(JWTVerifier):
    """Checks signed tokens, and that they expire and name an owner."""

    def __init__(
        self,
        *,
        owner_claim: str,
        issuer: str,
        audience: str | None,
        algorithm: str,
        required_scopes: tuple[str, ...],
        jwks_uri: str | None = None,
        public_key: str | None = None,
    ) -> None:
        """Accept tokens of `issuer` for `audience`, signed with a key of `jwks_uri` or the one."""
        super().__init__(
            issuer=issuer,
            audience=audience,
            algorithm=algorithm,
            required_scopes=list(required_scopes) or None,
            jwks_uri=jwks_uri,
            public_key=public_key,
        )
        self._owner_claim = owner_claim
        self._issuer = issuer

    async def load_access_token(self, token: str) -> AccessToken | None:
        """Return for whom the token speaks, or None."""
        known = await super().load_access_token(token)
        if known is None or known.expires_at is None:
            return None
        not_before = known.claims.get("nbf", 0)
        if not isinstance(not_before, (int, float)) or not_before > time.time() + _SKEW_SECONDS:
            return None
        subject = known.claims.get(self._owner_claim)
        if not isinstance(subject, str) or not subject:
            return None
        return stamp(known, jwt_owner(self._issuer, subject))


def build_jwt(jwt: JwtSettings) -> OwnerJwtVerifier:
    """Return the verifier that the settings describe. Raises `InvalidRequest`."""
    issuer, audience = jwt.issuer, jwt.audience
    if not issuer or not audience:
        missing = "ISSUER" if not issuer else "AUDIENCE"
        raise InvalidRequest(
            f"CLOCHE_HTTP__JWT__{missing} is not set; without it tokens that were made for others "
            "would be accepted"
        )
    if (jwt.jwks_url is None) == (jwt.public_key_file is None):
        raise InvalidRequest(
            "set either CLOCHE_HTTP__JWT__JWKS_URL or CLOCHE_HTTP__JWT__PUBLIC_KEY_FILE"
        )
    return OwnerJwtVerifier(
        owner_claim=jwt.owner_claim,
        issuer=issuer,
        audience=audience,
        algorithm=jwt.algorithm,
        required_scopes=jwt.required_scopes,
        jwks_uri=jwt.jwks_url,
        public_key=_public_key(jwt),
    )


def _public_key(jwt: JwtSettings) -> str | None:
    file = jwt.public_key_file
    if file is None:
        return None
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"the public key {file} cannot be read: {error}") from error
    if "PRIVATE KEY" in text or "-----BEGIN" not in text:
        raise InvalidRequest(f"{file} holds no public key in PEM")
    return text
