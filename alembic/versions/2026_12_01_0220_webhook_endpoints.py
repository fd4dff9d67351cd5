"""Tell other programs what becomes of videos: endpoints, and an outbox that the change of a phase fills."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "2026_12_01_webhook_endpoints"
down_revision = "2026_12_01_api_keys"
branch_labels = None
depends_on = None

# In the transaction of whatever changes the phase: what happened is told, and what was rolled back is not.
OUTBOX = """
CREATE FUNCTION enqueue_webhook(owner uuid, kind text, about text) RETURNS void LANGUAGE sql AS $$
    INSERT INTO webhook_message (id, endpoint_id, event_type, subject, created_at, due_at, attempts, fence)
    SELECT gen_random_uuid(), id, kind, about, now(), now(), 0, 0
    FROM webhook_endpoint
    WHERE user_id = owner AND disabled_at IS NULL AND kind = ANY(event_types)
$$;
CREATE FUNCTION enqueue_video_webhook() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM enqueue_webhook(NEW.owner_id, 'video.' || NEW.phase, 'video_' || replace(NEW.id::text, '-', ''));
    RETURN NULL;
END $$;
CREATE TRIGGER enqueue_video_webhook AFTER UPDATE OF phase ON video FOR EACH ROW
    WHEN (OLD.phase IS DISTINCT FROM NEW.phase AND NEW.phase IN ('completed', 'failed', 'needs_attention')
        AND NEW.deleted_at IS NULL)
    EXECUTE FUNCTION enqueue_video_webhook();
"""


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "webhook_endpoint",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("event_types", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("previous_secret", sa.Text(), nullable=True),
        sa.Column("previous_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_webhook_endpoint_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_endpoint")),
    )
    op.create_index(op.f("ix_webhook_endpoint_user_id"), "webhook_endpoint", ["user_id"])
    op.create_table(
        "webhook_message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("endpoint_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status_code", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["endpoint_id"],
            ["webhook_endpoint.id"],
            name=op.f("fk_webhook_message_endpoint_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_message")),
    )
    op.create_index("ix_webhook_message_endpoint", "webhook_message", ["endpoint_id", "position"])
    op.create_index(
        "ix_webhook_message_due",
        "webhook_message",
        ["endpoint_id", "subject", "position"],
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.execute(OUTBOX)


def downgrade() -> None:
    """Take back; nobody is told anything."""
    op.execute("DROP TRIGGER enqueue_video_webhook ON video")
    op.execute("DROP FUNCTION enqueue_video_webhook")
    op.execute("DROP FUNCTION enqueue_webhook")
    op.drop_table("webhook_message")
    op.drop_table("webhook_endpoint")
