"""The studio with its files in an object store: as people use it, and what its operator does with it."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import psycopg
import pytest

from sora_studio.db.engine import Database
from sora_studio.db.migrations import migrate
from sora_studio.domain.errors import StorageError
from sora_studio.services.media_move import MediaMove
from sora_studio.storage.local import LocalStorage
from sora_studio.subprocesses.postgres import embedded_postgres
from tests.integration.setup.test_maintenance import command
from tests.support.object_store import Bucket
from tests.support.person import Person, join
from tests.support.studio import fresh_data_dir, serving
from tests.support.waiting import comes_true

_QUICK: Mapping[str, str] = {"SORA_STUDIO_SANDBOX_SPEED": "200", "SORA_SANDBOX_CANNED": "1"}


@dataclass(frozen=True)
class Studio:
    """One that has ended, with a film on its disk."""

    data_dir: Path
    ada: Person
    video_id: str
    film: bytes


@pytest.fixture(scope="module")
async def ended() -> AsyncIterator[Studio]:
    with fresh_data_dir() as data_dir:
        with serving(data_dir, environment=_QUICK) as running:
            ada = await join(running.url)
            video_id = await ada.ask("a kite")
            await ada.ended(video_id)
            film = (await ada.http.get(f"/api/videos/{video_id}/content")).content
        yield Studio(data_dir, ada, video_id, film)


@pytest.fixture
def studio(ended: Studio, data_dir: Path) -> Studio:
    """Return one like it, for this test alone."""
    shutil.copytree(ended.data_dir, data_dir, ignore=shutil.ignore_patterns(".s.PGSQL*"))
    return replace(ended, data_dir=data_dir)


async def content(person: Person, video_id: str, **headers: str) -> httpx.Response:
    return await person.http.get(f"/api/videos/{video_id}/content", headers=headers)


async def test_a_film_lives_in_a_bucket(data_dir: Path, bucket: Bucket):
    environ = {**_QUICK, **bucket.environ()}
    with serving(data_dir, environment=environ) as running:
        ada = await join(running.url)
        kite = await ada.ask("a kite")
        await ada.ended(kite)
        film = (await content(ada, kite)).content
        assert {Path(key).suffix for key in bucket.content()} >= {".mp4", ".webp", ".jpeg"}
        assert [*(data_dir / "media").rglob("*.mp4")] == []
        part = await content(ada, kite, Range="bytes=100-199")
        assert (part.status_code, part.content) == (206, film[100:200])
        for variant in ("thumbnail", "spritesheet"):
            picture = await ada.http.get(f"/api/videos/{kite}/content", params={"variant": variant})
            assert (picture.status_code, int(picture.headers["content-length"])) == (
                200,
                len(picture.content),
            )
        await ada.http.delete(f"/api/videos/{kite}")
        assert (await content(ada, kite)).status_code == 404
        await ada.http.post(f"/api/videos/{kite}/restore")
        remix = (await ada.http.post(f"/api/videos/{kite}/remix", json={"prompt": "in red"})).json()["id"]
        await ada.ended(remix)
    environ["SORA_STUDIO_S3_PUBLIC_ENDPOINT"] = bucket.endpoint
    with serving(data_dir, environment=environ) as running:
        ada.http.base_url = running.url
        assert bucket.endpoint in (await ada.http.get("/")).headers["content-security-policy"]
        moved = await content(ada, kite, Range="bytes=0-9")
        assert (moved.status_code, moved.headers["location"].startswith(bucket.endpoint)) == (302, True)
        answer = await ada.http.get(f"/api/videos/{kite}/content?download=1", follow_redirects=True)
        assert answer.content == film
        assert answer.headers["content-disposition"].startswith("attachment")
        assert (await ada.http.head(f"/api/videos/{remix}/content")).status_code == 200
        for video_id in (kite, remix):
            await ada.http.delete(f"/api/videos/{video_id}")
    async with embedded_postgres(data_dir) as url:
        with psycopg.connect(url) as connection:
            connection.execute("UPDATE video SET deleted_at = now() - interval '1 day'")
    before = bucket.content() - {"studio/probe"}
    with serving(data_dir, environment=environ) as running:
        ada.http.base_url = running.url
        await ada.ask("a boat")  # what is heard of has the studio look what else there is to do
        await comes_true(lambda: asyncio.to_thread(lambda: not before & bucket.content()))


async def test_files_are_taken_to_a_bucket_and_back(studio: Studio, bucket: Bucket, tmp_path: Path):
    there = {**_QUICK, **bucket.environ()}
    url = there.pop("SORA_STUDIO_MEDIA_URL")
    with serving(studio.data_dir, environment=_QUICK):
        status, said = await command(studio.data_dir, "media", "move", f"--to={url}", environment=there)
        assert (status, "5 files copied" in said, "stop it, and run this again" in said) == (0, True, True), (
            said
        )
    [film] = (studio.data_dir / "media").rglob("*.mp4")
    key = next(each for each in bucket.content() if each.endswith(".mp4"))
    bucket.replace(key, bytes(len(studio.film)))
    film.write_bytes(studio.film[:-1] + b"?")
    status, said = await command(studio.data_dir, "media", "move", f"--to={url}/", environment=there)
    assert (status, "has other bytes" in said, "4 were there" in said) == (1, True, True), said
    film.write_bytes(studio.film)
    status, said = await command(studio.data_dir, "media", "move", f"--to={url}", environment=there)
    assert (status, "1 files copied" in said, f"set SORA_STUDIO_MEDIA_URL={url}" in said) == (
        0,
        True,
        True,
    ), said
    shutil.rmtree(studio.data_dir / "media")
    there["SORA_STUDIO_MEDIA_URL"] = url
    with serving(studio.data_dir, environment=there) as running:
        studio.ada.http.base_url = running.url
        assert (await content(studio.ada, studio.video_id)).content == studio.film
    status, said = await command(studio.data_dir, "scrub", "--deep", environment=there)
    assert status == 0, said
    back = studio.data_dir / "media"
    status, said = await command(studio.data_dir, "media", "move", f"--to={back}", environment=there)
    assert (status, "unset SORA_STUDIO_MEDIA_URL" in said) == (0, True), said
    assert next(back.rglob("*.mp4")).read_bytes() == studio.film
    for place in ("s3://UPPER", url, f"{url}/inside", f"s3://{bucket.name}"):
        status, said = await command(studio.data_dir, "media", "move", f"--to={place}", environment=there)
        assert status == 2, said
    gone = {**there, "SORA_STUDIO_S3_ENDPOINT": "http://127.0.0.1:1"}
    status, said = await command(studio.data_dir, "media", "move", f"--to={tmp_path}", environment=gone)
    assert (status, "does not answer. What has arrived stays there" in said) == (1, True), said


async def test_a_backup_has_what_is_in_the_bucket(
    studio: Studio, bucket: Bucket, empty_database_url: str, tmp_path: Path
):
    there = {**_QUICK, **bucket.environ()}
    status, said = await command(
        studio.data_dir,
        "media",
        "move",
        f"--to={there['SORA_STUDIO_MEDIA_URL']}",
        environment=_without(there),
    )
    assert status == 0, said
    for _ in range(2):  # the second copies nothing again
        status, said = await command(studio.data_dir, "backup", str(tmp_path / "to"), environment=there)
        assert (status, "1 videos, 5 files" in said) == (0, True), said
    new = tmp_path / "new"
    status, said = await command(new, "restore", str(tmp_path / "to"), environment=there)
    assert (status, "is not empty. Restore into a bucket or a prefix of its own" in said) == (1, True), said
    there |= bucket.environ("restored")
    await migrate(empty_database_url)
    bucket.keep_versions()
    status, said = await command(
        new, "restore", str(tmp_path / "to"), environment={**there, "DATABASE_URL": empty_database_url}
    )
    assert (status, "has used this database" in said, "restored/" in bucket.past()) == (1, True, False), said
    with fresh_data_dir() as data_dir:
        status, said = await command(data_dir, "restore", str(tmp_path / "to"), environment=there)
        assert status == 0, said
        with serving(data_dir, environment=there) as running:
            studio.ada.http.base_url = running.url
            assert (await content(studio.ada, studio.video_id)).content == studio.film
        status, said = await command(data_dir, "doctor", environment=there)
        assert "Files can be stored and read" in said
        gone = {**there, "AWS_SECRET_ACCESS_KEY": "x", "SORA_STUDIO_MEDIA_URL": "s3://nobodys-bucket"}
        status, said = await command(data_dir, "doctor", environment=gone)
        assert (status, "404 (NoSuchBucket)" in said, "SORA_STUDIO_S3_ENDPOINT" in said) == (1, True, True), (
            said
        )


async def test_a_move_leaves_a_running_studio_its_room(empty_database_url: str, tmp_path: Path):
    await migrate(empty_database_url)
    source, target = LocalStorage(tmp_path / "source"), LocalStorage(tmp_path / "target")
    await source.put(source.spool(), "videos/1/film.mp4")
    db = Database(empty_database_url)
    with pytest.raises(StorageError, match="The disk is nearly full"):
        await MediaMove(db, source, target, floor=source.size_bytes()).run()
    assert (await MediaMove(db, source, target).run()).taken == 1
    await db.close()


def _without(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the settings of the same studio while its files are on its disk."""
    return {name: value for name, value in environ.items() if name != "SORA_STUDIO_MEDIA_URL"}
