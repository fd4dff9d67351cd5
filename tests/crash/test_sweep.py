"""Killed at every point of a video's life, the studio goes on: one job there, nothing lost, nothing left."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from sora_studio.db.engine import Database
from tests.crash.life import Life, order_of
from tests.support.auditor import audit
from tests.support.ledger import of_sandbox
from tests.support.library import add_person
from tests.support.sandbox import RunningSandbox, running_sandbox
from tests.support.source import ROOT
from tests.support.waiting import PATIENCE

WISH = [
    "put .png: before",
    "put .png: after",
    "Wishes._store: before the commit",
    "Wishes._store: after the commit",
]
SUBMIT = [
    "Submitter.run: before the commit",
    "Submitter.run: after the commit",
    "Submitter._send: before the commit",
    "Submitter._send: after the commit",
    "submit: before the POST",
    "submit: after the POST",
    "Submitter._record: before the commit",
    "Submitter._record: after the commit",
]
RECONCILE = [
    "Reconciler.run: before the commit",
    "Reconciler.run: after the commit",
    "list: before",
    "list: after",
    "Reconciler._record: before the commit",
    "Reconciler._record: after the commit",
]
REFRESH = [
    "Refresher.run: before the commit",
    "Refresher.run: after the commit",
    "fetch: before",
    "fetch: after, completed",
]
ARCHIVE = [
    "Archiver.run: before the commit",
    "Archiver.run: after the commit",
    "content: open",
    "content: at 10%",
    "content: at 50%",
    "content: at 99%",
    "put .webp: before",
    "put .webp: after",
    "put .jpeg: before",
    "put .jpeg: after",
    "put .mp4: before",
    "put .mp4: after",
    "Archiver._copy: before the commit",
    "Archiver._copy: after the commit",
]
DELETE = [
    "VideoService._mark_deleted: before the commit",
    "VideoService._mark_deleted: after the commit",
    "delete: before",
    "delete: after",
    "Purger.run: before the commit #2",
    "Purger.run: after the commit #2",
    "delete a file: before",
    "delete a file: after",
    "Purger.run: before the commit #3",
]
REMOVED = set(DELETE[1:])


@dataclass(frozen=True)
class Lives:
    """The process whose forks lead lives."""

    process: subprocess.Popen[str]
    log: Path

    def end_at(self, life: Life, point: str, *, late: bool = False) -> None:
        """Lead a life that ends at a point; one that never comes there is a wrong point."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{order_of(life, point, late=late)}\n")
        self.process.stdin.flush()
        status = self.process.stdout.readline().strip()
        assert status == str(-signal.SIGKILL), f"{point} was not reached: {self.log.read_text()[-2000:]}"


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """A sandbox whose videos take no time."""
    with running_sandbox(tmp_path_factory.mktemp("sandbox"), faults=True) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def lives(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lives]:
    """Start the process whose forks lead lives."""
    log = tmp_path_factory.mktemp("lives") / "log"
    command = [sys.executable, "-W", "ignore", "-m", "tests.crash.life"]
    with (
        log.open("w") as errors,
        subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        yield Lives(process, log)
        process.communicate(timeout=PATIENCE)  # the end of its orders ends it


@pytest.fixture
async def life(database: Database, database_url: str, provider: RunningSandbox, tmp_path: Path) -> Life:
    """A life that has not begun."""
    provider.clear()
    provider.fault(job="instant")
    owner_id = await add_person(database)
    return Life(f"boat {uuid4()}", str(owner_id), str(tmp_path / "data"), database_url, provider.base_url)


@pytest.mark.parametrize("point", [*WISH, *SUBMIT, *REFRESH, *ARCHIVE, *DELETE])
async def test_a_death(point: str, lives: Lives, life: Life, provider: RunningSandbox):
    """Whatever the moment, one job was accepted for the one click, and it comes to its end."""
    before = len(provider.ledger())
    lives.end_at(life, point, late=point in DELETE)
    await _goes_on(life, provider, before, removed=point in REMOVED)


@pytest.mark.parametrize("point", RECONCILE)
async def test_a_death_while_a_lost_answer_is_looked_for(
    point: str, lives: Lives, life: Life, provider: RunningSandbox
):
    """The provider took the job and the answer was lost; then the studio dies, too."""
    before = len(provider.ledger())
    provider.fault(create="accept-then-reset", times=1)
    lives.end_at(life, point)
    await _goes_on(life, provider, before, removed=False)


async def _goes_on(life: Life, provider: RunningSandbox, before: int, *, removed: bool) -> None:
    if removed:
        await life.end()
    else:
        await life.lead_to_completion()
    taken = provider.ledger()[before:]
    assert [job["prompt"] for job in taken] == [life.prompt]
    media = Path(life.data_dir) / "media"
    assert audit(of_sandbox(provider.base_url, before), life.database_url, media) == []
    if removed:
        assert life.files() == []
        assert taken[0]["deleted_at"] is not None
    else:
        with psycopg.connect(life.database_url) as database:
            assert database.execute("SELECT count(*) FROM video").fetchone() == (1,)
