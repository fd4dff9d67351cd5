"""Remember which server a job was sent to: a provider's name may stand for another one elsewhere, or later.

Of jobs that were sent before it is not known, so every process with that provider's name asks about them.
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


def downgrade() -> None:
    """Take back."""
    op.drop_column("job", "server")
