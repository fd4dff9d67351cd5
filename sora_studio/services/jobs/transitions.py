"""From what a provider says of a job to what becomes of it here. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sora_studio.domain import polling, rate_limit
from sora_studio.domain.activity import ActivityKind
from sora_studio.domain.errors import ProviderError, ProviderRejected, ProviderUnavailable
from sora_studio.domain.job import Charge, ClaimedJob, JobChange
from sora_studio.domain.ports import RemoteJob
from sora_studio.domain.problem import NO_PROBLEM, Problem, ProblemCode
from sora_studio.domain.video import Phase, Status

MAX_AGE = timedelta(hours=24)
"""After this long a person has to decide; until then an unknown or stuck status keeps the job alive."""

_AT_ONCE = timedelta()
_WAS_MADE = {
    ProblemCode.EXPIRED,
    ProblemCode.DELETED,
}  # what ended so may have been rendered and billed before


def change_for(
    job: ClaimedJob, remote: RemoteJob, *, how: ActivityKind | None = None, history: Sequence[float] = ()
) -> JobChange:
    """Say what a provider's answer changes about a job.

    Args:
        job: As it was claimed.
        remote: What the provider says of it.
        how: How we came to know of the provider's job, when this is its first answer, or the first for long.
        history: How many seconds such jobs took before, sorted.
    """
    first = job.remote_id is None
    known = JobChange(
        job,
        remote_id=remote.remote_id if first else None,
        charge=Charge.SETTLED if first else None,
        accepted=first,
        remote_expires_at=_expires_at(job, remote),
        remote_status="" if remote.status else remote.status_word,
        problem=NO_PROBLEM,
        lookups=0,
        activity_kinds=(how,) if how else (),
        facts=remote.facts,
    )
    if remote.status is Status.COMPLETED:
        return replace(
            known,
            phase=Phase.SAVING,
            due_in=_AT_ONCE,
            progress=None if remote.progress is None else 99,
            rendered_at=_rendered_at(job, remote),
            activity_kinds=(*known.activity_kinds, ActivityKind.RENDERED),
        )
    if remote.status is Status.FAILED:
        problem = remote.problem or Problem(
            ProblemCode.PROVIDER_FAILED, "The provider failed without saying why."
        )
        return failed(known, problem, charge=known.charge if problem.code in _WAS_MADE else Charge.RELEASED)
    if is_too_old(job):
        return needs_attention(
            known, Problem(ProblemCode.NO_END, "The provider did not finish this video within a day.")
        )
    progress = None if remote.progress is None else min(remote.progress, 99)
    phase = _next_phase(job.phase, remote.status)
    elapsed = job.now - (job.accepted_at or job.now)
    return replace(
        known,
        phase=phase,
        due_in=polling.next_look(
            elapsed,
            max(progress or 0, job.progress),
            remote.poll_after,
            moved=(progress or 0) > job.progress,
            history=history,
        ),
        progress=progress,
        activity_kinds=(*known.activity_kinds, *_news(job.phase, phase)),
    )


def is_too_old(job: ClaimedJob) -> bool:
    """Tell whether a provider has had a day for a job; how long the wish waited before does not count."""
    return job.accepted_at is not None and job.now - max(job.accepted_at, job.created_at) > MAX_AGE


def wait_for(job: ClaimedJob, error: ProviderError) -> JobChange:
    """Come again when the provider says so, else after a pause that grows.

    What was never asked, because of our own budget or of a provider that does not answer, is no failure.
    """
    wait = polling.after_error(job.failures + 1)
    if isinstance(error, ProviderUnavailable) and error.retry_after is not None:
        wait = timedelta(seconds=error.retry_after)
    was_asked = error.code not in {ProblemCode.PROVIDER_BUSY, ProblemCode.PROVIDER_UNREACHABLE}
    return JobChange(job, due_in=wait, failures=job.failures + was_asked)


def problem_of(error: ProviderError) -> Problem | None:
    """Say what a job waits for; None when it is only its turn."""
    if error.code == ProblemCode.PROVIDER_BUSY:
        return None
    if isinstance(error, ProviderRejected):
        return Problem(error.code, error.message)
    away = error.code in {*rate_limit.SILENCE, ProblemCode.PROVIDER_UNREACHABLE}
    return Problem(ProblemCode.PROVIDER_UNREACHABLE if away else ProblemCode.PROVIDER_BUSY, error.message)


def failed(change: JobChange, problem: Problem, *, charge: Charge | None = None) -> JobChange:
    """End a job for good."""
    activity_kinds = (*change.activity_kinds, ActivityKind.FAILED)
    return replace(change, phase=Phase.FAILED, problem=problem, charge=charge, activity_kinds=activity_kinds)


def needs_attention(change: JobChange, problem: Problem) -> JobChange:
    """Leave a job to the person's decision."""
    activity_kinds = (*change.activity_kinds, ActivityKind.NEEDS_ATTENTION)
    return replace(
        change, phase=Phase.NEEDS_ATTENTION, problem=problem, due_in=None, activity_kinds=activity_kinds
    )


def _news(before: Phase, after: Phase) -> tuple[ActivityKind, ...]:
    return (ActivityKind.RENDERING,) if after is Phase.IN_PROGRESS and before is not after else ()


def _rendered_at(job: ClaimedJob, remote: RemoteJob) -> datetime:
    """Believe the provider's clock only where it fits between our own two moments."""
    began, said = job.accepted_at or job.now, remote.completed_at
    return said if said and began <= said <= job.now else job.now


def _expires_at(job: ClaimedJob, remote: RemoteJob) -> datetime | None:
    """Believe no deadline from long ago: 1970, most often."""
    said = remote.expires_at
    return said if said and job.now - said < MAX_AGE else None


def _next_phase(phase: Phase, status: Status | None) -> Phase:
    """Keep to the ways on: a job that is rendering, or was found again, is never queued again."""
    if phase in (Phase.IN_PROGRESS, Phase.NEEDS_ATTENTION):
        return Phase.IN_PROGRESS
    return Phase.IN_PROGRESS if status is Status.IN_PROGRESS else Phase.QUEUED
