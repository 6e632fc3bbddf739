"""Bearer tokens of the token file."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import structlog
from fastmcp.server.auth import AccessToken, TokenVerifier

from cloche.errors import InvalidRequest
from cloche.mcp.auth.owners import stamp, token_owner
from cloche.mcp.auth.quotas import Quota
from cloche.mcp.auth.token_file import TokenRecord, hash_of, newest_first, read_tokens

_log = structlog.get_logger()

_LOOK_SECONDS = 1.0
"""How often at most it is looked whether the file has changed."""


class TokenFileVerifier(TokenVerifier):
    """Knows callers by the token file, and follows its changes.

    A file that cannot be read any more is told in the log, and what it said before holds on.
    """

    def __init__(self, file: Path) -> None:
        """Read `file`. Raises `InvalidRequest`."""
        super().__init__()
        self._file = file
        self._seen = _stamp_of(file)
        self._looked = time.monotonic()
        self._by_hash: dict[str, TokenRecord] = {}
        self._quotas: Mapping[str, Quota] = {}
        self._take(read_tokens(file))

    async def verify_token(self, token: str) -> AccessToken | None:
        """Return for whom the token speaks, or None."""
        self._follow()
        record = self._by_hash.get(hash_of(token))
        if record is None or record.expired:
            return None
        expires_at = None if record.expires_at is None else int(record.expires_at.timestamp())
        known = AccessToken(
            token=token,
            client_id=record.owner,
            scopes=[],
            expires_at=expires_at,
            claims={"sub": record.owner},
        )
        return stamp(known, token_owner(record.owner))

    def quota_of(self, owner: str) -> Quota:
        """Return what an owner may have, as the file says by now."""
        self._follow()
        return self._quotas.get(owner, Quota())

    @property
    def tokens(self) -> int:
        """How many tokens the file holds."""
        return len(self._by_hash)

    def _follow(self) -> None:
        now = time.monotonic()
        if now - self._looked < _LOOK_SECONDS:
            return
        self._looked = now
        seen = _stamp_of(self._file)
        if seen == self._seen:
            return
        self._seen = seen
        try:
            self._take(read_tokens(self._file))
        except InvalidRequest as error:
            _log.error("token_file_kept_as_it_was", reason=str(error))
        else:
            _log.info("token_file_read", tokens=self.tokens)

    def _take(self, records: tuple[TokenRecord, ...]) -> None:
        self._by_hash = {record.sha256: record for record in records}
        quotas: dict[str, Quota] = {}
        for record in newest_first(records):
            if record.max_sessions is not None:
                quotas.setdefault(token_owner(record.owner), Quota(record.max_sessions))
        self._quotas = quotas


def _stamp_of(file: Path) -> tuple[int, int, int] | None:
    """What changes with the file: a new one has another number, one that is written a new time."""
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
