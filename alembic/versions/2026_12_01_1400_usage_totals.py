"""Add usage up by what people ask for, so that a year of a large studio is read from few rows."""

import sqlalchemy as sa

from alembic import op

revision = "2026_12_01_usage_totals"
down_revision = "2026_12_01_back_channel"
branch_labels = None
depends_on = None

SUMS = ("jobs", "completed", "failures", "seconds", "held_micros", "spent_micros", "failed_micros")
DAY = "day, user_id, project_id, provider, model, api_key_id"
NOBODY = "'00000000-0000-0000-0000-000000000000'::uuid"
LISTED = ", ".join(SUMS)

# A day of everybody is one row that all who book would wait for. So what a booking changes is first noted in
# rows of its own, and added to the totals later: who reads takes both.
FUNCTIONS = f"""
CREATE FUNCTION note_usage_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO usage_change ({DAY}, {LISTED}) SELECT {DAY}, {LISTED} FROM new_days;
    ELSE
        INSERT INTO usage_change ({DAY}, {LISTED})
        SELECT {DAY}, {", ".join(f"now.{name} - was.{name}" for name in SUMS)}
        FROM new_days AS now JOIN old_days AS was USING ({DAY});
    END IF;
    RETURN NULL;
END $$;

-- Move the oldest changes into the totals; returns how many. One at a time, and nobody who books waits: the
-- lock is one that vacuum knows nothing of (`db/ledger.py` takes it, too).
CREATE FUNCTION fold_usage(most integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    folded bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(7311420006);
    WITH change AS (
        DELETE FROM usage_change WHERE id IN (SELECT id FROM usage_change ORDER BY id LIMIT most) RETURNING *
    ), added AS (
        INSERT INTO usage_total AS total (grouping, span, starts, key, {LISTED})
        SELECT part.grouping, span.name, span.starts, part.key, {", ".join(f"sum({name})" for name in SUMS)}
        FROM change CROSS JOIN LATERAL (VALUES
            ('day', day), ('month', date_trunc('month', day)::date)) AS span (name, starts)
        CROSS JOIN LATERAL (VALUES
            ('model', model), ('provider', provider),
            ('user', coalesce(nullif(user_id, {NOBODY})::text, '')),
            ('project', coalesce(nullif(project_id, {NOBODY})::text, '')),
            ('key', coalesce(nullif(api_key_id, {NOBODY})::text, ''))) AS part (grouping, key)
        GROUP BY 1, 2, 3, 4
        ON CONFLICT (grouping, span, starts, key) DO UPDATE SET
            {", ".join(f"{name} = total.{name} + excluded.{name}" for name in SUMS)}
    )
    SELECT count(*) INTO folded FROM change;
    RETURN folded;
END $$;

CREATE FUNCTION sum_up_attempts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO attempt_cost (job_id, reserved_at, user_id, model, micros)
    SELECT job_id, reserved_at, user_id, model, sum(micros) FROM entries
    WHERE kind IN ('settle', 'correct') AND micros <> 0 GROUP BY 1, 2, 3, 4 ORDER BY 1
    ON CONFLICT (job_id) DO UPDATE SET micros = attempt_cost.micros + excluded.micros;
    RETURN NULL;
END $$;
"""
TRIGGERS = """
CREATE TRIGGER usage_day_added AFTER INSERT ON usage_day REFERENCING NEW TABLE AS new_days
    FOR EACH STATEMENT EXECUTE FUNCTION note_usage_change();
CREATE TRIGGER usage_day_changed AFTER UPDATE ON usage_day
    REFERENCING OLD TABLE AS old_days NEW TABLE AS new_days
    FOR EACH STATEMENT EXECUTE FUNCTION note_usage_change();
CREATE TRIGGER ledger_attempts_summed_up AFTER INSERT ON ledger_entry REFERENCING NEW TABLE AS entries
    FOR EACH STATEMENT EXECUTE FUNCTION sum_up_attempts();
"""
BACKFILL = f"""
INSERT INTO usage_change ({DAY}, {LISTED}) SELECT {DAY}, {LISTED} FROM usage_day;
SELECT fold_usage(2147483647);
INSERT INTO attempt_cost (job_id, reserved_at, user_id, model, micros)
SELECT job_id, reserved_at, user_id, model, sum(micros) FROM ledger_entry
WHERE kind IN ('settle', 'correct') AND micros <> 0 GROUP BY 1, 2, 3, 4;
"""


def upgrade() -> None:
    """Apply; what was used already is added up."""
    op.execute("SET LOCAL maintenance_work_mem = '256MB'")  # for the indexes; 64 MB by default
    op.execute("LOCK TABLE ledger_entry, usage_day IN SHARE ROW EXCLUSIVE MODE")  # as many as are added up
    op.create_table(
        "usage_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("user_id", "project_id")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("provider", "model")),
        sa.Column("api_key_id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False, server_default="0") for name in SUMS),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usage_change")),
    )
    op.create_table(
        "usage_total",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("grouping", "span")),
        sa.Column("starts", sa.Date(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False, server_default="0") for name in SUMS),
        sa.PrimaryKeyConstraint("grouping", "span", "starts", "key", name=op.f("pk_usage_total")),
    )
    op.create_table(
        "attempt_cost",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("reserved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("micros", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_attempt_cost")),
    )
    op.execute(FUNCTIONS)
    op.execute(BACKFILL)
    op.execute(TRIGGERS)
    op.create_index(
        "ix_usage_total_dear",
        "usage_total",
        ["grouping", "starts", sa.text("(spent_micros + held_micros) DESC"), "key"],
        postgresql_where=sa.text("span = 'month'"),
    )
    for index, columns in (("dear", []), ("user", ["user_id"])):
        day = sa.text("((reserved_at AT TIME ZONE 'UTC')::date)")
        op.create_index(
            f"ix_attempt_cost_{index}",
            "attempt_cost",
            [*columns, day, sa.text("micros DESC"), "job_id"],
            postgresql_where=sa.text("micros > 0"),
        )
    for column in ("project_id", "api_key_id"):
        op.create_index(
            f"ix_usage_day_{column}",
            "usage_day",
            [column, "day"],
            postgresql_where=sa.text(f"{column} <> {NOBODY}"),
        )


def downgrade() -> None:
    """Take back."""
    for column in ("project_id", "api_key_id"):
        op.drop_index(f"ix_usage_day_{column}", "usage_day")
    op.execute("""
        DROP TRIGGER ledger_attempts_summed_up ON ledger_entry;
        DROP TRIGGER usage_day_added ON usage_day; DROP TRIGGER usage_day_changed ON usage_day;
        DROP FUNCTION sum_up_attempts; DROP FUNCTION note_usage_change; DROP FUNCTION fold_usage
    """)
    for table in ("attempt_cost", "usage_total", "usage_change"):
        op.drop_table(table)
