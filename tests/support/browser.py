"""A browser as a person has it: its tabs, and everything that went wrong in them."""

import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import (
    Browser,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    WebError,
    WebSocket,
    async_playwright,
    expect,
)

from tests.support.canary import WORDS

PATIENCE = 60_000  # milliseconds; see waiting.PATIENCE
"""Milliseconds that a page may take on a machine that renders videos at the same time."""

RENDERED = 150_000
"""Milliseconds that a video may take there."""

_NAMES = (  # as setup/system.sh
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
_OPTIONS = [
    "--no-sandbox",  # root cannot have one
    "--disable-gpu",
    "--in-process-gpu",  # this and the next one: fewer processes to start and to talk to, a seventh of a page
    "--renderer-process-limit=1",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
]
_MEASURE = """
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""

# What sticks out of the box that it stands in, to the right or the left. Not meant: what scrolls or ends in
# an ellipsis on purpose, what only screen readers see, and decoration that nobody can touch.
_SQUEEZED = """() => {
  const meant = (style) => /auto|scroll/.test(style.overflowX) || style.textOverflow === "ellipsis";
  return [...document.querySelectorAll("main *")].filter((element) => {
    const [own, around] = [getComputedStyle(element), getComputedStyle(element.parentElement)];
    if (/absolute|fixed/.test(own.position) || own.display === "inline") return;
    if (meant(around) || own.pointerEvents === "none" || !element.checkVisibility()) return;
    if (element.closest(".sr, svg, select")) return;
    const [box, room] = [element.getBoundingClientRect(), element.parentElement.getBoundingClientRect()];
    const edge = (side) => parseFloat(around[`border${side}Width`]) + parseFloat(around[`padding${side}`]);
    return box.right + parseFloat(own.marginRight) > room.right - edge("Right") + 1
      || box.left - parseFloat(own.marginLeft) < room.left + edge("Left") - 1;
  }).map((element) => `${element.tagName}.${element.className} in ${element.parentElement.className}`);
}"""


class MissingBrowser(Exception):
    """There is no Chromium; the text says how to get one."""


def chromium() -> str:
    """Return the system's Chromium.

    Raises:
        MissingBrowser: There is none.
    """
    for name in _NAMES:
        if path := shutil.which(name):
            return path
    command = "apt-get install chromium" if os.geteuid() == 0 else "sudo apt-get install chromium"
    message = f"The browser tests need Chromium. Run: {command}"
    raise MissingBrowser(message)


@asynccontextmanager
async def running_chromium(*options: str) -> AsyncIterator[Browser]:
    """Run one headless browser for the block, with further options of its command line."""
    expect.set_options(timeout=PATIENCE)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=[*_OPTIONS, *options])
        yield browser
        await browser.close()


class Visitor:
    """One browser window with cookies of its own; `complaints` is what a developer would see in red."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._red: list[str] = []
        self._meant: list[str] = []
        self.pages: list[Page] = []

    async def arrive(self, browser: Browser, token: str | None, **options: Any) -> None:
        """Open the window; with a token, signed in.

        Nothing moves in it, as a person may want it, unless an option asks for motion: to draw that takes up
        to half a core, on which other tests wait.
        """
        options.setdefault("reduced_motion", "reduce")
        self.context = await browser.new_context(base_url=self.url, **options)
        self.context.set_default_timeout(PATIENCE)
        await self.context.add_init_script(_MEASURE)
        self.context.on("console", self._hear)
        self.context.on("weberror", self._see)
        self.context.on("request", self._follow)
        self.context.on("page", lambda page: page.on("websocket", self._overhear))
        if token:
            await self.context.add_cookies([{"name": "sora_session", "value": token, "url": self.url}])

    async def open(self, path: str = "/") -> Page:
        """Open a page in a new tab and wait until it shows what it has to."""
        page = await self.context.new_page()
        self.pages.append(page)
        await page.goto(path)
        await ready(page)
        return page

    async def turn_to(self, path: str) -> Page:
        """Open a page where the last one was: a new tab takes three times as long to draw it."""
        if not self.pages:
            return await self.open(path)
        await self.pages[-1].goto(path)
        await ready(self.pages[-1])
        return self.pages[-1]

    @property
    def complaints(self) -> list[str]:
        """What turned red, but for what the test has caused on purpose."""
        return [text for text in self._red if not any(re.search(words, text) for words in self._meant)]

    def tolerate(self, words: str) -> None:
        """Leave out complaints by a pattern, those as well that a page makes later while it still retries."""
        self._meant.append(words)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._red.append(f"{message.text} ({message.location.get('url')})")

    def _see(self, error: WebError) -> None:
        self._red.append(str(error.error))

    def _overhear(self, socket: WebSocket) -> None:
        """Listen to what a page is told, and to what it tells, for secrets of the operator's."""
        socket.on("framereceived", self._look_through)
        socket.on("framesent", self._look_through)

    def _look_through(self, frame: str | bytes) -> None:
        text = frame if isinstance(frame, str) else frame.decode("latin-1")
        self._red += [f"{word} in a frame of the socket" for word in WORDS if word in text]

    def _follow(self, request: Request) -> None:
        if not request.url.startswith((self.url, "data:", f"blob:{self.url}")):
            self._red.append(f"foreign request: {request.url}")


async def ready(page: Page) -> None:
    """Wait until a page is drawn, connected and filled."""
    await expect(page.locator("main[data-ready=true]")).to_be_visible()


async def squeezed(page: Page) -> list[str]:
    """Return the elements that are wider than the place they have: cut off, or over what is beside them."""
    return await page.evaluate(_SQUEEZED)


async def at_rest(element: Locator) -> None:
    """Wait until nothing fades or moves in the element."""
    await element.evaluate(
        "(element) => Promise.allSettled(element.getAnimations({ subtree: true }).map((one) => one.finished))"
    )


async def shifted(page: Page) -> float:
    """Return the sum of all layout shifts so far; what Chromium calls CLS is never more."""
    return float(await page.evaluate("window.shifted"))


async def has_focus(page: Page, act: str) -> None:
    """Wait until something has the focus, and see that it keeps it."""
    focused = page.locator(":focus")
    await expect(focused, act).to_have_count(1)
    await page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))")
    assert await focused.count() == 1, act


async def press(button: Locator, key: str = "Enter") -> None:
    """Use a control by the keyboard, once it can be used."""
    await expect(button).to_be_enabled()
    await button.focus()
    await button.page.keyboard.press(key)
