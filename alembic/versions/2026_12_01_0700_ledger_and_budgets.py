"""Keep a ledger of what was reserved, spent and given back, and budgets that bound it."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "2026_12_01_ledger_and_budgets"
down_revision = "2026_12_01_projects"
branch_labels = None
depends_on = None

ACTS_BEFORE = (
    "'sign_up', 'log_in', 'log_out', 'session_end', 'password_change', 'email_change', 'account_deletion', "
    "'key_creation', 'key_rotation', 'key_revocation', 'password_reset', 'password_proof', "
    "'account_creation', 'account_approval', 'account_disabling', 'account_enabling', 'role_change', "
    "'reset_link', 'invitation', 'invitation_end', 'setting_change', 'audit_export', 'project_creation', "
    "'project_change', 'project_deletion', 'project_member'"
)
ACTS = f"{ACTS_BEFORE}, 'budget_creation', 'budget_change', 'budget_deletion'"

FUNCTIONS = """
CREATE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is only added to';
END $$;

-- The day on which something counts: one of the studio's time zone.
CREATE FUNCTION studio_day(moment timestamptz) RETURNS date LANGUAGE sql STABLE AS $$
    SELECT (moment AT TIME ZONE coalesce(
        (SELECT value #>> '{}' FROM setting WHERE name = 'time_zone'), 'UTC'))::date
$$;

CREATE FUNCTION budget_covers(
    scope text, scope_id text, user_id uuid, project_id uuid, provider text, api_key_id uuid
) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE scope
        WHEN 'studio' THEN true
        WHEN 'user' THEN scope_id = user_id::text
        WHEN 'project' THEN scope_id = project_id::text
        WHEN 'key' THEN scope_id = api_key_id::text
        WHEN 'provider' THEN scope_id = provider
    END
$$;

-- What is spent on a job: what its provider says that it cost, else the price that was reserved.
CREATE FUNCTION spent_on(charge text, play_money boolean, facts jsonb, price bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN charge = 'settled' THEN
        coalesce(CASE WHEN NOT play_money THEN (facts ->> 'cost_micros')::numeric::bigint END, price, 0)
    ELSE 0 END
$$;

CREATE FUNCTION book_new_jobs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger_entry (job_id, kind, micros, reserved_at, user_id, project_id, provider, model,
        api_key_id, seconds)
    SELECT job.id, entry.kind, CASE WHEN job.play_money THEN 0 ELSE job.price_micros END,
        job.created_at, video.owner_id, video.project_id, job.provider, video.model, job.api_key_id,
        CASE WHEN video.seconds ~ '^[0-9]{1,6}$' THEN video.seconds::integer ELSE 0 END
    FROM new_jobs AS job JOIN video ON video.id = job.video_id
    CROSS JOIN LATERAL (VALUES (1, 'reserve'), (2, CASE job.charge
        WHEN 'settled' THEN 'settle' WHEN 'released' THEN 'release' END)) AS entry (place, kind)
    WHERE entry.kind IS NOT NULL
    ORDER BY job.created_at, job.id, entry.place;
    RETURN NULL;
END $$;

-- A charge ends once; whatever becomes of it later is a correction. Rows are locked in one order everywhere:
-- budgets, then days.
CREATE FUNCTION book_changed_jobs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM new_jobs AS job JOIN old_jobs AS was ON was.id = job.id
        WHERE (job.charge, job.phase = 'failed', job.phase = 'completed', job.facts -> 'cost_micros')
            IS DISTINCT FROM
            (was.charge, was.phase = 'failed', was.phase = 'completed', was.facts -> 'cost_micros')
    ) THEN
        RETURN NULL;
    END IF;
    PERFORM FROM budget WHERE EXISTS (
        SELECT FROM new_jobs AS job JOIN ledger_entry AS entry
            ON entry.job_id = job.id AND entry.kind = 'reserve'
        WHERE budget_covers(budget.scope, budget.scope_id,
            entry.user_id, entry.project_id, entry.provider, entry.api_key_id)
    ) ORDER BY id FOR UPDATE;
    PERFORM FROM usage_day WHERE (day, user_id, project_id, provider, model, api_key_id) IN (
        SELECT studio_day(entry.reserved_at), coalesce(entry.user_id, nobody), coalesce(entry.project_id, nobody),
            entry.provider, entry.model, coalesce(entry.api_key_id, nobody)
        FROM new_jobs AS job JOIN ledger_entry AS entry ON entry.job_id = job.id AND entry.kind = 'reserve',
            CAST('00000000-0000-0000-0000-000000000000' AS uuid) AS nobody
    ) ORDER BY day, user_id, project_id, provider, model, api_key_id FOR UPDATE;

    INSERT INTO ledger_entry (job_id, kind, micros, reserved_at, user_id, project_id, provider, model,
        api_key_id, seconds)
    SELECT held.job_id, entry.kind, entry.micros, held.reserved_at, held.user_id, held.project_id,
        held.provider, held.model, held.api_key_id, held.seconds
    FROM new_jobs AS job JOIN old_jobs AS was ON was.id = job.id
    JOIN ledger_entry AS held ON held.job_id = job.id AND held.kind = 'reserve'
    CROSS JOIN LATERAL (SELECT was.charge = 'reserved' AND NOT EXISTS (
        SELECT FROM ledger_entry AS ended
        WHERE ended.job_id = job.id AND ended.kind IN ('settle', 'release')) AS is_open) AS hold
    CROSS JOIN LATERAL (VALUES
        (1, CASE WHEN hold.is_open THEN
            CASE job.charge WHEN 'settled' THEN 'settle' WHEN 'released' THEN 'release' END END, held.micros),
        (2, 'correct', nullif(
            spent_on(job.charge, job.play_money, job.facts, held.micros)
            - spent_on(was.charge, was.play_money, was.facts, held.micros)
            - CASE WHEN hold.is_open AND job.charge = 'settled' THEN coalesce(held.micros, 0)
                ELSE 0 END, 0))
    ) AS entry (place, kind, micros)
    WHERE entry.kind IN ('settle', 'release') OR entry.kind = 'correct' AND entry.micros IS NOT NULL
    ORDER BY held.reserved_at, job.id, entry.place;

    UPDATE usage_day AS usage SET
        completed = usage.completed + change.completed,
        failures = usage.failures + change.failures,
        seconds = usage.seconds + change.seconds,
        failed_micros = usage.failed_micros + change.failed_micros
    FROM (
        SELECT studio_day(held.reserved_at) AS day, coalesce(held.user_id, nobody) AS user_id,
            coalesce(held.project_id, nobody) AS project_id, held.provider, held.model,
            coalesce(held.api_key_id, nobody) AS api_key_id,
            sum((job.phase = 'completed')::integer - (was.phase = 'completed')::integer) AS completed,
            sum((job.phase = 'failed')::integer - (was.phase = 'failed')::integer) AS failures,
            sum(((job.phase = 'completed')::integer - (was.phase = 'completed')::integer) * held.seconds)
                AS seconds,
            sum(CASE WHEN job.phase = 'failed'
                    THEN spent_on(job.charge, job.play_money, job.facts, held.micros) ELSE 0 END
                - CASE WHEN was.phase = 'failed'
                    THEN spent_on(was.charge, was.play_money, was.facts, held.micros) ELSE 0 END)
                AS failed_micros
        FROM new_jobs AS job JOIN old_jobs AS was ON was.id = job.id
        JOIN ledger_entry AS held ON held.job_id = job.id AND held.kind = 'reserve',
            CAST('00000000-0000-0000-0000-000000000000' AS uuid) AS nobody
        GROUP BY 1, 2, 3, 4, 5, 6
    ) AS change
    WHERE (usage.day, usage.user_id, usage.project_id, usage.provider, usage.model, usage.api_key_id)
        = (change.day, change.user_id, change.project_id, change.provider, change.model, change.api_key_id)
        AND (change.completed, change.failures, change.failed_micros) <> (0, 0, 0);
    RETURN NULL;
END $$;

-- Whose video is purged before anybody knew whether it had been taken: it was looked for, and is given up.
CREATE FUNCTION book_gone_jobs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger_entry (job_id, kind, micros, reserved_at, user_id, project_id, provider, model,
        api_key_id, seconds)
    SELECT held.job_id, 'release', held.micros, held.reserved_at, held.user_id, held.project_id,
        held.provider, held.model, held.api_key_id, held.seconds
    FROM old_jobs AS job JOIN ledger_entry AS held ON held.job_id = job.id AND held.kind = 'reserve'
    WHERE job.charge = 'reserved' AND NOT EXISTS (
        SELECT FROM ledger_entry AS ended
        WHERE ended.job_id = job.id AND ended.kind IN ('settle', 'release'))
    ORDER BY held.reserved_at, job.id;
    RETURN NULL;
END $$;

-- With every entry that is added, the windows of budgets and the days follow in the same transaction.
CREATE FUNCTION sum_up_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM budget WHERE EXISTS (
        SELECT FROM entries AS entry WHERE budget_covers(budget.scope, budget.scope_id,
            entry.user_id, entry.project_id, entry.provider, entry.api_key_id)
    ) ORDER BY id FOR UPDATE;
    IF FOUND THEN
        UPDATE budget_window SET held = budget_window.held + change.held,
            spent = budget_window.spent + change.spent
        FROM (
            SELECT part.budget_id, part.starts_at,
                coalesce(sum(CASE entry.kind WHEN 'reserve' THEN entry.micros WHEN 'settle' THEN -entry.micros
                    WHEN 'release' THEN -entry.micros END), 0) AS held,
                coalesce(sum(entry.micros) FILTER (WHERE entry.kind IN ('settle', 'correct')), 0) AS spent
            FROM entries AS entry
            JOIN budget ON budget_covers(budget.scope, budget.scope_id,
                entry.user_id, entry.project_id, entry.provider, entry.api_key_id)
            JOIN budget_window AS part ON part.budget_id = budget.id AND entry.reserved_at >= part.starts_at
                AND entry.reserved_at < coalesce(part.ends_at, 'infinity')
            GROUP BY 1, 2
        ) AS change
        WHERE budget_window.budget_id = change.budget_id AND budget_window.starts_at = change.starts_at;
    END IF;

    INSERT INTO usage_day (day, user_id, project_id, provider, model, api_key_id,
        jobs, held_micros, spent_micros)
    SELECT studio_day(entry.reserved_at), coalesce(entry.user_id, nobody), coalesce(entry.project_id, nobody),
        entry.provider, entry.model, coalesce(entry.api_key_id, nobody),
        count(*) FILTER (WHERE entry.kind = 'reserve'),
        coalesce(sum(CASE entry.kind WHEN 'reserve' THEN entry.micros WHEN 'settle' THEN -entry.micros
            WHEN 'release' THEN -entry.micros END), 0),
        coalesce(sum(entry.micros) FILTER (WHERE entry.kind IN ('settle', 'correct')), 0)
    FROM entries AS entry, CAST('00000000-0000-0000-0000-000000000000' AS uuid) AS nobody
    GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6
    ON CONFLICT (day, user_id, project_id, provider, model, api_key_id) DO UPDATE SET
        jobs = usage_day.jobs + excluded.jobs,
        held_micros = usage_day.held_micros + excluded.held_micros,
        spent_micros = usage_day.spent_micros + excluded.spent_micros;
    RETURN NULL;
END $$;
"""

LEDGER_TRIGGERS = """
CREATE TRIGGER ledger_unchanged BEFORE UPDATE OR DELETE ON ledger_entry
    FOR EACH ROW EXECUTE FUNCTION refuse_ledger_change();
CREATE TRIGGER ledger_not_emptied BEFORE TRUNCATE ON ledger_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change();
CREATE TRIGGER ledger_summed_up AFTER INSERT ON ledger_entry REFERENCING NEW TABLE AS entries
    FOR EACH STATEMENT EXECUTE FUNCTION sum_up_entries();
"""

# Being triggers, they miss no change of a charge, no matter who makes it.
JOB_TRIGGERS = """
CREATE TRIGGER book_new_jobs AFTER INSERT ON job REFERENCING NEW TABLE AS new_jobs
    FOR EACH STATEMENT EXECUTE FUNCTION book_new_jobs();
CREATE TRIGGER book_changed_jobs AFTER UPDATE ON job REFERENCING OLD TABLE AS old_jobs NEW TABLE AS new_jobs
    FOR EACH STATEMENT EXECUTE FUNCTION book_changed_jobs();
CREATE TRIGGER book_gone_jobs AFTER DELETE ON job REFERENCING OLD TABLE AS old_jobs
    FOR EACH STATEMENT EXECUTE FUNCTION book_gone_jobs();
"""

# What is known of the jobs that are there: when they were reserved, and how that ended.
BACKFILL = """
INSERT INTO ledger_entry (job_id, kind, micros, at, reserved_at, user_id, provider, model, seconds)
SELECT job.id, entry.kind, entry.micros, entry.at, job.created_at, video.owner_id, job.provider, video.model,
    CASE WHEN video.seconds ~ '^[0-9]{1,6}$' THEN video.seconds::integer ELSE 0 END
FROM job JOIN video ON video.id = job.video_id
CROSS JOIN LATERAL (SELECT CASE WHEN job.play_money THEN 0 ELSE job.price_micros END AS price) AS booked
CROSS JOIN LATERAL (VALUES
    (1, 'reserve', booked.price, job.created_at),
    (2, CASE job.charge WHEN 'settled' THEN 'settle' WHEN 'released' THEN 'release' END, booked.price,
        greatest(job.created_at, coalesce(job.accepted_at, job.ended_at, job.created_at))),
    (3, 'correct', nullif(spent_on(job.charge, job.play_money, job.facts, booked.price)
        - CASE WHEN job.charge = 'settled' THEN coalesce(booked.price, 0) ELSE 0 END, 0),
        greatest(job.created_at, coalesce(job.rendered_at, job.accepted_at, job.created_at)))
) AS entry (place, kind, micros, at)
WHERE entry.kind IN ('reserve', 'settle', 'release') OR entry.kind = 'correct' AND entry.micros IS NOT NULL
ORDER BY entry.at, job.id, entry.place;

UPDATE usage_day SET completed = made.completed, failures = made.failures, seconds = made.seconds,
    failed_micros = made.failed_micros
FROM (
    SELECT studio_day(held.reserved_at) AS day, coalesce(held.user_id, nobody) AS user_id,
        held.provider, held.model,
        count(*) FILTER (WHERE job.phase = 'completed') AS completed,
        count(*) FILTER (WHERE job.phase = 'failed') AS failures,
        coalesce(sum(held.seconds) FILTER (WHERE job.phase = 'completed'), 0) AS seconds,
        coalesce(sum(spent_on(job.charge, job.play_money, job.facts, held.micros))
            FILTER (WHERE job.phase = 'failed'), 0) AS failed_micros
    FROM job JOIN ledger_entry AS held ON held.job_id = job.id AND held.kind = 'reserve',
        CAST('00000000-0000-0000-0000-000000000000' AS uuid) AS nobody
    GROUP BY 1, 2, 3, 4
) AS made
WHERE (usage_day.day, usage_day.user_id, usage_day.provider, usage_day.model)
    = (made.day, made.user_id, made.provider, made.model);
"""


def upgrade() -> None:
    """Apply; the jobs that are there get the entries that they would have had."""
    op.add_column("job", sa.Column("api_key_id", sa.Uuid(), nullable=True))
    op.add_column(
        "job", sa.Column("play_money", sa.Boolean(), nullable=False, server_default=sa.text("false"))
    )
    op.execute("UPDATE job SET play_money = true WHERE provider = 'sandbox'")
    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("micros", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("reserved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("api_key_id", sa.Uuid(), nullable=True),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('reserve', 'settle', 'release', 'correct')", name=op.f("ck_ledger_entry_kind")
        ),
        sa.CheckConstraint("kind = 'correct' OR micros >= 0", name=op.f("ck_ledger_entry_micros")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
    )
    op.create_index(
        "uq_ledger_entry_reserve",
        "ledger_entry",
        ["job_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'reserve'"),
    )
    op.create_index(
        "uq_ledger_entry_end",
        "ledger_entry",
        ["job_id"],
        unique=True,
        postgresql_where=sa.text("kind IN ('settle', 'release')"),
    )
    op.create_index("ix_ledger_entry_reserved_at", "ledger_entry", ["reserved_at"])
    _create_sums()
    op.execute(FUNCTIONS)
    op.execute(LEDGER_TRIGGERS)
    op.execute(BACKFILL)
    op.execute(JOB_TRIGGERS)
    op.drop_constraint(op.f("ck_audit_act"), "audit")
    op.create_check_constraint(op.f("ck_audit_act"), "audit", f"act IN ({ACTS})")


def _create_sums() -> None:
    names = ("jobs", "completed", "failures", "seconds", "held_micros", "spent_micros", "failed_micros")
    op.create_table(
        "usage_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("api_key_id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False, server_default="0") for name in names),
        sa.PrimaryKeyConstraint(
            "day",
            "user_id",
            "project_id",
            "provider",
            "model",
            "api_key_id",
            name=op.f("pk_usage_day"),
        ),
    )
    op.create_index("ix_usage_day_user", "usage_day", ["user_id", "day"])
    op.create_table(
        "budget",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("scope_id", sa.Text(), nullable=False),
        sa.Column("amount_micros", sa.BigInteger(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("behaviour", sa.Text(), nullable=False),
        sa.Column("thresholds", postgresql.ARRAY(sa.SmallInteger()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "scope IN ('studio', 'user', 'project', 'key', 'provider')", name=op.f("ck_budget_scope")
        ),
        sa.CheckConstraint("(scope = 'studio') = (scope_id = '')", name=op.f("ck_budget_scope_id")),
        sa.CheckConstraint(
            "period IN ('none', 'day', 'week', 'month', 'total')", name=op.f("ck_budget_period")
        ),
        sa.CheckConstraint("behaviour IN ('block', 'warn')", name=op.f("ck_budget_behaviour")),
        sa.CheckConstraint("amount_micros >= 0", name=op.f("ck_budget_amount")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budget")),
    )
    op.create_table(
        "budget_window",
        sa.Column("budget_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("spent", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["budget_id"], ["budget.id"], name=op.f("fk_budget_window_budget_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("budget_id", "starts_at", name=op.f("pk_budget_window")),
    )
    op.create_table(
        "budget_alert",
        sa.Column("budget_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("threshold", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["budget_id"], ["budget.id"], name=op.f("fk_budget_alert_budget_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("budget_id", "starts_at", "threshold", name=op.f("pk_budget_alert")),
    )


def downgrade() -> None:
    """Take back; what was spent is known only from the jobs that are still there."""
    op.execute("""
        DROP TRIGGER book_new_jobs ON job; DROP TRIGGER book_changed_jobs ON job;
        DROP TRIGGER book_gone_jobs ON job
    """)
    for table in ("budget_alert", "budget_window", "budget", "usage_day", "ledger_entry"):
        op.drop_table(table)
    op.execute("""
        DROP FUNCTION book_new_jobs; DROP FUNCTION book_changed_jobs; DROP FUNCTION book_gone_jobs;
        DROP FUNCTION sum_up_entries; DROP FUNCTION refuse_ledger_change; DROP FUNCTION spent_on;
        DROP FUNCTION budget_covers; DROP FUNCTION studio_day
    """)
    op.drop_column("job", "play_money")
    op.drop_column("job", "api_key_id")
    op.drop_constraint(op.f("ck_audit_act"), "audit")
    op.execute(f"ALTER TABLE audit ADD CONSTRAINT ck_audit_act CHECK (act IN ({ACTS_BEFORE})) NOT VALID")
