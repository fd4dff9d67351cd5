"""What a browser loads at the first visit of a page, and how much the page jumps while it does."""

from contextlib import aclosing

from bench.lab.lab import Lab
from bench.lab.metric import Metric, at_most, counted
from tests.support.browser import Visitor, ready, running_chromium, shifted
from tests.support.person import join

PAGES = {"login": "/login", "create": "/", "library": "/library"}
MOST = 400_000  # bytes on the wire


async def measure(lab: Lab) -> list[Metric]:
    """Open each page in a browser that has never been here."""
    studio = await lab.studio()
    person = await join(studio.url)
    metrics: list[Metric] = []
    async with aclosing(person.http), running_chromium() as browser:
        for name, path in PAGES.items():
            visitor = Visitor(studio.url)
            await visitor.arrive(browser, None if name == "login" else person.token)
            metrics += await _visit(name, path, visitor)
            await visitor.context.close()
    return metrics


async def _visit(name: str, path: str, visitor: Visitor) -> list[Metric]:
    page = await visitor.context.new_page()
    traffic = await visitor.context.new_cdp_session(page)
    loaded: list[float] = []
    traffic.on("Network.loadingFinished", lambda event: loaded.append(event["encodedDataLength"]))
    await traffic.send("Network.enable")
    await page.goto(path)
    await ready(page)
    await page.wait_for_load_state("networkidle")
    foreign = [text for text in visitor.complaints if text.startswith("foreign request")]
    return [
        counted(f"weight.{name}", sum(loaded), "bytes", at_most(MOST), files=len(loaded)),
        counted(f"weight.{name}.foreign", len(foreign), "requests", at_most(0)),
        counted(f"weight.{name}.shift", await shifted(page), "layout shift", at_most(0.05)),
    ]
