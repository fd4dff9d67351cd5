"""The statements that choose jobs: which are due, whose turn it is, and how long such jobs took."""

from sqlalchemy import text

_IS_DUE = """job.phase = ANY(:phases) AND job.current AND job.due_at <= now()
      AND (job.lease_until IS NULL OR job.lease_until <= now()) AND job.id <> ALL(:held)"""

# What was deleted while nobody knows whether the provider has it is looked for, to be deleted there, too.
IS_WANTED = """(video.deleted_at IS NULL
        OR job.submit_started_at IS NOT NULL AND job.phase IN ('submitting', 'submit_unknown'))"""

# A wish waits until its provider goes on; one whose POST had begun is looked for all the same.
IS_PAUSED = """(job.phase = 'submitting' AND job.submit_started_at IS NULL
    AND EXISTS (SELECT FROM provider_pause WHERE provider_pause.provider = job.provider))"""

# Whose server is not ours is left to those that know it, as long as one of them takes it.
_IS_OURS = """(job.server IS NULL OR job.server = ANY(:servers)
        OR job.due_at <= now() - interval '1 minute')"""

# A provider that does not say when it drops a file keeps it for an hour, as OpenAI did.
_SOONEST = f"""due AS (
    SELECT job.id FROM job JOIN video ON video.id = job.video_id AND {IS_WANTED}
    WHERE {_IS_DUE} AND {_IS_OURS}
    ORDER BY coalesce(job.remote_expires_at, job.rendered_at + interval '1 hour'), job.due_at, job.created_at
    LIMIT :most
    FOR UPDATE OF job SKIP LOCKED
)"""  # noqa: S608 - our own constants

# Round and round the owners. Whose jobs are with the provider has had that many turns; among equals, who was
# served longest ago comes first. Where a provider makes so many jobs at a time, the others wait here; a job
# whose POST had begun is only looked for, which needs no room.
_BY_TURNS = f"""busy AS (
    SELECT job.provider, video.owner_id, count(*) AS jobs FROM job JOIN video ON video.id = job.video_id
    WHERE job.phase IN ('submitting', 'submit_unknown', 'queued', 'in_progress') AND job.current
      AND (job.phase <> 'submitting' OR job.lease_until > now())
    GROUP BY job.provider, video.owner_id
), wish AS (
    SELECT job.id, job.provider, job.due_at, job.created_at,
        array_position(:served, video.owner_id) AS served,
        coalesce(busy.jobs, 0) + row_number() OVER (
            PARTITION BY job.provider, video.owner_id ORDER BY job.due_at, job.created_at) AS turn
    FROM job JOIN video ON video.id = job.video_id AND {IS_WANTED}
    LEFT JOIN busy ON busy.provider = job.provider AND busy.owner_id = video.owner_id
    WHERE {_IS_DUE} AND NOT {IS_PAUSED}
), queue AS (
    SELECT id, row_number() OVER turns AS place, row_number() OVER at_provider
        + (SELECT coalesce(sum(jobs), 0) FROM busy WHERE busy.provider = wish.provider)
        <= coalesce(CAST(:places AS jsonb) ->> wish.provider, '1000000')::integer AS has_room
    FROM wish
    WINDOW turns AS (ORDER BY turn, served NULLS FIRST, due_at, created_at),
        at_provider AS (PARTITION BY provider ORDER BY turn, served NULLS FIRST, due_at, created_at)
), due AS (
    SELECT job.id, queue.place FROM job JOIN queue ON queue.id = job.id
    WHERE (queue.has_room OR job.submit_started_at IS NOT NULL) AND {_IS_DUE}
    ORDER BY queue.place
    LIMIT :most
    FOR UPDATE OF job SKIP LOCKED
)"""  # noqa: S608 - our own constants

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
    UPDATE job SET fence = fence + 1, lease_until = now() + :lease, holder = :holder
    FROM due WHERE job.id = due.id
    RETURNING job.*
)
{_WHOLE}
JOIN due ON due.id = claimed.id
ORDER BY"""  # noqa: S608 - our own constant

CLAIM = text(f"""WITH {_SOONEST} {_CLAIMED}
    coalesce(claimed.remote_expires_at, claimed.rendered_at + interval '1 hour'), claimed.due_at,
    claimed.created_at""")
CLAIM_WISHES = text(f"WITH {_BY_TURNS} {_CLAIMED} due.place")

# Whose answer is still on its way, or was lost. What a person did not decide about yet, or gave up, may
# appear in the list late; after a while it no longer does.
UNANSWERED = text(f"""WITH claimed AS (
    SELECT * FROM job WHERE provider = :provider AND submit_started_at IS NOT NULL AND remote_id IS NULL
      AND (phase IN ('submitting', 'submit_unknown')
        OR (phase = 'needs_attention' OR phase = 'failed' AND problem_code = 'given_up')
            AND submit_started_at > now() - interval '10 minutes')
)
{_WHOLE}""")  # noqa: S608 - our own constant

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
