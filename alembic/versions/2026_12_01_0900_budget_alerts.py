"""Keep a notice for everybody concerned when a budget reaches a threshold, until they dismiss it."""

import sqlalchemy as sa

from alembic import op

revision = "2026_12_01_budget_alerts"
down_revision = "2026_12_01_signing_in"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "budget_notice",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("budget_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("threshold", sa.SmallInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_budget_notice_user_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["budget_id"], ["budget.id"], name=op.f("fk_budget_notice_budget_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "budget_id", "starts_at", name=op.f("pk_budget_notice")),
    )
    op.create_index(op.f("ix_budget_notice_budget_id"), "budget_notice", ["budget_id"])
    op.execute(
        "CREATE TRIGGER announce_notice AFTER INSERT OR UPDATE OR DELETE ON budget_notice"
        " FOR EACH ROW EXECUTE FUNCTION announce_change('user_id')"
    )


def downgrade() -> None:
    """Take back; that thresholds were reached stays known."""
    op.drop_table("budget_notice")
