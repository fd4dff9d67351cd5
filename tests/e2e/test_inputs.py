"""Files in the composer: picked, pasted, dropped, given a role; and what is none."""

import base64

import pytest
from playwright.async_api import Page, expect

from tests.e2e.conftest import Collector, Join, Visit
from tests.support.films import picture

PNG = picture((640, 640), "PNG")
_HAND_OVER = """([kind, data]) => {
  const bytes = Uint8Array.from(atob(data), (char) => char.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], "picture.png", { type: "image/png" }));
  const box = document.querySelector("textarea[name=prompt]");
  box.dispatchEvent(kind === "paste"
    ? new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true })
    : new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
}"""


async def give(page: Page, way: str, data: bytes) -> None:
    """Hand a picture to the composer in one of the three ways."""
    if way == "picker":
        files = [{"name": "picture.png", "mimeType": "image/png", "buffer": data}]
        await page.get_by_label("Add images or videos").set_input_files(files)  # type: ignore[arg-type] -- a literal
    else:
        await page.evaluate(_HAND_OVER, [way, base64.b64encode(data).decode()])


@pytest.mark.parametrize("way", ["picker", "paste", "drop"])
async def test_a_picture_becomes_the_first_frame(visit: Visit, join_studio: Join, way: str):
    ada = await join_studio()
    window = await visit(ada)
    page = await window.open("/")
    await page.get_by_role("textbox", name="Prompt").fill("forbidden-test from a picture")
    await give(page, way, PNG)
    await expect(page.get_by_text("First frame", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Create").click()
    await expect(page.get_by_role("article")).to_contain_text("not charged")
    (video,) = await ada.videos()
    sent = await ada.http.get(f"/api/videos/{video['id']}/inputs/0")
    assert sent.content.startswith(b"\x89PNG")


async def test_edit_and_send_again_brings_the_picture_along(visit: Visit, join_studio: Join):
    ada = await join_studio()
    upload = await ada.add_picture(PNG)
    first = await ada.ask("forbidden-test from a picture", input_reference={"file_id": upload})
    await ada.ended(first)
    page = await (await visit(ada)).open(f"/video/{first}")
    await page.get_by_role("link", name="Edit and resubmit").click()
    form = page.get_by_role("form", name="New video")
    await expect(form.get_by_text("First frame", exact=True)).to_be_visible()
    await page.get_by_role("textbox", name="Prompt").fill("forbidden-test, edited")
    await page.keyboard.press("Control+Enter")  # a tap right after another page was here would not count
    await expect(page.get_by_role("article")).to_have_count(2)
    await expect(page.get_by_role("article").first).to_contain_text("not charged")
    newest, _ = await ada.videos()
    assert newest["prompt"] == "forbidden-test, edited"
    sent, before = [
        (await ada.http.get(f"/api/videos/{video_id}/inputs/0")).content for video_id in (newest["id"], first)
    ]
    assert sent == before


async def test_what_is_no_picture_is_refused_in_words_and_nothing_typed_is_lost(
    visit: Visit, join_studio: Join
):
    window = await visit(await join_studio())
    page = await window.open("/")
    prompt = page.get_by_role("textbox", name="Prompt")
    await prompt.fill("typed before")
    await give(page, "picker", b"no picture at all")
    await expect(page.get_by_text("PNG, JPEG or WebP")).to_be_visible()
    await expect(prompt).to_have_value("typed before")
    window.tolerate("400")


async def test_the_pointer_scrubs_through_a_video(visit: Visit, collector: Collector):
    """Over a tile, another place of the pointer is another frame of the spritesheet."""
    window = await visit(collector.person)
    page = await window.open("/library")
    tile = page.get_by_role("article").filter(has_text="lighthouse")
    box = await tile.bounding_box()
    assert box
    lookups: set[str] = set()
    for part in (0.1, 0.5, 0.9):
        await page.mouse.move(box["x"] + box["width"] * part, box["y"] + box["height"] / 2)
        await page.wait_for_function(
            "([tile, before]) => !before.includes(tile.outerHTML)",
            arg=[await tile.element_handle(), list(lookups)],
        )
        lookups.add(await tile.evaluate("tile => tile.outerHTML"))
    assert len(lookups) == 3
