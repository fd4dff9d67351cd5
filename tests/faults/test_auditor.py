"""The auditor can fail: it is silent about a healthy studio, and finds whatever is planted."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from sora_studio.db.engine import Database
from sora_studio.domain.errors import ContentRejected, SubmitUnclear
from sora_studio.domain.video import Status, VideoView
from sora_studio.services.pictures import limit_worker
from sora_studio.services.worker_pool import WorkerPool
from sora_studio.storage.local import LocalStorage
from tests.integration.jobs.conftest import Background
from tests.support.auditor import audit
from tests.support.films import film
from tests.support.ledger import Accepted, of_fake
from tests.support.library import add_person
from tests.support.provider import FakeProvider

Ledger = list[Accepted]
LOST = SubmitUnclear("The connection broke.", "connection_lost")


@dataclass
class Healthy:
    """A studio at rest: videos saved, failed, refused, rendering, and one that was sent again."""

    background: Background
    url: str
    media: Path

    def audit(self, change: Callable[[Ledger], Ledger] = list) -> list[str]:
        return audit(change(of_fake(self.background.provider)), self.url, self.media)

    def film(self) -> Path:
        return next(self.media.rglob("*.mp4"))


@pytest.fixture(scope="module")
def worker_pool() -> Iterator[WorkerPool]:
    with closing(WorkerPool(limit_worker, 1)) as opened:
        yield opened


@pytest.fixture
async def healthy(database: Database, database_url: str, tmp_path: Path, worker_pool: WorkerPool) -> Healthy:
    media = tmp_path / "media"
    background = Background(
        database, FakeProvider(), LocalStorage(media), worker_pool, await add_person(database)
    )
    await _live(background, film(tmp_path / "clip.mp4", seconds=4.0, fps=12).read_bytes())
    return Healthy(background, database_url, media)


async def _live(background: Background, mp4: bytes) -> None:
    for prompt in ("saved", "failed", "rendering"):
        await background.wish(prompt)
        await background.submit()
    background.provider.before_submit = [ContentRejected("No.", "moderation_blocked")]
    await background.wish("refused")
    await background.submit()
    background.provider.before_submit = [LOST]
    await _ask_and_send_again(background, await background.wish("sent again"))
    background.provider.finish("remote-0", mp4)
    background.provider.fail("remote-1", "out_of_memory", "Out of memory.")
    background.provider.report("remote-2", Status.IN_PROGRESS, 40)
    await background.refresh()
    await background.archive()


async def _ask_and_send_again(background: Background, view: VideoView) -> None:
    await background.submit()
    await background.sql(
        "UPDATE job SET submit_started_at = now() - interval '95 s', lookups = 3 WHERE remote_id IS NULL"
    )
    await background.reconcile()
    await background.videos.submit_again(view.owner_id, view.id)
    await background.submit()


async def test_a_healthy_studio(healthy: Healthy):
    assert healthy.audit() == []


def _again(ledger: Ledger) -> Ledger:
    return [*ledger, replace(ledger[0], remote_id="second", key=ledger[0].key)]


def _other_bytes(ledger: Ledger) -> Ledger:
    return [replace(job, sha256=job.sha256 and "0" * 64) for job in ledger]


@pytest.mark.parametrize(
    ("lie", "finding"),
    [
        (_again, "I1: video"),
        (lambda ledger: [*ledger, replace(ledger[0], remote_id="x", key="of somebody")], "I1: nobody owns"),
        (lambda ledger: [replace(job, posts=2) for job in ledger], "I1: job"),
        (_other_bytes, "is not the provider's"),
        (lambda ledger: ledger[1:], "settled and should be reserved"),
        (lambda ledger: [replace(job, seconds="8") for job in ledger], "I4: 1200000 micro-dollars"),
        (
            lambda ledger: [replace(job, status="completed", sha256="0") for job in ledger],
            "here it is failed",
        ),
    ],
)
async def test_what_the_provider_knows_better(
    healthy: Healthy, lie: Callable[[Ledger], Ledger], finding: str
):
    assert any(finding in each for each in healthy.audit(lie))


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        ("DELETE FROM asset WHERE variant = 'video'", "I2: video"),
        ("UPDATE asset SET sha256 = 'x' WHERE variant = 'video'", "is not what its row says"),
        ("UPDATE asset SET bytes = 1", "its row says 1"),
        ("DELETE FROM asset", "I8: no row knows"),
        ("UPDATE asset SET key = 'videos/elsewhere.mp4' WHERE variant = 'video'", "is missing"),
        ("UPDATE job SET charge = 'released' WHERE phase = 'completed'", "and should be settled"),
        ("UPDATE job SET charge = 'settled' WHERE phase = 'failed'", "and should be released"),
        ("UPDATE job SET charge = 'reserved' WHERE phase = 'failed'", "and should be released"),
        ("UPDATE job SET price_micros = 1 WHERE phase = 'completed'", "micro-dollars are settled"),
        ("UPDATE job SET phase = 'saving' WHERE phase = 'completed'", "I2: the provider completed"),
        ("UPDATE job SET due_at = NULL WHERE phase = 'in_progress'", "nothing is due"),
        ("UPDATE job SET due_at = now() - interval '2 min', lease_until = NULL", "has been overdue"),
        ("UPDATE video SET phase = 'queued' WHERE phase = 'completed'", "I3: video"),
        ("UPDATE job SET ended_at = NULL", "and its end is None"),
        ("INSERT INTO activity (video_id, kind) SELECT video_id, 'rendering' FROM job", "to rendering"),
        ("DELETE FROM activity WHERE kind = 'saved'", "is completed after rendered"),
        ("DELETE FROM activity WHERE kind = 'resubmitted'", "went from needs_attention to submitted"),
        ("INSERT INTO activity (video_id, kind) SELECT video_id, 'saved' FROM job", "failed to saved"),
    ],
)
async def test_what_is_wrong_in_the_database(healthy: Healthy, statement: str, finding: str):
    await healthy.background.sql(statement)
    assert any(finding in each for each in healthy.audit())


async def test_what_is_wrong_on_the_disk(healthy: Healthy):
    film = healthy.film()
    whole = film.read_bytes()
    film.write_bytes(whole[:-1] + b"?")
    assert any("is not what its row says" in each for each in healthy.audit())
    film.write_bytes(whole[:-1])
    assert any("its row says" in each for each in healthy.audit())
    film.write_bytes(whole)
    film.with_name("stray.mp4").write_bytes(b"?")
    assert any("no row knows" in each for each in healthy.audit())


async def test_a_young_spool_is_no_stray(healthy: Healthy):
    spool = healthy.background.storage.spool()
    assert healthy.audit() == []
    os.utime(spool, (0, 0))
    assert any("was left behind" in each for each in healthy.audit())
