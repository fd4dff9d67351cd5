"""Who gets what from every event handler: sent by raw sockets to a real server."""

from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
from reflex.state import BaseState, OnLoadInternalState, State, UpdateVarsInternalState
from reflex_base.registry import RegistrationContext

from sora_studio.ui import app
from sora_studio.ui.current_user import PersonState
from sora_studio.ui.pages.create.composer_state import ComposerState
from sora_studio.ui.pages.create.state import CreateState
from sora_studio.ui.pages.library.state import LibraryState
from sora_studio.ui.session import TabState
from sora_studio.ui.toasts import ToastState
from tests.integration.authorisation.conftest import SECRET, Stage
from tests.integration.authorisation.handlers import (
    TABLE,
    Row,
    is_missing,
    is_no_project,
    is_project,
    is_shown,
)
from tests.support.person import Person, join
from tests.support.tab import Tab, open_tab

PATIENCE = 60.0
"""Seconds for an answer on a busy machine."""

FRAMEWORK = {
    "State.hydrate": {},
    "State.hydrate_and_load": {"vars": {}},
    "State.set_is_hydrated": {"value": True},
    "OnLoadInternalState.on_load_internal": {},
    "OnLoadInternalState.set_is_hydrated": {"value": True},
    "UpdateVarsInternalState.update_vars_internal": {"vars": {}},
    "FrontendEventExceptionState.handle_frontend_exception": {"info": "none", "component_stack": ""},
}
"""What Reflex's own front end sends, also before anybody is signed in."""


def registered() -> Iterator[tuple[str, str]]:
    """Yield every handler that a browser can name, those of other tests' apps apart, as `State.method`."""
    assert app.NAME  # importing it has registered the States of every page
    for name, entry in RegistrationContext.ensure_context().event_handlers.items():
        state = entry.states[-1] if "tests___" not in name else None
        if state is not None:
            yield f"{state.__name__}.{name.rpartition('.')[2]}", name


def states() -> list[type[BaseState]]:
    """Return every State that a browser can name."""
    return [state for state in (State, *_below(State)) if "tests" not in state.__module__]


def _below(state: type[BaseState]) -> Iterator[type[BaseState]]:
    for child in state.get_substates():
        yield child
        yield from _below(child)


def test_every_handler_has_a_row_and_every_row_a_handler():
    setters = {f"{state.__name__}.setvar" for state in states()}
    assert {name for name, _ in registered()} == {*map(str, TABLE), *FRAMEWORK, *setters}


def cookie(person: Person) -> str:
    return f"sora_session={person.token}"


@asynccontextmanager
async def opened(stage: Stage, person: Person, row: Row, thing: str) -> AsyncIterator[Tab]:
    """Open a row's page in somebody's name, and wait for everything that it loads by itself."""

    def loaded() -> bool:
        seen = [bool(tab.value(PersonState, "email"))]
        if row.path.startswith("/video/"):
            seen.append(is_shown(tab, thing) or is_missing(tab, thing))
        if row.path.startswith("/projects/"):
            seen.append(is_project(tab, thing) or is_no_project(tab, thing))
        if row.path.startswith("/library"):
            seen.append(tab.value(LibraryState, "ready"))
        if row.path.split("?", 1)[0] == "/":
            seen += [tab.value(CreateState, "ready"), tab.value(ComposerState, "ready")]
        return all(seen)

    async with open_tab(stage.url, cookie=cookie(person), path=row.path.format(thing)) as tab:
        await tab.until(loaded, within=PATIENCE)
        yield tab


async def answered(tab: Tab) -> None:
    """Wait until a tab has got the answers to everything that it sent before, background work apart."""
    word, seen = uuid4().hex, len(tab.frames)
    await tab.send(ToastState.say, text=word)
    await tab.until(lambda: word in str(tab.frames[seen:]), within=PATIENCE)


@pytest.mark.parametrize("row", TABLE, ids=str)
@pytest.mark.parametrize("who", ["nobody", "revoked"])
async def test_without_a_session_there_is_only_the_way_to_the_log_in_page(stage: Stage, row: Row, who: str):
    thing = await row.thing(stage) if row.thing else ""
    before = await stage.belongings()
    header = cookie(stage.revoked) if who == "revoked" else ""
    async with open_tab(stage.url, cookie=header, path="/profile", hydrate=False) as tab:
        await tab.send(row.name, **row.payload(thing))
        if row.open:
            await tab.until(lambda: row.stranger(tab, thing), within=PATIENCE)
            return
        await tab.until(tab.redirects, within=PATIENCE)
        reason = "error=session_ended&" if who == "revoked" else ""
        assert tab.redirects() == [f"/login?{reason}next=/profile"]
        assert [name for name, changed in tab.state.items() if "sora_studio___" in name and changed] == []
    assert await stage.belongings() == before


@pytest.mark.parametrize("row", TABLE, ids=str)
async def test_a_stranger_gets_nothing_of_the_owners(stage: Stage, row: Row):
    thing = await row.thing(stage) if row.thing else ""
    before = await stage.belongings()
    async with _somebody(stage, row, stage.stranger) as person, opened(stage, person, row, thing) as tab:
        await tab.send(row.name, **row.payload(thing))
        await tab.until(lambda: row.stranger(tab, thing), within=PATIENCE)
        assert SECRET not in str(tab.frames)
        assert stage.owner.email not in str(tab.frames)
    assert await stage.belongings() == before


@pytest.mark.parametrize("row", TABLE, ids=str)
async def test_the_owner_gets_what_was_asked_for(stage: Stage, row: Row):
    """Without this the rows above could be refused for another reason than whose thing it is."""
    thing = await row.thing(stage) if row.thing else ""
    async with _somebody(stage, row, stage.owner) as person, opened(stage, person, row, thing) as tab:
        await tab.send(row.name, **row.payload(thing))
        await tab.until(lambda: row.owner(tab, thing), within=PATIENCE)


@asynccontextmanager
async def _somebody(stage: Stage, row: Row, person: Person) -> AsyncIterator[Person]:
    """Have somebody new stand in where the row spoils an account."""
    if not row.spoils:
        yield person
        return
    newcomer = await join(stage.url, "New")
    async with aclosing(newcomer.http):
        yield newcomer


@pytest.mark.parametrize("name", FRAMEWORK)
@pytest.mark.parametrize("who", ["nobody", "revoked", "stranger"])
async def test_what_everybody_may_send_tells_nothing(stage: Stage, name: str, who: str):
    headers = {"nobody": "", "revoked": cookie(stage.revoked), "stranger": cookie(stage.stranger)}
    full_name = dict(registered())[name]
    async with open_tab(stage.url, cookie=headers[who], path=f"/video/{stage.ready}", hydrate=False) as tab:
        await tab.send(full_name, **FRAMEWORK[name])
        if who == "stranger":
            await answered(tab)
        else:
            await tab.send(PersonState.load)
            await tab.until(tab.redirects, within=PATIENCE)
            assert {way.partition("?")[0] for way in tab.redirects()} == {"/login"}
        assert SECRET not in str(tab.frames)


@pytest.mark.parametrize("who", ["nobody", "stranger"])
async def test_no_var_can_be_set_from_outside(stage: Stage, who: str):
    """Neither by the setters that Reflex gives every State, nor by what fills vars from its storage."""
    owner_id = (await stage.owner.http.get("/api/users/me")).json()["id"]
    header = cookie(stage.stranger) if who == "stranger" else ""
    wanted: list[tuple[type[BaseState], str, Any]] = [
        (TabState, "_user_id", owner_id),
        (PersonState, "email", stage.owner.email),
        (LibraryState, "ready", False),
        (CreateState, "cards", [{"title": "forged"}]),
        (ToastState, "toast", {"text": "forged"}),
    ]
    async with open_tab(stage.url, cookie=header, path="/library") as tab:
        for state, var, value in wanted:
            name = state.get_full_name()
            await tab.send(f"{name}.setvar", var_name=var, value=value)
            await tab.send(f"{State.get_full_name()}.setvar", var_name=f"{name}.{var}", value=value)
            for key in (f"{name}.{var}", f"{name}.{var}_rx_state_"):
                await tab.send(
                    UpdateVarsInternalState.event_handlers["update_vars_internal"], vars={key: value}
                )
                await tab.send(OnLoadInternalState.event_handlers["on_load_internal"])
        if who == "stranger":
            await answered(tab)
            await tab.send(PersonState.load)
            await tab.until(lambda: tab.value(PersonState, "email") == stage.stranger.email, within=PATIENCE)
        else:
            await tab.until(tab.redirects, within=PATIENCE)
        assert not [frame for frame in tab.frames if "forged" in str(frame) or SECRET in str(frame)]
        assert stage.owner.email not in str(tab.frames)
