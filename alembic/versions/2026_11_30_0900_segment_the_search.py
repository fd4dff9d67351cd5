"""Search a library a thousand videos at a time: each has a part of the index of words to itself.

Before, a word that only the older half of a library has was looked for by reading every video that has it.
"""

from alembic import op

revision = "2026_11_30_segment_search"
down_revision = "2026_11_30_keep_options"
branch_labels = None
depends_on = None

_FUNCTION = """
CREATE FUNCTION search_segment(words tsvector, owner_id uuid, ordinal integer) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 10000 AS $$
    SELECT coalesce(array_to_tsvector(array_agg(
        right(coalesce(owner_id::text, ''), 12) || to_hex(ordinal / 1000) || ':' || word)), ''::tsvector)
    FROM unnest(tsvector_to_array(words)) AS word
$$"""
_PLACES = """
CREATE TEMPORARY TABLE place ON COMMIT DROP AS
SELECT id, ordinal FROM (
    SELECT id, (row_number() OVER by_time - 1)::integer AS ordinal,
        count(*) OVER (PARTITION BY owner_id) AS videos
    FROM video WHERE owner_id IS NOT NULL WINDOW by_time AS (PARTITION BY owner_id ORDER BY created_at, id)
) AS numbered WHERE videos > 1000"""
_PLACE = """
CREATE FUNCTION pg_temp.place_of(uuid) RETURNS integer LANGUAGE plpgsql STABLE AS $$
BEGIN RETURN coalesce((SELECT ordinal FROM place WHERE id = $1), 0); END $$"""


def upgrade() -> None:
    """Apply."""
    op.execute("SET LOCAL maintenance_work_mem = '256MB'")  # for the indexes; 64 MB by default
    op.drop_index("ix_video_search", "video")
    op.execute(_PLACES)  # a library of a few is one segment
    op.execute("ALTER TABLE place ADD PRIMARY KEY (id)")
    op.execute(_PLACE)
    op.execute("ALTER TABLE video ADD COLUMN ordinal integer NOT NULL DEFAULT 0")
    # Written anew once, in order, with its indexes sorted at the end: updates of single rows take twice as long
    # and leave every row twice.
    op.execute("ALTER TABLE video ALTER COLUMN ordinal TYPE integer USING pg_temp.place_of(id)")
    op.execute("DROP FUNCTION pg_temp.place_of")
    op.execute(_FUNCTION)
    op.execute(
        "CREATE INDEX ix_video_search ON video USING gin (search_segment(search, owner_id, ordinal))"
        " WITH (fastupdate = off)"  # every segment would read the list of what waits to be sorted in
    )


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_video_search", "video")
    op.execute("DROP FUNCTION search_segment")
    op.drop_column("video", "ordinal")
    op.create_index("ix_video_search", "video", ["search"], postgresql_using="gin")
