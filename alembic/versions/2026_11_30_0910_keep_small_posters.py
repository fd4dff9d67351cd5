"""Keep posters in smaller sizes, too: a page full of tiles loads a half of what it did.

Videos that are there keep the one that they have, which is served for any size.
"""

from alembic import op

revision = "2026_11_30_small_posters"
down_revision = "2026_11_30_segment_search"
branch_labels = None
depends_on = None

_BEFORE = ("video", "thumbnail", "spritesheet")


def upgrade() -> None:
    """Apply."""
    _allow(*_BEFORE, "thumbnail-320", "thumbnail-640", "reference")


def downgrade() -> None:
    """Take back; the files go with the next comparison of rows and files."""
    op.execute("DELETE FROM asset WHERE variant IN ('thumbnail-320', 'thumbnail-640')")
    _allow(*_BEFORE, "reference")


def _allow(*variants: str) -> None:
    op.drop_constraint(op.f("ck_asset_variant"), "asset")
    op.create_check_constraint(op.f("ck_asset_variant"), "asset", f"variant IN {variants}")
