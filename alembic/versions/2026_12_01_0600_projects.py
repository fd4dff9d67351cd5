"""Let people share libraries: projects with members, and the library that each video is in."""

import sqlalchemy as sa

from alembic import op

revision = "2026_12_01_projects"
down_revision = "2026_12_01_people"
branch_labels = None
depends_on = None

# To whom a change is news: those who look at the library that it happened in, and the person themselves. A video
# without a library is nobody's news; one that moves is news in both places.
ANNOUNCE = """
CREATE OR REPLACE FUNCTION announce_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    gone jsonb := CASE WHEN TG_OP = 'INSERT' THEN '{}' ELSE to_jsonb(OLD) END;
    here jsonb := CASE WHEN TG_OP = 'DELETE' THEN '{}' ELSE to_jsonb(NEW) END;
    place text;
BEGIN
    IF TG_TABLE_NAME = 'job' THEN
        SELECT to_jsonb(video) INTO here FROM video WHERE id = NEW.video_id;
        gone := here;
    END IF;
    FOREACH place IN ARRAY TG_ARGV LOOP
        PERFORM pg_notify('studio_changed', who) FROM (VALUES (gone ->> place), (here ->> place)) AS told (who)
            WHERE who IS NOT NULL;
    END LOOP;
    RETURN NULL;
END $$
"""
# As the function was before.
BEFORE = """
CREATE OR REPLACE FUNCTION announce_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed jsonb := CASE WHEN TG_OP = 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END;
    owner text := coalesce(changed ->> TG_ARGV[0],
        (SELECT owner_id::text FROM video WHERE id = (changed ->> 'video_id')::uuid));
BEGIN
    PERFORM pg_notify('studio_changed', owner) WHERE owner IS NOT NULL;
    RETURN NULL;
END $$
"""
VIDEO = "CREATE TRIGGER announce_video AFTER INSERT OR UPDATE OR DELETE ON video FOR EACH ROW "
JOB = """
CREATE TRIGGER announce_job AFTER UPDATE ON job FOR EACH ROW
    WHEN ((OLD.phase, OLD.progress, OLD.progress_known, OLD.remote_status, OLD.problem_code)
        IS DISTINCT FROM (NEW.phase, NEW.progress, NEW.progress_known, NEW.remote_status, NEW.problem_code))
"""
SEGMENTS = "CREATE INDEX ix_video_search ON video USING gin (search_segment(search, {}, ordinal)) WITH (fastupdate = off)"
ACTS = (
    *("sign_up", "log_in", "log_out", "session_end", "password_change", "email_change", "account_deletion"),
    *("key_creation", "key_rotation", "key_revocation"),
    *("password_reset", "password_proof", "account_creation", "account_approval", "account_disabling"),
    *("account_enabling", "role_change", "reset_link", "invitation", "invitation_end", "setting_change"),
    "audit_export",
)
NEW_ACTS = ("project_creation", "project_change", "project_deletion", "project_member")
UNFINISHED = "NOT (phase IN ('completed', 'failed'))"
THERE = sa.text("deleted_at IS NULL")


def upgrade() -> None:
    """Apply."""
    op.execute("SET LOCAL maintenance_work_mem = '256MB'")  # for the indexes
    op.create_table(
        "project",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project")),
    )
    op.create_table(
        "project_member",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("role IN ('manager', 'editor', 'viewer')", name=op.f("ck_project_member_role")),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["project.id"],
            name=op.f("fk_project_member_project_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_project_member_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("project_id", "user_id", name=op.f("pk_project_member")),
    )
    op.create_index(op.f("ix_project_member_user_id"), "project_member", ["user_id"])
    _acts(*ACTS, *NEW_ACTS)
    for index in ("ix_video_library", "ix_video_library_status", "ix_video_search"):
        op.drop_index(index, "video")
    op.drop_constraint(op.f("ck_video_owned"), "video", type_="check")
    op.add_column("video", sa.Column("project_id", sa.Uuid(), nullable=True))
    op.add_column(
        "video",
        sa.Column("library_id", sa.Uuid(), sa.Computed("coalesce(project_id, owner_id)", persisted=True)),
    )
    op.create_foreign_key(
        op.f("fk_video_project_id"), "video", "project", ["project_id"], ["id"], ondelete="RESTRICT"
    )
    op.create_check_constraint(
        op.f("ck_video_in_library"), "video", "library_id IS NOT NULL OR deleted_at IS NOT NULL"
    )
    _index("library_id")
    op.create_index("ix_video_owner", "video", ["owner_id", "created_at", "id"])
    op.create_index("ix_video_unfinished", "video", ["owner_id"], postgresql_where=sa.text(UNFINISHED))
    _announce(ANNOUNCE, "'library_id', 'owner_id'")
    op.execute(
        "CREATE TRIGGER announce_project AFTER UPDATE ON project"
        " FOR EACH ROW EXECUTE FUNCTION announce_change('id')"
    )
    op.execute(
        "CREATE TRIGGER announce_member AFTER INSERT OR UPDATE OR DELETE ON project_member"
        " FOR EACH ROW EXECUTE FUNCTION announce_change('user_id', 'project_id')"
    )


def downgrade() -> None:
    """Take back: what was shared is in the libraries of those who made it; of others, it goes."""
    op.execute(
        "UPDATE video SET project_id = NULL, deleted_at = coalesce(deleted_at, now()) WHERE owner_id IS NULL"
    )
    for index in (
        "ix_video_library",
        "ix_video_library_status",
        "ix_video_search",
        "ix_video_owner",
        "ix_video_unfinished",
    ):
        op.drop_index(index, "video")
    op.drop_constraint(op.f("ck_video_in_library"), "video", type_="check")
    op.drop_column("video", "library_id")
    op.drop_column("video", "project_id")
    op.drop_table("project_member")
    op.drop_table("project")
    op.create_check_constraint(
        op.f("ck_video_owned"), "video", "owner_id IS NOT NULL OR deleted_at IS NOT NULL"
    )
    _acts(*ACTS, checked="NOT VALID")  # there are lines of acts that were not known then, and they stay
    _index("owner_id")
    _announce(BEFORE, "'owner_id'")


def _acts(*acts: str, checked: str = "") -> None:
    """Let the audit table hold these acts."""
    op.drop_constraint(op.f("ck_audit_act"), "audit", type_="check")
    words = ", ".join(f"'{act}'" for act in acts)
    op.execute(f"ALTER TABLE audit ADD CONSTRAINT ck_audit_act CHECK (act IN ({words})) {checked}")


def _index(library: str) -> None:
    """Create the indexes of libraries."""
    op.create_index("ix_video_library", "video", [library, "created_at", "id"], postgresql_where=THERE)
    op.create_index(
        "ix_video_library_status", "video", [library, "status", "created_at", "id"], postgresql_where=THERE
    )
    op.execute(SEGMENTS.format(library))


def _announce(function: str, places: str) -> None:
    """Announce changes of videos and jobs by these columns of the video."""
    op.execute("DROP TRIGGER announce_video ON video; DROP TRIGGER announce_job ON job")
    op.execute(function)
    op.execute(f"{VIDEO} EXECUTE FUNCTION announce_change({places})")
    op.execute(f"{JOB} EXECUTE FUNCTION announce_change({places})")
