"""The profile in two tabs: only what was changed is saved, and a newer value is shown; and second clicks."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import text

from sora_studio import container
from sora_studio.db.engine import Database
from sora_studio.domain.api_key import is_key
from sora_studio.domain.errors import NotFound
from sora_studio.domain.ids import new_id, public_character_id, public_session_id
from sora_studio.ui.current_user import PersonState
from sora_studio.ui.pages.profile.characters_state import CharactersState
from sora_studio.ui.pages.profile.keys_state import KeysState
from sora_studio.ui.pages.profile.sessions_state import SessionsState
from sora_studio.ui.pages.profile.state import ProfileState
from sora_studio.ui.toasts import ToastState
from tests.support.accounts import HERE, PASSWORD, services_with, sign_up
from tests.support.probe import Probe
from tests.support.tab import Tab, open_tab


def name(tab: Tab) -> Any:
    return tab.value(PersonState, "name")


async def save(tab: Tab, **fields: str) -> None:
    """Press Save, with the fields as they are in this tab's form."""
    await tab.send(ProfileState.save, data=fields)
    await tab.until(lambda: (tab.value(ToastState, "toast") or {}).get("text") == "Saved.")


async def test_saving_what_was_not_changed_leaves_what_another_tab_has_made_of_it(probe: Probe):
    ada = await sign_up(probe.accounts)
    cookie = f"sora_session={ada.access_token}"
    async with open_tab(probe.url, cookie=cookie) as old, open_tab(probe.url, cookie=cookie) as new:
        for tab in (old, new):
            await tab.send(PersonState.load)
            await tab.until(lambda tab=tab: name(tab) == "Ada")
        await save(new, display_name="Countess")
        await save(old, display_name="Ada")
        assert (await probe.accounts.account(ada.account.id)).display_name == "Countess"
        assert name(old) == "Countess"


class OneCharacter:
    """A person's characters: there is one, until it is removed."""

    removals = 0

    async def list_all(self, owner_id: UUID) -> tuple[()]:
        assert owner_id
        return ()

    async def remove(self, owner_id: UUID, character_id: UUID) -> None:
        assert owner_id != character_id
        self.removals += 1
        if self.removals > 1:
            message = "There is no such character."
            raise NotFound(message)


async def click_again_and_again(tab: Tab, handler: Any, /, **thing: str) -> str:
    """Click twice before the first click has been answered, and twice after; return what is said then."""
    for _ in range(2):
        for _ in range(2):
            await tab.send(handler, **thing)
        await tab.until(lambda: (tab.value(ToastState, "toast") or {}).get("text"))
    await tab.send(PersonState.load)
    await tab.until(lambda: name(tab) == "Ada")
    return tab.value(ToastState, "toast")["text"]


async def test_a_character_is_removed_by_the_first_of_several_clicks(probe: Probe):
    ada, characters = await sign_up(probe.accounts), OneCharacter()
    gone = public_character_id(new_id())
    with container.using(replace(services_with(probe.accounts), characters=characters)):  # type: ignore[arg-type] -- a fake
        async with open_tab(probe.url, cookie=f"sora_session={ada.access_token}") as tab:
            said = await click_again_and_again(tab, CharactersState.remove, character_id=gone)
    assert (said, characters.removals) == ("The character was deleted.", 1)


async def test_a_key_is_made_by_the_first_of_several_clicks_and_shown_until_it_is_put_away(probe: Probe):
    ada = await sign_up(probe.accounts)
    form = {"key_name": "farm", "expires": "30", "videos:read": "on"}
    async with open_tab(probe.url, cookie=f"sora_session={ada.access_token}") as tab:
        for _ in range(3):
            await tab.send(KeysState.create, data=form)
        await tab.until(lambda: is_key(tab.value(KeysState, "fresh") or ""))
        assert len(tab.value(KeysState, "keys")) == 1
        await tab.send(KeysState.put_away)
        await tab.until(lambda: tab.value(KeysState, "fresh") == "")
        await tab.send(KeysState.create, data=form | {"videos:read": ""})
        await tab.until(lambda: "may be used for" in tab.value(KeysState, "refusal"))


async def test_what_weighs_much_waits_for_the_password(probe: Probe, database: Database):
    ada = await sign_up(probe.accounts)
    await ten_minutes_pass(database)
    form = {"key_name": "farm", "videos:read": "on", "budget": "5"}
    async with open_tab(probe.url, cookie=f"sora_session={ada.access_token}") as tab:
        await tab.send(KeysState.create, data=form)
        await tab.until(lambda: tab.value(KeysState, "asking"))
        await tab.send(KeysState.prove, data={"key_proof": "not the pass phrase"})
        await tab.until(lambda: "wrong" in tab.value(KeysState, "wrong_proof"))
        assert not tab.value(KeysState, "fresh")
        await tab.send(KeysState.prove, data={"key_proof": PASSWORD})
        await tab.until(lambda: is_key(tab.value(KeysState, "fresh") or ""))
        assert tab.value(KeysState, "asking") is False
        [key] = tab.value(KeysState, "keys")
        assert key["budget"] == "Budget $5.00 · $5.00 left"
        await ten_minutes_pass(database)
        await tab.send(KeysState.set_budget, data={"key_id": key["id"], "budget": ""})
        await tab.until(lambda: tab.value(KeysState, "asking"))
        await tab.send(KeysState.ask_no_more)
        await tab.until(lambda: tab.value(KeysState, "asking") is False)
        await tab.send(KeysState.prove, data={"key_proof": PASSWORD})  # nothing waits any longer
        await tab.send(KeysState.put_away)
        await tab.until(lambda: tab.value(KeysState, "fresh") == "")
        assert tab.value(KeysState, "keys")[0]["limit"] == "5.00"


async def ten_minutes_pass(database: Database) -> None:
    """Let what was proven be out of date."""
    async with database.transaction() as tx:
        await (await tx.connection()).execute(
            text("UPDATE session SET proved_at = proved_at - interval '10 minutes'")
        )


async def test_a_session_is_ended_by_the_first_of_several_clicks(probe: Probe):
    ada = await sign_up(probe.accounts)
    await probe.accounts.log_in(ada.account.email, PASSWORD, HERE)
    me = await probe.accounts.identify(ada.access_token, HERE)
    [other] = [each for each in await probe.accounts.sessions.all_open(me) if not each.current]
    async with open_tab(probe.url, cookie=f"sora_session={ada.access_token}") as tab:
        said = await click_again_and_again(tab, SessionsState.end, session_id=public_session_id(other.id))
    assert said == "The session was ended."
