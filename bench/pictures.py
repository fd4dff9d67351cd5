"""What the pictures of a page of tiles cost: transactions, processor, and bytes by width."""

import asyncio
import hashlib
from contextlib import aclosing
from pathlib import Path
from uuid import UUID

import psycopg
from PIL import Image, ImageFilter

from bench.lab.lab import Lab
from bench.lab.metric import Metric, at_most, counted, ratio_at_most, time_at_most
from bench.lab.usage import metered
from sora_studio.db.engine import Database
from sora_studio.domain.ids import public_id
from sora_studio.domain.video import PosterWidth, Variant
from sora_studio.services.pictures import make_poster
from tests.support.films import film
from tests.support.library import add_videos
from tests.support.person import Person, join

TILES = 24
ROUNDS = 10

_ME = 'SELECT id FROM "user" WHERE email = %s'
_ASSET = """INSERT INTO asset (video_id, variant, key, content_type, bytes, sha256, width, height, created_at)
VALUES (%s, %s, %s, 'image/webp', %s, %s, 1280, 720, now())"""


async def measure(lab: Lab) -> list[Metric]:
    """Have one person look at a page of videos again and again, with a cache that keeps nothing."""
    studio = await lab.studio()
    person = await join(studio.url)
    async with aclosing(person.http):
        posters = await asyncio.to_thread(_posters, lab.folder)
        videos = await _videos(studio.database_url, person)
        _keep(studio.database_url, videos, lab.folder / "studio" / "media", posters)
        with metered(studio) as meter:
            await _look(person, videos)  # what is loaded once
            before = meter.read()
            for _ in range(ROUNDS):
                await _look(person, videos)
            await asyncio.sleep(1)  # the server counts transactions a moment later
            used = meter.read().since(before)
    looks, whole = TILES * ROUNDS, len(posters[Variant.THUMBNAIL])
    return [
        counted("pictures.transactions", used.transactions / looks, "per picture", at_most(1.5)),
        Metric("pictures.processor", used.seconds / looks * 1000, "ms per picture", time_at_most(4.5)),
        *(
            counted(
                f"pictures.bytes.{width:d}",
                len(posters[width.variant]),
                "bytes",
                ratio_at_most(0.5),
                baseline=whole,
            )
            for width in PosterWidth
        ),
    ]


async def _look(person: Person, videos: list[UUID]) -> None:
    query = f"variant={Variant.THUMBNAIL}&width={PosterWidth.WIDE:d}"
    paths = [f"/api/videos/{public_id(video_id)}/content?{query}" for video_id in videos]
    for answer in await asyncio.gather(*map(person.http.get, paths)):
        answer.raise_for_status()


def _posters(folder: Path) -> dict[str, bytes]:
    """Make the posters of a film with a picture that is no flat colour."""
    paths: dict[int, Path] = {width: folder / width.variant for width in PosterWidth}
    clip = film(folder / "film.mp4", size=(1280, 720), seconds=0.2, paint=_clouds)
    make_poster(clip, folder / Variant.THUMBNAIL, paths)
    names = (Variant.THUMBNAIL, *(width.variant for width in PosterWidth))
    return {name: (folder / name).read_bytes() for name in names}


def _clouds(_part: float) -> Image.Image:
    return Image.effect_noise((1280, 720), 80).filter(ImageFilter.GaussianBlur(3)).convert("RGB")


async def _videos(url: str, person: Person) -> list[UUID]:
    """Give a person finished videos, so that nothing goes on beside the looks."""
    with psycopg.connect(url) as connection:
        row = connection.execute(_ME, [person.email]).fetchone()
    db = Database(url)
    try:
        return (
            await add_videos(db, row[0], *[f"a paper boat, {number}" for number in range(TILES)])
            if row
            else []
        )
    finally:
        await db.close()


def _keep(url: str, videos: list[UUID], media: Path, posters: dict[str, bytes]) -> None:
    """Give every video these posters."""
    with psycopg.connect(url, autocommit=True) as connection:
        for video_id in videos:
            for name, data in posters.items():
                key = f"videos/{video_id.hex}/{name}.webp"
                (media / key).parent.mkdir(parents=True, exist_ok=True)
                (media / key).write_bytes(data)
                digest = hashlib.sha256(data).hexdigest()
                connection.execute(_ASSET, [video_id, name, key, len(data), digest])
