"""Know how much each library stores, who pays for another attempt, and who let whom into a project."""

import sqlalchemy as sa

from alembic import op

revision = "2026_12_01_quotas_and_payers"
down_revision = "2026_12_01_fair_queue"
branch_labels = None
depends_on = None

# Being triggers, they miss no file, no matter who adds it, moves its video or takes it away. Rows are locked in
# one order everywhere: videos, then libraries by their ids.
FUNCTIONS = """
-- What a video stores: the files that were made of it, and those that were put in.
CREATE FUNCTION sum_up_files() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        UPDATE video SET stored_bytes = stored_bytes + change.bytes
        FROM (SELECT video_id, sum(bytes) AS bytes FROM new_files GROUP BY 1) AS change
        WHERE video.id = change.video_id;
    ELSIF TG_OP = 'DELETE' THEN
        UPDATE video SET stored_bytes = stored_bytes - change.bytes
        FROM (SELECT video_id, sum(bytes) AS bytes FROM old_files GROUP BY 1) AS change
        WHERE video.id = change.video_id;
    ELSE
        UPDATE video SET stored_bytes = stored_bytes + change.bytes
        FROM (
            SELECT video_id, sum(bytes) AS bytes FROM (
                SELECT video_id, bytes FROM new_files UNION ALL SELECT video_id, -bytes FROM old_files
            ) AS files GROUP BY 1 HAVING sum(bytes) <> 0
        ) AS change
        WHERE video.id = change.video_id;
    END IF;
    RETURN NULL;
END $$;

-- What a library stores: its videos, without those that are deleted. One that stores nothing has no row.
CREATE FUNCTION sum_up_libraries() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    emptied uuid[];
BEGIN
    IF TG_OP = 'DELETE' THEN
        WITH summed AS (
            UPDATE library_storage AS library SET bytes = library.bytes - change.bytes
            FROM (
                SELECT library_id, sum(stored_bytes) AS bytes FROM old_videos
                WHERE deleted_at IS NULL AND stored_bytes <> 0 GROUP BY 1 ORDER BY 1
            ) AS change
            WHERE library.library_id = change.library_id RETURNING library.library_id, library.bytes
        ) SELECT array_agg(library_id) FROM summed WHERE bytes = 0 INTO emptied;
    ELSE
        WITH summed AS (
            INSERT INTO library_storage AS library (library_id, bytes)
            SELECT library_id, sum(bytes) FROM (
                SELECT library_id, stored_bytes AS bytes FROM new_videos WHERE deleted_at IS NULL
                UNION ALL SELECT library_id, -stored_bytes FROM old_videos WHERE deleted_at IS NULL
            ) AS files GROUP BY 1 HAVING sum(bytes) <> 0 ORDER BY 1
            ON CONFLICT (library_id) DO UPDATE SET bytes = library.bytes + excluded.bytes
            RETURNING library.library_id, library.bytes
        ) SELECT array_agg(library_id) FROM summed WHERE bytes = 0 INTO emptied;
    END IF;
    IF emptied IS NOT NULL THEN
        DELETE FROM library_storage WHERE library_id = ANY(emptied);
    END IF;
    RETURN NULL;
END $$;
"""

TRIGGERS = """
CREATE TRIGGER library_summed_up AFTER UPDATE ON video
    REFERENCING OLD TABLE AS old_videos NEW TABLE AS new_videos
    FOR EACH STATEMENT EXECUTE FUNCTION sum_up_libraries();
CREATE TRIGGER library_diminished AFTER DELETE ON video REFERENCING OLD TABLE AS old_videos
    FOR EACH STATEMENT EXECUTE FUNCTION sum_up_libraries();
"""

FILE_TRIGGERS = """
CREATE TRIGGER {table}_added AFTER INSERT ON {table} REFERENCING NEW TABLE AS new_files
    FOR EACH STATEMENT EXECUTE FUNCTION sum_up_files();
CREATE TRIGGER {table}_changed AFTER UPDATE ON {table}
    REFERENCING OLD TABLE AS old_files NEW TABLE AS new_files
    FOR EACH STATEMENT EXECUTE FUNCTION sum_up_files();
CREATE TRIGGER {table}_removed AFTER DELETE ON {table} REFERENCING OLD TABLE AS old_files
    FOR EACH STATEMENT EXECUTE FUNCTION sum_up_files();
"""

# An attempt is paid for by who asks for it, which is not always its video's maker.
BOOK_NEW_JOBS = """
CREATE OR REPLACE FUNCTION book_new_jobs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger_entry (job_id, kind, micros, reserved_at, user_id, project_id, provider, model,
        api_key_id, seconds)
    SELECT job.id, entry.kind, CASE WHEN job.play_money THEN 0 ELSE job.price_micros END,
        job.created_at, {who}, video.project_id, job.provider, video.model, job.api_key_id,
        CASE WHEN video.seconds ~ '^[0-9]{{1,6}}$' THEN video.seconds::integer ELSE 0 END
    FROM new_jobs AS job JOIN video ON video.id = job.video_id
    CROSS JOIN LATERAL (VALUES (1, 'reserve'), (2, CASE job.charge
        WHEN 'settled' THEN 'settle' WHEN 'released' THEN 'release' END)) AS entry (place, kind)
    WHERE entry.kind IS NOT NULL
    ORDER BY job.created_at, job.id, entry.place;
    RETURN NULL;
END $$;
"""

STORED = """
CREATE TEMP TABLE stored ON COMMIT DROP AS
    SELECT video_id AS id, sum(bytes)::bigint AS bytes FROM (
        SELECT video_id, bytes FROM asset UNION ALL SELECT video_id, bytes FROM input
    ) AS file GROUP BY 1
"""
STORED_BY = """
CREATE FUNCTION pg_temp.stored_by(video uuid) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT bytes FROM stored WHERE id = video), 0)
$$
"""
LIBRARIES = """
INSERT INTO library_storage (library_id, bytes)
SELECT library_id, sum(stored_bytes) FROM video
WHERE deleted_at IS NULL GROUP BY 1 HAVING sum(stored_bytes) <> 0
"""


def upgrade() -> None:
    """Apply; what is stored already is added up."""
    op.execute("SET LOCAL maintenance_work_mem = '256MB'")  # for the indexes; 64 MB by default
    op.add_column("video", sa.Column("stored_bytes", sa.BigInteger(), nullable=False, server_default="0"))
    op.execute(STORED)
    op.execute("ALTER TABLE stored ADD PRIMARY KEY (id)")
    op.execute(STORED_BY)
    # Written anew once: updates of single rows take twice as long, and leave every row twice.
    op.execute("ALTER TABLE video ALTER COLUMN stored_bytes TYPE bigint USING pg_temp.stored_by(id)")
    op.execute("DROP FUNCTION pg_temp.stored_by")
    op.create_table(
        "library_storage",
        sa.Column("library_id", sa.Uuid(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("library_id", name=op.f("pk_library_storage")),
    )
    for table in ("user", "project"):
        op.add_column(table, sa.Column("storage_quota_bytes", sa.BigInteger(), nullable=True))
        op.create_check_constraint(op.f(f"ck_{table}_storage_quota_bytes"), table, "storage_quota_bytes >= 0")
    op.create_index("ix_project_name", "project", ["name", "id"])
    op.add_column("job", sa.Column("asked_by", sa.Uuid(), nullable=True))
    op.execute(BOOK_NEW_JOBS.format(who="coalesce(job.asked_by, video.owner_id)"))
    op.add_column("project_member", sa.Column("added_by", sa.Uuid(), nullable=True))
    op.add_column("project_member", sa.Column("noticed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "budget", sa.Column("by_manager", sa.Boolean(), nullable=False, server_default=sa.text("false"))
    )
    op.execute(LIBRARIES)
    op.execute(FUNCTIONS)
    op.execute(TRIGGERS)
    for table in ("asset", "input"):
        op.execute(FILE_TRIGGERS.format(table=table))


def downgrade() -> None:
    """Take back."""
    for table in ("asset", "input"):
        for event in ("added", "changed", "removed"):
            op.execute(f"DROP TRIGGER {table}_{event} ON {table}")
    op.execute("DROP TRIGGER library_summed_up ON video; DROP TRIGGER library_diminished ON video")
    op.execute("DROP FUNCTION sum_up_libraries; DROP FUNCTION sum_up_files")
    op.drop_column("budget", "by_manager")
    op.drop_column("project_member", "noticed_at")
    op.drop_column("project_member", "added_by")
    op.execute(BOOK_NEW_JOBS.format(who="video.owner_id"))
    op.drop_column("job", "asked_by")
    op.drop_index("ix_project_name", "project")
    for table in ("user", "project"):
        op.drop_column(table, "storage_quota_bytes")
    op.drop_table("library_storage")
    op.drop_column("video", "stored_bytes")
