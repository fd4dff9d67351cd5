"""Keep a trail that nobody changes, and know when a session was last used."""

import sqlalchemy as sa

from alembic import op

revision = "2026_11_30_audit_and_sessions"
down_revision = "2026_11_30_standard_terms"
branch_labels = None
depends_on = None

ACTS = "'sign_up', 'log_in', 'log_out', 'session_end', 'password_change', 'email_change', 'account_deletion'"

APPEND_ONLY = """
CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the trail is only added to';
END $$;
CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit
    FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_kept BEFORE DELETE ON audit
    FOR EACH ROW WHEN (OLD.at > now() - interval '365 days') EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_not_emptied BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
"""


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "audit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("user_agent", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.CheckConstraint(f"act IN ({ACTS})", name=op.f("ck_audit_act")),
        sa.CheckConstraint("result IN ('done', 'refused', 'throttled')", name=op.f("ck_audit_result")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_at", "audit", ["at", "id"])
    op.create_index("ix_audit_user_id", "audit", ["user_id", "at"])
    op.execute(APPEND_ONLY)
    # Nobody knows when the sessions that stand were used; each gets the whole of its idle time from now on.
    op.add_column("session", sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE session SET last_seen_at = now()")
    op.alter_column("session", "last_seen_at", nullable=False)


def downgrade() -> None:
    """Take back."""
    op.drop_column("session", "last_seen_at")
    op.drop_table("audit")
    op.execute("DROP FUNCTION refuse_audit_change")
