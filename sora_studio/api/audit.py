"""The trail, for a studio's admins: page by page, or all of it as CSV."""

import csv
import io
from collections.abc import AsyncIterator
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from starlette.responses import StreamingResponse

from sora_studio.api.dependencies import IdentityDep
from sora_studio.container import services
from sora_studio.domain.audit import Act, AuditLine, AuditQuery, Result
from sora_studio.domain.ids import parse_audit_id, parse_user_id

router = APIRouter(prefix="/admin/audit", tags=["admin"])

_PAGE_MAX = 200
_COLUMNS = ("id", "at", "act", "result", "user", "subject", "address", "user_agent", "about")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Line(BaseModel):
    """Who did what, when, to whom, from where, and what came of it."""

    id: str
    at: int = Field(description="Unix seconds.")
    act: Act
    result: Result
    user_id: str | None = Field(description="Who; null: nobody who is known, or the command line.")
    user: str = Field(description="Their address; empty when the account is gone.")
    subject_id: str | None = Field(description="To whose account, if it was not their own.")
    subject: str
    address: str
    user_agent: str
    about: str

    @classmethod
    def of(cls, line: AuditLine) -> "Line":
        """Shape a line."""
        return cls(
            id=line.id.hex,
            at=int(line.at.timestamp()),
            act=line.act,
            result=line.result,
            user_id=str(line.user_id) if line.user_id else None,
            user=line.user,
            subject_id=str(line.subject_id) if line.subject_id else None,
            subject=line.subject,
            address=line.address,
            user_agent=line.user_agent,
            about=line.about,
        )


class Trail(BaseModel):
    """One page of lines."""

    object: Literal["list"] = "list"
    data: list[Line]
    first_id: str | None
    last_id: str | None
    has_more: bool


def _wanted(
    act: Annotated[Act | None, Query(description="Only this.")] = None,
    user: Annotated[
        str | None, Query(description="Only what this person did, or what was done to them.")
    ] = None,
) -> AuditQuery:
    return AuditQuery(act=act, person=parse_user_id(user) if user else None)


Wanted = Annotated[AuditQuery, Depends(_wanted)]


@router.get("")
async def read_trail(
    identity: IdentityDep,
    wanted: Wanted,
    *,
    limit: Annotated[int, Query(ge=1, le=_PAGE_MAX)] = 50,
    after: Annotated[str | None, Query(description="The last id of the page before.")] = None,
) -> Trail:
    """List lines, the newest first."""
    position = parse_audit_id(after) if after else None
    page = await services().audit.page(
        identity, AuditQuery(wanted.act, wanted.person, after=position, limit=limit)
    )
    data = [*map(Line.of, page.lines)]
    first, last = (data[0].id, data[-1].id) if data else (None, None)
    return Trail(data=data, first_id=first, last_id=last, has_more=page.has_more)


@router.get("/csv")
async def export_trail(identity: IdentityDep, wanted: Wanted) -> StreamingResponse:
    """Return all of these lines as CSV, the newest first; that is recorded."""
    lines = await services().audit.export(identity, wanted)
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    return StreamingResponse(_csv(lines), media_type="text/csv; charset=utf-8", headers=headers)


async def _csv(lines: AsyncIterator[AuditLine]) -> AsyncIterator[str]:
    yield _row(_COLUMNS)
    async for line in lines:
        values = (line.id.hex, line.at.isoformat(), line.act, line.result, line.user, line.subject)
        yield _row((*values, line.address, line.user_agent, line.about))


def _row(values: tuple[str, ...]) -> str:
    """Write a row; no spreadsheet takes a cell for a formula."""
    text = io.StringIO()
    csv.writer(text).writerow([f"'{value}" if value.startswith(_FORMULA) else value for value in values])
    return text.getvalue()
