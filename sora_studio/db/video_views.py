"""How rows become what is shown of videos: each with its current job beside it, in a keyset order."""

from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Lateral,
    Row,
    Select,
    and_,
    exists,
    func,
    select,
    text,
    tuple_,
)
from sqlmodel import SQLModel

from sora_studio.db.models import one_of
from sora_studio.domain.access import PROJECT_ROLES, Action
from sora_studio.domain.facts import Facts
from sora_studio.domain.job import Charge
from sora_studio.domain.library import SortOrder
from sora_studio.domain.marks import Marks
from sora_studio.domain.problem import Problem
from sora_studio.domain.video import TERMINAL, Kind, Phase, VideoView

VIDEO = SQLModel.metadata.tables["video"]
STILL_UNFINISHED = text(f"NOT ({one_of('video.phase', sorted(TERMINAL))})")
"""As the index of unfinished videos says it."""

Position = tuple[Any, Any]
"""Where a video stands in its library: when it was asked for, and its id."""

_JOB = SQLModel.metadata.tables["job"]
_MEMBER = SQLModel.metadata.tables["project_member"]
MARK = SQLModel.metadata.tables["video_mark"]
SHOWN = [
    VIDEO.c[name]
    for name in (
        *("id", "owner_id", "project_id", "kind", "title", "prompt", "model", "size", "seconds"),
        *("phase", "created_at", "completed_at", "parent_id", "characters", "options"),
    )
]
_OF_JOB = [
    _JOB.c[name]
    for name in (
        *("current", "provider", "progress", "progress_known", "remote_status", "remote_expires_at"),
        *("price_micros", "problem_code", "problem_message", "submit_started_at", "accepted_at"),
        *("facts", "virtual_start"),
    )
]
_COSTS = _JOB.c.charge == Charge.SETTLED
_MAY_COST = and_(~_COSTS, _JOB.c.submit_started_at.is_not(None), _JOB.c.remote_id.is_(None))


def owned_by(owner_id: UUID | ColumnElement[UUID], video: FromClause = VIDEO) -> ColumnElement[bool]:
    """Build the condition that somebody made a video, in whichever library, and that it is there."""
    return and_(video.c.owner_id == owner_id, video.c.deleted_at.is_(None))


def in_library(library_id: UUID | ColumnElement[UUID], video: FromClause = VIDEO) -> ColumnElement[bool]:
    """Build the condition that a video is in a library, a person's own or a project's, and there."""
    return and_(video.c.library_id == library_id, video.c.deleted_at.is_(None))


def within_reach(
    user_id: UUID | ColumnElement[UUID], action: Action = Action.READ_VIDEOS
) -> ColumnElement[bool]:
    """Build the condition that somebody may do something with a video, for one that is named by its id.

    It is in their own library, or in that of a project in which their role is enough. Lists are read by
    `in_library`, after their project was asked for.
    """
    role = and_(_MEMBER.c.user_id == user_id, _MEMBER.c.role.in_(PROJECT_ROLES[action]))
    member = select(_MEMBER.c.user_id).where(_MEMBER.c.project_id == VIDEO.c.project_id, role).exists()
    return (VIDEO.c.library_id == user_id) | member


def current_job(video: FromClause = VIDEO) -> ColumnElement[bool]:
    """Build the condition by which a video's current job is joined to it."""
    return and_(_JOB.c.video_id == video.c.id, _JOB.c.current)


def keyset(order: SortOrder, video: FromClause = VIDEO) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """Return what videos are sorted by, so that no two of them are equal."""
    position = video.c.created_at, video.c.id
    first, second = (each.desc() if order is SortOrder.NEWEST else each.asc() for each in position)
    return first, second


def beyond(order: SortOrder, position: Position, video: FromClause = VIDEO) -> ColumnElement[bool]:
    """Build the condition that a video comes after a place in that order."""
    return in_direction(order, (video.c.created_at, video.c.id), position)


def in_direction(order: SortOrder, here: Position, there: Position) -> ColumnElement[bool]:
    """Build the condition that one place comes after another one in that order."""
    one, other = tuple_(*here), tuple_(*there)
    return one < other if order is SortOrder.NEWEST else one > other


def select_views(video: FromClause = VIDEO) -> Select[*tuple[Any, ...]]:
    """Join to videos what a view shows beside them."""
    return _SELECT_VIEWS if video is VIDEO else _select_views(video)


def _select_views(video: FromClause) -> Select[*tuple[Any, ...]]:
    columns, job = [video.c[column.name] for column in SHOWN], _jobs(video)
    parent = VIDEO.alias("parent")
    source = select(parent.c.project_id).where(parent.c.id == video.c.parent_id).scalar_subquery()
    marks = func.array(select(MARK.c.mark).where(MARK.c.video_id == video.c.id).scalar_subquery())
    shown = select(*columns, source.label("parent_project_id"), *job.c, marks.label("marks"))
    return shown.select_from(video).join(job, job.c.current)


def costs() -> ColumnElement[bool]:
    """Build the condition that one of a video's attempts costs something, or may."""
    return exists().where(_JOB.c.video_id == VIDEO.c.id, _COSTS | _MAY_COST)


def _jobs(video: FromClause) -> Lateral:
    """Read the jobs of each video, and beside each how many of the video's cost, and how many may.

    The current one is chosen afterwards: so one way down an index finds everything.
    """
    costs, may_cost = (func.count().filter(which).over() for which in (_COSTS, _MAY_COST))
    charged = func.sum(_JOB.c.price_micros).filter(_COSTS).over()
    counts = costs.label("charges"), charged.label("charged_micros"), may_cost.label("unclear")
    return select(*_OF_JOB, *counts).where(_JOB.c.video_id == video.c.id).lateral("job_of_video")


_SELECT_VIEWS = _select_views(VIDEO)


def to_view(row: Row[Any]) -> VideoView:
    """Turn a row of `select_views` into what is shown."""
    phase = Phase(row.phase)
    return VideoView(
        id=row.id,
        owner_id=row.owner_id or row.project_id,
        project_id=row.project_id,
        kind=Kind(row.kind),
        title=row.title,
        prompt=row.prompt,
        provider=row.provider,
        model=row.model,
        size=row.size,
        seconds=row.seconds,
        phase=phase,
        progress=row.progress,
        progress_known=row.progress_known,
        created_at=row.created_at,
        completed_at=row.completed_at,
        expires_at=None if phase in TERMINAL else row.remote_expires_at,
        parent_id=row.parent_id,
        parent_project_id=row.parent_project_id,
        price_micros=row.price_micros,
        charges=row.charges,
        charged_micros=None if row.charged_micros is None else int(row.charged_micros),
        unclear=row.unclear,
        problem=Problem(row.problem_code, row.problem_message or "") if row.problem_code else None,
        remote_status=row.remote_status,
        characters=tuple(row.characters),
        accepted_at=row.accepted_at,
        sent=row.submit_started_at is not None,
        facts=Facts.stored(row.facts),
        options=row.options,
        waits=phase is Phase.SUBMITTING and row.virtual_start is not None,
        marks=Marks.of(row.marks),
    )
