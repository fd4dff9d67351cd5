"""The message at the edge: what it offers ends with it."""

# pyright: reportPrivateUsage=false

import time

from reflex.state import State

from sora_studio.ui import toasts
from sora_studio.ui.current_user import PersonState
from sora_studio.ui.toasts import ToastState


async def after(seconds: float) -> tuple[PersonState, ToastState]:
    """Return a page that is opened so long after something was deleted, and its message."""
    root = State(_reflex_internal_init=True)  # pyright: ignore[reportCallIssue] -- as Reflex's tests do
    page = await root.get_state(PersonState)
    await toasts.tell(page, "Deleted.", undo=["video_1"])
    shown = await page.get_state(ToastState)
    shown._said_at = time.monotonic() - seconds
    return page, shown


async def test_a_page_that_is_opened_later_shows_no_old_message():
    page, shown = await after(9)
    await toasts.forget_old(page)
    assert (shown.toast.text, shown.toast.undo) == ("", [])


async def test_a_message_stays_when_the_page_changes_below_it():
    page, shown = await after(1)
    await toasts.forget_old(page)
    assert (shown.toast.text, shown.toast.undo) == ("Deleted.", ["video_1"])


async def test_no_undo_is_offered_longer_than_there_is_one():
    page, _ = await after(61)
    assert await toasts.undoable(page) == []
    page, _ = await after(59)
    assert await toasts.undoable(page) == ["video_1"]
