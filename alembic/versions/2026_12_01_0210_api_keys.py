"""Let scripts sign in with keys of their own."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "2026_12_01_api_keys"
down_revision = "2026_12_01_roles_and_settings"
branch_labels = None
depends_on = None

BEFORE = (
    "'sign_up', 'log_in', 'log_out', 'session_end', 'password_change', 'email_change', 'account_deletion'"
)
NEW = "'key_creation', 'key_rotation', 'key_revocation'"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "api_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("last4", sa.Text(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("budget_micros", sa.BigInteger(), nullable=True),
        sa.Column("requests_per_minute", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rotated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_address", sa.Text(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("previous_sha256", sa.Text(), nullable=True),
        sa.Column("previous_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_api_key_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("sha256", name=op.f("uq_api_key_sha256")),
        sa.UniqueConstraint("previous_sha256", name=op.f("uq_api_key_previous_sha256")),
    )
    op.create_index(op.f("ix_api_key_user_id"), "api_key", ["user_id"])
    _acts(f"{BEFORE}, {NEW}")


def downgrade() -> None:
    """Take back; what the trail says of keys stays, as all of it does."""
    _acts(BEFORE, "NOT VALID")
    op.drop_table("api_key")


def _acts(words: str, checked: str = "") -> None:
    op.drop_constraint(op.f("ck_audit_act"), "audit")
    op.execute(f"ALTER TABLE audit ADD CONSTRAINT ck_audit_act CHECK (act IN ({words})) {checked}")
