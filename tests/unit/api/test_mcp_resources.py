"""Files for agents: as bytes while they are small, else as the way to them."""

from dataclasses import replace
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest

from sora_studio import container
from sora_studio.api.mcp.resources import SENT_MAX, read
from sora_studio.domain.account import Identity
from sora_studio.domain.errors import NotFound
from sora_studio.domain.ids import new_id, public_id
from sora_studio.domain.media import MediaFile
from sora_studio.domain.video import Variant
from tests.support.fakes import FakeStudio


class OneFile:
    """A library with one file, of which only the size matters."""

    def __init__(self, file: MediaFile) -> None:
        self._file = file

    async def file(self, _owner_id: UUID, _video_id: UUID, _variant: Variant) -> MediaFile:
        return self._file


async def test_a_film_too_large_for_an_answer_is_an_address(tmp_path: Path):
    studio, video_id = FakeStudio(tmp_path), new_id()
    small = studio.media.write(b"film", "A boat", "video/mp4")
    uri, who = f"sora-studio://videos/{public_id(video_id)}/film", Identity(new_id(), new_id())
    for file, sent in ((replace(small, bytes=SENT_MAX), True), (replace(small, bytes=SENT_MAX + 1), False)):
        services = replace(studio.services(), media=cast("Any", OneFile(file)))
        with container.using(services):
            content = await read(who, uri, "https://studio.example")
        assert (content.blob == "ZmlsbQ==", content.text is None) == (sent, sent)
    assert f"GET https://studio.example/api/videos/{public_id(video_id)}/content?variant=video" in str(
        content
    )


@pytest.mark.parametrize(
    "uri", ["", "file:///etc/passwd", "sora-studio://videos/x/film", "sora-studio://videos/x"]
)
async def test_what_is_no_address_of_a_file_is_not_there(uri: str):
    with pytest.raises(NotFound, match="There is no such"):
        await read(Identity(new_id(), new_id()), uri, "")
