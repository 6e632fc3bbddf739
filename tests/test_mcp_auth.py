"""Callers told apart by signed tokens and OAuth, by a real issuer on this machine."""

import asyncio
import base64
import hmac
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from fastmcp import Client
from fastmcp.client.transports import StreamableHttpTransport
from fastmcp.server.auth import AccessToken
from joserfc import jwk, jwt

from cloche.mcp.auth import owner_of, quota_of
from cloche.mcp.auth.owners import jwt_owner, token_owner
from cloche.mcp.auth.token_file import add_token
from cloche.mcp.auth.tokens import TokenFileVerifier

pytestmark = pytest.mark.anyio

PATIENCE_SECONDS = 60
AUDIENCE = "https://cloche.example.org"
CLIENT_ID, CLIENT_SECRET = "cloche-at-the-issuer", "a-secret-of-the-issuer"


class Issuer:
    """An OpenID provider: configuration, keys, a login that always succeeds, and tokens."""

    def __init__(self):
        self.key = jwk.generate_key("RSA", 2048, parameters={"kid": "one"})
        self.other = jwk.generate_key("RSA", 2048, parameters={"kid": "one"})
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                issuer.get(self)

            def do_POST(self):
                issuer.post(self)

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    def get(self, request):
        path = urlsplit(request.path)
        if path.path == "/.well-known/openid-configuration":
            self.tell(
                request,
                {
                    "issuer": self.url,
                    "authorization_endpoint": f"{self.url}/authorize",
                    "token_endpoint": f"{self.url}/token",
                    "jwks_uri": f"{self.url}/keys",
                    "response_types_supported": ["code"],
                    "subject_types_supported": ["public"],
                    "id_token_signing_alg_values_supported": ["RS256"],
                },
            )
        elif path.path == "/keys":
            self.tell(request, {"keys": [self.key.as_dict(private=False)]})
        else:
            request.send_error(404)

    def post(self, request):
        form = parse_qs(request.rfile.read(int(request.headers["Content-Length"])).decode())
        assert request.path == "/token"
        assert form["code"] == ["a-code"]
        token = self.token(sub="alice")
        told = {"access_token": token, "token_type": "Bearer", "expires_in": 3600}
        self.tell(request, told)

    def tell(self, request, answer):
        body = json.dumps(answer).encode()
        request.send_response(200)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def token(self, *, key=None, **claims):
        known = {"iss": self.url, "aud": AUDIENCE, "exp": int(time.time()) + 3600, "sub": "alice"}
        whole = {name: value for name, value in {**known, **claims}.items() if value is not None}
        header = {"alg": "RS256", "kid": "one"}
        return jwt.encode(header, whole, key or self.key, algorithms=["RS256"])


@pytest.fixture(scope="module")
def issuer():
    issuer = Issuer()
    thread = threading.Thread(target=issuer.http.serve_forever)
    thread.start()
    yield issuer
    issuer.http.shutdown()
    issuer.http.server_close()
    thread.join()


@pytest.fixture
async def http():
    async with httpx2.AsyncClient(timeout=PATIENCE_SECONDS) as http:
        yield http


async def status_of(http, server, token):
    """401, or 400 when the caller is known: a ping has no session."""
    answer = await http.post(
        server.url,
        headers={"Authorization": f"Bearer {token}", "Accept": "*/*"},
        json={"jsonrpc": "2.0", "id": 1, "method": "ping"},
    )
    return answer.status_code


@pytest.fixture(scope="module")
async def jwt_server(anyio_backend, http_server, issuer):
    return await http_server(
        CLOCHE_HTTP__AUTH="jwt",
        CLOCHE_HTTP__JWT__ISSUER=issuer.url,
        CLOCHE_HTTP__JWT__AUDIENCE=AUDIENCE,
        CLOCHE_HTTP__JWT__JWKS_URL=f"{issuer.url}/keys",
        CLOCHE_HTTP__JWT__REQUIRED_SCOPES="run",
    )


async def test_a_signed_token_of_the_issuer_is_served(jwt_server, issuer):
    token = issuer.token(scope="run other", nbf=int(time.time()) + 5)
    transport = StreamableHttpTransport(
        jwt_server.url, headers={"Authorization": f"Bearer {token}"}
    )
    async with Client(transport) as client:
        result = await client.call_tool("execute_code", {"code": "6 * 7"})
    assert result.structured_content["result"] == "42"


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "https://other.example.org"},
        {"aud": None},
        {"exp": 1},
        {"exp": None},
        {"nbf": 2**40},
        {"nbf": "now"},
        {"sub": None},
        {"sub": ""},
        {"sub": 5},
        {"scope": "other"},
        {"scope": None},
    ],
    ids=str,
)
async def test_a_signed_token_with_wrong_claims_is_refused(jwt_server, issuer, http, claims):
    assert await status_of(http, jwt_server, issuer.token(scope="run")) == 400
    assert await status_of(http, jwt_server, issuer.token(**{"scope": "run", **claims})) == 401


async def test_a_token_that_the_issuer_has_not_signed_is_refused(jwt_server, issuer, http):
    good = issuer.token(scope="run")
    header, body, signature = good.split(".")
    none = "eyJhbGciOiJub25lIn0"
    symmetric = "eyJhbGciOiJIUzI1NiIsImtpZCI6Im9uZSJ9." + body
    proof = hmac.digest(issuer.key.as_pem(private=False), symmetric.encode(), "sha256")
    proof = base64.urlsafe_b64encode(proof).decode().rstrip("=")
    forged = [
        issuer.token(scope="run", key=issuer.other),
        f"{symmetric}.{proof}",
        f"{none}.{body}.",
        f"{none}.{body}.{signature}",
        f"{header}.{body}.{signature[:-4]}AAAA",
        f"{header}.{body}",
        "..",
        "a.b.c",
        good + ".x",
    ]
    for token in forged:
        assert await status_of(http, jwt_server, token) == 401, token
    assert good not in jwt_server.log


async def test_protected_resource_metadata_names_the_issuer(http_server, issuer, http):
    server = await http_server(
        CLOCHE_HTTP__AUTH="oauth",
        CLOCHE_HTTP__OAUTH__BASE_URL="https://cloche.example.org",
        CLOCHE_HTTP__OAUTH__AUTHORIZATION_SERVERS=issuer.url,
        CLOCHE_HTTP__ALLOWED_HOSTS="cloche.example.org",
        CLOCHE_HTTP__JWT__ISSUER=issuer.url,
        CLOCHE_HTTP__JWT__AUDIENCE=AUDIENCE,
        CLOCHE_HTTP__JWT__JWKS_URL=f"{issuer.url}/keys",
    )
    answer = await http.post(server.url)
    assert answer.status_code == 401
    challenge = answer.headers["www-authenticate"]
    where = "https://cloche.example.org/.well-known/oauth-protected-resource/mcp"
    assert f'resource_metadata="{where}"' in challenge
    metadata = (await http.get(server.base + urlsplit(where).path)).json()
    assert metadata["resource"] == "https://cloche.example.org/mcp"
    assert metadata["authorization_servers"] == [f"{issuer.url}/"]
    assert await status_of(http, server, issuer.token()) == 400
    assert await status_of(http, server, "x") == 401


async def test_clients_of_a_provider_without_registration_get_tokens_through_us(
    http_server, issuer, http
):
    base = "http://127.0.0.1:8000"  # as clients see it; nobody follows it here
    server = await http_server(
        CLOCHE_HTTP__AUTH="oauth",
        CLOCHE_HTTP__OAUTH__BASE_URL=base,
        CLOCHE_HTTP__OAUTH__CONFIG_URL=f"{issuer.url}/.well-known/openid-configuration",
        CLOCHE_HTTP__OAUTH__CLIENT_ID=CLIENT_ID,
        CLOCHE_HTTP__OAUTH__CLIENT_SECRET=CLIENT_SECRET,
        CLOCHE_HTTP__JWT__AUDIENCE=AUDIENCE,
    )
    assert (await http.post(server.url)).status_code == 401
    path = "/.well-known/oauth-authorization-server"
    metadata = (await http.get(server.base + path)).json()
    assert metadata["registration_endpoint"] == f"{base}/register"
    registered = await http.post(
        f"{server.base}/register",
        json={"redirect_uris": ["http://localhost:9/callback"], "client_name": "test"},
    )
    assert registered.status_code == 201, registered.text
    asked = await http.get(
        f"{server.base}/authorize",
        params={
            "response_type": "code",
            "client_id": registered.json()["client_id"],
            "redirect_uri": "http://localhost:9/callback",
            "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
            "code_challenge_method": "S256",
            "state": "s",
        },
    )
    assert asked.status_code == 302
    assert urlsplit(asked.headers["location"]).path == "/consent"
    # A token of the provider itself is none of ours.
    assert await status_of(http, server, issuer.token()) == 401
    assert (server.data_dir / "oauth").stat().st_mode & 0o077 == 0
    everything = [each.read_bytes() for each in server.data_dir.rglob("*") if each.is_file()]
    assert not any(CLIENT_SECRET.encode() in each for each in everything)
    assert CLIENT_SECRET not in server.log


def test_owners_of_all_kinds_never_collide():
    owners = {
        token_owner("alice"),
        token_owner("jwt:a:b"),
        jwt_owner("a", "b:c"),
        jwt_owner("a:b", "c"),
        jwt_owner("a%3Ab", "c"),
        jwt_owner("token", "alice"),
        jwt_owner("", "token:alice"),
    }
    assert len(owners) == 7
    assert token_owner("alice") == "token:alice"


def test_a_token_that_nobody_has_verified_has_no_owner():
    with pytest.raises(LookupError):
        owner_of(AccessToken(token="x", client_id="alice", scopes=[], claims={"sub": "alice"}))


async def test_the_owner_of_a_token_and_its_quota_come_from_the_file(tmp_path):
    file = tmp_path / "tokens.jsonl"
    tokens = [add_token(file, "alice", max_sessions=most) for most in (2, None)]
    other = add_token(file, "bob")
    verifier = TokenFileVerifier(file)
    known = [await verifier.verify_token(token) for token in tokens]
    assert [owner_of(each) for each in known] == ["token:alice"] * 2
    assert known[0].client_id == known[0].subject == "token:alice"
    assert quota_of(verifier, "token:alice").max_sessions == 2
    assert quota_of(verifier, owner_of(await verifier.verify_token(other))).max_sessions is None
    assert await verifier.verify_token("") is None
    assert await verifier.verify_token("\ud800") is None


async def test_tokens_that_are_added_at_once_are_all_kept(tmp_path):
    file = tmp_path / "tokens.jsonl"
    owners = [f"owner-{number}" for number in range(20)]
    tokens = await asyncio.gather(*(asyncio.to_thread(add_token, file, each) for each in owners))
    verifier = TokenFileVerifier(file)
    known = [await verifier.verify_token(token) for token in tokens]
    assert [owner_of(each) for each in known] == [f"token:{owner}" for owner in owners]
    assert {each.name for each in tmp_path.iterdir()} == {"tokens.jsonl", "tokens.jsonl.lock"}
