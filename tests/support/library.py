"""Rows to start a test from."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sora_studio.db.engine import Database
from sora_studio.db.fair_queue import FairQueue
from sora_studio.db.models import JobRow, UserRow, VideoRow
from sora_studio.domain.ids import new_id
from sora_studio.domain.video import Phase, title_of
from sora_studio.domain.words import words_of
from sora_studio.services.people.accounts import AccountService
from sora_studio.services.people.authentication import Authenticator
from sora_studio.services.people.keys import KeyService
from sora_studio.services.throttle import Throttle

START = datetime(2026, 11, 1, 12, tzinfo=UTC)


def authenticator_of(
    db: Database, accounts: AccountService | None = None, *, throttle: Throttle | None = None
) -> Authenticator:
    """Make the gate of the API, for a service that asks it in its own transactions."""
    throttle = throttle or Throttle()
    accounts = accounts or AccountService(db=db, signing_key=bytes(32), throttle=throttle)
    return Authenticator(
        db=db,
        accounts=accounts,
        keys=KeyService(db=db, accounts=accounts, throttle=throttle),
        throttle=throttle,
        requests_per_minute=30_000,
    )


async def add_person(db: Database, name: str = "ada") -> UUID:
    """Store an account that cannot log in."""
    person = UserRow(
        id=new_id(), email=f"{name}-{new_id().hex}@example.org", display_name=name, password_hash="-"
    )
    async with db.transaction() as tx:
        tx.add(person)
    return person.id


def a_video(owner_id: UUID, prompt: str, **values: Any) -> VideoRow:
    """Make a row that is found by the words of its prompt."""
    columns: dict[str, Any] = {
        "title": title_of(prompt),
        "provider": "fake",
        "model": "sora-2",
        "size": "1280x720",
        "seconds": "4",
        "phase": Phase.COMPLETED,
        "created_at": START,
        "search": words_of(f"{title_of(prompt)} {prompt}"),
    }
    return VideoRow(id=new_id(), owner_id=owner_id, prompt=prompt, **{**columns, **values})


async def add_videos(
    db: Database,
    owner_id: UUID,
    *prompts: str,
    phase: Phase = Phase.COMPLETED,
    start: datetime = START,
    every: timedelta = timedelta(seconds=1),
    parent_id: UUID | None = None,
    provider: str = "fake",
    ordinals: Sequence[int] = (),
) -> list[UUID]:
    """Store videos with one job each, oldest first, `every` apart; without ordinals, all have the first."""
    ids: list[UUID] = []
    async with db.transaction() as tx:
        for number, prompt in enumerate(prompts):
            video = a_video(
                owner_id,
                prompt,
                provider=provider,
                phase=phase,
                parent_id=parent_id,
                created_at=start + number * every,
                ordinal=ordinals[number] if ordinals else 0,
            )
            tx.add(video)
            await tx.flush()
            waits = phase is Phase.SUBMITTING
            start_at = await FairQueue(tx).join(owner_id, None, provider, 4) if waits else None
            tx.add(
                JobRow(
                    id=new_id(),
                    video_id=video.id,
                    provider=provider,
                    phase=phase,
                    price_micros=400_000,
                    virtual_start=start_at,
                    remote_id=None
                    if phase in (Phase.SUBMITTING, Phase.SUBMIT_UNKNOWN)
                    else f"remote-{video.id.hex}",
                ),
            )
            ids.append(video.id)
    return ids
