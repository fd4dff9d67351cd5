"""One studio and one browser for all journeys; people, each with an account and windows of their own."""

from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser

from tests.support.browser import MissingBrowser, Visitor, running_chromium
from tests.support.canary import CANARIES, leaks
from tests.support.person import Person, join
from tests.support.studio import RunningStudio, fresh_data_dir, serving

Join = Callable[..., Awaitable[Person]]
Visit = Callable[..., Awaitable[Visitor]]

FAST = {"SORA_STUDIO_SANDBOX_SPEED": "20", "SORA_SANDBOX_CANNED": "1"}
_PROMPTS = (
    "A lighthouse in a storm at dusk, waves break over the rocks",
    "Quiet harbour at dawn, boats asleep",
)
STUDIO = ("/people", "/budgets", "/limits", "/settings", "/audit", "/providers")
"""The pages of those who run it."""

_ENDED = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def studio() -> Iterator[RunningStudio]:
    """Serve the studio as its users do; whatever they have done, no secret has got about."""
    with fresh_data_dir() as data_dir, serving(data_dir, environment={**FAST, **CANARIES}) as running:
        yield running
        assert leaks(running, data_dir) == []


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """Run the browser; without one the journeys fail and say what to do."""
    try:
        async with running_chromium() as browser:
            yield browser
    except MissingBrowser as missing:
        pytest.fail(str(missing), pytrace=False)


@pytest.fixture(scope="session")
async def first_account(studio: RunningStudio) -> AsyncIterator[Person]:
    """Open the first account: it runs the studio. Everybody else comes after it."""
    person = await join(studio.url, "Root")
    yield person
    await person.http.aclose()


@pytest.fixture
async def admin(first_account: Person) -> Person:
    """Return who runs the studio, and has just given their password."""
    await first_account.prove()
    return first_account


@pytest.fixture
async def join_studio(studio: RunningStudio, first_account: Person) -> AsyncIterator[Join]:
    """Make people."""
    del first_account  # was here first
    people: list[Person] = []

    async def joined(name: str = "Ada") -> Person:
        people.append(await join(studio.url, name))
        return people[-1]

    yield joined
    for person in people:
        await person.http.aclose()


@pytest.fixture
async def ada(join_studio: Join) -> Person:
    """Make a person without videos."""
    return await join_studio()


@dataclass(frozen=True)
class Collector:
    """A person with two finished videos, which tests leave as they are."""

    person: Person
    lighthouse: str
    harbour: str


@pytest.fixture(scope="session")
async def collector(studio: RunningStudio, first_account: Person) -> AsyncIterator[Collector]:
    """Make a person who has videos already."""
    del first_account  # as above
    person = await join(studio.url, "Grace")
    ids = [await person.ask(prompt) for prompt in _PROMPTS]
    for video_id in ids:
        assert (await person.ended(video_id))["status"] == "completed"
    yield Collector(person, *ids)
    await person.http.aclose()


@pytest.fixture
async def visit(
    studio: RunningStudio,
    first_account: Person,
    chromium: Browser,
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> AsyncIterator[Visit]:
    """Open browser windows; whatever turned red in one that the test did not mean fails it."""
    del first_account  # as above
    visitors: list[Visitor] = []

    async def visiting(person: Person | None = None, *, url: str = studio.url, **options: Any) -> Visitor:
        visitors.append(Visitor(url))
        await visitors[-1].arrive(chromium, person.token if person else None, **options)
        return visitors[-1]

    yield visiting
    if not request.node.stash.get(_ENDED, False):
        await _keep_pictures(visitors, tmp_path)
    for visitor in visitors:
        await visitor.context.close()
    assert [text for visitor in visitors for text in visitor.complaints] == []


async def _keep_pictures(visitors: list[Visitor], folder: Path) -> None:
    """Show what the windows of a failed test looked like."""
    for number, page in enumerate(page for visitor in visitors for page in visitor.context.pages):
        path = folder / f"page-{number}.png"
        await page.screenshot(path=path)
        print(f"{page.url} looked like {path}")  # noqa: T201 -- shown with the failure


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note for the fixtures whether their test has passed."""
    report = yield
    if call.when == "call":
        item.stash[_ENDED] = report.passed
    return report
