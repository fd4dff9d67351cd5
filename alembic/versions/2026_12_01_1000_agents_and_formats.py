"""Keep with each API key what it may spend unasked, and with each webhook endpoint how it is told."""

import sqlalchemy as sa

from alembic import op

revision = "2026_12_01_agents_and_formats"
down_revision = "2026_12_01_budget_alerts"
branch_labels = None
depends_on = None

ACTS_BEFORE = (
    "'sign_up', 'log_in', 'log_out', 'session_end', 'password_change', 'email_change', 'account_deletion', "
    "'key_creation', 'key_rotation', 'key_revocation', 'password_reset', 'password_proof', "
    "'account_creation', 'account_approval', 'account_disabling', 'account_enabling', 'role_change', "
    "'reset_link', 'invitation', 'invitation_end', 'setting_change', 'audit_export', 'project_creation', "
    "'project_change', 'project_deletion', 'project_member', 'budget_creation', 'budget_change', "
    "'budget_deletion', 'second_factor', 'two_factor_on', 'two_factor_off', 'recovery_codes', "
    "'two_factor_reset', 'identity_link'"
)
ACTS = f"{ACTS_BEFORE}, 'webhook_creation', 'webhook_change', 'webhook_rotation', 'webhook_deletion'"


def upgrade() -> None:
    """Apply."""
    op.add_column("api_key", sa.Column("confirm_above_micros", sa.BigInteger(), nullable=True))
    op.add_column(
        "webhook_endpoint", sa.Column("format", sa.Text(), server_default="standard", nullable=False)
    )
    op.create_check_constraint(
        op.f("ck_webhook_endpoint_format"),
        "webhook_endpoint",
        "format IN ('standard', 'discord', 'slack', 'ntfy')",
    )
    op.drop_constraint(op.f("ck_audit_act"), "audit")
    op.create_check_constraint(op.f("ck_audit_act"), "audit", f"act IN ({ACTS})")


def downgrade() -> None:
    """Take back; lines of acts that nobody knew before stay."""
    op.drop_constraint(op.f("ck_audit_act"), "audit")
    op.execute(f"ALTER TABLE audit ADD CONSTRAINT ck_audit_act CHECK (act IN ({ACTS_BEFORE})) NOT VALID")
    op.drop_constraint(op.f("ck_webhook_endpoint_format"), "webhook_endpoint")
    op.drop_column("webhook_endpoint", "format")
    op.drop_column("api_key", "confirm_above_micros")
