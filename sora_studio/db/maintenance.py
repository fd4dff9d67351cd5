"""What looks over everything need to read and write, in pages and short transactions."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, text, union_all
from sqlmodel import col
from sqlmodel import select as select_rows

from sora_studio.db.assets import AssetRepository
from sora_studio.db.job_decisions import LOOK_AGAIN_AT_LOST
from sora_studio.db.models import ActivityRow, AssetRow, InputRow, JobRow, TrashRow, UploadRow, VideoRow
from sora_studio.db.repository import Repository
from sora_studio.domain.activity import ActivityKind
from sora_studio.domain.problem import Problem
from sora_studio.domain.video import Phase

_PENDING = (Phase.SUBMIT_UNKNOWN, Phase.QUEUED, Phase.IN_PROGRESS, Phase.SAVING)
_FREE = "current AND (lease_until IS NULL OR lease_until <= now())"

_DUE = text(f"""
UPDATE job SET due_at = now() WHERE phase = ANY(:phases) AND {_FREE} AND due_at > now()
""")

# A POST that a process began and did not live to see answered.
_CUT_OFF = text(f"""
WITH done AS (
    UPDATE job SET phase = 'submit_unknown', due_at = now(), lookups = 0, fence = fence + 1,
        lease_until = NULL, holder = NULL
    WHERE phase = 'submitting' AND submit_started_at IS NOT NULL AND {_FREE}
    RETURNING video_id, phase
), shown AS (UPDATE video SET phase = done.phase FROM done WHERE video.id = done.video_id)
INSERT INTO activity (video_id, kind) SELECT video_id, :kind FROM done
""")

_PROBLEM = text("""
UPDATE job SET problem_code = :code, problem_message = :message
WHERE video_id = :video AND current AND phase = 'completed' AND problem_code IS DISTINCT FROM :code
""")


_OF_JOB = (
    col(JobRow.id).label("job_id"),
    *map(col, (JobRow.provider, JobRow.remote_id, JobRow.phase, JobRow.problem_code)),
)


_TURNED_UP = text("""
UPDATE job SET charge = 'released' WHERE id = (
    SELECT job.id FROM job JOIN video ON video.id = job.video_id
    WHERE NOT job.phase IN ('completed', 'failed') AND NOT job.current AND job.charge = 'reserved'
        AND job.remote_id IS NULL AND job.provider = :provider AND video.prompt = :prompt
    ORDER BY job.created_at LIMIT 1 FOR UPDATE OF job SKIP LOCKED
)
""")


@dataclass(frozen=True)
class Pending:
    """A video that is not finished."""

    video_id: UUID
    title: str
    phase: Phase


@dataclass(frozen=True)
class Holding:
    """A video and the files that its rows promise."""

    video_id: UUID
    job_id: UUID
    provider: str
    remote_id: str | None
    seconds: str
    model: str
    phase: Phase
    problem_code: str | None
    assets: tuple[AssetRow, ...]
    inputs: tuple[InputRow, ...]


class MaintenanceRepository(Repository):
    """Reads and writes across owners inside one transaction; for the studio itself and its operator."""

    async def take_up(self, providers: Collection[str]) -> None:
        """Make everything due that nobody works on; what was cut off in its POST is unclear.

        What these providers did not know any longer is looked for again.
        """
        await self.take_up_lost(providers)
        await self._do(_CUT_OFF, {"kind": ActivityKind.UNCLEAR})
        await self._do(_DUE, {"phases": [*map(str, _PENDING)]})

    async def take_up_lost(
        self, providers: Collection[str], remote_ids: Collection[str] | None = None
    ) -> int:
        """Have paid jobs looked for again that were called lost; count them.

        Args:
            providers: Whose jobs.
            remote_ids: Only these. None: all of them.
        """
        given = {"providers": [*providers], "remote_ids": None if remote_ids is None else [*remote_ids]}
        taken = await self._do(LOOK_AGAIN_AT_LOST, {**given, "kind": ActivityKind.RECHECKED})
        return int(taken.scalar_one())

    async def pending(self, *, limit: int = 1_000) -> list[Pending]:
        """Return videos that are neither finished nor deleted, oldest first."""
        query = (
            select(col(VideoRow.id), col(VideoRow.title), col(VideoRow.phase))
            .join(JobRow, col(JobRow.video_id) == col(VideoRow.id))
            .where(col(JobRow.current), col(JobRow.phase).in_([Phase.SUBMITTING, *_PENDING]))
            .where(col(VideoRow.deleted_at).is_(None))
            .order_by(col(VideoRow.created_at))
            .limit(limit)
        )
        return [Pending(row.id, row.title, Phase(row.phase)) for row in await self._do(query)]

    async def phases(self, video_ids: Iterable[UUID]) -> dict[UUID, Phase]:
        """Return where videos are now."""
        query = select(col(VideoRow.id), col(VideoRow.phase)).where(col(VideoRow.id).in_([*video_ids]))
        return {row.id: Phase(row.phase) for row in await self._do(query)}

    async def unclear_prompts(self, provider: str) -> set[str]:
        """Return the prompts of jobs that the provider may have taken, under a name not known yet."""
        query = (
            select(col(VideoRow.prompt))
            .join(JobRow, col(JobRow.video_id) == col(VideoRow.id))
            .where(col(JobRow.current), col(JobRow.provider) == provider, col(JobRow.remote_id).is_(None))
            .where(col(JobRow.phase).in_([Phase.SUBMITTING, Phase.SUBMIT_UNKNOWN, Phase.NEEDS_ATTENTION]))
        )
        return {prompt for (prompt,) in await self._do(query)}

    async def turned_up(self, provider: str, prompt: str) -> None:
        """End the hold of an attempt that another one replaced: it is a video with a price of its own now."""
        await self._do(_TURNED_UP, {"provider": provider, "prompt": prompt})

    async def record_activity(self, video_id: UUID, *activity_kinds: ActivityKind) -> None:
        """Add lines to a video's activity."""
        self._tx.add_all(ActivityRow(video_id=video_id, kind=each) for each in activity_kinds)
        await self._tx.flush()

    async def holdings(self, *, after: UUID | None, limit: int) -> list[Holding]:
        """Return the next page of videos that are not deleted, with their files."""
        query = (
            select(col(VideoRow.id), col(VideoRow.seconds), col(VideoRow.model), *_OF_JOB)
            .join(JobRow, col(JobRow.video_id) == col(VideoRow.id))
            .where(col(JobRow.current), col(VideoRow.deleted_at).is_(None))
            .order_by(col(VideoRow.id))
            .limit(limit)
        )
        rows = (await self._do(query if after is None else query.where(col(VideoRow.id) > after))).all()
        page = [row.id for row in rows]
        assets: dict[UUID, list[AssetRow]] = defaultdict(list)
        for asset in await self._tx.exec(select_rows(AssetRow).where(col(AssetRow.video_id).in_(page))):
            assets[asset.video_id].append(asset)
        inputs: dict[UUID, list[InputRow]] = defaultdict(list)
        for each in await self._tx.exec(select_rows(InputRow).where(col(InputRow.video_id).in_(page))):
            inputs[each.video_id].append(each)
        return [
            Holding(
                video_id=row.id,
                job_id=row.job_id,
                provider=row.provider,
                remote_id=row.remote_id,
                seconds=row.seconds,
                model=row.model,
                phase=Phase(row.phase),
                problem_code=row.problem_code,
                assets=tuple(assets[row.id]),
                inputs=tuple(inputs[row.id]),
            )
            for row in rows
        ]

    async def registered(self, keys: Collection[str]) -> set[str]:
        """Return those of the keys that a row names."""
        tables = (AssetRow.key, InputRow.key, UploadRow.key, TrashRow.key)
        named = union_all(*(select(col(key)).where(col(key).in_(keys)) for key in tables))
        return {key for (key,) in await self._do(named)}

    async def promised(self, keys: Collection[str]) -> dict[str, str]:
        """Return the SHA-256 that rows have of the files under these keys."""
        tables = (AssetRow, InputRow, UploadRow)
        named = union_all(
            *(select(col(each.key), col(each.sha256)).where(col(each.key).in_(keys)) for each in tables)
        )
        return {row.key: row.sha256 for row in await self._do(named)}

    async def mend(self, video_id: UUID, assets: Sequence[AssetRow]) -> bool:
        """Register files of a finished video anew; False: the video is gone."""
        query = select(col(VideoRow.id)).where(
            col(VideoRow.id) == video_id, col(VideoRow.deleted_at).is_(None)
        )
        if (await self._do(query.with_for_update(read=True))).first() is None:
            return False
        await AssetRepository(self._tx).add(assets)
        await self.flag(video_id, None)
        return True

    async def flag(self, video_id: UUID, problem: Problem | None) -> None:
        """Say what is wrong with a finished video; None: nothing."""
        code, message = (problem.code, problem.message) if problem else (None, None)
        await self._do(_PROBLEM, {"video": video_id, "code": code, "message": message})
