"""For everybody: what axe finds, where the focus goes, what is said aloud, and how large everything is."""

import re
from io import BytesIO

import pytest
from PIL import Image
from playwright.async_api import Page, expect

from sora_studio.domain.video import Phase
from tests.e2e.conftest import STUDIO, Collector, Join, Visit
from tests.support.accounts import PASSWORD
from tests.support.browser import (
    RENDERED,
    Visitor,
    at_rest,
    has_focus,
    press,
    running_chromium,
    shifted,
    squeezed,
)
from tests.support.films import picture
from tests.support.person import Person
from tests.support.source import ROOT
from tests.support.standstill import leave
from tests.support.studio import RunningStudio

_AXE = (ROOT / "node_modules/axe-core/axe.min.js").read_text()
_RUN_AXE = """async () => (await axe.run()).violations.flatMap(({ id, nodes }) =>
  nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`))"""
_SMALL_BOXES = """() => [...document.querySelectorAll("input:not([type=hidden]), select, textarea")]
  .filter((box) => parseFloat(getComputedStyle(box).fontSize) < 16).map((box) => box.outerHTML)"""
_WRAP = """() => {
  const texts = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  const found = [];
  while (texts.nextNode()) if (!texts.currentNode.parentElement.closest("[translate=no], option, textarea")) {
    found.push(texts.currentNode);
  }
  for (const text of found) {
    const font = document.createElement("font");
    text.replaceWith(font);
    font.append(text.data);
  }
}"""


_HEBREW = "ילדה מריצה עפיפון אדום מעל הים בשקיעה, והרוח נושאת אותו"
_IN_MOTION = """() => document.getAnimations().map((one) => [one, one.effect.getComputedTiming()])
  .filter(([one, { activeDuration, iterations }]) => activeDuration > 1 || iterations > 1)
  .map(([one]) => `${one.animationName ?? one.transitionProperty} of ${one.effect.target.outerHTML}`)"""

# What stands under its buttons in a tile, and a title whose first letter is cut off.
_COVERED = """() => [...document.querySelectorAll(".tile")].flatMap((tile) => {
  const buttons = tile.querySelector(".choices")?.getBoundingClientRect();
  const more = tile.querySelector(".more").getBoundingClientRect();
  const words = [...tile.querySelectorAll(".phase, .phase .lucide, .name, .reason")];
  const first = document.createRange();
  return words.filter((element) => {
    const box = element.getBoundingClientRect();
    if (buttons?.width && box.bottom > buttons.top + 1) return true;
    if (element.matches(".lucide")) return box.right > more.left && box.left < more.right;
    if (!element.matches(".name")) return false;
    first.setStart(element.firstChild, 0);
    first.setEnd(element.firstChild, 1);
    const letter = first.getBoundingClientRect();
    return letter.left < box.left - 1 || letter.right > box.right + 1;
  }).map((element) => element.outerHTML);
})"""


async def faults(page: Page) -> list[str]:
    """Return what axe has against a page as it is."""
    await page.evaluate(_AXE)
    return await page.evaluate(_RUN_AXE)


@pytest.mark.parametrize("theme", ["dark", "light"])
async def test_axe_finds_nothing(visit: Visit, collector: Collector, admin: Person, theme: str):
    failed = await collector.person.ask("forbidden-test what axe sees")
    window = await visit(collector.person, color_scheme=theme)
    for path in ("/", "/library", f"/video/{collector.harbour}", f"/video/{failed}", "/profile", "/projects"):
        page = await window.turn_to(path)
        assert await faults(page) == [], path
        if collector.harbour in path:
            for closed in await page.locator("#extend summary, #character summary").all():
                await closed.click()
            await page.get_by_role("button", name="Download").click()
            assert await faults(page) == [], "with everything open"
    await admin.http.post("/api/admin/invitations", json={"note": "what axe sees"})
    office = await visit(admin, color_scheme=theme)
    for path in STUDIO:
        page = await office.turn_to(path)
        if path == "/people":
            await page.get_by_role("button", name="Invite").click()
            await expect(page.locator(".link-once")).to_be_visible()
            await page.locator(".confirm summary").first.click()
        assert await faults(page) == [], path
    stranger = await visit(color_scheme=theme)
    page = await stranger.context.new_page()
    for path in ("/login?error=wrong_credentials", "/signup", "/setup", "/reset", "/nowhere"):
        await page.goto(path)
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert await faults(page) == [], path
    stranger.tolerate("404")


async def test_what_becomes_of_a_job_is_said_on_every_page(visit: Visit, join_studio: Join):
    ada = await join_studio()
    window = await visit(ada)
    pages = [await window.open(path) for path in ("/", "/library", "/profile")]
    for prompt, words in (("a kite", "“\u2068a kite\u2069” is ready."), ("forbidden-test a gull", "refused")):
        await ada.ask(prompt)
        for page in pages:
            region = page.get_by_role("status").filter(has_text=prompt)
            await expect(region).to_contain_text(words, timeout=RENDERED)
            await expect(region).to_have_attribute("aria-live", "polite")


async def test_one_key_to_the_composer_and_one_stop_for_the_tiles(visit: Visit, collector: Collector):
    window = await visit(collector.person, viewport={"width": 1280, "height": 844})
    page = await window.open("/")
    prompt = page.get_by_role("textbox", name="Prompt")
    for key in ("c", "/"):
        await page.get_by_role("heading", level=1).click()
        await page.keyboard.press(key)
        await expect(prompt).to_be_focused()
    await page.keyboard.type("c/c")
    await expect(prompt).to_have_value("c/c")

    tiles = page.locator(".tile > a.open")
    await tiles.first.focus()
    await page.keyboard.press("ArrowRight")
    await expect(tiles.nth(1)).to_be_focused()
    await page.keyboard.press("Home")
    await expect(tiles.first).to_be_focused()
    await page.keyboard.press("m")
    await expect(page.get_by_role("menuitem", name="Open")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(tiles.first).to_be_focused()
    await page.keyboard.press("Tab")
    assert not await page.evaluate("!!document.activeElement.closest('.grid')")
    await page.keyboard.press("Shift+Tab")
    await expect(tiles.first).to_be_focused()

    for path, main in (("/", "#prompt"), ("/library", "#found"), ("/profile", "#main")):
        page = await window.turn_to(path)
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(page.locator(main)).to_be_focused()
    await page.keyboard.press("c")  # from elsewhere
    await expect(page.get_by_role("textbox", name="Prompt")).to_be_focused()


async def test_the_focus_is_somewhere_after_every_act(visit: Visit, join_studio: Join):
    ada = await join_studio()
    kite = await ada.ask("a kite", size="1280x720")
    for word in ("first", "second", "third"):
        await ada.ask(f"forbidden-test {word}")
    await ada.ended(kite)
    window = await visit(ada, viewport={"width": 1280, "height": 844})
    page = await window.open("/")
    await _walk_create(page)
    page = await window.turn_to("/library")
    await _walk_library(page)
    await _walk_video(page)
    for _ in range(3):
        await ada.http.post("/api/auth/login", json={"email": ada.email, "password": PASSWORD})
        ada.http.cookies.clear()  # else the next one would be of the same browser, and take its place
    page = await window.turn_to("/profile")
    await _walk_profile(page, ada)
    await _walk_out(page)


async def _walk_create(page: Page) -> None:
    prompt = page.get_by_role("textbox", name="Prompt")
    await page.get_by_label("Add images or videos").set_input_files(
        {"name": "picture", "mimeType": "image/png", "buffer": picture((64, 36), "PNG")}
    )
    await press(page.get_by_role("button", name="Remove First frame"))
    await expect(page.get_by_role("button", name="Remove First frame")).to_have_count(0)
    await has_focus(page, "removing the image")
    await prompt.fill("forbidden-test walk")
    await page.keyboard.press("Control+Enter")
    await expect(prompt).to_have_value("")
    await has_focus(page, "creating")
    tiles = page.locator(".tile")
    await expect(tiles).to_have_count(5)
    await expect(tiles.first).to_contain_text("not charged")
    await tiles.first.locator("a.open").focus()
    await page.keyboard.press("m")
    await press(page.get_by_role("menuitem", name="Delete"))
    await expect(tiles).to_have_count(4)
    await has_focus(page, "deleting")
    await expect(tiles.first.locator("a.open")).to_be_focused()
    await press(page.get_by_role("button", name="Undo"))
    await expect(tiles).to_have_count(5)
    await has_focus(page, "undoing")
    await press(page.get_by_role("button", name="Dismiss"))
    await expect(page.get_by_role("button", name="Dismiss")).to_have_count(0)
    await has_focus(page, "dismissing")


async def _walk_library(page: Page) -> None:
    await press(page.get_by_role("button", name=re.compile("^Failed")))
    await expect(page.locator(".tile")).to_have_count(4)
    await has_focus(page, "filtering")
    await page.keyboard.press("/")
    await page.keyboard.type("nothing like it")
    await press(page.get_by_role("link", name="Show everything"))
    await expect(page.locator(".tile")).to_have_count(5)
    await has_focus(page, "showing everything")
    await press(page.locator(".tile").filter(has_text="a kite").locator("a.open"))
    await expect(page).to_have_url(re.compile("/video/"))
    await expect(page.get_by_role("button", name="Download")).to_be_visible()
    await has_focus(page, "opening a video")


async def _walk_video(page: Page) -> None:
    await press(page.get_by_role("button", name="Rename"))
    await page.keyboard.type("A red kite")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="A red kite")).to_be_visible()
    await has_focus(page, "renaming")
    await press(page.get_by_role("button", name="Copy"))
    await has_focus(page, "copying")
    await press(page.get_by_role("button", name="Download"))
    await expect(page.get_by_role("menuitem", name="Video")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Download")).to_be_focused()
    form = page.locator("#character")
    await press(form.locator("summary"))
    await form.get_by_label("Name").fill("Nova")
    await press(form.get_by_role("button", name="Make a character"))
    await expect(page.get_by_text("can now appear")).to_be_visible()
    await has_focus(page, "making a character")
    await page.get_by_role("textbox", name="Remix prompt").fill("forbidden-test by night")
    await press(page.get_by_role("button", name="Remix"))
    await expect(page.get_by_role("heading", name="Remix of")).to_be_visible()
    await has_focus(page, "remixing")
    await press(page.get_by_role("button", name="Delete"))
    await expect(page).to_have_url(re.compile("/library"))
    await has_focus(page, "deleting the video that is shown")


async def _walk_profile(page: Page, ada: Person) -> None:
    for name, field, value, refusals in (
        ("Save", "Name", "Ada Lovelace", 0),
        ("Change e-mail", "E-mail", f"new-{ada.email}", 1),
        ("Change password", "New password", "a good long pass phrase", 2),
    ):
        await page.get_by_label(field, exact=True).first.fill(value)
        for box in await page.get_by_label(re.compile("^(Current|Your) password$")).all():
            await box.fill("not the pass phrase at all")
        await press(page.get_by_role("button", name=name, exact=True))
        await expect(page.get_by_text("Saved.")).to_be_visible()
        await expect(page.locator("p.error")).to_have_count(refusals)
        await expect(page.get_by_role("button", name=name, exact=True)).to_be_enabled()
        await has_focus(page, name)
    person = page.locator(".people details")
    await press(person.locator("summary"))
    await press(person.get_by_role("button", name="Delete"))
    await expect(person).to_have_count(0)
    await has_focus(page, "deleting a character")
    await press(page.locator("summary", has_text="Delete my account"))
    await has_focus(page, "unfolding")


async def _walk_out(page: Page) -> None:
    ends = page.get_by_role("button", name=re.compile("^End the session"))
    for act, name, left in (
        ("ending a session", "^End the session", 2),
        ("ending the others", "^End all", 0),
    ):
        await press(page.get_by_role("button", name=re.compile(name)).first)
        await expect(ends).to_have_count(left)
        await has_focus(page, act)
    await press(page.get_by_role("button", name="Log out"))
    await expect(page).to_have_url(re.compile("/login$"))
    await has_focus(page, "logging out")


async def test_a_refused_log_in_leads_to_what_is_to_be_mended(visit: Visit, collector: Collector):
    """So does one that would be refused, for want of https."""
    page = await (await visit()).context.new_page()
    await page.route(
        "/.well-known/security.txt",
        lambda route: route.fulfill(body="Canonical: https://studio.example/.well-known/security.txt"),
    )
    await page.goto("/login")
    await expect(page.get_by_role("link", name="https://studio.example")).to_be_visible()
    await expect(page.locator(".alerts")).to_be_hidden()  # it takes no room while nothing is wrong
    await page.get_by_label("E-mail").fill(collector.person.email)
    await page.get_by_label("Password", exact=True).fill("not the right pass phrase")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert").filter(has_text="wrong")).to_be_visible()
    await expect(page.get_by_label("Password", exact=True)).to_be_focused()


@pytest.mark.parametrize("width", [390, 820, 1280, 1440])
async def test_menus_open_inside_the_window(visit: Visit, collector: Collector, width: int):
    window = await visit(collector.person, viewport={"width": width, "height": 844})
    for path, button in (
        (f"/video/{collector.harbour}", "Download"),
        (f"/video/{collector.lighthouse}", "Download"),
        ("/library", "Actions for Quiet harbour"),
    ):
        page = await window.turn_to(path)
        await page.get_by_role("button", name=button).first.click()
        box = await page.get_by_role("menu").bounding_box()
        assert box
        assert min(box["x"], box["y"]) >= 8, path
        assert box["x"] + box["width"] <= width - 8, path
        assert box["y"] + box["height"] <= 844 - 8, path
        assert await page.evaluate(_SMALL_BOXES) == [], path
        assert await page.evaluate("getComputedStyle(document.documentElement).fontSize") == "16px"


@pytest.mark.parametrize(("width", "size"), [(390, "1280x720"), (1440, "720x1280")])
async def test_nothing_moves_when_the_video_comes(visit: Visit, ada: Person, width: int, size: str):
    video_id = await ada.ask("a kite on a stage (slow-test)", size=size)
    window = await visit(ada, viewport={"width": width, "height": 844}, reduced_motion="no-preference")
    page = await window.open(f"/video/{video_id}")
    screen = page.locator(".screen")
    await expect(screen.get_by_role("progressbar")).to_be_visible()
    before, moved = await screen.bounding_box(), await shifted(page)
    await expect(page.locator("video")).to_be_visible(timeout=RENDERED)
    assert await screen.bounding_box() == pytest.approx(before, abs=0.5)
    assert await shifted(page) - moved <= 0.05


@pytest.mark.parametrize("width", [390, 820])
async def test_large_text_the_other_way_round_and_without_motion(
    studio: RunningStudio, join_studio: Join, width: int
):
    """In a browser whose letters are 24 px high, which moves nothing, then turned by a translator."""
    ada = await join_studio()
    failed, undecided, coming = [await ada.ask(f"{_HEBREW}, forbidden-test {word}") for word in "abc"]
    for video_id in (failed, undecided, coming):
        await ada.ended(video_id)
    leave(studio, Phase.NEEDS_ATTENTION, undecided)
    leave(studio, Phase.IN_PROGRESS, coming)
    async with running_chromium("--blink-settings=defaultFontSize=24") as browser:
        window = Visitor(studio.url)
        await window.arrive(browser, ada.token, viewport={"width": width, "height": 844})
        for path in ("/", "/library", f"/video/{failed}", f"/video/{coming}", "/profile"):
            page = await window.turn_to(path)
            assert await page.evaluate("getComputedStyle(document.documentElement).fontSize") == "24px"
            assert await page.evaluate(_IN_MOTION) == [], path
            for direction in ("ltr", "rtl"):
                await page.evaluate("(direction) => { document.dir = direction; }", direction)
                assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
                assert await squeezed(page) == [], (path, direction)
                assert await page.evaluate(_COVERED) == [], (path, direction)
        assert window.complaints == []


async def test_a_translator_of_pages_stops_nothing(visit: Visit, join_studio: Join):
    """It puts an element of its own around every text that may be translated."""
    ada = await join_studio()
    await ada.ask("forbidden-test to begin with")
    window = await visit(ada)
    library, create = await window.open("/library"), await window.open("/")
    for page in (library, create):
        await page.evaluate(_WRAP)
    await ada.ask("a kite (slow-test)")
    await expect(create.locator(".tile.coming .ring .num")).to_have_attribute(
        "translate", "no", timeout=RENDERED
    )
    await expect(library.get_by_role("button", name="In progress")).to_contain_text("1")
    for page in (library, create):
        await page.evaluate(_WRAP)
        await expect(page.locator(".tile").filter(has_text="kite")).to_contain_text("Ready", timeout=RENDERED)
    await expect(library.get_by_role("button", name="Ready")).to_contain_text("1")
    await expect(library.get_by_role("button", name="All")).to_contain_text("2")
    await expect(create.get_by_text("in progress")).to_have_count(0)


async def test_captions_are_read_on_a_white_picture(visit: Visit, collector: Collector):
    """White text needs a ground of at most 0.18 of white's luminance: 119 of 255."""
    window = await visit(collector.person)
    white = picture((320, 180), "PNG", "white")
    await window.context.route(
        re.compile("variant=(thumbnail|spritesheet)"),
        lambda route: route.fulfill(body=white, content_type="image/png"),
    )
    page = await window.open("/library")
    for tile in await page.locator(".tile.ready").all():
        await tile.hover()
        await at_rest(tile)
        name = await tile.locator(".name").bounding_box()
        assert name
        await page.add_style_tag(content=".tile :is(.name, .facts) { visibility: hidden; transition: none }")
        await at_rest(tile)
        shot = Image.open(BytesIO(await page.screenshot(clip={**name, "width": 4}))).convert("L")
        assert max(shot.tobytes()) <= 119
