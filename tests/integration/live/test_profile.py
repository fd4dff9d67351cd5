"""The profile in two tabs: only what was changed is saved, and a newer value is shown."""

from typing import Any

from sora_studio.ui.current_user import PersonState
from sora_studio.ui.pages.profile.state import ProfileState
from sora_studio.ui.toasts import ToastState
from tests.support.accounts import sign_up
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
