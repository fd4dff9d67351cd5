"""Keep with each API key what it may spend unasked."""

import sqlalchemy as sa

from alembic import op

revision = "2026_12_01_agents_and_formats"
down_revision = "2026_12_01_budget_alerts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("api_key", sa.Column("confirm_above_micros", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """Take back."""
    op.drop_column("api_key", "confirm_above_micros")
