"""A studio of very many people: their accounts, projects, ledger and trail, as after two years."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg

from sora_studio.db.engine import Database
from sora_studio.domain.account import Identity, Role
from sora_studio.domain.ids import new_id
from tests.support.cluster import as_superuser

END = datetime(2026, 12, 1, tzinfo=UTC)

_FILL = """
SET LOCAL session_replication_role = replica;  -- the rows fit together, and nobody listens
CREATE FUNCTION pg_temp.person(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
    $$ SELECT md5('person' || (1 + n % 100000))::uuid $$;
CREATE FUNCTION pg_temp.project(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
    $$ SELECT md5('project' || (1 + n % 10000))::uuid $$;
INSERT INTO "user" (id, email, display_name, password_hash, created_at, search)
SELECT pg_temp.person(n), 'p' || n || '@example.org', first || ' ' || family || n, '-',
    '2026-12-01'::timestamptz - n * interval '9 min',
    array_to_tsvector(ARRAY[lower(first), lower(family) || n, 'p' || n, 'example', 'org'])
FROM (SELECT n, (ARRAY['Ada','Bob','Eve','Zoe','Max','Lin','Mia','Noa'])[1 + n % 8] AS first,
        (ARRAY['Berg','Stein','Lund','Holm','Vik'])[1 + n % 5] AS family
    FROM generate_series(0, 99999) AS n) AS people;
INSERT INTO project (id, name, created_at)
SELECT pg_temp.project(n), 'Film ' || n, '2026-01-01' FROM generate_series(0, 9999) AS n;
INSERT INTO project_member (project_id, user_id, role, added_at)
SELECT pg_temp.project(n), pg_temp.person(n * 7 + place),
    CASE place WHEN 0 THEN 'manager' ELSE 'editor' END, '2026-01-01'
FROM generate_series(0, 9999) AS n, generate_series(0, 4) AS place;
INSERT INTO library_storage (library_id, bytes)
SELECT pg_temp.person(n), 1 + n * 1000 FROM generate_series(0, 99999) AS n
UNION ALL SELECT pg_temp.project(n), 1 + n * 1000 FROM generate_series(0, 9999) AS n;
INSERT INTO ledger_entry (job_id, kind, micros, at, reserved_at, user_id, project_id, provider, model,
    seconds)
SELECT md5('job' || n)::uuid, kind, 100000 * (1 + n % 12), at, at, pg_temp.person(n * 31),
    CASE WHEN n % 3 = 0 THEN pg_temp.project(n) END, (ARRAY['one','two'])[1 + n % 2],
    (ARRAY['sora-2','sora-2-pro','veo-3.1','wan-2.2'])[1 + n % 4], 4
FROM (SELECT n, '2026-12-01'::timestamptz - n * interval '2 min' AS at
        FROM generate_series(1, 500000) AS n) AS jobs,
    (VALUES ('reserve'), ('settle')) AS kinds (kind)
ORDER BY at;
INSERT INTO usage_day (day, user_id, project_id, provider, model, api_key_id, jobs, completed, seconds,
    spent_micros)
SELECT studio_day(reserved_at), user_id, coalesce(project_id, nobody), provider, model, nobody,
    count(*), count(*), sum(seconds), sum(micros)
FROM ledger_entry, CAST('00000000-0000-0000-0000-000000000000' AS uuid) AS nobody
WHERE kind = 'settle' GROUP BY 1, 2, 3, 4, 5, 6;
INSERT INTO attempt_cost (job_id, reserved_at, user_id, model, micros)
SELECT job_id, reserved_at, user_id, model, micros FROM ledger_entry WHERE kind = 'settle';
INSERT INTO usage_change (day, user_id, project_id, provider, model, api_key_id, jobs, completed, failures,
    seconds, held_micros, spent_micros, failed_micros) SELECT * FROM usage_day;
SELECT fold_usage(2147483647);
INSERT INTO audit (id, at, act, result, user_id, address, user_agent, about)
SELECT md5('line' || n)::uuid, '2026-12-01'::timestamptz - n * interval '1 min', 'log_in', 'done',
    pg_temp.person(n), '192.0.2.1', 'Firefox', ''
FROM generate_series(1, 300000) AS n;
"""
_SETTLE = (
    'VACUUM (ANALYZE) "user", project, project_member, library_storage, audit,'
    " ledger_entry, usage_day, usage_change, usage_total, attempt_cost"
)


@dataclass(frozen=True)
class Crowd:
    """A database with very many people."""

    db: Database
    admin: Identity


async def crowd(url: str) -> Crowd:
    """Store them; return the way to them, and who runs the studio."""
    await asyncio.to_thread(_fill, url)
    return Crowd(Database(url), Identity(new_id(), new_id(), role=Role.ADMIN))


def _fill(url: str) -> None:
    superuser = as_superuser(url)
    with psycopg.connect(superuser) as connection:
        connection.execute(_FILL)
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute(_SETTLE)
