"""Let providers be paused: nothing is sent to one meanwhile, by whichever process."""

import sqlalchemy as sa

from alembic import op

revision = "2026_11_30_pause_providers"
down_revision = "2026_11_30_keep_inputs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "provider_pause",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("provider", name=op.f("pk_provider_pause")),
    )


def downgrade() -> None:
    """Take back; every provider goes on."""
    op.drop_table("provider_pause")
