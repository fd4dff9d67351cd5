"""Sign in with a second factor: authenticators, recovery codes; and by an OpenID provider."""

import sqlalchemy as sa

from alembic import op

revision = "2026_12_01_signing_in"
down_revision = "2026_12_01_ledger_and_budgets"
branch_labels = None
depends_on = None

ACTS_BEFORE = (
    "'sign_up', 'log_in', 'log_out', 'session_end', 'password_change', 'email_change', 'account_deletion', "
    "'key_creation', 'key_rotation', 'key_revocation', 'password_reset', 'password_proof', "
    "'account_creation', 'account_approval', 'account_disabling', 'account_enabling', 'role_change', "
    "'reset_link', 'invitation', 'invitation_end', 'setting_change', 'audit_export', 'project_creation', "
    "'project_change', 'project_deletion', 'project_member', 'budget_creation', 'budget_change', "
    "'budget_deletion'"
)
ACTS = (
    f"{ACTS_BEFORE}, 'second_factor', 'two_factor_on', 'two_factor_off', 'recovery_codes', "
    "'two_factor_reset', 'identity_link'"
)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "two_factor",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("enabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=False, server_default="0"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_two_factor_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_two_factor")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_recovery_code_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "sha256", name=op.f("pk_recovery_code")),
    )
    op.create_table(
        "identity",
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_identity_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_identity")),
    )
    op.create_index(op.f("ix_identity_user_id"), "identity", ["user_id"])
    op.add_column(
        "user", sa.Column("has_password", sa.Boolean(), nullable=False, server_default=sa.text("true"))
    )
    op.add_column("session", sa.Column("id_token", sa.Text(), nullable=True))
    _allow_acts(ACTS)


def downgrade() -> None:
    """Take back; the trail stays as it is."""
    _allow_acts(ACTS_BEFORE, "NOT VALID")
    op.drop_column("session", "id_token")
    op.drop_column("user", "has_password")
    op.drop_table("identity")
    op.drop_table("recovery_code")
    op.drop_table("two_factor")


def _allow_acts(acts: str, checked: str = "") -> None:
    op.drop_constraint(op.f("ck_audit_act"), "audit")
    op.execute(f"ALTER TABLE audit ADD CONSTRAINT ck_audit_act CHECK (act IN ({acts})) {checked}")
