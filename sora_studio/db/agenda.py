"""When there is background work, by task: one statement for all of it."""

from datetime import timedelta

from sqlalchemy import text

from sora_studio.db.job_queries import IS_PAUSED, IS_WANTED
from sora_studio.db.repository import Repository
from sora_studio.db.webhook_endpoints import IS_NEXT
from sora_studio.domain.tasks import TaskName
from sora_studio.domain.video import Phase

_TASKS = {
    Phase.SUBMITTING: TaskName.SUBMIT,
    Phase.SUBMIT_UNKNOWN: TaskName.RECONCILE,
    Phase.QUEUED: TaskName.REFRESH,
    Phase.IN_PROGRESS: TaskName.REFRESH,
    Phase.SAVING: TaskName.ARCHIVE,
}
_TASK = " ".join(f"WHEN '{phase}' THEN '{task}'" for phase, task in _TASKS.items())

# What somebody works on is due when their lease is over.
_WAITS = text(f"""
SELECT task, extract(epoch FROM min(at) - now())::float8 AS wait FROM (
    SELECT CASE job.phase {_TASK} END AS task, greatest(job.due_at, job.lease_until) AS at
    FROM job JOIN video ON video.id = job.video_id AND {IS_WANTED}
    WHERE job.current AND job.due_at IS NOT NULL AND NOT job.phase IN ('completed', 'failed')
      AND NOT {IS_PAUSED}
    UNION ALL SELECT '{TaskName.PURGE}', CASE WHEN library_id IS NULL THEN deleted_at
        ELSE deleted_at + :undo END
    FROM video WHERE deleted_at IS NOT NULL
    UNION ALL SELECT '{TaskName.PURGE}', expires_at FROM batch
    UNION ALL (SELECT '{TaskName.PURGE}', created_at FROM trash LIMIT 1)
    UNION ALL SELECT '{TaskName.WEBHOOKS}', greatest(due_at, lease_until)
    FROM webhook_message AS message WHERE due_at IS NOT NULL AND {IS_NEXT}
) AS work
WHERE task IS NOT NULL GROUP BY task
""")


class AgendaRepository(Repository):
    """Looks at everything that waits, inside one transaction."""

    async def waits(self, undo_time: timedelta) -> dict[TaskName, float]:
        """Return in how many seconds each task has something to do; those that have nothing are missing.

        Args:
            undo_time: How long what was deleted can be brought back.
        """
        return {TaskName(row.task): row.wait for row in await self._do(_WAITS, {"undo": undo_time})}
