"""Remember which server a job was sent to, and when an uploaded picture was used.

A provider's name may stand for another server elsewhere, or later. Of jobs that were sent before it is not known, so every process with that provider's name asks about them.
"""

import sqlalchemy as sa

from alembic import op

revision = "2026_11_30_know_the_server"
down_revision = "2026_11_30_audit_and_sessions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("job", sa.Column("server", sa.Text(), nullable=True))
    op.add_column("reference", sa.Column("used_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Take back."""
    op.drop_column("reference", "used_at")
    op.drop_column("job", "server")
