"""The durable records of sessions: a SQLite file that several servers may share.

It holds what cannot be read off a session's own folder. Every call is a few dozen microseconds of
the event loop: a commit in WAL mode is one write to the page cache, which outlives a killed
process. Only a power cut can lose the last of them, and then the images, which are synced, tell.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self, cast

import structlog

from cloche.errors import InvalidRequest
from cloche.outcome import Language

_log = structlog.get_logger()

_SCHEMA_VERSION = 2

_RECORD = "session.json"

_SCHEMA = """
CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    root TEXT NOT NULL,
    owner TEXT NOT NULL,
    language TEXT NOT NULL,
    created REAL NOT NULL,
    used REAL NOT NULL,
    idle_seconds REAL NOT NULL,
    begun INTEGER NOT NULL DEFAULT 0,
    held INTEGER NOT NULL DEFAULT 0,
    told INTEGER NOT NULL DEFAULT 0,
    line TEXT NOT NULL DEFAULT '',
    cpu_seconds REAL NOT NULL DEFAULT 0,
    automatic INTEGER NOT NULL DEFAULT 0
) STRICT
"""

_UPGRADE_FROM_1 = "ALTER TABLE sessions ADD COLUMN automatic INTEGER NOT NULL DEFAULT 0"


@dataclass(frozen=True)
class Record:
    """A session as it is remembered."""

    id: str
    root: str
    """Name of the folder of homes that it lies in."""
    owner: str
    language: Language
    created: float
    """Seconds since 1970, as all times here."""
    used: float
    idle_seconds: float
    """How long it may lie unused until it is destroyed."""
    begun: int = 0
    """The last turn that was begun."""
    held: int = 0
    """The turn whose variables it holds; 0 for those of a new session."""
    told: int = 0
    """The last turn whose fate its owner has been told, or can be, by `held`."""
    line: str = ""
    """The turns that led to `held` and have an image, in order, with commas."""
    cpu_seconds: float = 0.0
    """Processor time that its turns have taken."""
    automatic: bool = False
    """Whether it is the one that its owner's calls mean when they name none."""

    def save(self, folder: Path) -> None:
        """Write what never changes into the session's folder, for when the database is lost."""
        facts = {"owner": self.owner, "language": self.language, "created": self.created}
        facts |= {"idle_seconds": self.idle_seconds, "automatic": self.automatic}
        text = json.dumps(facts)
        (folder / _RECORD).write_text(text, "utf-8")

    @classmethod
    def load(cls, folder: Path) -> Record | None:
        """Read what `save` wrote; None when there is nothing of the kind.

        The turns are then to be told from the images.
        """
        try:
            facts = json.loads((folder / _RECORD).read_text("utf-8"))
            return cls(
                id=folder.name,
                root=folder.parent.name,
                owner=str(facts["owner"]),
                language=cast("Language", str(facts["language"])),
                created=float(facts["created"]),
                used=time.time(),
                idle_seconds=float(facts["idle_seconds"]),
                automatic=bool(facts["automatic"]),
            )
        except (OSError, ValueError, TypeError, KeyError):
            return None


_Row = tuple[str, str, str, Language, float, float, float, int, int, int, str, float, bool]


class Store:
    """Records of sessions. A `with`; use it from one thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database: sqlite3.Connection | None = None

    def __enter__(self) -> Self:
        try:
            try:
                self._database = self._open()
            except sqlite3.DatabaseError as error:
                if isinstance(error, sqlite3.OperationalError):
                    raise
                aside = self._path.with_suffix(f".broken-{int(time.time())}")
                self._path.rename(aside)
                _log.error("store_broken", error=str(error), kept_as=aside.name)
                self._database = self._open()
        except (OSError, sqlite3.Error) as error:
            raise InvalidRequest(
                f"{self._path} cannot hold the records of sessions ({error}); "
                "name another folder by CLOCHE_DATA_DIR"
            ) from error
        return self

    def __exit__(self, *_: object) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._path, timeout=10, isolation_level=None)
        try:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = NORMAL")
            database.execute("BEGIN IMMEDIATE")
            (version,) = database.execute("PRAGMA user_version").fetchone()
            if version == 0:
                database.execute(_SCHEMA)
            elif version == 1:
                database.execute(_UPGRADE_FROM_1)
            elif version != _SCHEMA_VERSION:
                raise sqlite3.OperationalError(  # noqa: TRY301 - the handler closes the database
                    f"it is of version {version}, and this is version {_SCHEMA_VERSION}"
                )
            database.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
            database.execute("COMMIT")
        except BaseException:
            database.close()
            raise
        return database

    def add(self, record: Record) -> None:
        """Remember a session."""
        self._write(
            "INSERT OR REPLACE INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                record.id,
                record.root,
                record.owner,
                record.language,
                record.created,
                record.used,
                record.idle_seconds,
                record.begun,
                record.held,
                record.told,
                record.line,
                record.cpu_seconds,
                record.automatic,
            ),
        )

    def begin(self, session_id: str, turn: int, cpu_seconds: float) -> None:
        """Note that a turn is about to run, and the processor time that those before it took."""
        self._write(
            "UPDATE sessions SET begun = ?, cpu_seconds = ?, used = ? WHERE id = ?",
            (turn, cpu_seconds, time.time(), session_id),
        )

    def settle(self, session_id: str, *, held: int, told: int, line: Sequence[int]) -> None:
        """Note which turn's variables a session holds, by which line of turns it came there, and
        that its owner knows up to `told`."""
        self._write(
            "UPDATE sessions SET held = ?, told = max(told, ?), line = ?, used = ? WHERE id = ?",
            (held, told, ",".join(map(str, line)), time.time(), session_id),
        )

    def remove(self, session_id: str) -> None:
        """Forget a session."""
        self._write("DELETE FROM sessions WHERE id = ?", (session_id,))

    def of_root(self, root: str) -> list[Record]:
        """Return the sessions whose homes lie in a folder of that name."""
        if self._database is None:
            return []
        rows = self._database.execute("SELECT * FROM sessions WHERE root = ?", (root,)).fetchall()
        return [Record(*cast("_Row", (*row[:-1], bool(row[-1])))) for row in rows]

    def forget_all_but(self, roots: Sequence[str]) -> None:
        """Forget the sessions that lie in other roots: somebody has removed them."""
        marks = ", ".join("?" * len(roots))
        self._write(f"DELETE FROM sessions WHERE root NOT IN ({marks})", tuple(roots))  # noqa: S608

    def _write(self, statement: str, values: tuple[object, ...]) -> None:
        """Write; a disk that is full costs the record, not the session that goes on."""
        if self._database is None:
            return
        try:
            self._database.execute(statement, values)
        except sqlite3.Error as error:
            _log.error("store_failed", error=str(error))


class StoreJournal:
    """The journal of one durable session."""

    def __init__(self, store: Store, session_id: str) -> None:
        self._store, self._session_id = store, session_id

    def begin(self, turn: int, cpu_seconds: float) -> None:
        """Note that a turn is about to run, and the processor time taken before it."""
        self._store.begin(self._session_id, turn, cpu_seconds)

    def settle(self, *, held: int, told: int, line: Sequence[int]) -> None:
        """Note whose variables it holds, up to which turn that is known, and the line of turns."""
        self._store.settle(self._session_id, held=held, told=told, line=line)
