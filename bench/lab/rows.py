"""A library of many videos, as fifty people would have after years; the first of them owns a fifth."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import psycopg

from sora_studio.domain.ids import new_id
from sora_studio.domain.video import Phase
from sora_studio.domain.words import words_of
from tests.support.cluster import as_superuser
from tests.support.library import START

PEOPLE = 50
HEAVY_SHARE = 0.2
"""The part of all videos that belongs to the first person."""

ABSENT, RARE, OLD, SOME, HALF, COMMON = "qwertz", "zebra", "sepia", "harbour", "evening", "light"
"""Words by how many videos have them: none, 1 in 4,000, the older half of all, 1 %, 50 % and 70 %."""

_SEED = 20261124
_TEXT = """slow pan over paper boats drifting across calm water while a lantern swings from the old pier
and somebody walks past carrying flowers toward green hills under passing clouds seen through glass"""
_WORDS = _TEXT.split()
_PHASES = (Phase.COMPLETED,) * 93 + (Phase.FAILED,) * 5 + (Phase.QUEUED, Phase.IN_PROGRESS)
_COPY_VIDEOS = """COPY video (id, owner_id, kind, title, prompt, provider, model, size, seconds, phase,
    created_at, completed_at, search, ordinal) FROM STDIN"""
_COPY_JOBS = """COPY job (id, video_id, current, provider, remote_id, phase, progress, progress_known,
    price_micros, charge, created_at) FROM STDIN"""
_COPY_ASSETS = """COPY asset (video_id, variant, key, content_type, bytes, sha256, width, height, created_at)
    FROM STDIN"""


@dataclass(frozen=True)
class _Wish:
    id: UUID
    owner_id: UUID
    prompt: str
    phase: Phase
    age: int  # seconds since the first one
    ordinal: int  # among its owner's


def fill(url: str, rows: int) -> list[UUID]:
    """Store so many videos with their jobs and files; return the fifty owners, the heavy one first."""
    owners = [new_id() for _ in range(PEOPLE)]
    wishes = list(_wishes(owners, rows))
    superuser = as_superuser(url)
    with psycopg.connect(superuser) as connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # the rows fit together, and nobody listens
        with cursor.copy(
            'COPY "user" (id, email, display_name, password_hash, created_at) FROM STDIN'
        ) as copy:
            for number, owner_id in enumerate(owners):
                copy.write_row((owner_id, f"p{number}-{owner_id.hex}@example.org", "P", "-", START))
        with cursor.copy(_COPY_VIDEOS) as copy:
            for wish in wishes:
                copy.write_row(_video(wish))
        with cursor.copy(_COPY_JOBS) as copy:
            for wish in wishes:
                copy.write_row(_job(wish))
        with cursor.copy(_COPY_ASSETS) as copy:
            for wish in wishes:
                for row in _assets(wish):
                    copy.write_row(row)
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE) video, job, asset")
    return owners


def _wishes(owners: list[UUID], rows: int) -> Iterator[_Wish]:
    chance = random.Random(_SEED)  # noqa: S311 -- the same rows each time
    made = Counter[UUID]()
    for number in range(rows):
        heavy = chance.random() < HEAVY_SHARE
        owner_id = owners[0] if heavy else owners[1 + number % (PEOPLE - 1)]
        phase = chance.choice(_PHASES) if number > rows - rows // 100 else _PHASES[number % 97]
        yield _Wish(new_id(), owner_id, _prompt(chance, number, rows), phase, number, made[owner_id])
        made[owner_id] += 1


def _prompt(chance: random.Random, number: int, rows: int) -> str:
    words = chance.choices(_WORDS, k=8)
    words += [word for word, share in ((COMMON, 0.7), (HALF, 0.5), (SOME, 0.01)) if chance.random() < share]
    words += [OLD] if number < rows // 2 else []
    words += [RARE] if chance.random() < 1 / 4000 else []
    chance.shuffle(words)
    return f"{' '.join(words)}, take {number}"


def _video(wish: _Wish) -> tuple[object, ...]:
    when = START + timedelta(seconds=wish.age)
    ended = when if wish.phase is Phase.COMPLETED else None
    facts = ("create", wish.prompt[:60], wish.prompt, "sandbox", "sora-2", "1280x720", "4")
    words = " ".join(f"'{word}'" for word in words_of(wish.prompt))
    return (wish.id, wish.owner_id, *facts, wish.phase, when, ended, words, wish.ordinal)


def _job(wish: _Wish) -> tuple[object, ...]:
    when = START + timedelta(seconds=wish.age)
    progress = 100 if wish.phase is Phase.COMPLETED else 0
    facts = (True, "sandbox", f"video_{wish.id.hex}", wish.phase, progress, True, 400_000, "settled")
    return (new_id(), wish.id, *facts, when)


def _assets(wish: _Wish) -> Iterator[tuple[object, ...]]:
    if wish.phase is not Phase.COMPLETED:
        return
    for variant, content_type in (
        ("video", "video/mp4"),
        ("thumbnail", "image/jpeg"),
        ("spritesheet", "image/jpeg"),
    ):
        key = f"{wish.id.hex[:2]}/{wish.id.hex}/{variant}"
        yield (wish.id, variant, key, content_type, 1_000_000, "0" * 64, 1280, 720, START)
