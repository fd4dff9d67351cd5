"""What the composer holds outlives the process: the browser keeps it, for the person whose it is."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from reflex.state import UpdateVarsInternalState

from sora_studio import container
from sora_studio.domain.account import SignedIn
from sora_studio.domain.errors import InvalidInput
from sora_studio.domain.facts import Facts
from sora_studio.domain.ids import new_id, public_id
from sora_studio.domain.inputs import Role
from sora_studio.domain.profile import Preset
from sora_studio.providers.card_files import shipped_cards
from sora_studio.ui.pages.create import kept_form
from sora_studio.ui.pages.create.attached import Attached
from sora_studio.ui.pages.create.composer_state import ComposerState
from sora_studio.ui.pages.create.kept_form import KeptForm
from tests.support.accounts import services_with, sign_up
from tests.support.fakes import FakeMedia, FakeUploads, FakeVideos
from tests.support.films import picture
from tests.support.inputs import once
from tests.support.probe import Probe
from tests.support.tab import Tab, open_tab

STORED = f"{ComposerState.get_full_name()}.kept_rx_state_"
CHOICE = {"model": "fake/sora-2", "size": "720x1280", "seconds": "8", "quote": "800000", "library": "mine"}


class NoCharacters:
    """Nobody has any."""

    async def list_all(self, _owner_id: UUID) -> tuple[()]:
        return ()


class NoPauses:
    """Every provider goes on."""

    async def look_for_pauses(self) -> None:
        pass


@pytest.fixture
async def ada(probe: Probe) -> SignedIn:
    return await sign_up(probe.accounts)


@pytest.fixture
def videos() -> FakeVideos:
    return FakeVideos()


@pytest.fixture
async def uploads(probe: Probe, videos: FakeVideos, tmp_path: Any) -> AsyncIterator[FakeUploads]:
    files = FakeUploads(FakeMedia(videos, tmp_path))
    fakes: dict[str, Any] = {
        "videos": videos,
        "uploads": files,
        "characters": NoCharacters(),
        "providers": NoPauses(),
    }
    with container.using(replace(services_with(probe.accounts), **fakes)):
        yield files


@asynccontextmanager
async def composer(probe: Probe, person: SignedIn, kept: str = "", path: str = "/") -> AsyncIterator[Tab]:
    """Open the form in a tab that the server does not know, as all are after a restart."""
    async with open_tab(probe.url, cookie=f"sora_session={person.access_token}", path=path) as tab:
        update = UpdateVarsInternalState.event_handlers["update_vars_internal"]
        await tab.send(update, vars={STORED: kept})
        await tab.send(ComposerState.load)
        await tab.until(lambda: shown(tab, "ready"))
        yield tab


def shown(tab: Tab, var: str) -> Any:
    return tab.value(ComposerState, var)


def attached(tab: Tab) -> str:
    """Return the id of the one file that is attached, empty when none is."""
    return "".join(each["id"] for each in (shown(tab, "files") or {"tiles": ()})["tiles"])


async def filled(probe: Probe, person: SignedIn, uploads: FakeUploads) -> tuple[str, str]:
    """Choose everything that can be chosen; return the picture, and what the browser has kept."""
    upload = await uploads.add(person.account.id, once(picture((64, 36), "PNG")))
    async with composer(probe, person) as tab:
        file = {"id": str(upload.id), "content_type": "image/png", "width": 64, "height": 36, "seconds": None}
        await tab.send(ComposerState.attach, file=file)
        await tab.send(ComposerState.choose_character, character_id="character_1", chosen=True)
        await tab.send(ComposerState.choose_size, size="720x1280")
        await tab.send(ComposerState.choose_seconds, seconds="8")
        await tab.until(lambda: shown(tab, "selection")["seconds"] == "8")
        return str(upload.id), shown(tab, "kept")


async def test_everything_that_was_chosen_is_there_again(probe: Probe, ada: SignedIn, uploads: FakeUploads):
    upload, kept = await filled(probe, ada, uploads)
    async with composer(probe, ada, kept) as tab:
        chosen = shown(tab, "selection")
        assert (chosen["size"], chosen["seconds"], chosen["price"]) == ("720x1280", "8", "$0.80")
        assert (attached(tab), shown(tab, "error")["text"]) == (upload, "")
        assert shown(tab, "draft")["characters"] == ["character_1"]


async def test_a_click_into_a_form_that_is_not_filled_again_yet_changes_that_alone(
    probe: Probe, ada: SignedIn, uploads: FakeUploads
):
    upload, kept = await filled(probe, ada, uploads)
    async with open_tab(probe.url, cookie=f"sora_session={ada.access_token}") as tab:
        update = UpdateVarsInternalState.event_handlers["update_vars_internal"]
        await tab.send(update, vars={STORED: kept})
        await tab.send(ComposerState.choose_seconds, seconds="4")
        await tab.until(lambda: (shown(tab, "selection") or {}).get("seconds") == "4")
        assert (shown(tab, "selection")["size"], attached(tab)) == ("720x1280", upload)


async def test_nobody_else_sees_it_nor_a_form_that_is_filled_with_another_wish(
    probe: Probe, ada: SignedIn, uploads: FakeUploads, videos: FakeVideos
):
    _, kept = await filled(probe, ada, uploads)
    other = videos.add(ada.account.id, "a boat")
    async with composer(probe, await sign_up(probe.accounts, "grace"), kept) as tab:
        assert (attached(tab), shown(tab, "selection")["seconds"]) == ("", "4")
    async with composer(probe, ada, kept, f"/?edit={public_id(other.id)}") as tab:
        assert (attached(tab), shown(tab, "draft")["text"]) == ("", "a boat")
    async with composer(probe, ada, '{"owner": 1}') as tab:
        assert shown(tab, "selection")["seconds"] == "4"


async def test_a_picture_that_is_gone_is_said_and_stays_until_it_is_removed(
    probe: Probe, ada: SignedIn, uploads: FakeUploads, videos: FakeVideos
):
    """The person who attached it does not pay for a video without it."""
    upload, kept = await filled(probe, ada, uploads)
    uploads.kept.clear()
    videos.pictures.clear()
    async with composer(probe, ada, kept) as tab:
        assert (attached(tab), "any longer" in shown(tab, "error")["text"]) == (upload, True)
        data = {
            "prompt": "a kite",
            "inputs": json.dumps([["first_frame", upload]]),
            "idempotency_key": "k",
            **CHOICE,
        }
        await tab.send(ComposerState.submit, data=data)
        await tab.until(lambda: shown(tab, "answer")["key"] == "k")
        assert (shown(tab, "answer")["accepted"], videos.wishes) == (False, [])
        await tab.send(ComposerState.detach, upload_id=upload)
        await tab.until(lambda: not attached(tab))
        assert (shown(tab, "error")["text"], json.loads(shown(tab, "kept"))[0]["inputs"]) == ("", [])


@pytest.mark.usefixtures("uploads")
@pytest.mark.parametrize("missing", ["model", "size", "seconds"])
async def test_a_form_that_is_not_complete_is_no_wish(
    probe: Probe, ada: SignedIn, videos: FakeVideos, missing: str
):
    """What it left out would be chosen by us, and paid by the person."""
    async with composer(probe, ada) as tab:
        data = {"prompt": "a kite", "idempotency_key": "k", **CHOICE, missing: ""}
        await tab.send(ComposerState.submit, data=data)
        await tab.until(lambda: "not complete" in shown(tab, "error")["text"])
        await tab.send(ComposerState.submit, data={"prompt": "a kite", "idempotency_key": "l", **CHOICE})
        await tab.until(lambda: shown(tab, "answer")["accepted"])
        assert (len(videos.wishes), videos.most) == (1, [800_000])


async def test_it_is_forgotten_when_the_wish_has_gone_out(probe: Probe, ada: SignedIn, uploads: FakeUploads):
    _, kept = await filled(probe, ada, uploads)
    async with composer(probe, ada, kept) as tab:
        await tab.send(ComposerState.submit, data={"prompt": "a kite", "idempotency_key": "k", **CHOICE})
        await tab.until(lambda: shown(tab, "answer")["accepted"])
        (left,) = json.loads(shown(tab, "kept"))
        assert (left["inputs"], left["characters"]) == ([], [])
        assert left["choice"] == ["fake/sora-2", "720x1280", "8"]


async def test_each_person_and_each_purpose_has_a_form_of_its_own(
    probe: Probe, ada: SignedIn, uploads: FakeUploads, videos: FakeVideos
):
    """What is not sent yet is there again after an edit has gone out, and after somebody else was here."""
    upload, kept = await filled(probe, ada, uploads)
    other = public_id(videos.add(ada.account.id, "a boat").id)
    async with composer(probe, ada, kept, f"/?edit={other}") as tab:
        await tab.send(ComposerState.submit, data={"prompt": "a bird", "idempotency_key": "k", **CHOICE})
        await tab.until(lambda: shown(tab, "answer")["accepted"])
        assert (attached(tab), shown(tab, "draft")["text"]) == (upload, "")
        assert (videos.wishes[-1].inputs, shown(tab, "draft")["characters"]) == ((), ["character_1"])
        kept = shown(tab, "kept")
    async with composer(probe, await sign_up(probe.accounts, "grace"), kept) as tab:
        await tab.send(ComposerState.choose_seconds, seconds="8")
        await tab.until(lambda: shown(tab, "selection")["seconds"] == "8")
        kept = shown(tab, "kept")
    async with composer(probe, ada, kept) as tab:
        assert attached(tab) == upload


async def test_what_was_refused_stays(probe: Probe, ada: SignedIn, uploads: FakeUploads, videos: FakeVideos):
    upload, kept = await filled(probe, ada, uploads)
    async with composer(probe, ada, kept) as tab:
        videos.refusal = InvalidInput("No.", "prompt")
        await tab.send(ComposerState.submit, data={"prompt": "a kite", "idempotency_key": "k", **CHOICE})
        await tab.until(lambda: shown(tab, "error")["text"] == "No.")
        assert attached(tab) == upload


@pytest.mark.usefixtures("uploads")
async def test_an_unknown_picture_is_only_an_id(probe: Probe, ada: SignedIn):
    kept = kept_form.write(
        "nonsense", KeptForm(ada.account.id.hex, inputs=(Attached(str(new_id()), Role.FIRST_FRAME),))
    )
    async with composer(probe, ada, kept) as tab:
        assert "any longer" in shown(tab, "error")["text"]


async def test_the_same_seed_is_asked_for_again(
    probe: Probe, ada: SignedIn, uploads: FakeUploads, videos: FakeVideos
):
    """The one that came back, with everything else that was set; nothing where a server takes none."""
    del uploads
    plain = replace(videos.profile, kind=Preset.SGLANG, cards=shipped_cards())
    videos.profile = replace(plain, models=(plain.plain("Wan2.2-TI2V-5B"),))
    other = videos.add(
        ada.account.id,
        "a boat",
        model="Wan2.2-TI2V-5B",
        size="1280x704",
        seconds="5",
        facts=Facts(seed=42),
        options={"guidance_scale": 3.0},
    )
    async with composer(probe, ada, "", f"/?edit={public_id(other.id)}") as tab:
        fields = {each["name"]: each["value"] for each in shown(tab, "selection")["card"]["fields"]}
        assert (fields["seed"], fields["guidance_scale"]) == ("42", "3.0")
    assert plain.repeating("an-odd-one", {}, 42) is None
    assert videos.profile.repeating(other.model, {}, None) is None
    assert videos.profile.repeating(other.model, {}, 2**40) is None
