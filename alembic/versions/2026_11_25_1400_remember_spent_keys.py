"""Remember the request keys of purged videos for a while."""

import sqlalchemy as sa

from alembic import op

revision = "2026_11_25_spent_keys"
down_revision = "2026_11_25_index_finished"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "spent_key",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("request_key", sa.Text(), nullable=False),
        sa.Column("request_sha256", sa.Text(), nullable=False),
        sa.Column("video_id", sa.Uuid(), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["user.id"], name=op.f("fk_spent_key_owner_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("owner_id", "request_key", name=op.f("pk_spent_key")),
    )
    op.create_index(op.f("ix_spent_key_erased_at"), "spent_key", ["erased_at"])


def downgrade() -> None:
    """Take back."""
    op.drop_table("spent_key")
