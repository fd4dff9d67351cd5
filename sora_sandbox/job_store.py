"""Jobs on disk: a SQLite table from which nothing is deleted, so that it is also the ledger of accepted jobs.

Writes are committed before they are answered, and survive a killed process. Used from one thread.
"""

import json
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path
from typing import Any

_SCHEMA = """
CREATE TABLE IF NOT EXISTS video (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  idempotency_key TEXT UNIQUE,
  status TEXT NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'in_progress', 'completed', 'failed')),
  model TEXT NOT NULL, size TEXT NOT NULL, seconds TEXT NOT NULL, prompt TEXT NOT NULL,
  ancestry TEXT NOT NULL,
  remixed_from TEXT,
  has_reference INTEGER NOT NULL,
  error_code TEXT, error_message TEXT,
  created_at INTEGER NOT NULL, completed_at INTEGER, expires_at INTEGER, deleted_at INTEGER,
  kind TEXT NOT NULL DEFAULT 'create',
  fate TEXT NOT NULL DEFAULT '{}',
  sent_key TEXT,
  source_seconds INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS character (id TEXT PRIMARY KEY, name TEXT NOT NULL, created_at INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS video_waiting ON video (seq) WHERE status = 'queued' AND deleted_at IS NULL;
CREATE TABLE IF NOT EXISTS seen (
  operation TEXT NOT NULL, key TEXT NOT NULL, times INTEGER NOT NULL, PRIMARY KEY (operation, key)
) WITHOUT ROWID;
"""
_ADDED_COLUMNS = {  # what a file from an earlier version lacks, and what its rows are given
    "kind": (
        "ALTER TABLE video ADD COLUMN kind TEXT NOT NULL DEFAULT 'create'",
        "UPDATE video SET kind = 'remix' WHERE remixed_from IS NOT NULL",
    ),
    "fate": ("ALTER TABLE video ADD COLUMN fate TEXT NOT NULL DEFAULT '{}'",),
    "source_seconds": ("ALTER TABLE video ADD COLUMN source_seconds INTEGER NOT NULL DEFAULT 0",),
    "sent_key": (
        "ALTER TABLE video ADD COLUMN sent_key TEXT",
        "UPDATE video SET sent_key = idempotency_key",
    ),
}


@dataclass(frozen=True)
class JobSpec:
    """What a request asks for, checked."""

    prompt: str
    model: str
    size: str
    seconds: str
    ancestry: tuple[str, ...] = ()
    """Prompts of the videos that this one descends from, the oldest first."""
    remixed_from: str | None = None
    has_reference: bool = False
    kind: str = "create"
    """What was asked for: create, remix, edit or extend."""
    source_seconds: int = 0
    """The length of the film that an extension continues; 0 otherwise."""


@dataclass(frozen=True)
class VideoRecord:
    """One accepted job. Times are unix seconds."""

    seq: int
    id: str
    sent_key: str | None
    """The idempotency key that came with it."""
    status: str
    model: str
    size: str
    seconds: str
    prompt: str
    ancestry: tuple[str, ...]
    remixed_from: str | None
    has_reference: bool
    error_code: str | None
    error_message: str | None
    created_at: int
    completed_at: int | None
    expires_at: float | None
    deleted_at: int | None
    kind: str
    source_seconds: int
    fate: dict[str, Any]
    """What a fault decided about this job: see `faults.Fault`, "job"."""


@dataclass(frozen=True)
class Character:
    """Somebody or something that can appear in several videos."""

    id: str
    name: str
    created_at: int


_COLUMNS = tuple(field.name for field in fields(VideoRecord))


def new_id() -> str:
    """Return a fresh id, `video_` and 48 hex digits."""
    return "video_" + secrets.token_hex(24)


class JobStore:
    """The table of jobs."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        """Open or create the file, for this process alone.

        Raises:
            sqlite3.OperationalError: Another sandbox uses it.
        """
        self._clock = clock
        self._db = sqlite3.connect(path, isolation_level=None, timeout=2)
        path.chmod(0o600)  # SQLite gives its other files the same mode
        self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(_SCHEMA)
        self._add_columns()

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def add(
        self,
        video_id: str,
        spec: JobSpec,
        key: str | None,
        *,
        fate: Mapping[str, Any] | None = None,
        honoured: bool = True,
    ) -> VideoRecord:
        """Add an accepted job; a key that is honoured belongs to one job only."""
        self._db.execute(
            "INSERT INTO video (id, idempotency_key, model, size, seconds, prompt, ancestry, remixed_from, "
            "has_reference, created_at, kind, fate, sent_key, source_seconds) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                video_id,
                key if honoured else None,
                spec.model,
                spec.size,
                spec.seconds,
                spec.prompt,
                json.dumps(spec.ancestry),
                spec.remixed_from,
                spec.has_reference,
                self._now(),
                spec.kind,
                json.dumps(fate or {}),
                key,
                spec.source_seconds,
            ),
        )
        return self._one("id = ?", video_id)

    def find(self, video_id: str) -> VideoRecord | None:
        """Return a video that is not deleted."""
        return next(self._all("id = ? AND deleted_at IS NULL", video_id), None)

    def find_by_key(self, key: str) -> VideoRecord | None:
        """Return the job that an idempotency key made, even if it is deleted."""
        return next(self._all("idempotency_key = ?", key), None)

    def count_extensions(self, video_id: str) -> int:
        """Return how many extensions in a row led to a video, itself included."""
        job = next(self._all("id = ?", video_id), None)
        if job is None or job.kind != "extend":
            return 0
        return 1 + (self.count_extensions(job.remixed_from) if job.remixed_from else 0)

    def add_character(self, name: str) -> Character:
        """Create a character."""
        character = Character("char_" + secrets.token_hex(16), name, self._now())
        self._db.execute("INSERT INTO character VALUES (?, ?, ?)", astuple(character))
        return character

    def find_character(self, character_id: str) -> Character | None:
        """Return a character; None if there is none with this id."""
        row = self._db.execute("SELECT * FROM character WHERE id = ?", (character_id,)).fetchone()
        return Character(*row) if row else None

    def page(
        self, *, after: str | None, limit: int, descending: bool
    ) -> tuple[list[VideoRecord], bool] | None:
        """Return at most `limit` videos after one, in order of creation, and whether more follow.

        None if there never was a video `after`; a deleted one still marks a place.
        """
        start = None
        if after is not None:
            marked = next(self._all("id = ?", after), None)
            if marked is None:
                return None
            start = marked.seq
        compare, order = ("<", "DESC") if descending else (">", "ASC")
        where = f"deleted_at IS NULL AND (? IS NULL OR seq {compare} ?) ORDER BY seq {order} LIMIT ?"
        found = list(self._all(where, start, start, limit + 1))
        return found[:limit], len(found) > limit

    def ledger(self) -> list[VideoRecord]:
        """Return every job that was ever accepted, the oldest first."""
        return list(self._all("TRUE ORDER BY seq"))

    def count(self, *statuses: str) -> int:
        """Return how many jobs are in one of these statuses."""
        marks = ", ".join("?" * len(statuses))
        where = f"status IN ({marks}) AND deleted_at IS NULL"
        return int(self._db.execute(f"SELECT count(*) FROM video WHERE {where}", statuses).fetchone()[0])  # noqa: S608 -- question marks

    def start_next(self) -> VideoRecord | None:
        """Mark the oldest queued job as in progress, and return it."""
        waiting = next(self._all("status = 'queued' AND deleted_at IS NULL ORDER BY seq LIMIT 1"), None)
        if waiting is None:
            return None
        self._db.execute("UPDATE video SET status = 'in_progress' WHERE seq = ?", (waiting.seq,))
        return replace(waiting, status="in_progress")

    def requeue_interrupted(self) -> None:
        """Queue again the jobs that were in progress when the server ended."""
        self._db.execute("UPDATE video SET status = 'queued' WHERE status = 'in_progress'")

    def complete(self, video_id: str, expires_after: float) -> None:
        """Record that the files are there, for `expires_after` seconds."""
        now = self._clock()
        self._db.execute(
            "UPDATE video SET status = 'completed', completed_at = ?, expires_at = ? "
            "WHERE id = ? AND deleted_at IS NULL",
            (int(now), now + expires_after, video_id),
        )

    def fail(self, video_id: str, code: str, message: str) -> None:
        """Record why there will be no files."""
        self._db.execute(
            "UPDATE video SET status = 'failed', error_code = ?, error_message = ? "
            "WHERE id = ? AND deleted_at IS NULL",
            (code, message, video_id),
        )

    def delete(self, video_id: str) -> None:
        """Mark a video as deleted; the ledger keeps it."""
        self._db.execute("UPDATE video SET deleted_at = ? WHERE id = ?", (self._now(), video_id))

    def delete_all(self) -> None:
        """Mark every video as deleted."""
        self._db.execute("UPDATE video SET deleted_at = ? WHERE deleted_at IS NULL", (self._now(),))

    def expired(self) -> list[VideoRecord]:
        """Return the completed videos that have expired."""
        return list(self._all("status = 'completed' AND expires_at <= ?", self._clock()))

    def count_request(self, operation: str, key: str) -> None:
        """Count a request; `key` is its idempotency key, or empty."""
        self._db.execute(
            "INSERT INTO seen VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET times = times + 1", (operation, key)
        )

    def request_counts(self) -> tuple[dict[str, int], dict[str, int]]:
        """Return how many requests came in, by operation and by idempotency key."""
        by_operation = "SELECT operation, sum(times) FROM seen GROUP BY operation ORDER BY operation"
        by_key = "SELECT key, sum(times) FROM seen WHERE key <> '' GROUP BY key ORDER BY key"
        return dict(self._db.execute(by_operation)), dict(self._db.execute(by_key))

    def _add_columns(self) -> None:
        present = {row[1] for row in self._db.execute("PRAGMA table_info(video)")}
        for name in _ADDED_COLUMNS.keys() - present:
            for statement in _ADDED_COLUMNS[name]:
                self._db.execute(statement)

    def _now(self) -> int:
        return int(self._clock())

    def _one(self, where: str, *values: str | float | None) -> VideoRecord:
        return next(self._all(where, *values))

    def _all(self, where: str, *values: str | float | None) -> Iterator[VideoRecord]:
        rows = self._db.execute(f"SELECT {', '.join(_COLUMNS)} FROM video WHERE {where}", values).fetchall()  # noqa: S608  (our own text)
        return map(_record, rows)


def _record(row: tuple[Any, ...]) -> VideoRecord:
    values = dict(zip(_COLUMNS, row, strict=True))
    values["ancestry"] = tuple(json.loads(values["ancestry"]))
    values["fate"] = json.loads(values["fate"])
    values["has_reference"] = bool(values["has_reference"])
    return VideoRecord(**values)
