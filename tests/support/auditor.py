"""The auditor: reads only the provider's ledger, the database and the files, and says in words what is wrong.

It knows nothing of the studio's code, only its tables, and is called when the studio is at rest: what was
begun has ended, waits its turn, or waits for a person. I1 one wish is one paid job; I2 what the provider
completed is ours; I3 no life goes a forbidden way; I4 every price is accounted for; I5 nothing is stuck;
I8 files and rows agree; and the books of the money do (`tests/support/books.py`).
"""

import hashlib
import itertools
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import DictRow, dict_row

from tests.support.books import check_books
from tests.support.ledger import Accepted

_START, _ENDS = "", {"saved", "failed", "given_up"}
_SENT = {"submitted", "unclear", "busy", "failed", "needs_attention"}
_GOES_ON = {"rendering", "rendered", "failed", "needs_attention"}
_SAVES = {"delayed", "saved", "failed", "needs_attention"}
_AFTER = {
    _START: _SENT,
    "busy": _SENT,
    "not_accepted": _SENT,
    "resubmitted": _SENT,
    "submitted": _GOES_ON,
    "adopted": _GOES_ON,
    "unclear": {"adopted", "not_accepted", "needs_attention"},
    "rendering": {"rendered", "failed", "needs_attention"},
    "rendered": _SAVES,
    "delayed": _SAVES,
    "needs_attention": {"rechecked", "resubmitted", "given_up"},
    "rechecked": {"adopted", "not_accepted", *_GOES_ON},
    **{end: set[str]() for end in _ENDS},
}
"""Which line of a video's activity may follow which."""

_SHOWS = {
    "submitting": {_START, "busy", "not_accepted", "resubmitted"},
    "submit_unknown": {"unclear", "rechecked"},
    "queued": {"submitted", "adopted"},
    "in_progress": {"rendering", "rechecked"},
    "saving": {"rendered", "delayed"},
    "completed": {"saved"},
    "failed": {"failed", "given_up"},
    "needs_attention": {"needs_attention"},
}
"""Which last line of the activity goes with which phase."""

_TERMINAL = {"completed", "failed"}
_SPOOL, _SPOOL_LIFE = "tmp", 3600.0  # seconds
_IDENTITY = ".identity"  # of the folder itself
_OVERDUE = "60 seconds"

_JOBS = f"""
SELECT job.*, video.deleted_at, video.phase AS shown_phase,
    job.due_at < now() - interval '{_OVERDUE}' AND coalesce(job.lease_until, job.due_at) < now() AS overdue
FROM job JOIN video ON video.id = job.video_id ORDER BY job.created_at
"""  # noqa: S608 - our own constant
_KEPT = """
SELECT key, bytes, sha256, video_id, variant FROM asset
UNION ALL SELECT key, bytes, sha256, video_id, role FROM input
UNION ALL SELECT key, bytes, sha256, NULL, NULL FROM upload
"""


def audit(ledger: Sequence[Accepted], database_url: str, media: Path, *, history: bool = True) -> list[str]:
    """Return everything that is wrong, in words; nothing means that all is well.

    Args:
        ledger: What the provider took.
        database_url: The studio's database, `postgresql://…`.
        media: The folder of kept files.
        history: False where a migration back has taken the activity away.
    """
    with psycopg.connect(database_url) as connection, connection.cursor(row_factory=dict_row) as cursor:
        jobs = cursor.execute(_JOBS).fetchall()
        kept = cursor.execute(_KEPT).fetchall()
        trash = [row["key"] for row in cursor.execute("SELECT key FROM trash")]
        told: dict[object, list[str]] = defaultdict(list)
        for row in cursor.execute("SELECT video_id, kind FROM activity ORDER BY id"):
            told[row["video_id"]].append(row["kind"])
    books = _Books(ledger, jobs, told)
    findings = [*books.paid_once(), *books.all_saved(kept), *books.settled(), *_nothing_stuck(jobs)]
    findings += _ways(jobs, told) if history else ()
    return [*findings, *_files(kept, trash, media), *check_books(database_url)]


@dataclass(frozen=True)
class _Pair:
    """A job of the provider's, and the job of ours that it answers, if there is one."""

    theirs: Accepted
    ours: DictRow | None


class _Books:
    """The provider's ledger beside our jobs."""

    def __init__(
        self, ledger: Sequence[Accepted], jobs: Sequence[DictRow], told: dict[object, list[str]]
    ) -> None:
        by_remote = {job["remote_id"]: job for job in jobs if job["remote_id"]}
        by_key = {str(job["id"]): job for job in jobs}
        self._pairs = [
            _Pair(theirs, by_remote.get(theirs.remote_id) or by_key.get(theirs.key or ""))
            for theirs in ledger
        ]
        self._jobs, self._told = jobs, told

    def paid_once(self) -> Iterator[str]:
        """I1: a wish is one paid job; more only where the person sent it again. Each paid job is a wish's."""
        videos = Counter(pair.ours["video_id"] for pair in self._pairs if pair.ours)
        for video, times in videos.items():
            if times > 1 + self._told[video].count("resubmitted"):
                yield f"I1: video {video} was taken {times} times"
        for pair in self._pairs:
            if pair.ours is None:
                if not pair.theirs.deleted:
                    yield f"I1: nobody owns the provider's job {pair.theirs.remote_id}"
                continue
            lines = self._told[pair.ours["video_id"]]
            if (pair.theirs.posts or 1) > 1 + lines.count("not_accepted") and "busy" not in lines:
                yield f"I1: job {pair.ours['id']} was sent {pair.theirs.posts} times"

    def all_saved(self, kept: Iterable[DictRow]) -> Iterator[str]:
        """I2: what the provider completed is on our disk, byte for byte, and only then called completed."""
        films = {row["video_id"]: row for row in kept if row["variant"] == "video"}
        for pair in self._pairs:
            if pair.theirs.status == "completed" and _is_wanted(pair):
                yield from self._saved(pair, films)
        for job in self._jobs:
            if job["current"] and job["phase"] == "completed" and job["video_id"] not in films:
                yield f"I2: video {job['video_id']} is completed without a file"

    def _saved(self, pair: _Pair, films: dict[object, DictRow]) -> Iterator[str]:
        job, film = pair.ours or {}, films.get((pair.ours or {}).get("video_id"))
        if job["phase"] != "completed":
            given_up = self._told[job["video_id"]][-1:] == ["given_up"]
            if pair.theirs.sha256 and not given_up:  # it can still be had
                yield f"I2: the provider completed job {job['id']}, here it is {job['phase']}"
        elif film and pair.theirs.sha256 not in {None, film["sha256"]}:
            yield f"I2: the file of video {job['video_id']} is not the provider's"

    def settled(self) -> Iterator[str]:
        """I4: a price is settled for what was taken and did not fail, and released otherwise; to the cent."""
        taken = {pair.ours["id"]: pair.theirs for pair in self._pairs if pair.ours}
        due = sum(pair.theirs.micros for pair in self._pairs if pair.ours and not _is_let_go(pair.ours))
        settled = sum(job["price_micros"] or 0 for job in self._jobs if job["charge"] == "settled")
        for job in self._jobs:
            expected = _charges(job, taken.get(job["id"]))
            if job["charge"] not in expected:
                should = " or ".join(expected)
                yield f"I4: job {job['id']} ({job['phase']}) is {job['charge']} and should be {should}"
        if settled != due:
            yield f"I4: {settled} micro-dollars are settled, the provider bills {due}"


def _is_wanted(pair: _Pair) -> bool:
    return not pair.theirs.deleted and bool(
        pair.ours and pair.ours["current"] and not pair.ours["deleted_at"]
    )


def _is_let_go(job: DictRow) -> bool:
    """Tell whether the person decided about a job without anybody knowing whether it had been taken."""
    return job["remote_id"] is None and (not job["current"] or job["problem_code"] == "given_up")


def _charges(job: DictRow, taken: Accepted | None) -> tuple[str, ...]:
    is_over = job["phase"] == "failed" or not job["current"]
    if (taken is None or job["remote_id"] is None) and job["submit_started_at"] and not job["current"]:
        return "reserved", "released"  # it may have been taken: held until its person gives up
    if taken is None or job["remote_id"] is None:
        return ("released",) if is_over else ("reserved",)
    return ("released",) if taken.status == "failed" and job["phase"] == "failed" else ("settled",)


def _ways(jobs: Iterable[DictRow], told: dict[object, list[str]]) -> Iterator[str]:
    """I3: a video's life goes along the allowed ways, and its activity tells the same story as its phase."""
    for job in jobs:
        if not job["current"]:
            continue
        lines = [_START, *told[job["video_id"]]]
        for before, after in itertools.pairwise(lines):
            if after not in _AFTER.get(before, set()):
                yield f"I3: video {job['video_id']} went from {before or 'its start'} to {after}"
        if lines[-1] not in _SHOWS[job["phase"]]:
            yield f"I3: video {job['video_id']} is {job['phase']} after {lines[-1] or 'nothing'}"
        if job["phase"] != job["shown_phase"]:
            yield f"I3: video {job['video_id']} shows {job['shown_phase']} and is {job['phase']}"
        if (job["ended_at"] is not None) != (job["phase"] in _TERMINAL):
            yield f"I3: job {job['id']} is {job['phase']}, and its end is {job['ended_at']}"


def _nothing_stuck(jobs: Iterable[DictRow]) -> Iterator[str]:
    """I5: whatever has not ended is due, is being worked on, or waits for a person."""
    for job in jobs:
        if job["phase"] in _TERMINAL or job["deleted_at"] or not job["current"]:
            continue
        if job["phase"] != "needs_attention" and job["due_at"] is None:
            yield f"I5: job {job['id']} is {job['phase']} for ever: nothing is due"
        elif job["overdue"]:
            yield f"I5: job {job['id']} is {job['phase']} and has been overdue since {job['due_at']}"


def _files(kept: Iterable[DictRow], trash: Iterable[str], media: Path) -> Iterator[str]:
    """I8: every row has its file, every file its row; spools may be young."""
    rows: dict[str, dict[str, Any]] = {row["key"]: row for row in kept}
    for key, row in rows.items():
        path = media / key
        if not path.is_file():
            yield f"I8: the file {key} is missing"
        elif path.stat().st_size != row["bytes"]:
            yield f"I8: the file {key} has {path.stat().st_size} bytes, its row says {row['bytes']}"
        elif hashlib.sha256(path.read_bytes()).hexdigest() != row["sha256"]:
            yield f"I8: the file {key} is not what its row says"
    for path in sorted(each for each in media.rglob("*") if each.is_file()):
        key = path.relative_to(media).as_posix()
        if key.partition("/")[0] == _SPOOL:
            if time.time() - path.stat().st_mtime > _SPOOL_LIFE:
                yield f"I8: the spool {key} was left behind"
        elif key not in rows and key not in trash and key != _IDENTITY:
            yield f"I8: no row knows the file {key}"
