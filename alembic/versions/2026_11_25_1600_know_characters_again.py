"""Know the request that made a character again by all that it said."""

import sqlalchemy as sa

from alembic import op

revision = "2026_11_25_know_characters"
down_revision = "2026_11_25_disown"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("character", sa.Column("request_sha256", sa.Text(), nullable=True))


def downgrade() -> None:
    """Take back."""
    op.drop_column("character", "request_sha256")
