"""From what a provider says of a job to what becomes of it here. Pure."""

from dataclasses import replace
from datetime import timedelta

from sora_studio.domain import polling
from sora_studio.domain.job import Charge, ClaimedJob, JobChange
from sora_studio.domain.ports import RemoteJob
from sora_studio.domain.video import Phase, Problem, Status

MAX_AGE = timedelta(hours=24)
"""After this long a person has to decide; until then an unknown or stuck status keeps the job alive."""

_AT_ONCE = timedelta()


def change_for(job: ClaimedJob, remote: RemoteJob) -> JobChange:
    """Say what a provider's answer changes about a job, the first answer included."""
    first = job.remote_id is None
    known = JobChange(
        job,
        remote_id=remote.remote_id if first else None,
        charge=Charge.SETTLED if first else None,
        taken=first,
        remote_expires_at=remote.expires_at,
        remote_status="" if remote.status else remote.status_word,
    )
    if remote.status is Status.COMPLETED:
        return replace(
            known, phase=Phase.SAVING, due_in=_AT_ONCE, progress=None if remote.progress is None else 99
        )
    if remote.status is Status.FAILED:
        problem = remote.problem or Problem("provider_failed", "The provider failed without saying why.")
        return replace(known, phase=Phase.FAILED, charge=Charge.RELEASED, problem=problem)
    if job.now - job.created_at > MAX_AGE:
        return replace(known, phase=Phase.NEEDS_ATTENTION)
    progress = None if remote.progress is None else min(remote.progress, 99)
    elapsed = job.now - (job.taken_at or job.now)
    return replace(
        known,
        phase=_next_phase(job.phase, remote.status),
        due_in=polling.next_look(elapsed, max(progress or 0, job.progress), remote.poll_after),
        progress=progress,
    )


def _next_phase(phase: Phase, status: Status | None) -> Phase:
    """Keep to the ways on: a job that is rendering is never queued again."""
    if phase is Phase.IN_PROGRESS:
        return phase
    return Phase.IN_PROGRESS if status is Status.IN_PROGRESS else Phase.QUEUED
