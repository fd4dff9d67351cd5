"""Keep what goes into a video as its inputs: in order, each with its role, beside its pictures films and sounds.

What is uploaded may be a film or a sound from now on, which has a length.
"""

import sqlalchemy as sa

from alembic import op

revision = "2026_11_30_keep_inputs"
down_revision = "2026_11_30_small_posters"
branch_labels = None
depends_on = None

_MADE = ("video", "thumbnail", "thumbnail-320", "thumbnail-640", "spritesheet")
_ROLES = ("first_frame", "last_frame", "picture", "film", "sound", "edit", "extend")
_RENAMED = ("pk_{}", "uq_{}_key", "ix_{}_created_at", "ix_{}_owner_id")
_KEEP = """INSERT INTO input
    (video_id, position, role, key, content_type, bytes, sha256, width, height, created_at)
    SELECT video_id, 0, 'first_frame', key, content_type, bytes, sha256, width, height, created_at
    FROM asset WHERE variant = 'reference'"""
_GIVE_BACK = """INSERT INTO asset
    (video_id, variant, key, content_type, bytes, sha256, width, height, created_at)
    SELECT video_id, 'reference', key, content_type, bytes, sha256, width, height, created_at
    FROM input WHERE role = 'first_frame'"""


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "input",
        sa.Column("video_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(f"role IN {_ROLES}", name=op.f("ck_input_role")),
        sa.CheckConstraint("bytes > 0", name=op.f("ck_input_bytes")),
        sa.ForeignKeyConstraint(
            ["video_id"], ["video.id"], name=op.f("fk_input_video_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("video_id", "position", name=op.f("pk_input")),
        sa.UniqueConstraint("key", name=op.f("uq_input_key")),
    )
    op.execute(_KEEP)
    op.execute("DELETE FROM asset WHERE variant = 'reference'")
    _allow(*_MADE)
    op.rename_table("reference", "upload")
    _rename("reference", "upload")
    op.add_column("upload", sa.Column("seconds", sa.Float(), nullable=True))


def downgrade() -> None:
    """Take back; what is no first frame goes with the next comparison of rows and files."""
    op.drop_column("upload", "seconds")
    _rename("upload", "reference")
    op.rename_table("upload", "reference")
    _allow(*_MADE, "reference")
    op.execute(_GIVE_BACK)
    op.drop_table("input")


def _rename(before: str, after: str) -> None:
    table = "upload"  # by now, and still
    for name in _RENAMED[:2]:
        op.execute(f"ALTER TABLE {table} RENAME CONSTRAINT {name.format(before)} TO {name.format(after)}")
    op.execute(f"ALTER TABLE {table} RENAME CONSTRAINT fk_{before}_owner_id TO fk_{after}_owner_id")
    for name in _RENAMED[2:]:
        op.execute(f"ALTER INDEX {name.format(before)} RENAME TO {name.format(after)}")


def _allow(*variants: str) -> None:
    op.drop_constraint(op.f("ck_asset_variant"), "asset")
    op.create_check_constraint(op.f("ck_asset_variant"), "asset", f"variant IN {variants}")
