"""Let people in and look after them: links, approval, search, who did what to whom, when a password was given."""

from uuid import UUID

import sqlalchemy as sa

from alembic import op
from sora_studio.domain.words import words_of

revision = "2026_12_01_people"
down_revision = "2026_12_01_webhook_endpoints"
branch_labels = None
depends_on = None

OLD_ACTS = (
    "sign_up",
    "log_in",
    "log_out",
    "session_end",
    "password_change",
    "email_change",
    "account_deletion",
    *("key_creation", "key_rotation", "key_revocation"),
)
ACTS = (
    *OLD_ACTS,
    *(
        "password_reset",
        "password_proof",
        "account_creation",
        "account_approval",
        "account_disabling",
        "account_enabling",
    ),
    *("role_change", "reset_link", "invitation", "invitation_end", "setting_change", "audit_export"),
)

_BATCH = 2_000
_FIRST = UUID(int=0)
_ROWS = sa.text('SELECT id, email, display_name FROM "user" WHERE id > :after ORDER BY id LIMIT :batch')
_INDEX = sa.text('UPDATE "user" SET search = array_to_tsvector(CAST(:words AS text[])) WHERE id = :id')


def upgrade() -> None:
    """Apply; sessions that stand count as opened by a password that was given then."""
    op.add_column(
        "user", sa.Column("awaits_approval", sa.Boolean(), nullable=False, server_default=sa.text("false"))
    )
    op.create_check_constraint(
        op.f("ck_user_waits"), "user", "disabled_at IS NOT NULL OR NOT awaits_approval"
    )
    op.execute("ALTER TABLE \"user\" ADD COLUMN search tsvector NOT NULL DEFAULT ''::tsvector")
    op.execute('ALTER TABLE "user" DISABLE TRIGGER announce_user')  # nobody sees a difference
    _index_all()
    op.execute('ALTER TABLE "user" ENABLE TRIGGER announce_user')
    op.create_index("ix_user_created_at", "user", ["created_at", "id"])
    op.create_index(
        "ix_user_shut", "user", ["created_at", "id"], postgresql_where=sa.text("disabled_at IS NOT NULL")
    )
    op.create_index("ix_user_admin", "user", ["id"], postgresql_where=sa.text("role = 'admin'"))
    op.create_index(
        "ix_user_search",
        "user",
        ["search"],
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},  # else a search reads what was added since, one by one
    )
    op.add_column("session", sa.Column("proved_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("ALTER TABLE session DISABLE TRIGGER announce_session_end")
    op.execute("UPDATE session SET proved_at = created_at")
    op.execute("ALTER TABLE session ENABLE TRIGGER announce_session_end")
    op.alter_column("session", "proved_at", nullable=False)
    op.add_column("audit", sa.Column("subject_id", sa.Uuid(), nullable=True))
    _allow_acts(ACTS)
    op.create_index("ix_audit_act", "audit", ["act", "at", "id"])
    op.create_index("ix_audit_subject_id", "audit", ["subject_id", "at"])
    _create_links()


def downgrade() -> None:
    """Take back; the trail stays as it is, and waiting accounts stay shut."""
    op.drop_table("access_link")
    op.drop_index("ix_audit_subject_id", "audit")
    op.drop_index("ix_audit_act", "audit")
    _allow_acts(OLD_ACTS, "NOT VALID")
    op.drop_column("audit", "subject_id")
    op.drop_column("session", "proved_at")
    for name in ("ix_user_search", "ix_user_admin", "ix_user_shut", "ix_user_created_at"):
        op.drop_index(name, "user")
    op.drop_column("user", "search")
    op.drop_column("user", "awaits_approval")


def _allow_acts(acts: tuple[str, ...], checked: str = "") -> None:
    op.drop_constraint(op.f("ck_audit_act"), "audit")
    words = ", ".join(f"'{act}'" for act in acts)
    op.execute(f"ALTER TABLE audit ADD CONSTRAINT ck_audit_act CHECK (act IN ({words})) {checked}")


def _create_links() -> None:
    op.create_table(
        "access_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("token_sha256", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("kind IN ('invitation', 'reset')", name=op.f("ck_access_link_kind")),
        sa.CheckConstraint("role IN ('admin', 'member')", name=op.f("ck_access_link_role")),
        sa.CheckConstraint("(kind = 'reset') = (user_id IS NOT NULL)", name=op.f("ck_access_link_whose")),
        sa.CheckConstraint("used BETWEEN 0 AND uses", name=op.f("ck_access_link_used")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_access_link_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_link")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_access_link_token_sha256")),
    )
    op.create_index("ix_access_link_created_at", "access_link", ["kind", "created_at", "id"])
    op.create_index(op.f("ix_access_link_user_id"), "access_link", ["user_id"])
    op.create_index(op.f("ix_access_link_expires_at"), "access_link", ["expires_at"])


def _index_all() -> None:
    connection, after = op.get_bind(), _FIRST
    while rows := connection.execute(_ROWS, {"after": after, "batch": _BATCH}).all():
        words = [{"id": row.id, "words": words_of(f"{row.display_name} {row.email}")} for row in rows]
        connection.execute(_INDEX, words)
        after = rows[-1].id
