"""The resources: the files of finished videos, as far as they are small enough to be sent in an answer."""

import base64
import re
from dataclasses import dataclass
from uuid import UUID

from sora_studio.container import services
from sora_studio.domain.access import Action, project_within
from sora_studio.domain.account import Identity
from sora_studio.domain.errors import NotFound
from sora_studio.domain.ids import parse_public_id, public_id
from sora_studio.domain.library import LibraryQuery
from sora_studio.domain.video import Status, Variant, VideoView
from sora_studio.services.people.authentication import About

SENT_MAX = 10_000_000
"""Bytes of a file that are sent in an answer; a larger one is fetched by HTTP, with the same key."""

PAGE = 20
"""Videos on a page of the list."""

_SCHEME = "sora-studio://videos"
_URI = re.compile(rf"{_SCHEME}/(?P<video>[^/]*)/(?P<name>[^/]*)")


@dataclass(frozen=True)
class Kind:
    """One kind of file that a video has."""

    name: str
    variant: Variant
    content_type: str
    description: str

    @property
    def template(self) -> str:
        """Return the addresses of all of them."""
        return f"{_SCHEME}/{{video_id}}/{self.name}"

    def uri(self, video_id: UUID) -> str:
        """Return the address of a video's."""
        return f"{_SCHEME}/{public_id(video_id)}/{self.name}"


KINDS = (
    Kind("film", Variant.VIDEO, "video/mp4", f"The film, when it has at most {SENT_MAX // 1_000_000} MB."),
    Kind("thumbnail", Variant.THUMBNAIL, "image/webp", "A picture of the film."),
    Kind("spritesheet", Variant.SPRITESHEET, "image/jpeg", "Twenty pictures of the film, 5 by 4."),
)


@dataclass(frozen=True)
class Content:
    """What is in a resource: a file's bytes in Base64, or words about one that is too large."""

    content_type: str
    blob: str | None = None
    text: str | None = None


async def read(identity: Identity, uri: str, public_url: str) -> Content:
    """Return a file, or where it can be fetched.

    Raises:
        NotFound: There is no such file, it is somebody else's, or out of reach of the key.
        Conflict: The video is not finished.
    """
    kind, video_id = _parse(uri)
    await services().authenticator.admit(identity, Action.READ_VIDEOS, About(video_id))
    file = await services().media.file(identity.user_id, video_id, kind.variant)
    if file.bytes > SENT_MAX:
        path = f"{public_url}/api/videos/{public_id(video_id)}/content?variant={kind.variant}"
        words = (
            f"This {kind.name} has {file.bytes / 1_000_000:.1f} MB, and at most {SENT_MAX // 1_000_000} MB "
            f"are sent here. Fetch it by HTTP with the same API key: GET {path}"
        )
        return Content("text/plain", text=words)
    async with file.open(None) as chunks:
        whole = b"".join([chunk async for chunk in chunks])
    return Content(file.content_type, blob=base64.b64encode(whole).decode())


async def page(identity: Identity, after: UUID | None) -> tuple[tuple[VideoView, ...], bool]:
    """Return some finished videos of one's own, the newest first, and whether more follow.

    Raises:
        InvalidInput: There is none to continue after.
    """
    query = LibraryQuery(statuses=(Status.COMPLETED,), after=after, limit=PAGE)
    await services().authenticator.admit(identity, Action.READ_VIDEOS, About(narrows=True))
    within = project_within(identity.key, None)
    found = await services().videos.list_library(identity.user_id, query, within)
    return found.videos, found.has_more


def _parse(uri: str) -> tuple[Kind, UUID]:
    found = _URI.fullmatch(uri)
    kind = next((kind for kind in KINDS if found and kind.name == found["name"]), None)
    if found is None or kind is None:
        message = f"There is no such resource. There are: {', '.join(kind.template for kind in KINDS)}."
        raise NotFound(message)
    return kind, parse_public_id(found["video"])
