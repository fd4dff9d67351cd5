"""Copy finished files into our own storage before the provider drops them. Soonest deadline first."""

import errno
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from sora_studio.domain.activity import ActivityKind
from sora_studio.domain.errors import (
    JobNotFound,
    MediaError,
    MediaTooLarge,
    ProviderError,
    ProviderMisconfigured,
    ProviderUnavailable,
    StorageError,
    describe,
)
from sora_studio.domain.ids import public_id
from sora_studio.domain.job import ClaimedJob, JobChange
from sora_studio.domain.ports import Provider
from sora_studio.domain.problem import Problem, ProblemCode
from sora_studio.domain.video import Phase
from sora_studio.services.catalog import ProviderCatalog
from sora_studio.services.jobs.claims import Claims
from sora_studio.services.jobs.download import Downloader, FileRequest, TooSlow
from sora_studio.services.jobs.task_pool import TaskPool
from sora_studio.services.jobs.transitions import MAX_AGE, needs_attention

AT_ONCE = 3
"""Files under way at a time."""

_GONE_LOOKS = 4  # "not there" so often, after its deadline, and the file is gone
_HOUR = timedelta(hours=1)  # how long a provider keeps a file of which it does not say
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=2), timedelta(minutes=2)
_BELIEVED_AFTER = 2  # attempts: a server that makes films this short does it every time
_NOBODY_TO_ASK = {ProblemCode.PROVIDER_MISSING, ProblemCode.PROVIDER_ELSEWHERE}
_FULL = {errno.ENOSPC, errno.EDQUOT}

_log = structlog.get_logger(__name__)


class Archiver:
    """Makes our copy of every finished video; only then is it called completed."""

    def __init__(
        self,
        *,
        claims: Claims,
        catalog: ProviderCatalog,
        downloader: Downloader,
        wake: Callable[[], None],  # asks for another run
        at_once: int = AT_ONCE,
    ) -> None:
        self._claims, self._catalog, self._downloader = claims, catalog, downloader
        self.pool = TaskPool(at_once, on_free=wake)

    async def run(self) -> int:
        """Start as many copies as there are free places; return how many."""
        jobs = await self._claims.take(Phase.SAVING, most=self.pool.free)
        for job in jobs:
            self.pool.start(self._work(job))
        return len(jobs)

    async def close(self) -> None:
        """Stop copying; what was not finished goes on after the next start."""
        await self.pool.close(patience=1.0)

    async def _work(self, job: ClaimedJob) -> None:
        with self._claims.holding(job):
            await self._archive(job)

    async def _archive(self, job: ClaimedJob) -> None:
        provider = self._catalog.provider(job.provider)
        if provider is None:
            message = f"The provider {job.provider} is no longer configured, so its file cannot be fetched."
            await self._claims.record(
                [_later(job, ProviderMisconfigured(message, ProblemCode.PROVIDER_MISSING))]
            )
            return
        if not job.may_be_at(provider.profile.server):
            elsewhere = ProviderUnavailable(provider.profile.says_elsewhere, ProblemCode.PROVIDER_ELSEWHERE)
            await self._claims.record([_later(job, elsewhere)])
            return
        try:
            await self._copy(provider, job)
        except (ProviderError, StorageError, MediaError, OSError) as error:
            await self._claims.record([_later(job, error)])

    async def _copy(self, provider: Provider, job: ClaimedJob) -> None:
        believe = job.failures >= _BELIEVED_AFTER
        wanted = FileRequest(
            job.id, job.video_id, job.remote_id or "", job.seconds, job.model, believe=believe
        )
        assets = await self._downloader.copy(provider, wanted)
        saved = JobChange(
            job, phase=Phase.COMPLETED, progress=100, remote_status="", activity_kinds=(ActivityKind.SAVED,)
        )
        await self._claims.record([saved], assets)


def _later(job: ClaimedJob, error: Exception) -> JobChange:
    """Try again, unless there is nothing left to be had."""
    lookups = job.lookups + isinstance(error, JobNotFound)
    if isinstance(error, MediaTooLarge):
        message = f"The provider's file was not saved. {error}"
        return needs_attention(JobChange(job), Problem(ProblemCode.FILE_TOO_LARGE, message))
    if isinstance(error, JobNotFound) and lookups >= _GONE_LOOKS and job.now >= _deadline(job):
        _log.error(
            "paid_video_lost",
            video_id=public_id(job.video_id),
            job_id=job.id.hex,
            provider=job.provider,
            reason=error.message,
        )
        message = f"The provider finished this video but no longer hands out its file: {error.message}"
        problem = Problem(ProblemCode.CONTENT_UNAVAILABLE, message)
        return needs_attention(JobChange(job, lookups=lookups), problem)
    if job.now - _finished(job) > MAX_AGE:
        message = (
            f"The provider finished this video, but its file could not be saved for a day. {describe(error)}"
        )
        return needs_attention(JobChange(job), Problem(ProblemCode.NOT_SAVED, message))
    return _again(job, _problem(error), lookups)


def _again(job: ClaimedJob, problem: Problem, lookups: int | None = None) -> JobChange:
    return JobChange(
        job,
        due_in=min(_FIRST_PAUSE * 2 ** min(job.failures, 10), _LONGEST_PAUSE),
        failures=job.failures + 1,
        lookups=lookups,
        problem=problem,
        activity_kinds=() if job.failures else (ActivityKind.DELAYED,),
    )


def _problem(error: Exception) -> Problem:
    """Say why a file is not saved yet."""
    if isinstance(error, OSError | StorageError):
        number = getattr(error if isinstance(error, OSError) else error.__cause__, "errno", None)
        if number in _FULL:
            return Problem(ProblemCode.NO_ROOM, "The studio's disk has no room for the file.")
        return Problem(ProblemCode.DISK_REFUSED, f"The studio cannot write the file: {describe(error)}")
    if isinstance(error, TooSlow):
        return Problem(ProblemCode.SAVING_SLOW, str(error))
    if isinstance(error, MediaError):
        return Problem(ProblemCode.FILE_DAMAGED, str(error))
    said = error.code if isinstance(error, ProviderError) else ""
    return Problem(said if said in _NOBODY_TO_ASK else ProblemCode.SAVING_DELAYED, str(error))


def _deadline(job: ClaimedJob) -> datetime:
    """Return until when a file that is not there may still appear."""
    return job.remote_expires_at or _finished(job) + _HOUR


def _finished(job: ClaimedJob) -> datetime:
    """Return since when the file has been waiting: rendered, or taken up again by the person."""
    return max(job.rendered_at or job.created_at, job.created_at)
