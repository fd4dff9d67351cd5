"""Let people share a provider by weights."""

import sqlalchemy as sa

from alembic import op

revision = "2026_12_01_fair_queue"
down_revision = "2026_12_01_agents_and_formats"
branch_labels = None
depends_on = None

ACTS_BEFORE = (
    "'sign_up', 'log_in', 'log_out', 'session_end', 'password_change', 'email_change', 'account_deletion', "
    "'key_creation', 'key_rotation', 'key_revocation', 'password_reset', 'password_proof', "
    "'account_creation', 'account_approval', 'account_disabling', 'account_enabling', 'role_change', "
    "'reset_link', 'invitation', 'invitation_end', 'setting_change', 'audit_export', 'project_creation', "
    "'project_change', 'project_deletion', 'project_member', 'budget_creation', 'budget_change', "
    "'budget_deletion', 'second_factor', 'two_factor_on', 'two_factor_off', 'recovery_codes', "
    "'two_factor_reset', 'identity_link', 'webhook_creation', 'webhook_change', 'webhook_rotation', "
    "'webhook_deletion'"
)
ACTS = f"{ACTS_BEFORE}, 'queue_urgent', 'limit_change'"

PENDING = sa.text("NOT (phase IN ('completed', 'failed'))")


def upgrade() -> None:
    """Apply; what waits now starts at once, in the order in which it was asked for."""
    for table in ("user", "project"):
        weight = sa.Column("queue_weight", sa.Double(), nullable=False, server_default="1")
        op.add_column(table, weight)
        op.create_check_constraint(op.f(f"ck_{table}_queue_weight"), table, "queue_weight > 0")
    op.create_table(
        "queue_share",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("virtual_time", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("provider", "user_id", name=op.f("pk_queue_share")),
    )
    op.add_column("job", sa.Column("virtual_start", sa.Double(), nullable=True))
    op.execute(
        "UPDATE job SET virtual_start = 0"
        " WHERE phase = 'submitting' AND submit_started_at IS NULL AND lease_until IS NULL"
    )
    op.drop_index("ix_job_pending", "job")
    op.create_index(
        "ix_job_pending", "job", ["phase", "provider", "virtual_start", "id"], postgresql_where=PENDING
    )
    op.drop_constraint(op.f("ck_audit_act"), "audit")
    op.create_check_constraint(op.f("ck_audit_act"), "audit", f"act IN ({ACTS})")


def downgrade() -> None:
    """Take back; what waits is sent in the order in which it was asked for."""
    op.drop_index("ix_job_pending", "job")
    op.create_index("ix_job_pending", "job", ["phase"], postgresql_where=PENDING)
    op.drop_column("job", "virtual_start")
    op.drop_table("queue_share")
    for table in ("user", "project"):
        op.drop_column(table, "queue_weight")
    op.drop_constraint(op.f("ck_audit_act"), "audit")
    op.execute(f"ALTER TABLE audit ADD CONSTRAINT ck_audit_act CHECK (act IN ({ACTS_BEFORE})) NOT VALID")
