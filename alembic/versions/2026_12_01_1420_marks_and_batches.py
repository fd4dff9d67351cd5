"""Let people put stars and tags on videos, and undo what they did to several at once."""

import sqlalchemy as sa

from alembic import op

revision = "2026_12_01_marks_and_batches"
down_revision = "2026_12_01_instances"
branch_labels = None
depends_on = None

# A mark is found by its library, so it goes where its video goes; and what is nobody's has none.
FOLLOW = """
CREATE FUNCTION move_marks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.library_id IS NULL THEN
        DELETE FROM video_mark WHERE video_id = NEW.id;
    ELSE
        UPDATE video_mark SET library_id = NEW.library_id WHERE video_id = NEW.id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER marks_moved AFTER UPDATE ON video FOR EACH ROW
    WHEN (OLD.library_id IS DISTINCT FROM NEW.library_id) EXECUTE FUNCTION move_marks();
"""

# Once for each library, however many marks are put or taken in it.
ANNOUNCE = """
CREATE FUNCTION announce_marks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('studio_changed', library_id::text) FROM (SELECT DISTINCT library_id FROM changed) AS told;
    RETURN NULL;
END $$;
CREATE TRIGGER marks_added AFTER INSERT ON video_mark REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION announce_marks();
CREATE TRIGGER marks_changed AFTER UPDATE ON video_mark REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION announce_marks();
CREATE TRIGGER marks_removed AFTER DELETE ON video_mark REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION announce_marks();
"""


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "video_mark",
        sa.Column("video_id", sa.Uuid(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("library_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["video_id"], ["video.id"], name=op.f("fk_video_mark_video_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("video_id", "mark", name=op.f("pk_video_mark")),
    )
    op.create_index("ix_video_mark_library", "video_mark", ["library_id", "mark", "created_at", "video_id"])
    op.create_index(
        "uq_video_mark_stars",
        "video_mark",
        ["video_id"],
        unique=True,
        postgresql_where=sa.text("mark LIKE '*%'"),
    )
    op.create_table(
        "batch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=True),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("action IN ('star', 'tag', 'untag', 'delete')", name=op.f("ck_batch_action")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_batch_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
    )
    op.create_index(op.f("ix_batch_user_id"), "batch", ["user_id"])
    op.create_index(op.f("ix_batch_expires_at"), "batch", ["expires_at"])
    op.create_table(
        "batch_item",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("video_id", sa.Uuid(), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["batch.id"], name=op.f("fk_batch_item_batch_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("batch_id", "video_id", name=op.f("pk_batch_item")),
    )
    op.create_index(
        "ix_video_deleted_library",
        "video",
        ["library_id", "created_at", "id"],
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.execute(FOLLOW)
    op.execute(ANNOUNCE)


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_video_deleted_library", "video")
    op.execute("DROP TRIGGER marks_moved ON video; DROP FUNCTION move_marks")
    for table in ("batch_item", "batch", "video_mark"):
        op.drop_table(table)
    op.execute("DROP FUNCTION announce_marks")
