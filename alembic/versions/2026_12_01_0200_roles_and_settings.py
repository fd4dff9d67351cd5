"""Put somebody in charge: roles of accounts, accounts that are shut, settings that an admin changes."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "2026_12_01_roles_and_settings"
down_revision = "2026_11_30_pause_providers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply; the oldest account runs the studio, as that of an empty one will."""
    op.add_column("user", sa.Column("role", sa.Text(), nullable=False, server_default="member"))
    op.add_column("user", sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(op.f("ck_user_role"), "user", "role IN ('admin', 'member')")
    op.execute(
        "UPDATE \"user\" SET role = 'admin' "
        'WHERE id = (SELECT id FROM "user" ORDER BY created_at, id LIMIT 1)'
    )
    op.create_table(
        "setting",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_setting")),
    )


def downgrade() -> None:
    """Take back; nobody is in charge, and accounts that were shut are open."""
    op.drop_table("setting")
    op.drop_column("user", "disabled_at")
    op.drop_column("user", "role")
