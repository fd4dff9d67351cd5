"""Let an API key be for one project, and have a budget of its own."""

import sqlalchemy as sa

from alembic import op

revision = "2026_12_01_bound_keys"
down_revision = "2026_12_01_quotas_and_payers"
branch_labels = None
depends_on = None

# What a budget bounds refers to it by no key: it is named by a text. So what goes takes its budgets along.
FORGET_BUDGETS = """
CREATE FUNCTION forget_budgets() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM budget WHERE scope = TG_ARGV[0] AND scope_id IN (SELECT id::text FROM gone);
    RETURN NULL;
END $$
"""
OF = {"api_key": "key", "project": "project", "user": "user"}


def upgrade() -> None:
    """Apply; budgets of what is gone already go, too."""
    op.create_foreign_key(
        op.f("fk_api_key_project_id"), "api_key", "project", ["project_id"], ["id"], ondelete="CASCADE"
    )
    op.create_index(op.f("ix_api_key_project_id"), "api_key", ["project_id"])
    op.drop_column("api_key", "budget_micros")
    op.add_column("api_key", sa.Column("budget_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_api_key_budget_id"), "api_key", "budget", ["budget_id"], ["id"], ondelete="SET NULL"
    )
    op.create_unique_constraint(op.f("uq_api_key_budget_id"), "api_key", ["budget_id"])
    op.add_column("upload", sa.Column("project_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_upload_project_id"), "upload", "project", ["project_id"], ["id"], ondelete="SET NULL"
    )
    op.create_index(op.f("ix_upload_project_id"), "upload", ["project_id"])
    op.execute(FORGET_BUDGETS)
    for table, scope in OF.items():
        op.execute(
            f'CREATE TRIGGER forget_budgets AFTER DELETE ON "{table}" REFERENCING OLD TABLE AS gone'
            f" FOR EACH STATEMENT EXECUTE FUNCTION forget_budgets('{scope}')"
        )
        op.execute(
            f"DELETE FROM budget WHERE scope = '{scope}'"
            f' AND NOT EXISTS (SELECT FROM "{table}" AS kept WHERE kept.id::text = scope_id)'
        )


def downgrade() -> None:
    """Take back; a key for one project is revoked, as it would open everything of its person's."""
    for table in OF:
        op.execute(f'DROP TRIGGER forget_budgets ON "{table}"')
    op.execute("DROP FUNCTION forget_budgets")
    op.drop_column("upload", "project_id")
    op.execute("UPDATE api_key SET revoked_at = now() WHERE project_id IS NOT NULL AND revoked_at IS NULL")
    op.drop_constraint(op.f("fk_api_key_project_id"), "api_key")
    op.drop_index(op.f("ix_api_key_project_id"), "api_key")
    op.drop_column("api_key", "budget_id")
    op.add_column("api_key", sa.Column("budget_micros", sa.BigInteger(), nullable=True))
