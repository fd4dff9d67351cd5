"""Under which key a form goes out again: that of a wish that may have been stored stays."""

from dataclasses import replace

from sora_studio import container
from sora_studio.domain.errors import Conflict, SoraStudioError, Unavailable
from sora_studio.domain.ids import public_id
from sora_studio.ui.errors import explain
from sora_studio.ui.pages.video.derivations_state import DerivationsState
from tests.support.accounts import services_with, sign_up
from tests.support.fakes import FakeDerivations, FakeVideos
from tests.support.probe import Probe
from tests.support.tab import open_tab


async def test_a_remix_whose_answer_was_lost_keeps_its_key(probe: Probe):
    ada, videos = await sign_up(probe.accounts), FakeVideos()
    path = f"/video/{public_id(videos.add(ada.account.id).id)}"
    with container.using(
        replace(services_with(probe.accounts), videos=videos, derivations=FakeDerivations(videos))
    ):
        async with open_tab(probe.url, cookie=f"sora_session={ada.access_token}", path=path) as tab:

            async def key_after(problem: SoraStudioError) -> str:
                videos.refusal = problem
                before = len(tab.frames)
                await tab.send(DerivationsState.remix, data={"prompt": "at night", "idempotency_key": key})
                await tab.until(lambda: explain(problem) in str(tab.frames[before:]))
                return tab.value(DerivationsState, "form_key")

            await tab.send(DerivationsState.load)
            await tab.until(lambda: tab.value(DerivationsState, "form_key"))
            key = tab.value(DerivationsState, "form_key")
            assert await key_after(Unavailable("The connection to the database was lost.")) == key
            assert await key_after(Conflict("Only a finished video can be remixed.")) != key
