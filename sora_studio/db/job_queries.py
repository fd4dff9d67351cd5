"""The statements that choose jobs: which are due, whose turn it is, and how long such jobs took."""

from sqlalchemy import text

from sora_studio.db.instances import is_known_elsewhere

_IS_DUE = """job.phase = ANY(:phases) AND job.current AND job.due_at <= now()
      AND (job.lease_until IS NULL OR job.lease_until <= now()) AND job.id <> ALL(:held)"""

# What was deleted while nobody knows whether the provider has it is looked for, to be deleted there, too.
IS_WANTED = """(video.deleted_at IS NULL
        OR job.submit_started_at IS NOT NULL AND job.phase IN ('submitting', 'submit_unknown'))"""

# A wish waits until its provider goes on; one whose POST had begun is looked for all the same.
IS_PAUSED = """(job.phase = 'submitting' AND job.submit_started_at IS NULL
    AND EXISTS (SELECT FROM provider_pause WHERE provider_pause.provider = job.provider))"""

# It stands in the queue between people: nobody has begun to send it.
WAITS = """(job.phase = 'submitting' AND job.virtual_start IS NOT NULL
    AND NOT job.phase IN ('completed', 'failed'))"""

# Whose server is not ours is left to those that know it, as long as one of them takes it.
_IS_OURS = """(job.server IS NULL OR job.server = ANY(:servers)
        OR job.due_at <= now() - interval '1 minute')"""


def _is_for_us(provider: str) -> str:
    """Leave a wish for a provider that is not ours to instances that have it, as long as one is there."""
    known = "CAST(:known AS text[])"
    return f"({known} IS NULL OR {provider} = ANY({known}) OR NOT {is_known_elsewhere(provider)})"


# A provider that does not say when it drops a file keeps it for an hour, as OpenAI did.
_SOONEST = f"""due AS (
    SELECT job.id FROM job JOIN video ON video.id = job.video_id AND {IS_WANTED}
    WHERE {_IS_DUE} AND {_IS_OURS}
    ORDER BY coalesce(job.remote_expires_at, job.rendered_at + interval '1 hour'), job.due_at, job.created_at
    LIMIT :most
    FOR UPDATE OF job SKIP LOCKED
)"""

# The next of each provider, by one walk down `ix_job_pending`; where a provider makes so many jobs at a time,
# as many as have room. A job whose turn had come, and that nobody works on, has its place already; one whose
# POST had begun is only looked for. The providers are found by leaping from one to the next.
_NEXT = f"""RECURSIVE queue AS (
    (SELECT job.provider FROM job WHERE {WAITS} ORDER BY job.provider LIMIT 1)
    UNION ALL
    SELECT (SELECT job.provider FROM job WHERE {WAITS} AND job.provider > queue.provider
        ORDER BY job.provider LIMIT 1)
    FROM queue WHERE queue.provider IS NOT NULL
), room AS (
    SELECT queue.provider, least(:most, coalesce((CAST(:places AS jsonb) ->> queue.provider)::integer - (
        SELECT count(*) FROM job
        WHERE job.phase IN ('submitting', 'submit_unknown', 'queued', 'in_progress')
            AND job.provider = queue.provider AND job.virtual_start IS NULL AND job.current
    ), :most)) AS room
    FROM queue WHERE queue.provider IS NOT NULL
        AND NOT EXISTS (SELECT FROM provider_pause WHERE provider_pause.provider = queue.provider)
        AND {_is_for_us("queue.provider")}
), begun AS (
    SELECT job.id FROM job JOIN video ON video.id = job.video_id AND {IS_WANTED}
    WHERE {_IS_DUE} AND job.virtual_start IS NULL AND NOT {IS_PAUSED} AND {_is_for_us("job.provider")}
    ORDER BY job.due_at, job.created_at LIMIT :most
    FOR UPDATE OF job SKIP LOCKED
), turn AS (
    SELECT job.* FROM room CROSS JOIN LATERAL (
        SELECT job.id, job.provider, job.virtual_start
        FROM job JOIN video ON video.id = job.video_id AND {IS_WANTED}
        WHERE {WAITS} AND job.provider = room.provider AND {_IS_DUE}
        ORDER BY job.virtual_start, job.id LIMIT greatest(room.room, 0)
        FOR UPDATE OF job SKIP LOCKED
    ) AS job
), due AS (
    SELECT id, provider, virtual_start, row_number() OVER (
        PARTITION BY provider ORDER BY virtual_start, id) AS place
    FROM (SELECT id, NULL AS provider, NULL::float8 AS virtual_start FROM begun
        UNION ALL SELECT id, provider, virtual_start FROM turn) AS next
    ORDER BY provider IS NOT NULL, place, virtual_start, id LIMIT :most
), moved AS (
    INSERT INTO queue_share (provider, user_id, virtual_time)
    SELECT provider, CAST(:nobody AS uuid), max(virtual_start) FROM due
    WHERE virtual_start > '-Infinity' GROUP BY provider ORDER BY provider
    ON CONFLICT (provider, user_id) DO UPDATE
        SET virtual_time = greatest(queue_share.virtual_time, excluded.virtual_time)
)"""

_WHOLE = """SELECT claimed.*, video.owner_id, video.kind, video.prompt, video.model, video.size,
    video.seconds, video.characters, video.options, video.deleted_at,
    parent.remote_id AS parent_remote_id, coalesce(source.seconds, given.source_seconds) AS parent_seconds,
    given.inputs, now() AS now
FROM claimed
JOIN video ON video.id = claimed.video_id
LEFT JOIN video AS source ON source.id = video.parent_id
LEFT JOIN job AS parent
    ON parent.video_id = video.parent_id AND parent.current AND parent.provider = claimed.provider
CROSS JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object(
            'role', role, 'key', key, 'content_type', content_type, 'sha256', sha256,
            'bytes', bytes
        ) ORDER BY position) AS inputs,
        round(max(greatest(input.seconds, 1)) FILTER (WHERE role = 'extend'))::integer::text
            AS source_seconds
    FROM input WHERE input.video_id = video.id
) AS given"""

_CLAIMED = f""", claimed AS (
    UPDATE job SET fence = fence + 1, lease_until = now() + :lease, holder = :holder, virtual_start = NULL
    FROM due WHERE job.id = due.id
    RETURNING job.*
)
{_WHOLE}
JOIN due ON due.id = claimed.id
ORDER BY"""

CLAIM = text(f"""WITH {_SOONEST} {_CLAIMED}
    coalesce(claimed.remote_expires_at, claimed.rendered_at + interval '1 hour'), claimed.due_at,
    claimed.created_at""")
CLAIM_WISHES = text(f"WITH {_NEXT} {_CLAIMED} due.provider IS NOT NULL, due.place, due.virtual_start, due.id")

# Whose answer is still on its way, or was lost. What a person did not decide about yet, or gave up, may
# appear in the list late; after a while it no longer does.
UNANSWERED = text(f"""WITH claimed AS (
    SELECT * FROM job WHERE provider = :provider AND submit_started_at IS NOT NULL AND remote_id IS NULL
      AND (phase IN ('submitting', 'submit_unknown')
        OR (phase = 'needs_attention' OR phase = 'failed' AND problem_code = 'given_up')
            AND submit_started_at > now() - interval '10 minutes')
)
{_WHOLE}""")

DURATIONS = text("""
WITH newest AS (
    SELECT video_id, provider, rendered_at, extract(epoch FROM rendered_at - accepted_at)::float8 AS took
    FROM job WHERE rendered_at IS NOT NULL AND accepted_at IS NOT NULL
    ORDER BY rendered_at DESC LIMIT :newest
), placed AS (
    SELECT newest.provider, video.model, video.size, video.seconds, newest.took, row_number() OVER (
        PARTITION BY newest.provider, video.model, video.size, video.seconds
        ORDER BY newest.rendered_at DESC) AS place
    FROM newest JOIN video ON video.id = newest.video_id
)
SELECT provider, model, size, seconds, array_agg(took ORDER BY took) AS took
FROM placed WHERE place <= :each GROUP BY provider, model, size, seconds
""")
