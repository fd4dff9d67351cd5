"""Request keys: the same request again is the same video, whatever has changed since; another is refused."""

from dataclasses import replace
from typing import Any

import pytest

from sora_studio.domain.errors import KeyReused, NotFound
from sora_studio.domain.profile import Model
from sora_studio.domain.video import VideoWish
from tests.integration.tracking.conftest import Bench
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
        {"reference": b"GIF89a"},
    ],
    ids=str,
)
async def test_any_other_body_is_refused(bench: Bench, other: dict[str, Any]):
    """Also one that would come to the same video today: tomorrow's defaults may be others."""
    await bench.videos.create(bench.owner_id, WISH, request_key="k")
    with pytest.raises(KeyReused):
        await bench.videos.create(bench.owner_id, replace(WISH, **other), request_key="k")


@pytest.mark.parametrize("wish", [WISH, replace(WISH, model="sora-2")], ids=["default", "named"])
async def test_a_video_is_found_again_after_its_model_has_left_the_list(bench: Bench, wish: VideoWish):
    made = await bench.videos.create(bench.owner_id, wish, request_key="k")
    bench.provider.profile = replace(bench.provider.profile, models=(Model("sora-3", sizes=("640x360",)),))
    await bench.offers.refresh()
    again = await bench.videos.create(bench.owner_id, wish, request_key="k")
    assert (again.id, again.model) == (made.id, "sora-2")


async def test_a_remix_is_found_again_after_its_parent_is_gone(bench: Bench):
    (parent_id,) = await add_videos(bench.db, bench.owner_id, "a lighthouse")
    made = await bench.videos.remix(bench.owner_id, parent_id, "by night", request_key="k")
    await bench.videos.remove(bench.owner_id, parent_id)
    assert (await bench.videos.remix(bench.owner_id, parent_id, "by night", request_key="k")).id == made.id
    with pytest.raises(NotFound):
        await bench.videos.remix(bench.owner_id, parent_id, "by night", request_key="another")
