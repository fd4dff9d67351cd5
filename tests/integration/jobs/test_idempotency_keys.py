"""Request keys: the same request again is the same video, whatever has changed since; another is refused."""

from dataclasses import replace
from typing import Any

import pytest

from sora_studio.domain.errors import IdempotencyKeyReused, NotFound
from sora_studio.domain.profile import Model
from sora_studio.domain.video import VideoWish
from tests.integration.jobs.conftest import Background
from tests.support.inputs import first_frame
from tests.support.library import add_videos

WISH = VideoWish("a kite")


@pytest.mark.parametrize(
    "other",
    [
        {"prompt": "a kite "},
        {"title": "Kites"},
        {"provider": "fake"},
        {"model": "sora-2"},
        {"size": "1280x720"},
        {"seconds": "4"},
        {"inputs": (first_frame(b"GIF89a"),)},
    ],
    ids=str,
)
async def test_any_other_body_is_refused(background: Background, other: dict[str, Any]):
    """Also one that would come to the same video today: tomorrow's defaults may be others."""
    await background.videos.create(background.owner_id, WISH, idempotency_key="k")
    with pytest.raises(IdempotencyKeyReused):
        await background.videos.create(background.owner_id, replace(WISH, **other), idempotency_key="k")


@pytest.mark.parametrize("wish", [WISH, replace(WISH, model="sora-2")], ids=["default", "named"])
async def test_a_video_is_found_again_after_its_model_has_left_the_list(
    background: Background, wish: VideoWish
):
    made = await background.videos.create(background.owner_id, wish, idempotency_key="k")
    background.provider.profile = replace(
        background.provider.profile, models=(Model("sora-3", sizes=("640x360",)),)
    )
    await background.catalog.refresh()
    again = await background.videos.create(background.owner_id, wish, idempotency_key="k")
    assert (again.id, again.model) == (made.id, "sora-2")


async def test_a_remix_is_found_again_after_its_parent_is_gone(background: Background):
    (parent_id,) = await add_videos(background.db, background.owner_id, "a lighthouse")
    made = await background.derivations.remix(background.owner_id, parent_id, "by night", idempotency_key="k")
    await background.videos.remove(background.owner_id, parent_id)
    assert (
        await background.derivations.remix(background.owner_id, parent_id, "by night", idempotency_key="k")
    ).id == made.id
    with pytest.raises(NotFound):
        await background.derivations.remix(
            background.owner_id, parent_id, "by night", idempotency_key="another"
        )
