"""Whether nothing was lost, nothing was made twice, and money and files agree; in words."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from uuid import UUID

import aiohttp
import psycopg

from production.stack import Running
from sora_studio.domain.ids import public_id
from tests.support.books import check_books

_VIDEOS = """
SELECT video.prompt, video.phase, extract(epoch FROM video.created_at)::float8,
    extract(epoch FROM video.completed_at)::float8, video.id
FROM video WHERE video.prompt LIKE %s
"""
_FILES = "SELECT key, bytes, sha256 FROM asset JOIN video ON video.id = asset.video_id WHERE prompt LIKE %s"
_WITHOUT_FILM = """
SELECT prompt FROM video WHERE prompt LIKE %s AND phase = 'completed'
    AND NOT EXISTS (SELECT FROM asset WHERE asset.video_id = video.id AND variant = 'video')
"""
_UNFINISHED = "SELECT count(*) FROM video WHERE prompt LIKE %s AND phase NOT IN ('completed', 'failed')"

Row = tuple[str, str, float, float | None, UUID]


async def finished(running: Running, mark: str, within: float) -> bool:
    """Wait until nothing is under way any longer; False: something still is."""
    async with await psycopg.AsyncConnection.connect(running.database_url, autocommit=True) as connection:
        for _ in range(int(within)):
            row = await (await connection.execute(_UNFINISHED, [f"%{mark}%"])).fetchone()
            if row == (0,):
                return True
            await asyncio.sleep(1)
    return False


def videos(running: Running, mark: str) -> list[Row]:
    """Return the videos of a run: prompt, phase, when they were asked for and completed, id."""
    with psycopg.connect(running.database_url) as connection:
        return connection.execute(_VIDEOS, [f"%{mark}%"]).fetchall()


async def findings(running: Running, mark: str, wished: Mapping[str, str]) -> list[str]:
    """Return everything that is wrong.

    Args:
        running: The studio.
        mark: What the prompts of this run have in them.
        wished: What was promised: the videos' ids by prompt.
    """
    taken = await _taken(running, mark)
    rows = await asyncio.to_thread(videos, running, mark)
    stored = Counter(row[0] for row in rows)
    phases = {row[0]: row[1] for row in rows}
    ids = {row[0]: public_id(row[4]) for row in rows}
    files = await asyncio.to_thread(lambda: [*_files(running, mark)])
    return [
        *(f"lost: {prompt!r} was promised and is not stored" for prompt in wished if not stored[prompt]),
        *(
            f"lost: {prompt!r} was promised under another id"
            for prompt, each in wished.items()
            if ids.get(prompt, each) != each
        ),
        *(
            f"stray: the provider has {prompt!r}, which is not stored"
            for prompt in taken
            if not stored[prompt]
        ),
        *(f"twice: {many} videos of {prompt!r}" for prompt, many in stored.items() if many > 1),
        *(f"lost: {prompt!r} is {phase}" for prompt, phase in phases.items() if phase != "completed"),
        *(f"lost: the provider never had {prompt!r}" for prompt in stored if not taken[prompt]),
        *(f"twice: the provider made {prompt!r} {many} times" for prompt, many in taken.items() if many > 1),
        *await asyncio.to_thread(check_books, running.database_url),
        *files,
    ]


async def _taken(running: Running, mark: str) -> Counter[str]:
    """Count the provider's own jobs by prompt."""
    found, after = Counter[str](), ""
    headers = {"Authorization": f"Bearer {running.provider.api_key}"}
    async with aiohttp.ClientSession(headers=headers) as http:
        while True:
            where = f"{running.provider.base_url}/videos?limit=100" + (f"&after={after}" if after else "")
            async with http.get(where) as answer:
                page = await answer.json()
            found.update(job["prompt"] for job in page["data"] if mark in job["prompt"])
            if not page["has_more"]:
                return found
            after = page["data"][-1]["id"]


def _files(running: Running, mark: str) -> Iterator[str]:
    with psycopg.connect(running.database_url) as connection:
        for (prompt,) in connection.execute(_WITHOUT_FILM, [f"%{mark}%"]).fetchall():
            yield f"files: {prompt!r} is completed and has none"
        for key, size, sha256 in connection.execute(_FILES, [f"%{mark}%"]).fetchall():
            path = Path(running.media) / key
            data = path.read_bytes() if path.is_file() else b""
            if len(data) != size or hashlib.sha256(data).hexdigest() != sha256:
                yield f"files: {key} is not what was stored"
