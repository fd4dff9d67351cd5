"""Find videos by words that the studio splits and folds itself, whatever the server's locale is.

Rows are indexed anew in batches, by the very code that indexes those to come: other words would not be found.
"""

from uuid import UUID

import sqlalchemy as sa

from alembic import op
from sora_studio.domain.words import words_of

revision = "2026_11_30_split_words"
down_revision = "2026_11_30_know_the_server"
branch_labels = None
depends_on = None

_BATCH = 2_000
_FIRST = UUID(int=0)
_ROWS = sa.text("SELECT id, title, prompt FROM video WHERE id > :after ORDER BY id LIMIT :batch")
_INDEX = sa.text("UPDATE video SET search = array_to_tsvector(CAST(:words AS text[])) WHERE id = :id")


def upgrade() -> None:
    """Apply."""
    op.drop_index("ix_video_search", "video")
    op.execute("ALTER TABLE video ALTER COLUMN search DROP EXPRESSION")
    op.execute("ALTER TABLE video DISABLE TRIGGER announce_video")  # nobody sees a difference
    _index_all()
    op.execute("ALTER TABLE video ENABLE TRIGGER announce_video")
    op.alter_column("video", "search", nullable=False, server_default=sa.text("''::tsvector"))
    op.create_index("ix_video_search", "video", ["search"], postgresql_using="gin")


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_video_search", "video")
    op.drop_column("video", "search")
    op.execute(
        "ALTER TABLE video ADD COLUMN search tsvector"
        " GENERATED ALWAYS AS (to_tsvector('simple', title || ' ' || prompt)) STORED"
    )
    op.create_index("ix_video_search", "video", ["search"], postgresql_using="gin")


def _index_all() -> None:
    connection, after = op.get_bind(), _FIRST
    while rows := connection.execute(_ROWS, {"after": after, "batch": _BATCH}).all():
        words = [{"id": row.id, "words": words_of(f"{row.title} {row.prompt}")} for row in rows]
        connection.execute(_INDEX, words)
        after = rows[-1].id
