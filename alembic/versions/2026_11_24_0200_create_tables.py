"""Create the tables, and the triggers that announce whose data changed."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "2026_11_24_create_tables"
down_revision = None
branch_labels = None
depends_on = None


# A push says "changed" and nothing else: the payload is the owner's id, and PostgreSQL folds equal ones of a
# transaction into one. Being triggers, they miss no write, no matter who makes it.
CHANNEL = "studio_changed"

ANNOUNCE = f"""
CREATE FUNCTION announce_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed jsonb := CASE WHEN TG_OP = 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END;
BEGIN
    PERFORM pg_notify('{CHANNEL}', coalesce(changed ->> TG_ARGV[0],
        (SELECT owner_id::text FROM video WHERE id = (changed ->> 'video_id')::uuid)));
    RETURN NULL;
END $$
"""

TRIGGERS = """
CREATE TRIGGER announce_user AFTER UPDATE OR DELETE ON "user"
    FOR EACH ROW EXECUTE FUNCTION announce_change('id');
CREATE TRIGGER announce_session_end AFTER UPDATE OF ended_at ON session
    FOR EACH ROW EXECUTE FUNCTION announce_change('user_id');
CREATE TRIGGER announce_video AFTER INSERT OR UPDATE OR DELETE ON video
    FOR EACH ROW EXECUTE FUNCTION announce_change('owner_id');
CREATE TRIGGER announce_job AFTER UPDATE ON job FOR EACH ROW
    WHEN ((OLD.phase, OLD.progress, OLD.progress_known, OLD.remote_status, OLD.problem_code)
        IS DISTINCT FROM (NEW.phase, NEW.progress, NEW.progress_known, NEW.remote_status, NEW.problem_code))
    EXECUTE FUNCTION announce_change('owner_id');
"""


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "trash",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_trash")),
    )
    op.create_table(
        "user",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_user_email_lower")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user")),
        sa.UniqueConstraint("email", name=op.f("uq_user_email")),
    )
    op.create_table(
        "reference",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["user.id"], name=op.f("fk_reference_owner_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reference")),
        sa.UniqueConstraint("key", name=op.f("uq_reference_key")),
    )
    op.create_index(op.f("ix_reference_created_at"), "reference", ["created_at"], unique=False)
    op.create_index(op.f("ix_reference_owner_id"), "reference", ["owner_id"], unique=False)
    op.create_table(
        "session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("user_agent", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_session_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
    )
    op.create_index(op.f("ix_session_expires_at"), "session", ["expires_at"], unique=False)
    op.create_index(op.f("ix_session_user_id"), "session", ["user_id"], unique=False)
    op.create_table(
        "video",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("size", sa.Text(), nullable=False),
        sa.Column("seconds", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column(
            "status",
            sa.Text(),
            sa.Computed(
                "CASE phase WHEN 'submitting' THEN 'queued' WHEN 'submit_unknown' THEN 'queued' WHEN 'queued' THEN 'queued' WHEN 'in_progress' THEN 'in_progress' WHEN 'saving' THEN 'in_progress' WHEN 'completed' THEN 'completed' WHEN 'failed' THEN 'failed' WHEN 'needs_attention' THEN 'in_progress' END",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("request_key", sa.Text(), nullable=True),
        sa.Column("request_sha256", sa.Text(), nullable=True),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed("to_tsvector('simple', title || ' ' || prompt)", persisted=True),
            nullable=True,
        ),
        sa.CheckConstraint("kind IN ('create', 'remix')", name=op.f("ck_video_kind")),
        sa.CheckConstraint(
            "phase IN ('submitting', 'submit_unknown', 'queued', 'in_progress', 'saving', 'completed', 'failed', 'needs_attention')",
            name=op.f("ck_video_phase"),
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["user.id"], name=op.f("fk_video_owner_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["video.id"], name=op.f("fk_video_parent_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_video")),
    )
    op.create_index(
        "ix_video_deleted",
        "video",
        ["deleted_at"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.create_index(
        "ix_video_library",
        "video",
        ["owner_id", "created_at", "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_video_library_status",
        "video",
        ["owner_id", "status", "created_at", "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_video_parent",
        "video",
        ["parent_id"],
        unique=False,
        postgresql_where=sa.text("parent_id IS NOT NULL"),
    )
    op.create_index("ix_video_search", "video", ["search"], unique=False, postgresql_using="gin")
    op.create_index(
        "uq_video_request",
        "video",
        ["owner_id", "request_key"],
        unique=True,
        postgresql_where=sa.text("request_key IS NOT NULL"),
    )
    op.create_table(
        "asset",
        sa.Column("video_id", sa.Uuid(), nullable=False),
        sa.Column("variant", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "variant IN ('video', 'thumbnail', 'spritesheet', 'reference')", name=op.f("ck_asset_variant")
        ),
        sa.CheckConstraint("bytes > 0", name=op.f("ck_asset_bytes")),
        sa.ForeignKeyConstraint(
            ["video_id"], ["video.id"], name=op.f("fk_asset_video_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("video_id", "variant", name=op.f("pk_asset")),
        sa.UniqueConstraint("key", name=op.f("uq_asset_key")),
    )
    op.create_table(
        "job",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("video_id", sa.Uuid(), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=True),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("progress", sa.SmallInteger(), nullable=False),
        sa.Column("progress_known", sa.Boolean(), nullable=False),
        sa.Column("remote_status", sa.Text(), nullable=True),
        sa.Column("problem_code", sa.Text(), nullable=True),
        sa.Column("problem_message", sa.Text(), nullable=True),
        sa.Column("price_micros", sa.BigInteger(), nullable=True),
        sa.Column("charge", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("post_begun_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("remote_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hinted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("holder", sa.Uuid(), nullable=True),
        sa.Column("fence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("looks", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("charge IN ('reserved', 'settled', 'released')", name=op.f("ck_job_charge")),
        sa.CheckConstraint(
            "phase IN ('submitting', 'submit_unknown', 'queued', 'in_progress', 'saving', 'completed', 'failed', 'needs_attention')",
            name=op.f("ck_job_phase"),
        ),
        sa.CheckConstraint("price_micros >= 0", name=op.f("ck_job_price")),
        sa.CheckConstraint("progress BETWEEN 0 AND 100", name=op.f("ck_job_progress")),
        sa.ForeignKeyConstraint(["video_id"], ["video.id"], name=op.f("fk_job_video_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        postgresql_with={"fillfactor": "70"},
    )
    op.create_index(
        "ix_job_pending",
        "job",
        ["phase"],
        unique=False,
        postgresql_where=sa.text("NOT (phase IN ('completed', 'failed'))"),
    )
    op.create_index("ix_job_video", "job", ["video_id"], unique=False)
    op.create_index("uq_job_current", "job", ["video_id"], unique=True, postgresql_where=sa.text("current"))
    op.create_index(
        "uq_job_remote",
        "job",
        ["provider", "remote_id"],
        unique=True,
        postgresql_where=sa.text("remote_id IS NOT NULL"),
    )
    op.create_table(
        "hint",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hint")),
    )
    op.create_index(op.f("ix_hint_received_at"), "hint", ["received_at"], unique=False)
    op.create_index(op.f("ix_hint_remote_id"), "hint", ["remote_id"], unique=False)
    op.execute(ANNOUNCE)
    op.execute(TRIGGERS)


def downgrade() -> None:
    """Take back."""
    op.drop_table("hint")
    op.drop_index("uq_job_remote", table_name="job", postgresql_where=sa.text("remote_id IS NOT NULL"))
    op.drop_index("uq_job_current", table_name="job", postgresql_where=sa.text("current"))
    op.drop_index("ix_job_video", table_name="job")
    op.drop_index(
        "ix_job_pending", table_name="job", postgresql_where=sa.text("NOT (phase IN ('completed', 'failed'))")
    )
    op.drop_table("job")
    op.drop_table("asset")
    op.drop_index("uq_video_request", table_name="video", postgresql_where=sa.text("request_key IS NOT NULL"))
    op.drop_index("ix_video_search", table_name="video", postgresql_using="gin")
    op.drop_index("ix_video_parent", table_name="video", postgresql_where=sa.text("parent_id IS NOT NULL"))
    op.drop_index(
        "ix_video_library_status", table_name="video", postgresql_where=sa.text("deleted_at IS NULL")
    )
    op.drop_index("ix_video_library", table_name="video", postgresql_where=sa.text("deleted_at IS NULL"))
    op.drop_index("ix_video_deleted", table_name="video", postgresql_where=sa.text("deleted_at IS NOT NULL"))
    op.drop_table("video")
    op.drop_index(op.f("ix_session_user_id"), table_name="session")
    op.drop_index(op.f("ix_session_expires_at"), table_name="session")
    op.drop_table("session")
    op.drop_index(op.f("ix_reference_owner_id"), table_name="reference")
    op.drop_index(op.f("ix_reference_created_at"), table_name="reference")
    op.drop_table("reference")
    op.drop_table("user")
    op.drop_table("trash")
    op.execute("DROP FUNCTION announce_change")
