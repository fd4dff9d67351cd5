"""Let an OpenID provider end the sessions that began there."""

import sqlalchemy as sa

from alembic import op

revision = "2026_12_01_back_channel"
down_revision = "2026_12_01_bound_keys"
branch_labels = None
depends_on = None

KNOWN = sa.text("provider_session IS NOT NULL")


def upgrade() -> None:
    """Apply; sessions from before end with any log-out of their person there."""
    op.add_column("session", sa.Column("provider_session", sa.Text(), nullable=True))
    op.create_index(
        op.f("ix_session_provider_session"), "session", ["provider_session"], postgresql_where=KNOWN
    )


def downgrade() -> None:
    """Take back."""
    op.drop_column("session", "provider_session")
