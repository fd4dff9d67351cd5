"""Inputs for wishes, uploads and submissions."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

from sora_studio.domain.inputs import GivenInput, Role
from sora_studio.domain.media import ENDINGS
from sora_studio.domain.ports import InputFile


def first_frame(content: bytes | UUID) -> GivenInput:
    """Return a first frame: a picture, or an upload by its id."""
    return given(Role.FIRST_FRAME, content)


def given(role: Role, content: bytes | UUID) -> GivenInput:
    """Return an input of a wish."""
    if isinstance(content, UUID):
        return GivenInput(role, upload_id=content)
    return GivenInput(role, data=content)


async def once(data: bytes) -> AsyncIterator[bytes]:
    """Yield an upload as it arrives, in two pieces."""
    yield data[:7]
    yield data[7:]


def sent(
    folder: Path, data: bytes, role: Role = Role.FIRST_FRAME, content_type: str = "image/png"
) -> InputFile:
    """Put an input of a submission on the disk."""
    path = folder / f"{uuid4().hex}{ENDINGS[content_type]}"
    path.write_bytes(data)
    return InputFile(role, content_type, path, len(data))
