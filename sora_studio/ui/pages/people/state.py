"""The people of the studio, and what an admin does for and against their accounts."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

import reflex as rx

from sora_studio.container import services
from sora_studio.domain.access_link import NewLink
from sora_studio.domain.account import Identity, Role
from sora_studio.domain.errors import PasswordRequired, SoraStudioError
from sora_studio.domain.ids import parse_user_id
from sora_studio.domain.people import PAGE_MAX, PeoplePage, PeopleQuery, PersonView, Standing
from sora_studio.ui import toasts
from sora_studio.ui.errors import explain
from sora_studio.ui.form_data import text
from sora_studio.ui.pages.people.lines import PersonLine, line_of
from sora_studio.ui.qr import FreshLink
from sora_studio.ui.session import signed_in, still_signed_in
from sora_studio.ui.storage_lines import limit_change

_LONGEST_SEARCH = 200  # characters


class PeopleState(rx.State):
    """One list, the newest account first, as long as somebody asks for more of it."""

    ready: rx.Field[bool] = rx.field(default=False)
    problem: rx.Field[str] = rx.field("")  # why there is no list
    people: rx.Field[list[PersonLine]] = rx.field(default_factory=list)
    waiting: rx.Field[list[PersonLine]] = rx.field(default_factory=list)  # for an approval
    has_more: rx.Field[bool] = rx.field(default=False)
    query: rx.Field[str] = rx.field("")
    busy: rx.Field[bool] = rx.field(default=False)  # an act is on its way
    link: rx.Field[FreshLink] = rx.field(default_factory=FreshLink)  # a reset link, shown this once
    asking: rx.Field[bool] = rx.field(default=False)  # for the password, before what waits is done
    refusal: rx.Field[str] = rx.field("")
    _pending: tuple[str, str] = ("", "")  # what waits: the act, and to whom

    @rx.event(background=True)
    async def load(self) -> None:
        """Read the list from its beginning."""
        async with self:
            identity = await signed_in(self)
            query = self.query
        await _show(self, identity, PeopleQuery(query))

    @rx.event(background=True)
    async def search(self, data: dict[str, Any]) -> None:
        """Find people by the beginnings of words."""
        asked = text(data, "q")[:_LONGEST_SEARCH]
        async with self:
            identity = await signed_in(self)
            self.query = asked
        await _show(self, identity, PeopleQuery(asked))

    @rx.event(background=True)
    async def more(self) -> None:
        """Read on where the list ends."""
        async with self:
            identity = await signed_in(self)
            last = self.people[-1].id if self.people else ""
            query = PeopleQuery(self.query, after=parse_user_id(last) if last else None)
        await _show(self, identity, query)

    @rx.event(background=True)
    async def act(self, what: str, user_id: str) -> None:
        """Do something to an account; what weighs most asks for the password first, once in ten minutes."""
        async with self:
            identity = await signed_in(self)
            if self.busy or what not in _ACTS:
                return
            self.busy, self.link, self._pending = True, FreshLink(), (str(what), str(user_id))
        await _do(self, identity, str(what), str(user_id))

    @rx.event(background=True)
    async def limit(self, data: dict[str, Any]) -> None:
        """Change how much of the studio somebody may take."""
        async with self:
            identity = await signed_in(self)
            if self.busy:
                return
            self.busy = True
        user_id, said, tone = text(data, "library_id"), "Saved.", toasts.INFO
        try:
            limits = services().limits
            await limits.change_person(identity, parse_user_id(user_id), limit_change(data))
        except SoraStudioError as problem:
            said, tone = explain(problem), toasts.ERROR
        finally:
            async with self:
                self.busy = False
        found = await _read(identity, user_id)
        async with still_signed_in(self, identity.user_id):
            self.people = _with(self.people, user_id, found)
            await toasts.tell(self, said, tone=tone)

    @rx.event(background=True)
    async def prove(self, data: dict[str, Any]) -> None:
        """Take the password, and do what has waited for it."""
        async with self:
            identity = await signed_in(self)
            what, user_id = self._pending
            if self.busy or not self.asking:
                return
            self.busy, self.refusal = True, ""
        try:
            await services().accounts.confirm_password(identity, text(data, "proof"))
        except SoraStudioError as problem:
            async with still_signed_in(self, identity.user_id):
                self.busy, self.refusal = False, explain(problem)
            return
        await _do(self, identity, what, user_id)

    @rx.event
    def dismiss(self) -> None:
        """Take the link, or the question for the password, from the screen."""
        self.link, self.asking, self.refusal = FreshLink(), False, ""


async def _show(state: PeopleState, identity: Identity, query: PeopleQuery) -> None:
    waiting = PeopleQuery(standing=Standing.WAITING, limit=PAGE_MAX)
    people = services().people
    try:
        page, waits, problem = await people.page(identity, query), await people.page(identity, waiting), ""
    except SoraStudioError as error:
        page = waits = PeoplePage((), has_more=False)
        problem = explain(error)
    async with still_signed_in(state, identity.user_id):
        before = state.people if query.after else []
        state.people = [*before, *map(_line, page.people)]
        state.waiting = [*map(_line, waits.people)]
        state.ready, state.problem, state.has_more = True, problem, page.has_more


async def _do(state: PeopleState, identity: Identity, what: str, user_id: str) -> None:
    """Do what was asked for; say what came of it, and show it in the list."""
    said, tone, link, asking = "", toasts.INFO, None, False
    try:
        said, link = await _ACTS[what](identity, parse_user_id(user_id))
    except PasswordRequired:
        asking = True
    except SoraStudioError as problem:
        said, tone = explain(problem), toasts.ERROR
    finally:
        async with state:
            state.busy = False
    found = None if asking else await _read(identity, user_id)
    async with still_signed_in(state, identity.user_id):
        state.asking, state.refusal = asking, ""
        if asking:
            return
        state.people = _with(state.people, user_id, found)
        state.waiting = [
            line for line in _with(state.waiting, user_id, found) if line.status == Standing.WAITING
        ]
        if link is not None:
            state.link = FreshLink.of(link.url, said)
        else:
            await toasts.tell(state, said, tone=tone)


def _with(lines: list[PersonLine], user_id: str, found: PersonLine | None) -> list[PersonLine]:
    """Return a list with one of its people as they are now, or without them."""
    return [each for line in lines if (each := found if line.id == user_id else line) is not None]


async def _read(identity: Identity, user_id: str) -> PersonLine | None:
    """Return a person as they are now; None: they are gone."""
    try:
        return _line(await services().people.get(identity, parse_user_id(user_id)))
    except SoraStudioError:
        return None


def _line(person: PersonView) -> PersonLine:
    return line_of(person, services().limits.quotas.of_person(person.limits))


_Done = tuple[str, NewLink | None]


async def _make_admin(who: Identity, user_id: UUID) -> _Done:
    person = await services().people.change_role(who, user_id, Role.ADMIN)
    return f"{person.account.display_name} is an admin now.", None


async def _make_member(who: Identity, user_id: UUID) -> _Done:
    person = await services().people.change_role(who, user_id, Role.MEMBER)
    return f"{person.account.display_name} is a member now.", None


async def _disable(who: Identity, user_id: UUID) -> _Done:
    person = await services().people.disable(who, user_id)
    return f"{person.account.display_name} can no longer log in, and was logged out everywhere.", None


async def _enable(who: Identity, user_id: UUID) -> _Done:
    person = await services().people.enable(who, user_id)
    return f"{person.account.display_name} can log in.", None


async def _reset(who: Identity, user_id: UUID) -> _Done:
    link = await services().people.reset_link(who, user_id)
    person = await services().people.get(who, user_id)
    name = person.account.display_name
    return f"Hand this link to {name}. It sets a new password, once, within 24 hours.", link


async def _reset_two_factor(who: Identity, user_id: UUID) -> _Done:
    person = await services().people.reset_two_factor(who, user_id)
    return f"{person.account.display_name} logs in with the password alone now.", None


async def _delete(who: Identity, user_id: UUID) -> _Done:
    await services().people.delete(who, user_id)
    return "The account was deleted.", None


_ACTS: Mapping[str, Callable[[Identity, UUID], Awaitable[_Done]]] = {
    "admin": _make_admin,
    "member": _make_member,
    "disable": _disable,
    "enable": _enable,
    "reset": _reset,
    "two_factor": _reset_two_factor,
    "delete": _delete,
}
