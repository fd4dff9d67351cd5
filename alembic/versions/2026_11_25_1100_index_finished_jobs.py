"""Index jobs by when they were rendered: how long such jobs take is read from the newest ones."""

import sqlalchemy as sa

from alembic import op

revision = "2026_11_25_index_finished"
down_revision = "2026_11_25_add_activity"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_index(
        "ix_job_finished", "job", ["finished_at"], postgresql_where=sa.text("finished_at IS NOT NULL")
    )


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_job_finished", table_name="job", postgresql_where=sa.text("finished_at IS NOT NULL"))
