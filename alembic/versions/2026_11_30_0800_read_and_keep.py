"""Keep what providers report about a rendering, and find the jobs whose answer was lost without reading all others."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from alembic import op

revision = "2026_11_30_read_and_keep"
down_revision = "2026_11_30_split_words"
branch_labels = None
depends_on = None

_UNANSWERED = sa.text("remote_id IS NULL AND submit_started_at IS NOT NULL")


def upgrade() -> None:
    """Apply."""
    op.add_column("job", sa.Column("facts", JSONB, nullable=True))
    op.create_index("ix_job_unanswered", "job", ["provider"], postgresql_where=_UNANSWERED)


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_job_unanswered", "job")
    op.drop_column("job", "facts")
