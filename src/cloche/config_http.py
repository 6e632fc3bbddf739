"""Settings of the server over HTTP: `CLOCHE_HTTP__*`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    model_validator,
)
from pydantic_settings import NoDecode

from cloche.limits import KIB, MIB, Fires

_HOST = re.compile(
    r"(\*\.)?[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9])?(:\d+)?|\[[0-9A-Fa-f:.]+\](:\d+)?"
)


def _split(value: object) -> object:
    """Take a list as a variable has it: names between commas."""
    if isinstance(value, str):
        return tuple(each.strip() for each in value.split(",") if each.strip())
    return value


def _check_host(value: str) -> str:
    if not _HOST.fullmatch(value):
        raise ValueError(
            f"{value!r} is no name of a host; write cloche.example.org or *.example.org"
        )
    return value


def _check_origin(value: str) -> str:
    parts = urlsplit(value)
    whole = f"{parts.scheme}://{parts.netloc}"
    if (
        parts.scheme not in {"http", "https"}
        or not parts.hostname
        or value != whole
        or "*" in value
    ):
        raise ValueError(f"{value!r} is no origin; write https://app.example.org")
    return value


def _check_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
        raise ValueError(f"{value!r} is no http or https address")
    return value


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
Hosts = Annotated[
    tuple[Annotated[str, AfterValidator(_check_host)], ...], NoDecode, BeforeValidator(_split)
]
Origins = Annotated[
    tuple[Annotated[str, AfterValidator(_check_origin)], ...], NoDecode, BeforeValidator(_split)
]
Url = Annotated[str, AfterValidator(_check_url)]
Urls = Annotated[tuple[Url, ...], NoDecode, BeforeValidator(_split)]

Algorithm = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519"
]
"""Signatures that are checked with a public key; a shared secret would let a checker sign."""


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class JwtSettings(_Group):
    """Which signed tokens (JWT) are accepted; for `auth` "jwt" and "oauth"."""

    jwks_url: Url | None = None
    """Where the issuer publishes its keys."""

    public_key_file: Path | None = None
    """A key in PEM instead of `jwks_url`."""

    issuer: str | None = None
    """Who must have issued a token (claim `iss`)."""

    audience: str | None = None
    """For whom a token must have been issued (claim `aud`)."""

    algorithm: Algorithm = "RS256"
    """How a token must be signed."""

    required_scopes: Names = ()
    """Scopes that a token must have."""

    owner_claim: str = Field(default="sub", min_length=1)
    """The claim that names the owner."""


class OAuthSettings(_Group):
    """Where clients get their tokens by OAuth; for `auth` "oauth"."""

    base_url: Url | None = None
    """The address of this server as clients see it, without /mcp."""

    authorization_servers: Urls = ()
    """Issuers at which clients register by themselves; their tokens are checked as in `jwt`."""

    config_url: Url | None = None
    """An OpenID provider's `/.well-known/openid-configuration`, where clients cannot register by
    themselves: Cloche then stands between, with `client_id` and `client_secret`."""

    client_id: str | None = None
    """Cloche's own id at that provider."""

    client_secret: SecretStr | None = None
    """Cloche's own secret at that provider."""

    verify_id_token: bool = False
    """Check the id token, for a provider whose access tokens are no JWT."""

    redirect_uris: Names | None = None
    """Patterns of the addresses to which clients may be sent back; default: those they register."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.config_url and self.authorization_servers:
            raise ValueError("set either authorization_servers or config_url, not both")
        return self


class HttpSettings(_Group):
    """How `cloche serve --transport http` listens, whom it trusts, and what it bounds."""

    host: str = Field(default="127.0.0.1", min_length=1)
    """Address or name to listen on."""

    port: int = Field(default=8000, ge=0, le=65_535)
    """Port to listen on; 0 takes a free one, which the log tells."""

    auth: Literal["none", "tokens", "jwt", "oauth"] = "none"
    """How callers show who they are; "none" only on this machine's own addresses."""

    tokens_file: Path | None = None
    """File of `cloche token`; default: tokens.jsonl in the data folder."""

    jwt: JwtSettings = Field(default_factory=JwtSettings)
    """See `JwtSettings`."""

    oauth: OAuthSettings = Field(default_factory=OAuthSettings)
    """See `OAuthSettings`."""

    allowed_hosts: Hosts = ()
    """Names under which clients reach this server, besides its address: for a proxy or a domain."""

    allowed_origins: Origins = ()
    """Origins whose pages may call this server from a browser."""

    forwarded_allow_ips: Names = ()
    """Addresses of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed."""

    certfile: Path | None = None
    """Certificate in PEM; with it the server speaks TLS, 1.2 or later."""

    keyfile: Path | None = None
    """Key of `certfile`, unless that file holds it too."""

    access_log: bool = False
    """Log each request: method, path, status, time; never query strings or headers."""

    body_bytes: Annotated[int, Fires("The request is refused (413).")] = Field(
        default=4 * MIB, ge=64 * KIB, le=256 * MIB
    )
    """Size of one request's body."""

    buffered_bytes: Annotated[
        int, Fires("Further requests are refused (503, with Retry-After) until others have ended.")
    ] = Field(default=256 * MIB, ge=64 * KIB, le=64 * 1024 * MIB)
    """Size of the bodies of all requests that are being served."""

    url_bytes: Annotated[int, Fires("The request is refused (414).")] = Field(
        default=8 * KIB, ge=256, le=32 * KIB
    )
    """Length of a request's address, with its query."""

    header_bytes: Annotated[
        int, Fires("The request is refused (431); from 64 KiB on its connection is closed (400).")
    ] = Field(default=32 * KIB, ge=1 * KIB, le=64 * KIB)
    """Size of all headers of a request."""

    headers: Annotated[int, Fires("The request is refused (431).")] = Field(
        default=100, ge=10, le=1000
    )
    """Number of headers of a request."""

    connections: Annotated[
        int,
        Fires(
            "A request on a further connection is refused (503, with Retry-After), but for /health "
            "and /ready; from 64 more on a connection is closed at once."
        ),
    ] = Field(default=512, ge=1, le=100_000)
    """Connections at once."""

    transport_sessions: Annotated[
        int, Fires("A client of the older protocol that connects is refused (503) until one ends.")
    ] = Field(default=1000, ge=1, le=100_000)
    """Clients of the protocol's older revisions (`Mcp-Session-Id`) at once."""

    session_idle_seconds: Annotated[
        float, Fires("Its id is forgotten (404); the client connects anew by itself.")
    ] = Field(default=1800.0, gt=0, le=86_400)
    """How long such a client may be silent."""

    header_seconds: Annotated[
        float, Fires("The request is answered with 408 and its connection closed.")
    ] = Field(default=10.0, gt=0, le=600)
    """How long a client may take to send a request's headers, TLS included."""

    body_seconds: Annotated[float, Fires("The request is answered with 408.")] = Field(
        default=30.0, gt=0, le=3600
    )
    """How long a client may take to send a request's body."""

    write_seconds: Annotated[float, Fires("The connection is cut, which ends its call.")] = Field(
        default=60.0, gt=0, le=3600
    )
    """How long a client may leave unread what it is sent."""

    keep_alive_seconds: Annotated[float, Fires("The connection is closed.")] = Field(
        default=30.0, gt=0, le=3600
    )
    """How long a connection may lie idle between two requests."""

    shutdown_seconds: Annotated[
        float, Fires("They are interrupted, and their callers get their outcomes.")
    ] = Field(default=10.0, ge=0, le=3600)
    """How long turns may go on when the server is asked to end."""
