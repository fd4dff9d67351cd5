"""What became of jobs, for those who watch: a line of the log for each step, and what the metrics count.

All lines of a video have its id, so that its life can be followed.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import structlog

from sora_studio import metrics
from sora_studio.domain.activity import ActivityKind
from sora_studio.domain.ids import public_id
from sora_studio.domain.job import JobChange
from sora_studio.domain.problem import ProblemCode
from sora_studio.domain.video import Phase

_WORDS = {
    ActivityKind.ADOPTED: "adopted",
    ActivityKind.NOT_ACCEPTED: "sent_again",
    ActivityKind.UNCLEAR: "unclear",
}
_log = structlog.get_logger(__name__)


def record(change: JobChange) -> None:
    """Tell of what has been written about a job."""
    job, phase = change.job, change.phase
    if phase is not None and phase is not job.phase:
        _log.info(
            "job_step",
            video_id=public_id(job.video_id),
            job_id=job.id.hex,
            provider=job.provider,
            phase=phase,
        )
    if metrics.JOBS.on:
        for outcome in _outcomes(change):
            metrics.JOBS.count(job.provider, job.model, outcome)
        _observe(change)


def _outcomes(change: JobChange) -> Iterator[str]:
    yield from (word for kind, word in _WORDS.items() if kind in change.activity_kinds)
    if change.accepted:
        yield "accepted"
    if change.phase is change.job.phase:
        return
    if change.phase is Phase.FAILED:
        is_moderated = change.problem is not None and change.problem.code == ProblemCode.MODERATION_BLOCKED
        yield "moderated" if is_moderated else "failed"
    elif change.phase is Phase.COMPLETED or change.phase is Phase.NEEDS_ATTENTION:
        yield change.phase


def _observe(change: JobChange) -> None:
    job = change.job
    if change.rendered_at and job.accepted_at:
        metrics.RENDERS.observe(
            (change.rendered_at - job.accepted_at).total_seconds(), job.provider, job.model
        )
    if change.phase is Phase.COMPLETED and job.rendered_at:
        metrics.DONE_TO_SAVED.observe((datetime.now(UTC) - job.rendered_at).total_seconds())
