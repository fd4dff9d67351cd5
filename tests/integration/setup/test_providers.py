"""A studio with a providers.toml: several servers at once, each asked for its own."""

from pathlib import Path

import pytest

from sora_studio.bootstrap import studio
from sora_studio.config import ConfigError, load
from sora_studio.domain.errors import InvalidInput
from sora_studio.domain.video import VideoWish
from tests.support.library import add_person
from tests.support.scripted import says, scripted_server
from tests.support.waiting import eventually

VIDEO = {"object": "video", "status": "queued"}


async def test_several_servers_work_side_by_side(database_url: str, tmp_path: Path):
    async with scripted_server() as first, scripted_server() as second:
        first.on("GET", "/models", says({"data": [{"id": "veo-3.1"}]}))
        for server in (first, second):
            server.on("POST", "/videos", says(VIDEO | {"id": "video_1"}))
        (tmp_path / "providers.toml").write_text(
            f"""
            [gateway]
            preset = "litellm"
            base_url = "{first.base_url}"
            [gpu-box]
            preset = "vllm-omni"
            base_url = "{second.base_url}"
            [openai]
            """
        )
        settings = load({"DATABASE_URL": database_url}, data_dir=tmp_path)
        async with studio(settings) as opened:
            videos, owner_id = opened.services.videos, await add_person(opened.db)
            assert [profile.name for profile in videos.profiles()] == ["gateway", "gpu-box", "openai"]
            await videos.create(owner_id, VideoWish("a kite", model="veo-3.1"))  # in the first second
            await videos.create(owner_id, VideoWish("a kite", provider="gpu-box"))
            await eventually(lambda: first.seen("POST", "/videos") and second.seen("POST", "/videos"))

            with pytest.raises(InvalidInput, match="24 September 2026"):
                await videos.create(owner_id, VideoWish("a kite", provider="openai"))
        assert first.seen("POST", "/videos")[0].form()["model"][2] == b"veo-3.1"
        assert "model" not in second.seen("POST", "/videos")[0].form()


async def test_a_file_that_is_wrong_stops_the_start(database_url: str, tmp_path: Path):
    (tmp_path / "providers.toml").write_text("[litellm]")
    with pytest.raises(ConfigError, match=r"\[litellm\] base_url is missing"):
        async with studio(load({"DATABASE_URL": database_url}, data_dir=tmp_path)):
            pass
