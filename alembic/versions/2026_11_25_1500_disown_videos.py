"""Let a video outlive its owner until it has been purged, and announce nothing to nobody."""

import sqlalchemy as sa

from alembic import op

revision = "2026_11_25_disown"
down_revision = "2026_11_25_spent_keys"
branch_labels = None
depends_on = None


# As it was created, but for the last line: a video without an owner is nobody's news.
ANNOUNCE = """
CREATE OR REPLACE FUNCTION announce_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed jsonb := CASE WHEN TG_OP = 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END;
    owner text := coalesce(changed ->> TG_ARGV[0],
        (SELECT owner_id::text FROM video WHERE id = (changed ->> 'video_id')::uuid));
BEGIN
    PERFORM pg_notify('studio_changed', owner){condition};
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    """Apply."""
    op.execute(ANNOUNCE.format(condition=" WHERE owner IS NOT NULL"))
    op.alter_column("video", "owner_id", existing_type=sa.Uuid(), nullable=True)
    op.create_check_constraint(
        op.f("ck_video_owned"), "video", "owner_id IS NOT NULL OR deleted_at IS NOT NULL"
    )


def downgrade() -> None:
    """Take back: what nobody owns goes at once, as it did before."""
    op.execute("DELETE FROM video WHERE owner_id IS NULL")
    op.drop_constraint(op.f("ck_video_owned"), "video", type_="check")
    op.alter_column("video", "owner_id", existing_type=sa.Uuid(), nullable=False)
    op.execute(ANNOUNCE.format(condition=""))
