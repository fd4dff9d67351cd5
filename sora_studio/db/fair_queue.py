"""The queue between people, in the tables: one index holds what waits, in the order in which it is sent."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert as upsert

from sora_studio.db.job_queries import WAITS
from sora_studio.db.models import NOBODY, QueueShareRow
from sora_studio.db.repository import Repository
from sora_studio.domain import fair_queue
from sora_studio.domain.fair_queue import URGENT, Standing, Waiting

_SEEN = 2_000
"""So many of those that wait at a provider are counted; who comes after them learns no number."""

_TOLD = 200  # so many of the next in a queue hear at once that it has moved

_STANDING = text("""
SELECT coalesce((SELECT virtual_time FROM queue_share WHERE provider = :provider AND user_id = :nobody), 0)
        AS virtual_time,
    coalesce((SELECT virtual_time FROM queue_share WHERE provider = :provider AND user_id = :owner), 0)
        AS finish,
    coalesce((SELECT queue_weight FROM "user" WHERE id = :owner), 1)
        * coalesce((SELECT queue_weight FROM project WHERE id = :project), 1) AS weight
""")

# Of an extension, what it adds.
_SECONDS = """greatest(1, CASE WHEN video.seconds ~ '^[0-9]{1,6}$' THEN video.seconds::integer ELSE 1 END
    - CASE WHEN video.kind = 'extend' AND source.seconds ~ '^[0-9]{1,6}$' THEN source.seconds::integer
        ELSE 0 END)"""
_WITH_SOURCE = "LEFT JOIN video AS source ON source.id = video.parent_id"

_OF_OWNERS = text(f"""
SELECT job.id, job.video_id, job.provider, video.owner_id, job.virtual_start,
    video.deleted_at IS NULL AS stays, {_SECONDS} AS seconds,
    coalesce("user".queue_weight, 1) * coalesce(project.queue_weight, 1) AS weight
FROM video JOIN job ON job.video_id = video.id AND job.current AND {WAITS} {_WITH_SOURCE}
LEFT JOIN "user" ON "user".id = video.owner_id LEFT JOIN project ON project.id = video.project_id
WHERE video.owner_id = ANY(:owners) AND NOT video.phase IN ('completed', 'failed')
    AND job.virtual_start > '-Infinity'
ORDER BY job.virtual_start, job.id
FOR UPDATE OF job
""")

_PUT = text(f"""
UPDATE job SET virtual_start = given.start
FROM unnest(CAST(:ids AS uuid[]), CAST(:starts AS float8[])) AS given (id, start)
WHERE job.id = given.id AND {WAITS} AND job.virtual_start <> given.start
""")

# What somebody has claimed and not begun goes back to the queue: the fence keeps them from sending it.
_LEAVE = text("""
UPDATE job SET fence = fence + 1, holder = NULL, lease_until = NULL, virtual_start = coalesce(virtual_start,
    (SELECT virtual_time FROM queue_share WHERE provider = job.provider AND user_id = :nobody), 0)
FROM (SELECT id AS held FROM job WHERE video_id = ANY(:videos) AND current AND phase = 'submitting'
    AND submit_started_at IS NULL ORDER BY id FOR UPDATE) AS waiting
WHERE id = held
RETURNING video_id
""")

_URGE = text(f"""
UPDATE job SET virtual_start = CASE WHEN :urgent THEN '-Infinity' ELSE coalesce(
    (SELECT virtual_time FROM queue_share WHERE provider = job.provider AND user_id = :nobody), 0) END
FROM video WHERE video.id = job.video_id AND video.deleted_at IS NULL
    AND job.video_id = :video AND job.current AND {WAITS}
RETURNING job.provider, video.owner_id
""")

# By the index alone, whatever the statistics say; the few that are deleted are left out afterwards.
_LINE = f"""SELECT next.*, video.owner_id, {_SECONDS} AS seconds
    FROM (
        SELECT job.id, job.video_id, job.virtual_start FROM job
        WHERE {WAITS} AND job.provider = asked.provider AND job.current
        ORDER BY job.virtual_start, job.id LIMIT :seen
    ) AS next JOIN video ON video.id = next.video_id AND video.deleted_at IS NULL {_WITH_SOURCE}"""

_PLACES = text(f"""
WITH asked AS (
    SELECT DISTINCT job.provider FROM job WHERE job.video_id = ANY(:ids) AND job.current AND {WAITS}
), line AS (
    SELECT asked.provider, ahead.video_id, ahead.virtual_start,
        count(*) OVER earlier AS place,
        count(*) FILTER (WHERE ahead.owner_id = :viewer) OVER earlier AS yours,
        coalesce(sum(ahead.seconds) OVER earlier, 0)::float8 AS ahead
    FROM asked CROSS JOIN LATERAL ({_LINE}) AS ahead
    WINDOW earlier AS (PARTITION BY asked.provider ORDER BY ahead.virtual_start, ahead.id
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
), speed AS (
    SELECT asked.provider, (
        SELECT sum(newest.took) / nullif(sum(newest.seconds), 0) FROM (
            SELECT extract(epoch FROM job.rendered_at - job.accepted_at)::float8 AS took,
                {_SECONDS} AS seconds, job.provider
            FROM (SELECT * FROM job WHERE rendered_at IS NOT NULL ORDER BY rendered_at DESC LIMIT 200) AS job
            JOIN video ON video.id = job.video_id {_WITH_SOURCE}
            WHERE job.provider = asked.provider AND job.accepted_at IS NOT NULL
        ) AS newest
    ) AS pace, making.seconds AS making, making.elapsed
    FROM asked CROSS JOIN LATERAL (
        SELECT coalesce(sum({_SECONDS}), 0)::float8 AS seconds, coalesce(sum(extract(epoch FROM
            now() - coalesce(job.accepted_at, job.submit_started_at, now()))), 0)::float8 AS elapsed
        FROM job JOIN video ON video.id = job.video_id {_WITH_SOURCE}
        WHERE job.phase IN ('submitting', 'submit_unknown', 'queued', 'in_progress')
            AND job.provider = asked.provider AND job.virtual_start IS NULL AND job.current
    ) AS making
)
SELECT line.*, speed.pace, speed.making, speed.elapsed
FROM line JOIN speed USING (provider) WHERE line.video_id = ANY(:ids)
""")

_QUEUE = text(f"""
SELECT line.*, "user".display_name, "user".email FROM (SELECT CAST(:provider AS text) AS provider) AS asked
CROSS JOIN LATERAL ({_LINE}) AS line LEFT JOIN "user" ON "user".id = line.owner_id
ORDER BY line.virtual_start, line.id
""")

_TELL = text(f"""
SELECT pg_notify('studio_changed', told.owner_id::text) FROM (
    SELECT DISTINCT line.owner_id FROM unnest(CAST(:providers AS text[])) AS asked (provider)
    CROSS JOIN LATERAL ({_LINE}) AS line WHERE line.owner_id IS NOT NULL
) AS told
""")

_OWNERS_IN = text(f"""
SELECT DISTINCT video.owner_id FROM job JOIN video ON video.id = job.video_id
WHERE {WAITS} AND video.project_id = :project AND video.owner_id IS NOT NULL
""")


@dataclass(frozen=True)
class InLine:
    """A wish that waits, with what its turn depends on."""

    video_id: UUID
    provider: str
    place: int  # how many are before it
    yours: int  # of these, those of who looks
    ahead: float  # seconds of video before it
    making: float  # seconds of video that are being made there
    elapsed: float  # seconds for which they are
    pace: float | None  # seconds that a second of video took of late
    urgent: bool


class FairQueue(Repository):
    """Reads and writes the order of what waits, inside one transaction."""

    async def join(self, owner_id: UUID, project_id: UUID | None, provider: str, seconds: int) -> float:
        """Put a new wish behind the others of its person; returns where it starts.

        The person's other wishes wait meanwhile (`UserRepository.hold`).
        """
        given = {"owner": owner_id, "project": project_id, "provider": provider, "nobody": NOBODY}
        row = (await self._do(_STANDING, given)).one()
        start, finish = fair_queue.join(Standing(row.virtual_time, row.finish, row.weight), seconds)
        await self._put_share(provider, owner_id, finish)
        return start

    async def leave(self, video_ids: Collection[UUID]) -> set[UUID]:
        """Make sure that wishes are not sent by anybody; returns them, without what may have been sent."""
        given = {"videos": [*video_ids], "nobody": NOBODY}
        return {row.video_id for row in await self._do(_LEAVE, given)}

    async def close_up(self, owner_ids: Collection[UUID]) -> None:
        """Put what people wait for one behind the other again, as after one has gone or weighs less."""
        for provider, wishes in (await self._of(owner_ids)).items():
            await self._lay_out(provider, wishes)

    async def put_first(self, owner_id: UUID, video_id: UUID, move: fair_queue.Move) -> bool:
        """Move a wish among those of its person at its provider; False: it does not wait there any longer."""
        for (provider, _), wishes in (await self._of([owner_id])).items():
            staying = {wish.video_id: wish for wish in wishes if wish.stays}
            if video_id in staying:
                order = fair_queue.moved([*staying], video_id, move)
                gone = [wish for wish in wishes if not wish.stays]
                await self._lay_out((provider, owner_id), [*gone, *(staying[each] for each in order)])
                return True
        return False

    async def urge(self, video_id: UUID, *, urgent: bool) -> tuple[str, UUID | None] | None:
        """Put a wish before everything else, or back; returns provider and owner, None: it does not wait."""
        given = {"video": video_id, "urgent": urgent, "nobody": NOBODY}
        row = (await self._do(_URGE, given)).first()
        return (row.provider, row.owner_id) if row else None

    async def places(self, viewer_id: UUID, video_ids: Collection[UUID]) -> dict[UUID, InLine]:
        """Tell where those of some videos stand that wait, as far as that can be counted."""
        given = {"ids": [*video_ids], "viewer": viewer_id, "seen": _SEEN}
        return {
            row.video_id: InLine(
                video_id=row.video_id,
                provider=row.provider,
                place=row.place,
                yours=row.yours,
                ahead=row.ahead,
                making=row.making,
                elapsed=row.elapsed,
                pace=row.pace,
                urgent=row.virtual_start == URGENT,
            )
            for row in await self._do(_PLACES, given)
        }

    async def queue(self, provider: str, *, limit: int) -> tuple[Waiting, ...]:
        """Return who waits at a provider, in the order in which their wishes are sent."""
        return tuple(
            Waiting(
                row.video_id,
                row.owner_id,
                row.display_name or "",
                row.email or "",
                row.seconds,
                row.virtual_start == URGENT,
            )
            for row in await self._do(_QUEUE, {"provider": provider, "seen": limit})
        )

    async def tell(self, *providers: str) -> None:
        """Announce to the people who are next at some providers that their places have changed."""
        await self._do(_TELL, {"providers": [*providers], "seen": _TOLD})

    async def owners_in(self, project_id: UUID) -> set[UUID]:
        """Return whose wishes wait in a project."""
        return {row.owner_id for row in await self._do(_OWNERS_IN, {"project": project_id})}

    async def _of(self, owner_ids: Collection[UUID]) -> dict[tuple[str, UUID], list["_Wish"]]:
        found: dict[tuple[str, UUID], list[_Wish]] = {}
        for row in await self._do(_OF_OWNERS, {"owners": [*owner_ids]}):
            wish = _Wish(
                row.id, row.video_id, row.virtual_start, fair_queue.length(row.seconds, row.weight), row.stays
            )
            found.setdefault((row.provider, row.owner_id), []).append(wish)
        return found

    async def _lay_out(self, whose: tuple[str, UUID], wishes: Sequence["_Wish"]) -> None:
        """Let those that stay start where the first of all did, in the order given."""
        staying = [wish for wish in wishes if wish.stays]
        first = min(wish.start for wish in wishes)
        starts, finish = fair_queue.lay_out(first, [wish.length for wish in staying])
        await self._do(_PUT, {"ids": [wish.id for wish in staying], "starts": starts})
        await self._put_share(*whose, finish)

    async def _put_share(self, provider: str, user_id: UUID, virtual_time: float) -> None:
        share = upsert(QueueShareRow).values(provider=provider, user_id=user_id, virtual_time=virtual_time)
        await self._do(
            share.on_conflict_do_update(
                index_elements=["provider", "user_id"], set_={"virtual_time": virtual_time}
            )
        )


@dataclass(frozen=True)
class _Wish:
    """One of a person's that waits."""

    id: UUID
    video_id: UUID
    start: float
    length: float
    stays: bool  # False: it is deleted
