"""F58: the line to the studio breaks again and again, and a tab is there twice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from playwright.async_api import Page, expect

from tests.e2e.conftest import Visit
from tests.support.browser import RENDERED, ready
from tests.support.person import Person
from tests.support.proxy import Proxy, proxied
from tests.support.studio import RunningStudio
from tests.support.waiting import comes_true, eventually

_EVERY = 3.0  # seconds between two cuts
_BROKEN = r"ERR_(CONNECTION_(RESET|REFUSED|CLOSED)|EMPTY_RESPONSE|SOCKET_NOT_CONNECTED)|WebSocket connection"


@dataclass
class Line:
    """The way to the studio; it breaks every three seconds."""

    proxy: Proxy
    cuts: int = 0

    @property
    def url(self) -> str:
        """Return where the studio is at the other end of it."""
        return f"http://127.0.0.1:{self.proxy.port}"

    def cut(self) -> None:
        """Break it off, whatever is under way."""
        self.proxy.reset_peer()
        self.cuts += 1

    async def more_cuts(self, count: int) -> None:
        """Wait until it has broken so often again."""
        enough = self.cuts + count
        await eventually(lambda: self.cuts >= enough)

    async def go_on_breaking(self) -> None:
        """Break it for ever."""
        while True:
            await asyncio.sleep(_EVERY)
            self.cut()


@pytest.fixture
async def line(studio: RunningStudio) -> AsyncIterator[Line]:
    async with proxied(("127.0.0.1", studio.port)) as proxy:
        yield Line(proxy)


@asynccontextmanager
async def breaking(line: Line) -> AsyncIterator[None]:
    """Have a line break for the block."""
    task = asyncio.create_task(line.go_on_breaking())
    try:
        yield
    finally:
        task.cancel()


@pytest.mark.parametrize("first", ["the line breaks", "the click"])
async def test_a_video_over_a_line_that_breaks_every_three_seconds(
    line: Line, visit: Visit, ada: Person, first: str
):
    """What was typed stays, a click counts once wherever it or its answer got to, and the tile gets there."""
    window = await visit(ada, url=line.url)
    page = await window.open("/")
    prompt, tile = page.get_by_role("textbox", name="Prompt"), page.get_by_role("article")
    create = page.get_by_role("button", name="Create")
    async with breaking(line):
        await prompt.fill("a kite on a frayed line (slow-test)")
        await line.more_cuts(1)
        await expect(prompt).to_have_value("a kite on a frayed line (slow-test)")
        if first == "the line breaks":
            line.cut()
            await create.click()
        else:
            await create.click()
            line.cut()
        await line.more_cuts(1)
        await expect(tile).to_contain_text("Ready", timeout=RENDERED)
    await expect(tile).to_have_count(1)
    await expect(prompt).to_have_value("")
    assert [video["status"] for video in await ada.videos()] == ["completed"]
    window.tolerate(_BROKEN)


async def test_an_answer_that_goes_to_the_network_of_before(line: Line, visit: Visit, ada: Person):
    """The page is a new tab for a server that believes in the old connection; a click counts once."""
    window = await visit(ada, url=line.url)
    page = await window.open("/")
    prompt = page.get_by_role("textbox", name="Prompt")
    await prompt.fill("a kite between two networks")
    line.proxy.timeout()
    await page.get_by_role("button", name="Create").click()
    await comes_true(lambda: _asked(ada))
    line.proxy.vanish()
    line.proxy.clear()
    await expect(prompt).to_have_value("")
    await expect(page.get_by_role("article")).to_have_count(1)
    assert len(await ada.videos()) == 1
    window.tolerate(_BROKEN)


async def _asked(person: Person) -> bool:
    return bool(await person.videos())


async def test_a_tab_that_was_duplicated(visit: Visit, ada: Person):
    """The copy has what the first one remembers, its name for the server too; both ask, and both see both."""
    window = await visit(ada)
    first = await window.open("/")
    async with first.expect_popup() as opening:
        await first.evaluate("window.open(location.href)")  # as a duplicate does, it takes the session along
    second = await opening.value
    await ready(second)
    await _ask(first, "a kite here")
    await _ask(second, "a kite there")
    for page in (first, second):
        await expect(page.get_by_role("article")).to_have_count(2)
    assert sorted(video["prompt"] for video in await ada.videos()) == ["a kite here", "a kite there"]


async def _ask(page: Page, prompt: str) -> None:
    await page.get_by_role("textbox", name="Prompt").fill(prompt)
    await page.get_by_role("button", name="Create").click()
