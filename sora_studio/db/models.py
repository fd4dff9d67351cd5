"""The tables. Rows never leave this package and the services; what they may hold is checked here, too."""

# pyright: reportAssignmentType=false
# SQLModel declares __tablename__ as a function of the class; a plain string is what its documentation shows.

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    Computed,
    Date,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import UserDefinedType
from sqlmodel import Field, SQLModel

from sora_studio.domain.access_link import LinkKind
from sora_studio.domain.account import ProjectRole
from sora_studio.domain.account import Role as AccountRole
from sora_studio.domain.activity import ActivityKind
from sora_studio.domain.audit import STORED, Result
from sora_studio.domain.batch import BatchAction
from sora_studio.domain.budget import Behaviour, BudgetScope, Period
from sora_studio.domain.inputs import Role
from sora_studio.domain.job import Charge
from sora_studio.domain.ledger import EntryKind
from sora_studio.domain.video import STATUS_OF, TERMINAL, Kind, Phase, PosterWidth, Variant
from sora_studio.domain.webhook_formats import WebhookFormat

SQLModel.metadata.naming_convention = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    },
).naming_convention

NOBODY = UUID(int=0)
"""Stands in a key for what is not there."""

AT_ONCE = datetime(2000, 1, 1, tzinfo=UTC)
"""Due by any clock: the database's may differ from ours."""


class WordsType(UserDefinedType[list[str]]):
    """A list of words as a tsvector: they are stored as they are, and no parser of the server sees them."""

    cache_ok = True

    def get_col_spec(self, **_options: object) -> str:
        """Return the column's type."""
        return "TSVECTOR"

    def bind_expression(self, bindvalue: BindParameter[list[str]]) -> ColumnElement[list[str]]:
        """Turn the list into what is stored."""
        return func.array_to_tsvector(bindvalue, type_=self)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:  # noqa: ANN401, ARG002 -- SQLAlchemy's
        """Read what PostgreSQL prints: no word of ours has a sign in it that it would double."""

        def read(printed: str) -> list[str]:
            return [word.strip("'") for word in printed.split()]

        return read


def _now() -> datetime:
    return datetime.now(UTC)


def one_of(column: str, words: Iterable[str]) -> str:
    """Write the check that a text column holds one of a few words."""
    quoted = ", ".join(f"'{word}'" for word in words)
    return f"{column} IN ({quoted})"


def _status_case() -> str:
    branches = " ".join(f"WHEN '{phase}' THEN '{status}'" for phase, status in STATUS_OF.items())
    return f"CASE phase {branches} END"


def _moment(*, index: bool = False) -> Column[datetime]:
    return Column(DateTime(timezone=True), nullable=False, index=index)


def _maybe_moment() -> Column[datetime]:
    return Column(DateTime(timezone=True), nullable=True)


def _owner(*, index: bool = False) -> Column[UUID]:
    return Column(ForeignKey("user.id", ondelete="CASCADE"), nullable=False, index=index)


def _sum() -> Any:  # noqa: ANN401 - what SQLModel's `Field` returns
    return Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})


def _of_video() -> Column[UUID]:
    return Column(ForeignKey("video.id", ondelete="CASCADE"), nullable=False)


class UserRow(SQLModel, table=True):
    """An account."""

    __tablename__ = "user"
    __table_args__ = (
        CheckConstraint("email = lower(email)", name="email_lower"),
        CheckConstraint(one_of("role", AccountRole), name="role"),
        CheckConstraint("disabled_at IS NOT NULL OR NOT awaits_approval", name="waits"),
        CheckConstraint("queue_weight > 0", name="queue_weight"),
        CheckConstraint("storage_quota_bytes >= 0", name="storage_quota_bytes"),
        Index("ix_user_created_at", "created_at", "id"),
        Index("ix_user_shut", "created_at", "id", postgresql_where=text("disabled_at IS NOT NULL")),
        Index("ix_user_admin", "id", postgresql_where=text("role = 'admin'")),
        Index("ix_user_search", "search", postgresql_using="gin", postgresql_with={"fastupdate": "off"}),
    )

    id: UUID = Field(primary_key=True)
    email: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    display_name: str = Field(sa_type=Text)
    password_hash: str = Field(sa_type=Text)
    has_password: bool = Field(  # False: opened by single sign-on, and nobody has set one
        default=True, sa_column=Column(Boolean, nullable=False, server_default=text("true"))
    )
    created_at: datetime = Field(default_factory=_now, sa_column=_moment())
    role: str = Field(
        default=AccountRole.MEMBER,
        sa_column=Column(Text, nullable=False, server_default=AccountRole.MEMBER),
    )
    disabled_at: datetime | None = Field(default=None, sa_column=_maybe_moment())
    awaits_approval: bool = Field(  # a new one that no admin has let in yet; it is disabled as long
        default=False, sa_column=Column(Boolean, nullable=False, server_default=text("false"))
    )
    queue_weight: float = Field(  # of their wishes in the queues of providers
        default=1.0, sa_column=Column(Double, nullable=False, server_default="1")
    )
    storage_quota_bytes: int | None = Field(  # None: as the studio's setting says
        default=None, sa_column=Column(BigInteger)
    )
    search: list[str] = Field(  # words of the name and the address; written beside them, and never read back
        default_factory=list, sa_column=Column(WordsType, nullable=False, server_default=text("''::tsvector"))
    )


class SessionRow(SQLModel, table=True):
    """A signed-in period; its id is the `sid` of the token."""

    __tablename__ = "session"
    __table_args__ = (
        Index(
            "ix_session_provider_session",
            "provider_session",
            postgresql_where=text("provider_session IS NOT NULL"),
        ),
    )

    id: UUID = Field(primary_key=True)
    user_id: UUID = Field(sa_column=_owner(index=True))
    created_at: datetime = Field(default_factory=_now, sa_column=_moment())
    last_seen_at: datetime = Field(default_factory=_now, sa_column=_moment())
    proved_at: datetime = Field(default_factory=_now, sa_column=_moment())  # who they are
    expires_at: datetime = Field(sa_column=_moment(index=True))
    ended_at: datetime | None = Field(default=None, sa_column=_maybe_moment())
    address: str = Field(default="", sa_type=Text)
    user_agent: str = Field(default="", sa_type=Text)
    id_token: str | None = Field(
        default=None, sa_type=Text
    )  # sealed; of one that began at an OpenID provider
    provider_session: str | None = Field(default=None, sa_type=Text)  # as that provider calls its own


class TwoFactorRow(SQLModel, table=True):
    """Somebody's authenticator; it counts once its first code was given."""

    __tablename__ = "two_factor"

    user_id: UUID = Field(
        sa_column=Column(ForeignKey("user.id", ondelete="CASCADE"), primary_key=True, nullable=False)
    )
    secret: str = Field(sa_type=Text)  # sealed for this account
    created_at: datetime = Field(sa_column=_moment())
    enabled_at: datetime | None = Field(default=None, sa_column=_maybe_moment())
    last_step: int = _sum()  # of the last code that was used: none works twice


class IdentityRow(SQLModel, table=True):
    """Somebody at an OpenID provider, and the account that they open; a subject is never given to others."""

    __tablename__ = "identity"

    issuer: str = Field(sa_column=Column(Text, primary_key=True))
    subject: str = Field(sa_column=Column(Text, primary_key=True))
    user_id: UUID = Field(sa_column=_owner(index=True))
    created_at: datetime = Field(sa_column=_moment())


class RecoveryCodeRow(SQLModel, table=True):
    """A recovery code that has not been used; the code itself is nowhere."""

    __tablename__ = "recovery_code"

    user_id: UUID = Field(
        sa_column=Column(ForeignKey("user.id", ondelete="CASCADE"), primary_key=True, nullable=False)
    )
    sha256: str = Field(sa_column=Column(Text, primary_key=True))


class AuditRow(SQLModel, table=True):
    """One line of the trail; a trigger refuses to change it, and to delete it within a year."""

    __tablename__ = "audit"
    __table_args__ = (
        CheckConstraint(one_of("act", STORED), name="act"),
        CheckConstraint(one_of("result", Result), name="result"),
        Index("ix_audit_at", "at", "id"),
        Index("ix_audit_act", "act", "at", "id"),
        Index("ix_audit_user_id", "user_id", "at"),
        Index("ix_audit_subject_id", "subject_id", "at"),
    )

    id: UUID = Field(primary_key=True)
    at: datetime = Field(sa_column=_moment())
    act: str = Field(sa_type=Text)
    result: str = Field(sa_type=Text)
    user_id: UUID | None = None  # refers to nothing: the trail outlives the account
    session_id: UUID | None = None  # from which it was done
    subject_id: UUID | None = None  # to whose account; None: to one's own, or to none
    address: str = Field(sa_type=Text)
    user_agent: str = Field(sa_type=Text)
    about: str = Field(sa_type=Text)  # what it was done to: the id of a session


class ApiKeyRow(SQLModel, table=True):
    """What a script signs in with; the key itself is nowhere, only its hash."""

    __tablename__ = "api_key"

    id: UUID = Field(primary_key=True)
    user_id: UUID = Field(sa_column=_owner(index=True))
    name: str = Field(sa_type=Text)
    sha256: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    last4: str = Field(sa_type=Text)
    scopes: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    # The one that it reaches, and with which it goes: without it, it would reach all that its person does.
    project_id: UUID | None = Field(
        default=None,
        sa_column=Column(ForeignKey("project.id", ondelete="CASCADE"), nullable=True, index=True),
    )
    budget_id: UUID | None = Field(  # that its person has set; what an admin sets is none of theirs
        default=None,
        sa_column=Column(ForeignKey("budget.id", ondelete="SET NULL"), nullable=True, unique=True),
    )
    requests_per_minute: int | None = None
    confirm_above_micros: int | None = Field(default=None, sa_column=Column(BigInteger))
    created_at: datetime = Field(default_factory=_now, sa_column=_moment())
    rotated_at: datetime | None = Field(default=None, sa_column=_maybe_moment())
    expires_at: datetime | None = Field(default=None, sa_column=_maybe_moment())
    last_used_at: datetime | None = Field(default=None, sa_column=_maybe_moment())
    last_used_address: str = Field(default="", sa_type=Text)
    revoked_at: datetime | None = Field(default=None, sa_column=_maybe_moment())
    # Before its rotation: works beside the new one until then.
    previous_sha256: str | None = Field(default=None, sa_column=Column(Text, unique=True))
    previous_until: datetime | None = Field(default=None, sa_column=_maybe_moment())


class AccessLinkRow(SQLModel, table=True):
    """A link that an admin has handed out: an invitation, or the way to a new password."""

    __tablename__ = "access_link"
    __table_args__ = (
        CheckConstraint(one_of("kind", LinkKind), name="kind"),
        CheckConstraint(one_of("role", AccountRole), name="role"),
        CheckConstraint("(kind = 'reset') = (user_id IS NOT NULL)", name="whose"),
        CheckConstraint("used BETWEEN 0 AND uses", name="used"),
        Index("ix_access_link_created_at", "kind", "created_at", "id"),
    )

    id: UUID = Field(primary_key=True)
    kind: str = Field(sa_type=Text)
    token_sha256: str = Field(sa_column=Column(Text, nullable=False, unique=True))  # the token is nowhere
    role: str = Field(default=AccountRole.MEMBER, sa_type=Text)  # of who comes by an invitation
    project_id: UUID | None = None  # to which an invitation leads, too
    user_id: UUID | None = Field(  # whose password a reset link sets
        default=None,
        sa_column=Column(ForeignKey("user.id", ondelete="CASCADE"), nullable=True, index=True),
    )
    note: str = Field(default="", sa_type=Text)
    uses: int = 1
    used: int = 0
    created_at: datetime = Field(sa_column=_moment())
    expires_at: datetime = Field(sa_column=_moment(index=True))
    created_by: UUID | None = None  # refers to nothing: it outlives the account; None: the command line


class SettingRow(SQLModel, table=True):
    """A setting that an admin has changed in the studio; the environment wins where it says something."""

    __tablename__ = "setting"

    name: str = Field(sa_column=Column(Text, primary_key=True))
    value: Any = Field(sa_column=Column(JSONB, nullable=False))
    changed_at: datetime = Field(sa_column=_moment())
    changed_by: UUID | None = None  # refers to nothing: it outlives the account; None: the command line


class ProjectRow(SQLModel, table=True):
    """A library that several people share."""

    __tablename__ = "project"
    __table_args__ = (
        CheckConstraint("queue_weight > 0", name="queue_weight"),
        CheckConstraint("storage_quota_bytes >= 0", name="storage_quota_bytes"),
        Index("ix_project_name", "name", "id"),
    )

    id: UUID = Field(primary_key=True)
    name: str = Field(sa_type=Text)
    queue_weight: float = Field(  # of what is made in it, beside that of whose wish it is
        default=1.0, sa_column=Column(Double, nullable=False, server_default="1")
    )
    storage_quota_bytes: int | None = Field(  # None: as the studio's setting says
        default=None, sa_column=Column(BigInteger)
    )
    created_at: datetime = Field(default_factory=_now, sa_column=_moment())


class MemberRow(SQLModel, table=True):
    """Somebody's place in a project."""

    __tablename__ = "project_member"
    __table_args__ = (CheckConstraint(one_of("role", ProjectRole), name="role"),)

    project_id: UUID = Field(sa_column=Column(ForeignKey("project.id", ondelete="CASCADE"), primary_key=True))
    user_id: UUID = Field(
        sa_column=Column(ForeignKey("user.id", ondelete="CASCADE"), primary_key=True, index=True)
    )
    role: str = Field(sa_type=Text)
    added_at: datetime = Field(default_factory=_now, sa_column=_moment())
    added_by: UUID | None = None  # refers to nothing; None: they opened it, or it is from before
    noticed_at: datetime | None = Field(default=None, sa_column=_maybe_moment())  # when they put that away


class VideoRow(SQLModel, table=True):
    """One thing that a person asked for, from wish to file."""

    __tablename__ = "video"
    __table_args__ = (
        CheckConstraint(one_of("phase", Phase), name="phase"),
        CheckConstraint(one_of("kind", Kind), name="kind"),
        # The library: keyset-paged in both directions, whole or by status.
        Index(
            "ix_video_library", "library_id", "created_at", "id", postgresql_where=text("deleted_at IS NULL")
        ),
        Index(
            "ix_video_library_status",
            "library_id",
            "status",
            "created_at",
            "id",
            postgresql_where=text("deleted_at IS NULL"),
        ),
        Index(  # the words of each segment (`db/search.py`)
            "ix_video_search",
            text("search_segment(search, library_id, ordinal)"),
            postgresql_using="gin",
            postgresql_with={"fastupdate": "off"},
        ),
        Index("ix_video_owner", "owner_id", "created_at", "id"),
        Index(
            "ix_video_unfinished",
            "owner_id",
            postgresql_where=text(f"NOT ({one_of('phase', sorted(TERMINAL))})"),
        ),
        Index("ix_video_parent", "parent_id", postgresql_where=text("parent_id IS NOT NULL")),
        Index("ix_video_deleted", "deleted_at", postgresql_where=text("deleted_at IS NOT NULL")),
        Index(  # what is between others still, for their ordinals
            "ix_video_deleted_library",
            "library_id",
            "created_at",
            "id",
            postgresql_where=text("deleted_at IS NOT NULL"),
        ),
        Index(
            "uq_video_idempotency_key",
            "owner_id",
            "idempotency_key",
            unique=True,
            postgresql_where=text("idempotency_key IS NOT NULL"),
        ),
        CheckConstraint("library_id IS NOT NULL OR deleted_at IS NOT NULL", name="in_library"),
    )

    id: UUID = Field(primary_key=True)
    owner_id: UUID = (
        Field(  # who made it; NULL when the account is gone: it is a project's then, or the purge's
            sa_column=Column(ForeignKey("user.id", ondelete="CASCADE"), nullable=True)
        )
    )
    project_id: UUID | None = Field(  # NULL: it is in its owner's own library
        default=None, sa_column=Column(ForeignKey("project.id", ondelete="RESTRICT"), nullable=True)
    )
    library_id: UUID | None = Field(  # where it is: a project, or a person; whose id is the library's
        default=None,
        sa_column=Column(Uuid, Computed("coalesce(project_id, owner_id)", persisted=True)),
    )
    kind: str = Field(default=Kind.CREATE, sa_type=Text)
    title: str = Field(sa_type=Text)
    prompt: str = Field(sa_type=Text)
    provider: str = Field(sa_type=Text)
    model: str = Field(sa_type=Text)
    size: str = Field(sa_type=Text)
    seconds: str = Field(sa_type=Text)
    phase: str = Field(default=Phase.SUBMITTING, sa_type=Text)
    status: str | None = Field(default=None, sa_column=Column(Text, Computed(_status_case(), persisted=True)))
    parent_id: UUID | None = Field(
        default=None,
        sa_column=Column(ForeignKey("video.id", ondelete="SET NULL"), nullable=True),
    )
    created_at: datetime = Field(default_factory=_now, sa_column=_moment())
    completed_at: datetime | None = Field(default=None, sa_column=_maybe_moment())
    deleted_at: datetime | None = Field(default=None, sa_column=_maybe_moment())
    characters: list[str] = Field(  # their remote ids
        default_factory=list, sa_column=Column(ARRAY(Text), nullable=False, server_default="{}")
    )
    options: dict[str, Any] = Field(  # of the model's own fields, as they were set
        default_factory=dict, sa_column=Column(JSONB, nullable=False, server_default=text("'{}'"))
    )
    idempotency_key: str | None = Field(default=None, sa_column=Column(Text))
    request_sha256: str | None = Field(default=None, sa_column=Column(Text))
    search: list[str] = Field(  # see `domain.words`; written beside title and prompt, and never read back
        default_factory=list, sa_column=Column(WordsType, nullable=False, server_default=text("''::tsvector"))
    )
    ordinal: int = Field(  # grows with the time of its owner's videos, more or less by one
        default=0, sa_column=Column(Integer, nullable=False, server_default="0")
    )
    stored_bytes: int = _sum()  # of its files; kept by their triggers


class LibraryStorageRow(SQLModel, table=True):
    """What a library stores; kept by the triggers of videos, and not there for one that stores nothing."""

    __tablename__ = "library_storage"

    library_id: UUID = Field(primary_key=True)  # a person's or a project's; refers to nothing
    bytes: int = Field(sa_column=Column(BigInteger, nullable=False))


class VideoMarkRow(SQLModel, table=True):
    """A star rating or a tag of a video (`domain/marks.py`); its library follows the video's by a trigger."""

    __tablename__ = "video_mark"
    __table_args__ = (
        Index("ix_video_mark_library", "library_id", "mark", "created_at", "video_id"),
        Index("uq_video_mark_stars", "video_id", unique=True, postgresql_where=text("mark LIKE '*%'")),
    )

    video_id: UUID = Field(
        sa_column=Column(ForeignKey("video.id", ondelete="CASCADE"), primary_key=True, nullable=False)
    )
    mark: str = Field(sa_column=Column(Text, primary_key=True))
    library_id: UUID
    created_at: datetime = Field(sa_column=_moment())  # the video's


class BatchRow(SQLModel, table=True):
    """What somebody did to several videos at once, as long as it can be undone."""

    __tablename__ = "batch"
    __table_args__ = (CheckConstraint(one_of("action", BatchAction), name="action"),)

    id: UUID = Field(primary_key=True)
    user_id: UUID = Field(sa_column=_owner(index=True))
    action: str = Field(sa_type=Text)
    mark: str | None = Field(default=None, sa_type=Text)  # that was set or taken; NULL: none
    project_id: UUID | None = None  # in whose library it was done, where one was named
    created_at: datetime = Field(sa_column=_moment())  # its videos were deleted at this time
    expires_at: datetime = Field(sa_column=_moment(index=True))  # until then it can be undone


class BatchItemRow(SQLModel, table=True):
    """A video that a batch has changed."""

    __tablename__ = "batch_item"

    batch_id: UUID = Field(
        sa_column=Column(ForeignKey("batch.id", ondelete="CASCADE"), primary_key=True, nullable=False)
    )
    video_id: UUID = Field(primary_key=True)  # refers to nothing: a video that is gone is not brought back
    before: str | None = Field(default=None, sa_type=Text)  # the star mark that it had


class JobRow(SQLModel, table=True):
    """One attempt to have a provider make a video; a video may have several, one of them current.

    What a refresh changes (progress, due_at, the lease) is in no index, so that those updates stay within
    their page (HOT): only pending jobs are indexed, by phase, and by their place in the queue between people.
    """

    __tablename__ = "job"
    __table_args__ = (
        CheckConstraint(one_of("phase", Phase), name="phase"),
        CheckConstraint(one_of("charge", Charge), name="charge"),
        CheckConstraint("progress BETWEEN 0 AND 100", name="progress"),
        CheckConstraint("price_micros >= 0", name="price"),
        Index(
            "uq_job_remote",
            "provider",
            "remote_id",
            unique=True,
            postgresql_where=text("remote_id IS NOT NULL"),
        ),
        Index("uq_job_current", "video_id", unique=True, postgresql_where=text("current")),
        Index("ix_job_video", "video_id"),
        # Also the queue between people: of `submitting`, all that waits at a provider, in order; and behind
        # it, as NULLs are last, that whose turn has come.
        Index(
            "ix_job_pending",
            "phase",
            "provider",
            "virtual_start",
            "id",
            postgresql_where=text(f"NOT ({one_of('phase', sorted(TERMINAL))})"),
        ),
        Index(
            "ix_job_unanswered",
            "provider",
            postgresql_where=text("remote_id IS NULL AND submit_started_at IS NOT NULL"),
        ),
        Index("ix_job_rendered", "rendered_at", postgresql_where=text("rendered_at IS NOT NULL")),
        {"postgresql_with": {"fillfactor": "70"}},
    )

    id: UUID = Field(primary_key=True)
    video_id: UUID = Field(sa_column=_of_video())
    current: bool = True
    provider: str = Field(sa_type=Text)
    server: str | None = Field(default=None, sa_column=Column(Text))  # a `ServerId`
    remote_id: str | None = Field(default=None, sa_column=Column(Text))  # verbatim, of any length
    phase: str = Field(default=Phase.SUBMITTING, sa_type=Text)
    progress: int = Field(default=0, sa_column=Column(SmallInteger, nullable=False))
    progress_known: bool = False
    remote_status: str | None = Field(default=None, sa_column=Column(Text))
    problem_code: str | None = Field(default=None, sa_column=Column(Text))
    problem_message: str | None = Field(default=None, sa_column=Column(Text))
    price_micros: int | None = Field(default=None, sa_column=Column(BigInteger))
    charge: str = Field(default=Charge.RESERVED, sa_type=Text)
    created_at: datetime = Field(default_factory=_now, sa_column=_moment())
    submit_started_at: datetime | None = Field(default=None, sa_column=_maybe_moment())
    accepted_at: datetime | None = Field(default=None, sa_column=_maybe_moment())
    rendered_at: datetime | None = Field(default=None, sa_column=_maybe_moment())  # rendered
    ended_at: datetime | None = Field(default=None, sa_column=_maybe_moment())
    remote_expires_at: datetime | None = Field(default=None, sa_column=_maybe_moment())
    hinted_at: datetime | None = Field(default=None, sa_column=_maybe_moment())
    facts: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))  # `Facts`
    api_key_id: UUID | None = None  # with which it was asked for; refers to nothing
    asked_by: UUID | None = None  # whose money it takes; None: its video's maker's. Refers to nothing
    play_money: bool = Field(  # its price is only shown: the ledger books nothing
        default=False, sa_column=Column(Boolean, nullable=False, server_default=text("false"))
    )
    virtual_start: float | None = (
        Field(  # its place in the queue (`domain.fair_queue`); None: it does not wait for its turn
            default=None, sa_column=Column(Double, nullable=True)
        )
    )
    # Work: when it is due, who holds it, and the number that a holder's writes must carry.
    due_at: datetime | None = Field(default=AT_ONCE, sa_column=_maybe_moment())
    lease_until: datetime | None = Field(default=None, sa_column=_maybe_moment())
    holder: UUID | None = None
    fence: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default="0"))
    failures: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default="0"))
    lookups: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default="0"))


class LedgerEntryRow(SQLModel, table=True):
    """One line of the ledger; triggers write it whenever a job's charge changes, and refuse to change it."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        CheckConstraint(one_of("kind", EntryKind), name="kind"),
        CheckConstraint("kind = 'correct' OR micros >= 0", name="micros"),
        Index("uq_ledger_entry_reserve", "job_id", unique=True, postgresql_where=text("kind = 'reserve'")),
        Index(  # a hold ends once
            "uq_ledger_entry_end",
            "job_id",
            unique=True,
            postgresql_where=text("kind IN ('settle', 'release')"),
        ),
        Index("ix_ledger_entry_reserved_at", "reserved_at"),
    )

    id: int | None = Field(
        default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True)
    )
    job_id: UUID  # like every id here: refers to nothing, the entry outlives it
    kind: str = Field(sa_type=Text)
    micros: int | None = Field(default=None, sa_column=Column(BigInteger))  # None: nobody knew the price
    at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False, server_default=func.now()))
    reserved_at: datetime = Field(sa_column=_moment())
    user_id: UUID | None = None
    project_id: UUID | None = None
    provider: str = Field(sa_type=Text)
    model: str = Field(sa_type=Text)
    api_key_id: UUID | None = None
    seconds: int = Field(sa_column=Column(Integer, nullable=False))  # of video


class UsageSumsBase(SQLModel):
    """What attempts add up to."""

    jobs: int = _sum()
    completed: int = _sum()
    failures: int = _sum()
    seconds: int = _sum()  # of finished video
    held_micros: int = _sum()
    spent_micros: int = _sum()
    failed_micros: int = _sum()  # spent on attempts that failed


class UsageDayRow(UsageSumsBase, table=True):
    """What the entries of a day add up to, for each of whom and what; kept by the ledger's triggers.

    A day is one of the studio's time zone, and an attempt counts in that in which it was reserved.
    """

    __tablename__ = "usage_day"
    __table_args__ = (
        Index("ix_usage_day_user", "user_id", "day"),
        *(
            Index(f"ix_usage_day_{name}", name, "day", postgresql_where=text(f"{name} <> '{NOBODY}'::uuid"))
            for name in ("project_id", "api_key_id")
        ),
    )

    day: date = Field(sa_column=Column(Date, primary_key=True))
    user_id: UUID = Field(default=NOBODY, primary_key=True)
    project_id: UUID = Field(default=NOBODY, primary_key=True)
    provider: str = Field(sa_column=Column(Text, primary_key=True))
    model: str = Field(sa_column=Column(Text, primary_key=True))
    api_key_id: UUID = Field(default=NOBODY, primary_key=True)


class UsageChangeRow(UsageSumsBase, table=True):
    """What was added to a day and is in no total yet: to read these is to read totals and changes."""

    __tablename__ = "usage_change"

    id: int | None = Field(
        default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True)
    )
    day: date = Field(sa_column=Column(Date, nullable=False))
    user_id: UUID
    project_id: UUID
    provider: str = Field(sa_type=Text)
    model: str = Field(sa_type=Text)
    api_key_id: UUID


class UsageTotalRow(UsageSumsBase, table=True):
    """What the whole studio used in a day or a month, by one thing at a time; `fold_usage` keeps it."""

    __tablename__ = "usage_total"
    __table_args__ = (
        Index(
            "ix_usage_total_dear",
            "grouping",
            "starts",
            text("(spent_micros + held_micros) DESC"),
            "key",
            postgresql_where=text("span = 'month'"),
        ),
    )

    grouping: str = Field(sa_column=Column(Text, primary_key=True))
    span: str = Field(sa_column=Column(Text, primary_key=True))  # `day` or `month`
    starts: date = Field(sa_column=Column(Date, primary_key=True))
    key: str = Field(sa_column=Column(Text, primary_key=True))  # a name, or an id; empty: of none


_UTC_DAY = text("((reserved_at AT TIME ZONE 'UTC')::date)")
_COSTS = text("micros > 0")


class AttemptCostRow(SQLModel, table=True):
    """What was spent on an attempt, by all of its entries; kept by the ledger's triggers."""

    __tablename__ = "attempt_cost"
    __table_args__ = (
        Index("ix_attempt_cost_dear", _UTC_DAY, text("micros DESC"), "job_id", postgresql_where=_COSTS),
        Index(
            "ix_attempt_cost_user",
            "user_id",
            _UTC_DAY,
            text("micros DESC"),
            "job_id",
            postgresql_where=_COSTS,
        ),
    )

    job_id: UUID = Field(primary_key=True)  # refers to nothing, like those of the ledger
    reserved_at: datetime = Field(sa_column=_moment())
    user_id: UUID | None = None
    model: str = Field(sa_type=Text)
    micros: int = Field(sa_type=BigInteger)


class BudgetRow(SQLModel, table=True):
    """A limit in money over a window, on one scope."""

    __tablename__ = "budget"
    __table_args__ = (
        CheckConstraint(one_of("scope", BudgetScope), name="scope"),
        CheckConstraint("(scope = 'studio') = (scope_id = '')", name="scope_id"),
        CheckConstraint(one_of("period", Period), name="period"),
        CheckConstraint(one_of("behaviour", Behaviour), name="behaviour"),
        CheckConstraint("amount_micros >= 0", name="amount"),
    )

    id: UUID = Field(primary_key=True)
    scope: str = Field(sa_type=Text)
    scope_id: str = Field(default="", sa_type=Text)
    amount_micros: int = Field(sa_column=Column(BigInteger, nullable=False))
    period: str = Field(sa_type=Text)
    behaviour: str = Field(default=Behaviour.BLOCK, sa_type=Text)
    thresholds: list[int] = Field(sa_column=Column(ARRAY(SmallInteger), nullable=False))
    by_manager: bool = Field(  # of its project; else an admin has made it
        default=False, sa_column=Column(Boolean, nullable=False, server_default=text("false"))
    )
    created_at: datetime = Field(default_factory=_now, sa_column=_moment())


class BudgetWindowRow(SQLModel, table=True):
    """What counts against a budget in one of its windows: a cache, made when first asked for."""

    __tablename__ = "budget_window"

    budget_id: UUID = Field(sa_column=Column(ForeignKey("budget.id", ondelete="CASCADE"), primary_key=True))
    starts_at: datetime = Field(sa_column=Column(DateTime(timezone=True), primary_key=True))
    ends_at: datetime | None = Field(default=None, sa_column=_maybe_moment())
    held: int = Field(sa_column=Column(BigInteger, nullable=False))
    spent: int = Field(sa_column=Column(BigInteger, nullable=False))


class BudgetAlertRow(SQLModel, table=True):
    """A threshold that a budget has reached: told once in each window."""

    __tablename__ = "budget_alert"

    budget_id: UUID = Field(sa_column=Column(ForeignKey("budget.id", ondelete="CASCADE"), primary_key=True))
    starts_at: datetime = Field(sa_column=Column(DateTime(timezone=True), primary_key=True))
    threshold: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    at: datetime = Field(default_factory=_now, sa_column=_moment())


class BudgetNoticeRow(SQLModel, table=True):
    """What somebody reads about a window of a budget, until they put it away: the highest threshold."""

    __tablename__ = "budget_notice"

    user_id: UUID = Field(sa_column=Column(ForeignKey("user.id", ondelete="CASCADE"), primary_key=True))
    budget_id: UUID = Field(
        sa_column=Column(ForeignKey("budget.id", ondelete="CASCADE"), primary_key=True, index=True)
    )
    starts_at: datetime = Field(sa_column=Column(DateTime(timezone=True), primary_key=True))
    threshold: int = Field(sa_column=Column(SmallInteger, nullable=False))
    at: datetime = Field(default_factory=_now, sa_column=_moment())


class ActivityRow(SQLModel, table=True):
    """One thing that happened to a video; rows are only ever added."""

    __tablename__ = "activity"
    __table_args__ = (
        CheckConstraint(one_of("kind", ActivityKind), name="kind"),
        Index("ix_activity_video", "video_id", "id"),
    )

    id: int | None = Field(
        default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True)
    )
    video_id: UUID = Field(sa_column=_of_video())
    at: datetime = Field(
        default_factory=_now,
        sa_column=Column(DateTime(timezone=True), nullable=False, server_default=text("now()")),
    )
    kind: str = Field(sa_type=Text)
    note: str | None = Field(default=None, sa_column=Column(Text))


class CharacterRow(SQLModel, table=True):
    """Somebody or something that was made at a provider, to appear in videos by its name."""

    __tablename__ = "character"
    __table_args__ = (Index("uq_character_remote", "provider", "remote_id", unique=True),)

    id: UUID = Field(primary_key=True)
    owner_id: UUID = Field(sa_column=_owner(index=True))
    provider: str = Field(sa_type=Text)
    remote_id: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    created_at: datetime = Field(default_factory=_now, sa_column=_moment())
    request_sha256: str | None = Field(default=None, sa_column=Column(Text))


class AssetRow(SQLModel, table=True):
    """A file that was made of a video, on our own storage."""

    __tablename__ = "asset"
    __table_args__ = (
        CheckConstraint(
            one_of("variant", [*Variant, *(width.variant for width in PosterWidth)]),
            name="variant",
        ),
        CheckConstraint("bytes > 0", name="bytes"),
    )

    video_id: UUID = Field(sa_column=Column(ForeignKey("video.id", ondelete="CASCADE"), primary_key=True))
    variant: str = Field(sa_column=Column(Text, primary_key=True))
    key: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    content_type: str = Field(sa_type=Text)
    bytes: int = Field(sa_column=Column(BigInteger, nullable=False))
    sha256: str = Field(sa_type=Text)
    width: int
    height: int
    created_at: datetime = Field(default_factory=_now, sa_column=_moment())


class InputRow(SQLModel, table=True):
    """A file that goes into a video, on our own storage: as it is sent to the provider."""

    __tablename__ = "input"
    __table_args__ = (
        CheckConstraint(one_of("role", Role), name="role"),
        CheckConstraint("bytes > 0", name="bytes"),
    )

    video_id: UUID = Field(sa_column=Column(ForeignKey("video.id", ondelete="CASCADE"), primary_key=True))
    position: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    role: str = Field(sa_type=Text)
    key: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    content_type: str = Field(sa_type=Text)
    bytes: int = Field(sa_column=Column(BigInteger, nullable=False))
    sha256: str = Field(sa_type=Text)
    width: int  # pixels; 0: a sound has none
    height: int
    seconds: float | None = None  # None: a picture has none
    created_at: datetime = Field(default_factory=_now, sa_column=_moment())


class UploadRow(SQLModel, table=True):
    """A file that was uploaded and waits to become an input."""

    __tablename__ = "upload"

    id: UUID = Field(primary_key=True)
    owner_id: UUID = Field(sa_column=_owner(index=True))
    project_id: UUID | None = Field(  # for which the key was with which it came
        default=None,
        sa_column=Column(ForeignKey("project.id", ondelete="SET NULL"), nullable=True, index=True),
    )
    key: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    content_type: str = Field(sa_type=Text)
    bytes: int = Field(sa_column=Column(BigInteger, nullable=False))
    sha256: str = Field(sa_type=Text)
    width: int  # pixels; 0: a sound has none
    height: int
    seconds: float | None = None  # None: a picture has none
    created_at: datetime = Field(default_factory=_now, sa_column=_moment(index=True))
    used_at: datetime | None = Field(default=None, sa_column=_maybe_moment())  # when a wish first named it


class UsedIdempotencyKeyRow(SQLModel, table=True):
    """A request key whose video has been purged: the same request again must not make another."""

    __tablename__ = "used_idempotency_key"

    owner_id: UUID = Field(
        sa_column=Column(ForeignKey("user.id", ondelete="CASCADE"), primary_key=True, nullable=False)
    )
    idempotency_key: str = Field(sa_column=Column(Text, primary_key=True))
    request_sha256: str = Field(sa_type=Text)
    video_id: UUID  # of a video that has been purged
    erased_at: datetime = Field(default_factory=_now, sa_column=_moment(index=True))


class InstanceRow(SQLModel, table=True):
    """A process that serves the studio, and as much of its configuration as others have to share."""

    __tablename__ = "instance"

    id: UUID = Field(primary_key=True)
    installation: UUID
    role: str = Field(sa_type=Text)
    address: str = Field(sa_type=Text)
    version: str = Field(sa_type=Text)
    build: str = Field(sa_type=Text)
    signing_keys: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))  # fingerprints
    providers: dict[str, str] = Field(sa_column=Column(JSONB, nullable=False))
    storage: str = Field(sa_type=Text)
    time_zone: str = Field(sa_type=Text)
    started_at: datetime = Field(default_factory=_now, sa_column=_moment())
    seen_at: datetime = Field(default_factory=_now, sa_column=_moment())


class TaskTurnRow(SQLModel, table=True):
    """Whose turn it is to do what one instance does for all, or until when it rests."""

    __tablename__ = "task_turn"

    task: str = Field(sa_column=Column(Text, primary_key=True))
    holder: UUID | None = None  # None: it rests
    free_at: datetime = Field(sa_column=_moment())


class ProviderPauseRow(SQLModel, table=True):
    """A provider to which nothing new is sent."""

    __tablename__ = "provider_pause"

    provider: str = Field(sa_column=Column(Text, primary_key=True))
    paused_at: datetime = Field(default_factory=_now, sa_column=_moment())


class QueueShareRow(SQLModel, table=True):
    """How far a person's wishes have come in the queue of a provider; of nobody: the provider itself."""

    __tablename__ = "queue_share"

    provider: str = Field(sa_column=Column(Text, primary_key=True))
    user_id: UUID = Field(default=NOBODY, primary_key=True)  # refers to nothing
    virtual_time: float = Field(sa_column=Column(Double, nullable=False))


class TrashRow(SQLModel, table=True):
    """A kept file whose rows are gone: it is removed from the storage next."""

    __tablename__ = "trash"

    key: str = Field(sa_column=Column(Text, primary_key=True))
    created_at: datetime = Field(default_factory=_now, sa_column=_moment())


class WebhookEndpointRow(SQLModel, table=True):
    """Where a person has events sent; the secret signs them, so it has to be known here."""

    __tablename__ = "webhook_endpoint"
    __table_args__ = (CheckConstraint(one_of("format", WebhookFormat), name="format"),)

    id: UUID = Field(primary_key=True)
    user_id: UUID = Field(sa_column=_owner(index=True))
    name: str = Field(sa_type=Text)
    url: str = Field(sa_type=Text)
    event_types: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    format: str = Field(
        default=WebhookFormat.STANDARD, sa_column=Column(Text, nullable=False, server_default="standard")
    )
    secret: str = Field(sa_type=Text, repr=False)
    previous_secret: str | None = Field(default=None, sa_column=Column(Text), repr=False)
    previous_until: datetime | None = Field(default=None, sa_column=_maybe_moment())  # signs until then, too
    created_at: datetime = Field(default_factory=_now, sa_column=_moment())
    updated_at: datetime = Field(default_factory=_now, sa_column=_moment())
    disabled_at: datetime | None = Field(default=None, sa_column=_maybe_moment())


class WebhookMessageRow(SQLModel, table=True):
    """One event on its way to one endpoint: the outbox, written in the transaction of what happened."""

    __tablename__ = "webhook_message"
    __table_args__ = (
        Index("ix_webhook_message_endpoint", "endpoint_id", "position"),
        Index(
            "ix_webhook_message_due",
            "endpoint_id",
            "subject",
            "position",
            postgresql_where=text("due_at IS NOT NULL"),
        ),
    )

    id: UUID = Field(primary_key=True)
    endpoint_id: UUID = Field(
        sa_column=Column(ForeignKey("webhook_endpoint.id", ondelete="CASCADE"), nullable=False)
    )
    position: int | None = Field(
        default=None, sa_column=Column(BigInteger, Identity(always=True), nullable=False)
    )
    event_type: str = Field(sa_type=Text)
    subject: str = Field(sa_type=Text)  # the public id of what it is about, which may be gone by now
    created_at: datetime = Field(sa_column=_moment())
    due_at: datetime | None = Field(default=None, sa_column=_maybe_moment())  # None: nothing follows
    lease_until: datetime | None = Field(default=None, sa_column=_maybe_moment())
    fence: int = 0
    attempts: int = 0
    delivered_at: datetime | None = Field(default=None, sa_column=_maybe_moment())
    failed_at: datetime | None = Field(default=None, sa_column=_maybe_moment())
    status_code: int | None = None
    error: str | None = Field(default=None, sa_column=Column(Text))


class WebhookDeliveryRow(SQLModel, table=True):
    """A webhook delivery that was taken, so that the same one again changes nothing."""

    __tablename__ = "webhook_delivery"

    id: str = Field(sa_column=Column(Text, primary_key=True))
    remote_id: str = Field(sa_column=Column(Text, nullable=False, index=True))
    received_at: datetime = Field(sa_column=_moment(index=True))
