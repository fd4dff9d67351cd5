"""How the composer's form is filled: as its browser has kept it, or with an earlier wish."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sora_studio.container import services
from sora_studio.domain.character import CharacterView
from sora_studio.domain.errors import NotFound, SoraStudioError
from sora_studio.domain.ids import parse_public_id, public_character_id
from sora_studio.domain.video import VideoView
from sora_studio.ui.pages.create.kept_form import NO_PICTURE, KeptForm

_GONE = "The image is not in the studio any longer. Remove it, or add it again."
_NOT_COPIED = "The image could not be copied. Add it again."


@dataclass(frozen=True)
class FormError:
    """What is wrong, and with which field."""

    text: str = ""
    field: str = ""


async def earlier(owner_id: UUID, video_id: str) -> VideoView | None:
    """Return one of the owner's videos by its public id, None when it is not there."""
    try:
        return await services().videos.get(owner_id, parse_public_id(video_id))
    except NotFound:
        return None


async def check_kept(owner_id: UUID, kept: KeptForm) -> FormError:
    """Say what is wrong with a form that a browser has kept: its picture may have been thrown away."""
    if kept.picture == NO_PICTURE:
        return FormError()
    try:
        await services().media.reference_upload(owner_id, UUID(kept.picture[0]))
    except (NotFound, ValueError):
        return FormError(_GONE, "reference_id")
    return FormError()


async def from_earlier(
    owner_id: UUID, edited: str, view: VideoView, characters: Sequence[CharacterView]
) -> tuple[KeptForm, FormError]:
    """Fill a form with an earlier wish, a copy of its picture included."""
    picture, error = NO_PICTURE, FormError()
    if view.has_reference:
        try:
            copy = await services().media.reuse_reference(owner_id, view.id)
            picture = (str(copy.id), copy.width, copy.height)
        except SoraStudioError:
            error = FormError(_NOT_COPIED, "reference_id")
    choice = (f"{view.provider}/{view.model}", view.size, view.seconds)
    named = [public_character_id(each.id) for each in characters if each.remote_id in view.characters]
    options = tuple((name, _written(value)) for name, value in view.options.items())
    return KeptForm(owner_id.hex, edited, choice, picture, tuple(named), options), error


def _written(value: object) -> str:
    """Write a value as a form has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
