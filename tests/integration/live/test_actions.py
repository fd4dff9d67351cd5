"""The tiles on Create: which there are, one undo for all that was deleted, what is restored elsewhere."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from sora_studio import container
from sora_studio.domain.ids import public_id
from sora_studio.domain.video import Phase, VideoView
from sora_studio.ui.actions import VideoActions
from sora_studio.ui.pages.create.state import CreateState
from sora_studio.ui.toasts import ToastState
from tests.support.accounts import services_with, sign_up
from tests.support.fakes import FakeVideos
from tests.support.probe import Probe
from tests.support.tab import Tab, open_tab

PROMPTS = ("a kite", "a boat", "a bird")


class Studio:
    """A tab that shows three videos."""

    def __init__(self, tab: Tab, videos: FakeVideos, mine: list[VideoView]) -> None:
        self.tab, self.videos, self.mine = tab, videos, mine
        self.ids = [public_id(view.id) for view in mine]

    @property
    def toast(self) -> dict[str, Any]:
        """Return the message on the screen."""
        return self.tab.value(ToastState, "toast") or {"text": "", "undo": []}

    @property
    def gone(self) -> list[str]:
        """Return what tiles are hidden by."""
        return self.tab.value(VideoActions, "gone") or []

    async def remove(self, *video_ids: str, says: str) -> None:
        for video_id in video_ids:
            await self.tab.send(VideoActions.remove, video_id=video_id)
        await self.tab.until(lambda: self.toast["text"] == says)


@pytest.fixture
async def studio(probe: Probe) -> AsyncIterator[Studio]:
    ada, videos = await sign_up(probe.accounts), FakeVideos()
    mine = [videos.add(ada.account.id, prompt) for prompt in PROMPTS]
    with container.using(replace(services_with(probe.accounts), videos=videos)):  # type: ignore[arg-type] -- a fake
        async with open_tab(probe.url, cookie=f"sora_session={ada.access_token}") as tab:
            await tab.send(CreateState.load)
            await tab.until(lambda: tab.value(CreateState, "ready"))
            yield Studio(tab, videos, mine)


async def test_one_undo_brings_back_all_that_was_deleted_since(studio: Studio):
    await studio.remove(*studio.ids, says="3 videos were deleted.")
    assert (studio.videos.kept, set(studio.gone)) == ({}, {*studio.ids})
    await studio.tab.send(VideoActions.undo, video_ids=studio.toast["undo"])
    await studio.tab.until(lambda: studio.toast["text"] == "3 videos were restored.")
    assert (len(studio.videos.kept), studio.gone, studio.toast["undo"]) == (3, [], [])


async def test_a_message_that_has_left_takes_its_undo_along(studio: Studio):
    await studio.remove(studio.ids[0], says="Deleted.")
    await studio.tab.send(ToastState.clear)
    await studio.tab.until(lambda: not studio.toast["text"])
    await studio.remove(studio.ids[1], says="Deleted.")
    assert studio.toast["undo"] == [studio.ids[1]]


async def test_a_second_click_is_answered_as_the_first(studio: Studio):
    await studio.remove(studio.ids[0], studio.ids[0], says="Deleted.")
    await studio.tab.send(CreateState.load)
    await studio.tab.until(lambda: len(studio.tab.value(CreateState, "cards")) == 2)
    said = [frame["delta"] for frame in studio.tab.frames if "no such video" in str(frame)]
    assert (said, studio.toast["undo"]) == ([], [studio.ids[0]])


async def test_what_is_restored_elsewhere_is_shown(studio: Studio):
    await studio.remove(studio.ids[0], says="Deleted.")
    await studio.videos.restore(studio.mine[0].owner_id, studio.mine[0].id)
    await studio.tab.send(CreateState.load)
    await studio.tab.until(lambda: not studio.gone)


async def test_what_is_being_made_is_deleted_without_an_undo(studio: Studio):
    await studio.tab.send(VideoActions.remove_at_once, video_id=studio.ids[0])
    await studio.tab.until(lambda: studio.toast["text"] == "Deleted.")
    assert (studio.toast["undo"], studio.videos.at_once) == ([], {studio.mine[0].id})


async def test_of_many_that_are_coming_one_row_is_shown(studio: Studio):
    """The newest, so that a click is seen, and what is being rendered; then what needs its person."""
    ada = studio.mine[0].owner_id
    rendering = studio.videos.add(ada, "rendering", Phase.IN_PROGRESS)
    queued = [studio.videos.add(ada, f"wish {number}", Phase.QUEUED) for number in range(55)]
    lost = studio.videos.add(ada, "lost", Phase.NEEDS_ATTENTION)
    await studio.tab.send(CreateState.load)
    await studio.tab.until(lambda: len(studio.tab.value(CreateState, "cards")) > len(PROMPTS))
    shown = [card["id"] for card in studio.tab.value(CreateState, "cards")]
    row = [queued[-1], rendering, queued[-2]]
    assert shown == [public_id(view.id) for view in (*row, lost, *reversed(studio.mine))]
