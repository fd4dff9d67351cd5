"""What is done to several tiles at once, or to one by a key: studio.js knows which, the server does it."""

from datetime import datetime
from typing import Any
from uuid import UUID

import reflex as rx

from sora_studio.container import services
from sora_studio.domain.batch import BatchAct, BatchAction, BatchResult, Selection
from sora_studio.domain.errors import InvalidInput, NotFound, SoraStudioError
from sora_studio.domain.ids import parse_public_id
from sora_studio.domain.library import LibraryQuery
from sora_studio.domain.marks import Marks
from sora_studio.ui import toasts
from sora_studio.ui.errors import explain
from sora_studio.ui.filters import FILTERS
from sora_studio.ui.form_data import text
from sora_studio.ui.libraries import MINE, parse_library
from sora_studio.ui.session import signed_in_user, still_signed_in

_UNCLEAR = "It is not clear which videos are meant. Load the page again."


class BatchState(rx.State):
    """Acts on what is selected; the pages read again what has changed."""

    @rx.event(background=True)
    async def act(self, asked: dict[str, Any]) -> None:
        """Do one thing to the videos that are named, or to all that the library shows but those."""
        async with self:
            owner_id = await signed_in_user(self)
        said, tone, undo = "", toasts.INFO, ""
        try:
            act, selection = _read_act(asked), _read_selection(asked)
            result = await services().batches.act(owner_id, selection, act)
            said, undo = _done(act, result), str(result.id) if result.count else ""
            if act.action is BatchAction.STAR and len(selection.ids) == 1 and selection.query is None:
                return  # the tile shows it
        except SoraStudioError as problem:
            said, tone = explain(problem), toasts.ERROR
        async with still_signed_in(self, owner_id):
            await toasts.tell(self, said, tone=tone, batch=undo)

    @rx.event(background=True)
    async def undo(self, batch: str) -> None:
        """Take back what was done last."""
        async with self:
            owner_id = await signed_in_user(self)
        said, tone = "Undone.", toasts.INFO
        try:
            await services().batches.undo(owner_id, _id(batch))
        except SoraStudioError as problem:
            said, tone = explain(problem), toasts.ERROR
        async with still_signed_in(self, owner_id):
            await toasts.tell(self, said, tone=tone)


def _id(batch: str) -> UUID:
    try:
        return UUID(batch)
    except ValueError as error:
        message = "There is nothing to undo."
        raise NotFound(message) from error


def _read_act(asked: dict[str, Any]) -> BatchAct:
    """Read what is to be done; it may come from any browser."""
    value = text(asked, "value")
    try:
        action = BatchAction(text(asked, "action"))
        return BatchAct.of(action, stars=int(value) if action is BatchAction.STAR else None, tag=value)
    except ValueError as error:
        message = "This cannot be done to videos."
        raise InvalidInput(message) from error


def _read_selection(asked: dict[str, Any]) -> Selection:
    named, status = asked.get("ids"), text(asked, "status")
    if not isinstance(named, list) or status not in FILTERS:
        raise InvalidInput(_UNCLEAR, "select")
    ids = tuple(parse_public_id(str(each)) for each in named)
    if not asked.get("all"):
        return Selection(ids)
    try:
        project_id = parse_library(text(asked, "project") or MINE)
    except ValueError as error:
        message = "There is no such project."
        raise NotFound(message) from error
    try:
        until = datetime.fromisoformat(text(asked, "until"))
    except ValueError as error:
        raise InvalidInput(_UNCLEAR, "until") from error
    if until.tzinfo is None:
        raise InvalidInput(_UNCLEAR, "until")
    return Selection(ids, LibraryQuery(text(asked, "q"), phases=FILTERS[status]), project_id, until)


def _done(act: BatchAct, result: BatchResult) -> str:
    """Say what has become of how many."""
    videos = "1 video" if result.count == 1 else f"{result.count:,} videos"
    if not result.count:
        return "Nothing was changed."
    marks = Marks.of([act.mark] if act.mark else [])
    match act.action:
        case BatchAction.STAR:
            stars = "1 star" if marks.stars == 1 else f"{marks.stars} stars"
            return f"{stars} for {videos}." if marks.stars else f"The stars of {videos} were removed."
        case BatchAction.TAG:
            return f"#{marks.tags[0]} was put on {videos}."
        case BatchAction.UNTAG:
            return f"#{marks.tags[0]} was taken off {videos}."
        case BatchAction.DELETE:
            bill = result.may_be_billed
            return f"{videos} deleted.{f' {bill:,} may still be billed.' if bill else ''}"
