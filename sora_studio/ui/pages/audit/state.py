"""The trail, page by page, and what of it is wanted."""

from dataclasses import replace
from typing import Any

import reflex as rx

from sora_studio.container import services
from sora_studio.domain.account import Identity
from sora_studio.domain.audit import STORED, Act, AuditPage, AuditQuery
from sora_studio.domain.errors import NotFound, SoraStudioError
from sora_studio.domain.ids import parse_audit_id, parse_user_id
from sora_studio.ui.errors import explain
from sora_studio.ui.form_data import text
from sora_studio.ui.pages.audit.lines import Line, line_of
from sora_studio.ui.session import signed_in, still_signed_in

_CSV = "/api/admin/audit/csv"


class AuditState(rx.State):
    """One list, the newest line first, as long as somebody asks for more of it."""

    ready: rx.Field[bool] = rx.field(default=False)
    problem: rx.Field[str] = rx.field("")
    lines: rx.Field[list[Line]] = rx.field(default_factory=list)
    has_more: rx.Field[bool] = rx.field(default=False)
    act: rx.Field[str] = rx.field("")  # only this; empty: every one
    person: rx.Field[str] = rx.field("")  # only theirs, by the id; empty: everybody's
    person_name: rx.Field[str] = rx.field("")
    refusal: rx.Field[str] = rx.field("")

    @rx.var
    def export(self) -> str:
        """Return where the same lines are as CSV."""
        asked = {"act": self.act, "user": self.person}
        query = "&".join(f"{name}={value}" for name, value in asked.items() if value)
        return f"{_CSV}?{query}" if query else _CSV

    @rx.event(background=True)
    async def load(self) -> None:
        """Read the list from its beginning."""
        async with self:
            identity = await signed_in(self)
            query = _query(self)
        await _show(self, identity, query)

    @rx.event(background=True)
    async def choose(self, data: dict[str, Any]) -> None:
        """Choose what is wanted: one act, one person's."""
        act, email = text(data, "act"), text(data, "email").strip()
        async with self:
            identity = await signed_in(self)
            self.act = act if act in STORED else ""
            self.refusal = ""
        person, name, refusal = "", "", ""
        try:
            if email:
                found = (await services().people.find(identity, email)).account
                person, name = found.id.hex, found.email
        except SoraStudioError as error:
            refusal = "No account has this e-mail address." if isinstance(error, NotFound) else explain(error)
        async with still_signed_in(self, identity.user_id):
            self.person, self.person_name, self.refusal = person, name, refusal
            query = _query(self)
        await _show(self, identity, query)

    @rx.event(background=True)
    async def more(self) -> None:
        """Read on where the list ends."""
        async with self:
            identity = await signed_in(self)
            after = parse_audit_id(self.lines[-1].id) if self.lines else None
            query = replace(_query(self), after=after)
        await _show(self, identity, query)


def _query(state: AuditState) -> AuditQuery:
    return AuditQuery(
        act=Act(state.act) if state.act else None,
        person=parse_user_id(state.person) if state.person else None,
    )


async def _show(state: AuditState, identity: Identity, query: AuditQuery) -> None:
    try:
        page, problem = await services().audit.page(identity, query), ""
    except SoraStudioError as error:
        page, problem = AuditPage((), has_more=False), explain(error)
    async with still_signed_in(state, identity.user_id):
        before = state.lines if query.after else []
        state.lines = [*before, *map(line_of, page.lines)]
        state.ready, state.problem, state.has_more = True, problem, page.has_more
