"""Jobs as the background work sees them: claimed with a lease, written back under a fencing number.

The two statements that carry the whole life of a job are plain SQL: each does for a thousand jobs what it
does for one, so that their number does not grow with the number of jobs.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, func, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from sora_studio.db.fair_queue import FairQueue
from sora_studio.db.job_decisions import GIVE_UP, HOLD, LOOK_AGAIN, SUBMIT_AGAIN
from sora_studio.db.job_queries import CLAIM, CLAIM_WISHES, DURATIONS, UNANSWERED
from sora_studio.db.locks import Lock
from sora_studio.db.models import NOBODY, JobRow
from sora_studio.db.repository import Repository
from sora_studio.domain.activity import ActivityKind
from sora_studio.domain.errors import Conflict
from sora_studio.domain.inputs import Role
from sora_studio.domain.job import ClaimedJob, JobChange, JobInput, Likeness
from sora_studio.domain.video import NEXT, Kind, Phase

# Only a holder with the newest fencing number writes, only along the allowed ways, and progress never falls.
# A problem ends with the phase that it was met in, and is recorded with what it led to: the last entry.
# A hint that came while the provider was being asked is not forgotten: the answer may be older. What has been
# written is let go of, and is not written twice. What was not sent after all goes back to the queue.
_RECORD = text("""
WITH change AS (
    SELECT * FROM jsonb_to_recordset(CAST(:changes AS jsonb)) AS change(
        id uuid, fence integer, phase text, due_in float8, remote_id text, progress integer,
        remote_status text, remote_expires_at timestamptz, problem_code text, problem_message text,
        charge text, failures integer, lookups integer, not_sent boolean, accepted boolean,
        rendered_at timestamptz, server text, facts jsonb, activity_kinds jsonb, claimed_at timestamptz)
), done AS (
    UPDATE job SET
        phase = coalesce(change.phase, job.phase),
        due_at = CASE WHEN job.hinted_at > change.claimed_at AND change.due_in IS NOT NULL
                AND coalesce(change.phase, job.phase) IN ('queued', 'in_progress', 'needs_attention')
            THEN greatest(now(), job.hinted_at) ELSE now() + make_interval(secs => change.due_in) END,
        lease_until = NULL,
        holder = NULL,
        virtual_start = CASE WHEN coalesce(change.phase, job.phase) = 'submitting' THEN coalesce((
            SELECT virtual_time FROM queue_share WHERE provider = job.provider AND user_id = :nobody
        ), 0) END,
        server = coalesce(change.server, job.server),
        remote_id = coalesce(job.remote_id, change.remote_id),
        progress = greatest(job.progress, change.progress),
        progress_known = job.progress_known OR coalesce(change.progress, 0) BETWEEN 1 AND 99,
        remote_status = nullif(coalesce(change.remote_status, job.remote_status), ''),
        remote_expires_at = coalesce(change.remote_expires_at, job.remote_expires_at),
        problem_code = CASE WHEN coalesce(change.phase, job.phase) <> job.phase THEN change.problem_code
            ELSE nullif(coalesce(change.problem_code, job.problem_code), '') END,
        problem_message = CASE WHEN coalesce(change.phase, job.phase) <> job.phase THEN change.problem_message
            ELSE nullif(coalesce(change.problem_message, job.problem_message), '') END,
        charge = coalesce(change.charge, job.charge),
        failures = change.failures,
        lookups = coalesce(change.lookups, job.lookups),
        submit_started_at = CASE WHEN change.not_sent THEN NULL ELSE job.submit_started_at END,
        accepted_at = coalesce(job.accepted_at, CASE WHEN change.accepted THEN now() END),
        rendered_at = coalesce(job.rendered_at, change.rendered_at),
        facts = CASE WHEN change.facts IS NULL THEN job.facts
            ELSE coalesce(job.facts, '{}') || change.facts END,
        ended_at = CASE WHEN change.phase IN ('completed', 'failed') THEN now() ELSE job.ended_at END
    FROM change
    WHERE job.id = change.id AND job.fence = change.fence AND job.holder IS NOT NULL
      AND (change.phase IS NULL OR change.phase = job.phase
        OR job.phase || '>' || change.phase = ANY(:ways))
    RETURNING job.id, job.video_id, job.phase, job.current, change.activity_kinds,
        nullif(change.problem_message, '') AS problem_message
), recorded AS (
    INSERT INTO activity (video_id, kind, note)
    SELECT done.video_id, entry.word,
        CASE WHEN entry.place = jsonb_array_length(done.activity_kinds) THEN done.problem_message END
    FROM done, jsonb_array_elements_text(done.activity_kinds) WITH ORDINALITY AS entry (word, place)
    ORDER BY entry.place
), shown AS (
    UPDATE video SET phase = done.phase,
        completed_at = CASE WHEN done.phase = 'completed' THEN now() ELSE video.completed_at END
    FROM done WHERE video.id = done.video_id AND done.current AND video.phase <> done.phase
)
SELECT id FROM done
""")

_WAYS = [f"{phase}>{after}" for phase, afters in NEXT.items() for after in afters]


class JobRepository(Repository):
    """Claims and records jobs inside one transaction."""

    async def claim(
        self,
        phases: Iterable[Phase],
        *,
        holder: UUID,
        lease: timedelta,
        most: int,
        held: Iterable[UUID] = (),
        servers: Iterable[str] = (),
    ) -> tuple[ClaimedJob, ...]:
        """Reserve due jobs, soonest deadline first; two processes never get the same one.

        Args:
            phases: Where they are.
            holder: Who reserves them.
            lease: For how long.
            most: The limit.
            held: Jobs that the holder still works on, whatever became of their leases.
            servers: Those that the holder asks. What was sent to another one is left alone for a minute.
        """
        parameters = {
            "phases": [*map(str, phases)],
            "holder": holder,
            "lease": lease,
            "most": most,
            "held": [*held],
            "servers": [*servers],
        }
        return tuple(map(_to_claimed, await self._do(CLAIM, parameters)))

    async def claim_wishes(
        self,
        *,
        holder: UUID,
        lease: timedelta,
        most: int,
        places: Mapping[str, int],
        held: Iterable[UUID] = (),
        known: Iterable[str] | None = None,
    ) -> tuple[ClaimedJob, ...]:
        """Reserve wishes that can be sent: those whose turn it is in the queues between people.

        Args:
            holder: Who reserves them.
            lease: For how long.
            most: The limit.
            places: How many jobs a provider makes at a time, where that is limited.
            held: Jobs that the holder still works on, whatever became of their leases.
            known: The holder's providers: wishes for others are left to instances that have them. None: all.
        """
        if places:  # two processes that counted at the same time would both take the last place
            await self._hold(Lock.TAKING_WISHES)
        parameters = {
            "phases": [Phase.SUBMITTING.value],
            "holder": holder,
            "lease": lease,
            "most": most,
            "places": json.dumps(dict(places)),
            "nobody": NOBODY,
            "held": [*held],
            "known": None if known is None else [*known],
        }
        claimed = tuple(map(_to_claimed, await self._do(CLAIM_WISHES, parameters)))
        if moved := sorted({job.provider for job in claimed} & places.keys()):
            await FairQueue(self._tx).tell(*moved)
        return claimed

    async def begin(self, job: ClaimedJob, server: str | None = None) -> bool:
        """Record that the POST to a server begins now; False: the job is no longer ours."""
        begun = await self._do(
            update(JobRow)
            .where(
                col(JobRow.id) == job.id,
                col(JobRow.fence) == job.fence,
                col(JobRow.submit_started_at).is_(None),
            )
            .values(submit_started_at=func.now(), server=server),
        )
        return begun.rowcount == 1

    async def record(self, changes: Sequence[JobChange]) -> set[UUID]:
        """Write what became of claimed jobs and let go of them; returns those that were still ours.

        Raises:
            Conflict: A remote id belongs to another job already.
        """
        parameters = {"changes": json.dumps([*map(_to_json, changes)]), "ways": _WAYS, "nobody": NOBODY}
        try:
            return {*(await self._do(_RECORD, parameters)).scalars()}
        except IntegrityError as error:
            message = "The provider's job already belongs to another video."
            raise Conflict(message) from error

    async def known(self, provider: str, remote_ids: Iterable[str]) -> set[str]:
        """Return those of the remote ids that a job of ours has."""
        query = select(col(JobRow.remote_id)).where(
            col(JobRow.provider) == provider,
            col(JobRow.remote_id).in_([*remote_ids]),
        )
        return {remote_id for (remote_id,) in await self._do(query)}

    async def unanswered(self, provider: str) -> tuple[ClaimedJob, ...]:
        """Return, without claiming any, the jobs that the provider may have under a name not known yet."""
        return tuple(map(_to_claimed, await self._do(UNANSWERED, {"provider": provider})))

    async def durations(self, *, newest: int = 5_000, each: int = 100) -> dict[Likeness, tuple[float, ...]]:
        """Return how many seconds jobs took to render, sorted, by what such jobs have in common.

        Args:
            newest: So many jobs are looked at, the last rendered first.
            each: So many of one likeness count.
        """
        rows = await self._do(DURATIONS, {"newest": newest, "each": each})
        return {Likeness(row.provider, row.model, row.size, row.seconds): tuple(row.took) for row in rows}

    async def extend(self, holder: UUID, job_ids: Iterable[UUID], lease: timedelta) -> None:
        """Renew the lease of jobs that are still held."""
        await self._do(
            update(JobRow)
            .where(
                col(JobRow.holder) == holder,
                col(JobRow.id).in_([*job_ids]),
                col(JobRow.lease_until) > func.now(),
            )
            .values(lease_until=func.now() + lease),
        )

    async def release(self, holder: UUID) -> None:
        """Let go of everything a holder had, as after its process died."""
        await self._do(
            update(JobRow)
            .where(col(JobRow.holder) == holder)
            .values(lease_until=None, holder=None, fence=col(JobRow.fence) + 1),
        )

    async def check_again(self, video_id: UUID) -> bool:
        """Take up a video that needs attention, or was lost, where it was left; False: it is neither."""
        return await self._decide(video_id, LOOK_AGAIN, ActivityKind.RECHECKED)

    async def waits_for_decision(self, video_id: UUID) -> bool:
        """Tell whether a video needs attention; if so, nobody else decides until this transaction ends."""
        return (await self._do(HOLD, {"video": video_id})).first() is not None

    async def submit_again(self, attempt: JobRow) -> bool:
        """Start another attempt at a video that needs attention; False: it does not need any."""
        given = {
            "id": attempt.id,
            "provider": attempt.provider,
            "price": attempt.price_micros,
            "at": attempt.created_at,
            "api_key": attempt.api_key_id,
            "asked_by": attempt.asked_by,
            "play_money": attempt.play_money,
            "start": attempt.virtual_start,
        }
        return await self._decide(attempt.video_id, SUBMIT_AGAIN, ActivityKind.RESUBMITTED, **given)

    async def give_up(self, video_id: UUID) -> bool:
        """End a video that needs attention and release its price; False: it does not need any."""
        return await self._decide(video_id, GIVE_UP, ActivityKind.GIVEN_UP)

    async def _decide(
        self, video_id: UUID, decision: TextClause, kind: ActivityKind, **parameters: object
    ) -> bool:
        decided = await self._do(decision, {"video": video_id, "kind": kind, **parameters})
        return bool(decided.scalar_one())


def _to_claimed(row: Any) -> ClaimedJob:  # noqa: ANN401 - a Core row
    fields: dict[str, Any] = {name: getattr(row, name) for name in ClaimedJob.__dataclass_fields__}
    fields["phase"], fields["kind"] = Phase(row.phase), Kind(row.kind)
    fields["characters"] = tuple(row.characters)
    fields["inputs"] = tuple(JobInput(**each | {"role": Role(each["role"])}) for each in row.inputs or ())
    return ClaimedJob(**fields)


def _to_json(change: JobChange) -> dict[str, object]:
    return {
        "id": str(change.job.id),
        "fence": change.job.fence,
        "phase": change.phase,
        "due_in": None if change.due_in is None else change.due_in.total_seconds(),
        "remote_id": change.remote_id,
        "progress": change.progress,
        "remote_status": change.remote_status,
        "remote_expires_at": change.remote_expires_at and change.remote_expires_at.isoformat(),
        "problem_code": change.problem and change.problem.code,
        "problem_message": change.problem and change.problem.message,
        "charge": change.charge,
        "failures": change.failures,
        "lookups": change.lookups,
        "not_sent": change.not_sent,
        "accepted": change.accepted,
        "rendered_at": change.rendered_at and change.rendered_at.isoformat(),
        "server": change.server,
        "facts": change.facts.told() or None,
        "activity_kinds": list(change.activity_kinds),
        "claimed_at": change.job.now.isoformat(),
    }
