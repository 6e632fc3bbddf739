"""OAuth: clients learn from this server where to get their tokens."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.fernet import Fernet
from fastmcp.server.auth import AuthProvider, RemoteAuthProvider
from fastmcp.server.auth.jwt_issuer import derive_jwt_key
from fastmcp.server.auth.oidc_proxy import OIDCConfiguration, OIDCProxy
from key_value.aio.protocols import AsyncKeyValue
from key_value.aio.stores.filetree import (
    FileTreeStore,
    FileTreeV1CollectionSanitizationStrategy,
    FileTreeV1KeySanitizationStrategy,
)
from key_value.aio.wrappers.encryption import FernetEncryptionWrapper
from pydantic import AnyHttpUrl

from cloche.errors import InvalidRequest
from cloche.mcp.auth.jwt import OwnerJwtVerifier, build_jwt

if TYPE_CHECKING:
    from cloche.config_http import HttpSettings

_DISCOVERY_SECONDS = 10


def build_oauth(http: HttpSettings, data_dir: Path) -> AuthProvider:
    """Return the provider that the settings describe.

    Asks the OpenID provider for its configuration, if one is set. Raises `InvalidRequest`.
    """
    oauth = http.oauth
    if not oauth.base_url:
        raise InvalidRequest(
            "CLOCHE_HTTP__OAUTH__BASE_URL is not set; it is the address of this server as clients "
            "see it, for example https://cloche.example.org"
        )
    if oauth.config_url:
        return _build_proxy(http, oauth.base_url, oauth.config_url, data_dir)
    if not oauth.authorization_servers:
        raise InvalidRequest(
            "set CLOCHE_HTTP__OAUTH__AUTHORIZATION_SERVERS, if clients can register there by "
            "themselves, or else CLOCHE_HTTP__OAUTH__CONFIG_URL"
        )
    return RemoteAuthProvider(
        token_verifier=build_jwt(http.jwt),
        authorization_servers=[AnyHttpUrl(url) for url in oauth.authorization_servers],
        base_url=oauth.base_url,
        resource_name="Cloche",
    )


def _build_proxy(
    http: HttpSettings, base_url: str, config_url: str, data_dir: Path
) -> AuthProvider:
    oauth, jwt = http.oauth, http.jwt
    if not oauth.client_id or not oauth.client_secret:
        missing = "CLIENT_SECRET" if oauth.client_id else "CLIENT_ID"
        raise InvalidRequest(f"CLOCHE_HTTP__OAUTH__{missing} is not set; the provider gives it")
    if not oauth.verify_id_token and not jwt.audience:
        raise InvalidRequest(
            "CLOCHE_HTTP__JWT__AUDIENCE is not set; set it to the audience of the provider's "
            "access tokens, or CLOCHE_HTTP__OAUTH__VERIFY_ID_TOKEN to true"
        )
    try:
        known = OIDCConfiguration.get_oidc_configuration(
            AnyHttpUrl(config_url), strict=None, timeout_seconds=_DISCOVERY_SECONDS
        )
    except Exception as error:  # whatever a foreign server may answer
        raise InvalidRequest(
            f"CLOCHE_HTTP__OAUTH__CONFIG_URL is {config_url}: no OpenID configuration came from "
            f"there ({type(error).__name__})"
        ) from error
    secret = oauth.client_secret.get_secret_value()
    return OIDCProxy(
        config_url=config_url,
        timeout_seconds=_DISCOVERY_SECONDS,
        client_id=oauth.client_id,
        client_secret=secret,
        base_url=base_url,
        token_verifier=OwnerJwtVerifier(
            owner_claim=jwt.owner_claim,
            issuer=str(known.issuer),
            audience=oauth.client_id if oauth.verify_id_token else jwt.audience,
            algorithm=jwt.algorithm,
            # An id token has no scopes.
            required_scopes=() if oauth.verify_id_token else jwt.required_scopes,
            jwks_uri=str(known.jwks_uri),
        ),
        verify_id_token=oauth.verify_id_token,
        valid_scopes=list(jwt.required_scopes) or None,
        allowed_client_redirect_uris=(
            None if oauth.redirect_uris is None else list(oauth.redirect_uris)
        ),
        client_storage=_storage(data_dir / "oauth", secret),
    )


def _storage(folder: Path, secret: str) -> AsyncKeyValue:
    """Where registered clients and their encrypted tokens outlive the server."""
    key = derive_jwt_key(high_entropy_material=secret, salt="cloche-oauth-storage")
    try:
        # A new secret makes a new folder: the old one could not be read any more.
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = folder / hashlib.sha256(key).hexdigest()[:12]
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise InvalidRequest(f"{folder} cannot be made: {error.strerror}") from error
    files = FileTreeStore(
        data_directory=folder,
        key_sanitization_strategy=FileTreeV1KeySanitizationStrategy(folder),
        collection_sanitization_strategy=FileTreeV1CollectionSanitizationStrategy(folder),
    )
    return FernetEncryptionWrapper(
        key_value=files, fernet=Fernet(key=key), raise_on_decryption_error=False
    )
