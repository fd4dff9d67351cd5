"""Know the instances that serve one studio, and whose turn it is to do what is done once."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from alembic import op

revision = "2026_12_01_instances"
down_revision = "2026_12_01_usage_totals"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "instance",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("installation", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("role", "address", "version", "build")),
        sa.Column("signing_keys", ARRAY(sa.Text()), nullable=False),
        sa.Column("providers", JSONB(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("storage", "time_zone")),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instance")),
    )
    op.create_table(
        "task_turn",
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("holder", sa.Uuid(), nullable=True),
        sa.Column("free_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("task", name=op.f("pk_task_turn")),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("task_turn")
    op.drop_table("instance")
