"""The people of a studio as admins see them: paged by time, searched by the words of names and addresses."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    cast,
    false,
    func,
    literal,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Mapped
from sqlmodel import col
from sqlmodel import select as select_rows

from sora_studio.db.models import LibraryStorageRow, SessionRow, TwoFactorRow, UserRow
from sora_studio.db.repository import Repository
from sora_studio.db.users import account_view, standing_of
from sora_studio.domain.errors import InvalidInput
from sora_studio.domain.limits import Limits
from sora_studio.domain.people import PeoplePage, PeopleQuery, PersonView, Standing
from sora_studio.domain.words import beginnings_of

_USER = UserRow
_RECENT = 500
"""So many of the newest accounts are looked through one by one before the index of words is asked."""

_SHUT = col(_USER.disabled_at).is_not(None)


class PeopleRepository(Repository):
    """Reads people inside one transaction; nothing of what they make is read, only how large it is."""

    async def page(self, query: PeopleQuery) -> PeoplePage:
        """Return one page, keyset-paged: its cost does not grow with its depth.

        Raises:
            InvalidInput: `after` is nobody's id.
        """
        where = [*_wanted(query)]
        if query.after:
            position = tuple_(*await self._position(query.after))
            where.append(tuple_(col(_USER.created_at), col(_USER.id)) < position)
        people = select(col(_USER.id), col(_USER.created_at), col(_USER.search)).where(*where)
        ids = await self._found(people, query.search, query.limit + 1)
        rows = (await self._tx.exec(select_rows(_USER).where(col(_USER.id).in_(ids)))).all()
        rows = sorted(rows, key=lambda row: ids.index(row.id))[: query.limit]
        return PeoplePage(await self._views(rows), has_more=len(ids) > query.limit)

    async def _found(self, people: Select[*tuple[Any, ...]], asked: str, most: int) -> list[UUID]:
        """Return the first of some people who have the words.

        Common words fill a page among the newest; rare ones are looked up in the index of words, to which the
        materialised query keeps the planner.
        """
        if not asked.strip():
            return await self._newest(people.subquery(), most)
        newest = people.order_by(col(_USER.created_at).desc(), col(_USER.id).desc()).limit(_RECENT).subquery()
        ids = await self._newest(newest, most, _has_words(asked, newest.c.search))
        if len(ids) == most:
            return ids
        named = people.where(_has_words(asked, col(_USER.search))).cte("named").prefix_with("MATERIALIZED")
        return await self._newest(named, most)

    async def _newest(self, people: FromClause, most: int, *where: ColumnElement[bool]) -> list[UUID]:
        query = select(people.c.id).where(*where).order_by(people.c.created_at.desc(), people.c.id.desc())
        return [*(await self._do(query.limit(most))).scalars()]

    async def one(self, user_id: UUID) -> PersonView | None:
        """Return one person; None: there is no such account."""
        row = await self._tx.get(_USER, user_id)
        return (await self._views([row]))[0] if row else None

    async def _views(self, rows: Sequence[UserRow]) -> tuple[PersonView, ...]:
        ids = [row.id for row in rows]
        seen, stored, enrolled = await self._seen(ids), await self._stored(ids), await self._enrolled(ids)
        return tuple(
            PersonView(
                account_view(row),
                standing_of(row),
                seen.get(row.id),
                stored.get(row.id, 0),
                row.id in enrolled,
                Limits(row.queue_weight, row.storage_quota_bytes),
            )
            for row in rows
        )

    async def _enrolled(self, ids: Sequence[UUID]) -> set[UUID]:
        whose = col(TwoFactorRow.user_id)
        query = select(whose).where(whose.in_(ids), col(TwoFactorRow.enabled_at).is_not(None))
        return {*(await self._do(query)).scalars()}

    async def _seen(self, ids: Sequence[UUID]) -> dict[UUID, datetime]:
        whose = col(SessionRow.user_id)
        query = select(whose, func.max(col(SessionRow.last_seen_at)).label("at")).where(whose.in_(ids))
        return {row.user_id: row.at for row in await self._do(query.group_by(whose))}

    async def _stored(self, ids: Sequence[UUID]) -> dict[UUID, int]:
        """Return what people's own libraries store."""
        library = col(LibraryStorageRow.library_id)
        kept = select(library, col(LibraryStorageRow.bytes).label("stored")).where(library.in_(ids))
        return {row.library_id: row.stored for row in await self._do(kept)}

    async def _position(self, user_id: UUID) -> tuple[datetime, UUID]:
        row = await self._tx.get(_USER, user_id)
        if row is None:
            message = "There is nobody to continue after."
            raise InvalidInput(message, "after")
        return row.created_at, user_id


def _wanted(query: PeopleQuery) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    match query.standing:
        case None:
            pass
        case Standing.ACTIVE:
            where.append(~_SHUT)
        case Standing.WAITING | Standing.DISABLED:
            where += [_SHUT, col(_USER.awaits_approval).is_(query.standing is Standing.WAITING)]
    return where


def _has_words(asked: str, words: ColumnElement[Any] | Mapped[list[str]]) -> ColumnElement[bool]:
    """Build the condition that each word that was asked for begins a word of the name or the address."""
    quoted = (each.replace("\\", "\\\\").replace("'", "''") for each in beginnings_of(asked))
    query = " & ".join(f"'{each}':*" for each in quoted)
    if not query:
        return false()
    return words.op("@@", is_comparison=True)(cast(literal(query), TSQUERY))
