"""The token file: who may call, told by the hashes of their tokens.

A token is 256 random bits, so a plain SHA-256 of it cannot be searched back, and looking it up by
that hash tells nothing by its timing.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import tempfile
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from cloche.errors import InvalidRequest

_PREFIX = "cloche_"
_LOCK_SECONDS = 10
_MOST_BYTES = 16 * 1024 * 1024


class TokenRecord(BaseModel):
    """What the file says of one token, a line of JSON each."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    owner: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}$")
    """Whose sessions its bearer gets."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    """Hash of the token, in hex."""

    created_at: AwareDatetime
    """When it was made."""

    expires_at: AwareDatetime | None = None
    """From when on it is refused."""

    max_sessions: int | None = Field(default=None, ge=1, le=100_000)
    """Sessions that its owner may have at once; of several tokens the newest counts."""

    @property
    def expired(self) -> bool:
        """Whether it is refused by now."""
        return self.expires_at is not None and self.expires_at <= datetime.now(UTC)


def hash_of(token: str) -> str:
    """Return the hash by which a token is kept."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def read_tokens(file: Path) -> tuple[TokenRecord, ...]:
    """Return what the file says; nothing if there is none. Raises `InvalidRequest`."""
    try:
        with file.open("rb") as opened:
            text = opened.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise InvalidRequest(f"the token file {file} cannot be read: {error.strerror}") from error
    if len(text) > _MOST_BYTES:
        raise InvalidRequest(f"the token file {file} is larger than {_MOST_BYTES} bytes")
    records = tuple(_parse(file, text))
    if len({record.sha256 for record in records}) < len(records):
        raise InvalidRequest(f"the token file {file} holds a token twice; remove one of the lines")
    return records


def add_token(
    file: Path,
    owner: str,
    *,
    expires_at: datetime | None = None,
    max_sessions: int | None = None,
) -> str:
    """Make a token for an owner and return it; the file gets its hash. Raises `InvalidRequest`."""
    token = _PREFIX + secrets.token_urlsafe(32)
    try:
        record = TokenRecord(
            owner=owner,
            sha256=hash_of(token),
            created_at=datetime.now(UTC).replace(microsecond=0),
            expires_at=expires_at,
            max_sessions=max_sessions,
        )
    except ValidationError as error:
        raise InvalidRequest(_describe(error, owner=owner, max_sessions=max_sessions)) from error
    with _locked(file):
        _write(file, [*read_tokens(file), record])
    return token


def remove_tokens(file: Path, owner: str) -> int:
    """Remove all tokens of an owner and return how many those were. Raises `InvalidRequest`."""
    with _locked(file):
        records = read_tokens(file)
        kept = [record for record in records if record.owner != owner]
        if len(kept) < len(records):
            _write(file, kept)
    return len(records) - len(kept)


def _parse(file: Path, text: bytes) -> Iterator[TokenRecord]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            yield TokenRecord.model_validate_json(line)
        except ValidationError as error:
            fault = error.errors(include_input=False, include_url=False)[0]
            name = ".".join(str(part) for part in fault["loc"])
            where = f"line {number} of the token file {file}"
            raise InvalidRequest(f"{where}: {name + ': ' if name else ''}{fault['msg']}") from error


def _describe(error: ValidationError, **given: object) -> str:
    name = str(error.errors()[0]["loc"][0])
    if name == "owner":
        return (
            f"owner {given['owner']!r} is no name; use up to 128 letters, digits and . _ @ + -, "
            "with a letter or digit first"
        )
    return f"{name} is {given.get(name)!r}: {error.errors()[0]['msg']}"


@contextmanager
def _locked(file: Path) -> Generator[None]:
    """Keep others from changing the file between our reading and our writing it."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(file.with_name(file.name + ".lock"), timeout=_LOCK_SECONDS, mode=0o600):
            yield
    except Timeout as error:
        raise InvalidRequest(f"another process is changing {file}; try again") from error
    except OSError as error:
        raise InvalidRequest(
            f"the token file {file} cannot be written: {error.strerror}"
        ) from error


def _write(file: Path, records: Sequence[TokenRecord]) -> None:
    """Replace the file in one step; `mkstemp` lets nobody else read it."""
    lines = "".join(f"{record.model_dump_json(exclude_none=True)}\n" for record in records)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as opened:
            opened.write(lines)
            opened.flush()
            os.fsync(opened.fileno())
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def newest_first(records: Iterable[TokenRecord]) -> list[TokenRecord]:
    """Return records in the order in which their limits count."""
    return sorted(records, key=lambda record: record.created_at, reverse=True)
