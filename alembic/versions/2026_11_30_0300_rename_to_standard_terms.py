"""Name columns, tables and kinds of activity by the field's standard terms; nothing else changes."""

from collections.abc import Iterable

import sqlalchemy as sa

from alembic import op

revision = "2026_11_30_standard_terms"
down_revision = "2026_11_25_know_characters"
branch_labels = None
depends_on = None

TABLES = {"spent_key": "used_idempotency_key", "hint": "webhook_delivery"}
COLUMNS = [
    ("video", "request_key", "idempotency_key"),
    ("used_idempotency_key", "request_key", "idempotency_key"),
    ("job", "looks", "lookups"),
    ("job", "post_begun_at", "submit_started_at"),
    ("job", "taken_at", "accepted_at"),
    ("job", "finished_at", "rendered_at"),
    ("activity", "happened_at", "at"),
    ("activity", "happening", "kind"),
]
INDEXES = {
    "uq_video_request": "uq_video_idempotency_key",
    "ix_job_finished": "ix_job_rendered",
    "ix_spent_key_erased_at": "ix_used_idempotency_key_erased_at",
    "ix_hint_remote_id": "ix_webhook_delivery_remote_id",
    "ix_hint_received_at": "ix_webhook_delivery_received_at",
}
CONSTRAINTS = [
    ("used_idempotency_key", "pk_spent_key", "pk_used_idempotency_key"),
    ("used_idempotency_key", "fk_spent_key_owner_id", "fk_used_idempotency_key_owner_id"),
    ("webhook_delivery", "pk_hint", "pk_webhook_delivery"),
]
KINDS = {
    "not_taken": "not_accepted",
    "seen": "rendering",
    "attention": "needs_attention",
    "looked_again": "rechecked",
    "sent_again": "resubmitted",
}
UNCHANGED = ("submitted", "unclear", "adopted", "busy", "rendered", "delayed", "saved", "failed", "given_up")


def upgrade() -> None:
    """Apply."""
    op.drop_constraint(op.f("ck_activity_happening"), "activity", type_="check")
    for old, new in TABLES.items():
        op.rename_table(old, new)
    for table, old, new in COLUMNS:
        op.alter_column(table, old, new_column_name=new)
    for old, new in INDEXES.items():
        op.execute(f"ALTER INDEX {old} RENAME TO {new}")
    for table, old, new in CONSTRAINTS:
        op.execute(f"ALTER TABLE {table} RENAME CONSTRAINT {old} TO {new}")
    _change_kinds(KINDS)
    op.create_check_constraint(op.f("ck_activity_kind"), "activity", _one_of("kind", KINDS.values()))


def downgrade() -> None:
    """Take back."""
    op.drop_constraint(op.f("ck_activity_kind"), "activity", type_="check")
    _change_kinds({new: old for old, new in KINDS.items()})
    for table, old, new in CONSTRAINTS:
        op.execute(f"ALTER TABLE {table} RENAME CONSTRAINT {new} TO {old}")
    for old, new in INDEXES.items():
        op.execute(f"ALTER INDEX {new} RENAME TO {old}")
    for table, old, new in COLUMNS:
        op.alter_column(table, new, new_column_name=old)
    for old, new in TABLES.items():
        op.rename_table(new, old)
    op.create_check_constraint(op.f("ck_activity_happening"), "activity", _one_of("happening", KINDS))


def _change_kinds(words: dict[str, str]) -> None:
    """Replace words of activity, whichever of them there are."""
    branches = " ".join(f"WHEN '{old}' THEN '{new}'" for old, new in words.items())
    known = ", ".join(f"'{old}'" for old in words)
    op.execute(sa.text(f"UPDATE activity SET kind = CASE kind {branches} END WHERE kind IN ({known})"))


def _one_of(column: str, words: Iterable[str]) -> str:
    allowed = ", ".join(f"'{word}'" for word in (*UNCHANGED, *words))
    return f"{column} IN ({allowed})"
