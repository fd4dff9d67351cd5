"""Keep what people set of a model's own fields, such as its seed."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from alembic import op

revision = "2026_11_30_keep_options"
down_revision = "2026_11_30_read_and_keep"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("video", sa.Column("options", JSONB(), server_default=sa.text("'{}'"), nullable=False))


def downgrade() -> None:
    """Take back."""
    op.drop_column("video", "options")
