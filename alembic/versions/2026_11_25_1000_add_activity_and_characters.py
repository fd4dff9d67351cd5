"""Add the activity of videos, characters, edits and extensions, and when a job was rendered."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "2026_11_25_add_activity"
down_revision = "2026_11_24_create_tables"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "activity",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("video_id", sa.Uuid(), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("happening", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "happening IN ('submitted', 'unclear', 'adopted', 'not_taken', 'busy', 'seen', 'rendered', 'delayed', "
            "'saved', 'failed', 'attention', 'looked_again', 'sent_again', 'given_up')",
            name=op.f("ck_activity_happening"),
        ),
        sa.ForeignKeyConstraint(
            ["video_id"], ["video.id"], name=op.f("fk_activity_video_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity")),
    )
    op.create_index("ix_activity_video", "activity", ["video_id", "id"])
    op.create_table(
        "character",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["user.id"], name=op.f("fk_character_owner_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_character")),
    )
    op.create_index(op.f("ix_character_owner_id"), "character", ["owner_id"])
    op.create_index("uq_character_remote", "character", ["provider", "remote_id"], unique=True)
    op.add_column("job", sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "video", sa.Column("characters", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False)
    )
    op.drop_constraint(op.f("ck_video_kind"), "video")
    op.create_check_constraint(
        op.f("ck_video_kind"), "video", "kind IN ('create', 'remix', 'edit', 'extend')"
    )


def downgrade() -> None:
    """Take back; what only the newer version knows becomes the nearest that the older one does."""
    op.drop_constraint(op.f("ck_video_kind"), "video")
    op.execute("UPDATE video SET kind = 'remix' WHERE kind IN ('edit', 'extend')")
    op.create_check_constraint(op.f("ck_video_kind"), "video", "kind IN ('create', 'remix')")
    op.drop_column("video", "characters")
    op.drop_column("job", "finished_at")
    op.drop_table("character")
    op.drop_table("activity")
