"""The table of jobs: order, pages, the queue, and the ledger that it is."""

import sqlite3
from pathlib import Path

import pytest

from sora_sandbox.job_store import JobSpec, JobStore, VideoRecord, new_id


@pytest.fixture
def store(tmp_path: Path):
    store = JobStore(tmp_path / "jobs.sqlite3", clock=lambda: 1_000.9)
    yield store
    store.close()


def _add(store: JobStore, count: int) -> list[str]:
    return [store.add(new_id(), JobSpec("a dog", "sora-2", "1280x720", "4"), None).id for _ in range(count)]


def _ids(videos: list[VideoRecord]) -> list[str]:
    return [video.id for video in videos]


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
def test_pages_cover_everything_once_in_order(store: JobStore, limit: int, descending: bool):
    added = _add(store, 7)
    seen: list[str] = []
    more = True
    while more:
        page = store.page(after=seen[-1] if seen else None, limit=limit, descending=descending)
        assert page is not None
        videos, more = page
        seen += _ids(videos)

    assert seen == (added[::-1] if descending else added)


def test_a_page_of_nothing_tells_that_there_is_more(store: JobStore):
    _add(store, 1)

    assert store.page(after=None, limit=0, descending=True) == ([], True)


def test_a_deleted_video_still_marks_its_place(store: JobStore):
    first, second, third = _add(store, 3)
    store.delete(second)

    page = store.page(after=second, limit=10, descending=False)

    assert page is not None
    assert _ids(page[0]) == [third]
    assert store.find(second) is None
    assert [video.id for video in store.ledger()] == [first, second, third]


def test_an_unknown_place_is_not_a_page(store: JobStore):
    assert store.page(after="video_unknown", limit=10, descending=True) is None


def test_jobs_begin_in_order_and_deleted_ones_never(store: JobStore):
    first, second, third = _add(store, 3)
    store.delete(second)

    begun = [store.start_next(), store.start_next()]

    assert [video and (video.id, video.status) for video in begun] == [
        (first, "in_progress"),
        (third, "in_progress"),
    ]
    assert store.start_next() is None
    assert store.count("queued") == 0


def test_interrupted_jobs_wait_again(store: JobStore):
    (video_id,) = _add(store, 1)
    store.start_next()
    store.requeue_interrupted()

    again = store.start_next()

    assert again is not None
    assert again.id == video_id


def test_an_idempotency_key_belongs_to_one_video(store: JobStore):
    video = store.add(
        new_id(), JobSpec("a dog", "sora-2", "1280x720", "4", ("a cat",), "video_parent", True), "key"
    )
    store.delete(video.id)

    found = store.find_by_key("key")

    assert found is not None
    assert (found.id, found.ancestry, found.remixed_from, found.has_reference) == (
        video.id, ("a cat",), "video_parent", True,
    )  # fmt: skip
    assert found.deleted_at == 1_000
    assert store.find_by_key("other") is None


def test_a_deleted_video_never_completes(store: JobStore):
    (video_id,) = _add(store, 1)
    store.delete(video_id)
    store.complete(video_id, 3_600)
    store.fail(video_id, "code", "message")

    assert store.ledger()[0].status == "queued"


def test_completion_sets_the_expiry(store: JobStore):
    (video_id,) = _add(store, 1)
    store.complete(video_id, 60)

    video = store.find(video_id)

    assert video is not None
    assert (video.status, video.completed_at, video.expires_at) == ("completed", 1_000, 1_060.9)
    assert store.expired() == []


def test_a_file_from_an_earlier_version_opens(tmp_path: Path):
    """What was asked for then is known from the parent; nothing had a fate."""
    with sqlite3.connect(tmp_path / "old.sqlite3") as old:
        old.executescript(_FIRST_SCHEMA)
    old.close()
    store = JobStore(tmp_path / "old.sqlite3")
    added = store.add(
        new_id(), JobSpec("a fish", "sora-2", "1280x720", "4", kind="edit"), None, fate={"stuck": True}
    )

    assert [(job.id, job.kind, job.fate) for job in store.ledger()] == [
        ("video_1", "create", {}),
        ("video_2", "remix", {}),
        (added.id, "edit", {"stuck": True}),
    ]
    store.close()


def test_requests_are_counted_by_operation_and_by_key(store: JobStore):
    for operation, key in [("create", ""), ("create", "a"), ("remix", "a"), ("create", "b"), ("list", "")]:
        store.count_request(operation, key)

    assert store.request_counts() == ({"create": 3, "list": 1, "remix": 1}, {"a": 2, "b": 1})


def test_extensions_are_counted_in_a_row(store: JobStore):
    """An edit in between begins anew: it is a film of its own."""
    parent: str | None = None
    counts: list[int] = []
    for kind in ("create", "extend", "extend", "edit", "extend"):
        spec = JobSpec("a dog", "sora-2", "1280x720", "4", remixed_from=parent, kind=kind)
        parent = store.add(new_id(), spec, None).id
        counts.append(store.count_extensions(parent))

    assert counts == [0, 1, 2, 0, 1]


_FIRST_SCHEMA = """
CREATE TABLE video (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, idempotency_key TEXT UNIQUE,
  status TEXT NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'in_progress', 'completed', 'failed')),
  model TEXT NOT NULL, size TEXT NOT NULL, seconds TEXT NOT NULL, prompt TEXT NOT NULL,
  ancestry TEXT NOT NULL, remixed_from TEXT, has_reference INTEGER NOT NULL,
  error_code TEXT, error_message TEXT,
  created_at INTEGER NOT NULL, completed_at INTEGER, expires_at INTEGER, deleted_at INTEGER
);
INSERT INTO video (id, model, size, seconds, prompt, ancestry, has_reference, created_at)
VALUES ('video_1', 'sora-2', '1280x720', '4', 'a dog', '[]', 0, 1);
INSERT INTO video (id, model, size, seconds, prompt, ancestry, remixed_from, has_reference, created_at)
VALUES ('video_2', 'sora-2', '1280x720', '4', 'a cat', '["a dog"]', 'video_1', 0, 2);
"""
