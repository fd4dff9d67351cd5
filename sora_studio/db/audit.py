"""The trail in the database: written in the transaction of what it tells of, never changed."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Row, Select, delete, func, or_, select, tuple_
from sqlalchemy.orm import aliased
from sqlmodel import col

from sora_studio.db.models import AuditRow, UserRow
from sora_studio.db.repository import Repository
from sora_studio.domain.audit import Act, AuditLine, AuditPage, AuditQuery, Result
from sora_studio.domain.errors import InvalidInput

KEPT = timedelta(days=366)
"""How long a line stays; the trigger lets nobody delete a younger one than a year."""


_LINE = AuditRow
_DOER, _SUBJECT = aliased(UserRow), aliased(UserRow)


class AuditRepository(Repository):
    """Writes and reads the trail inside one transaction."""

    async def add(self, row: AuditRow) -> None:
        """Write a line; those that are too old to keep are swept away."""
        await self._do(delete(AuditRow).where(col(AuditRow.at) < row.at - KEPT))
        self._tx.add(row)
        await self._tx.flush()

    async def page(self, query: AuditQuery) -> AuditPage:
        """Return one page, keyset-paged: its cost does not grow with its depth.

        Raises:
            InvalidInput: `after` is no line of the trail.
        """
        lines = select(_LINE).order_by(col(_LINE.at).desc(), col(_LINE.id).desc())
        if query.act is not None:
            lines = lines.where(col(_LINE.act) == query.act)
        if query.person is not None:  # an index for each
            whose = col(_LINE.user_id) == query.person, col(_LINE.subject_id) == query.person
            lines = lines.where(or_(*whose))
        if query.after is not None:
            other = await self._tx.get(_LINE, query.after)
            if other is None:
                message = "There is no line to continue after."
                raise InvalidInput(message, "after")
            lines = lines.where(tuple_(col(_LINE.at), col(_LINE.id)) < tuple_(other.at, other.id))
        rows = [*await self._do(_with_names(lines.limit(query.limit + 1)))]
        return AuditPage(tuple(map(_to_line, rows[: query.limit])), has_more=len(rows) > query.limit)


def _with_names(lines: Select[Any]) -> Select[Any]:
    """Join to some lines what people are called: which lines they are is settled before."""
    line = lines.subquery("line")
    return (
        select(
            line,
            func.coalesce(_DOER.email, "").label("doer"),
            func.coalesce(_SUBJECT.email, "").label("subject"),
        )
        .outerjoin(_DOER, col(_DOER.id) == line.c.user_id)
        .outerjoin(_SUBJECT, col(_SUBJECT.id) == line.c.subject_id)
        .order_by(line.c.at.desc(), line.c.id.desc())
    )


def _to_line(row: Row[Any]) -> AuditLine:
    return AuditLine(
        id=row.id,
        at=row.at,
        act=Act(row.act),
        result=Result(row.result),
        user_id=row.user_id,
        user=row.doer,
        subject_id=row.subject_id,
        subject=row.subject,
        address=row.address,
        user_agent=row.user_agent,
        about=row.about,
    )
