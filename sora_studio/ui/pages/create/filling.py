"""How the composer's form is filled: as its browser has kept it, or with an earlier wish."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sora_studio.container import services
from sora_studio.domain.character import CharacterView
from sora_studio.domain.errors import NotFound, SoraStudioError
from sora_studio.domain.ids import parse_public_id, public_character_id
from sora_studio.domain.video import VideoView
from sora_studio.ui.pages.create.attached import Attached
from sora_studio.ui.pages.create.kept_form import KeptForm
from sora_studio.ui.same_seed import repeating

_GONE = "A file is not in the studio any longer. Remove it, or add it again."
_NOT_COPIED = "The files could not be copied. Add them again."


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
    """Say what is wrong with a form that a browser has kept: its files may have been thrown away."""
    try:
        for each in kept.inputs:
            await services().uploads.get(owner_id, UUID(each.id))
    except (NotFound, ValueError):
        return FormError(_GONE, "inputs")
    return FormError()


async def from_earlier(
    owner_id: UUID, edited: str, view: VideoView, characters: Sequence[CharacterView]
) -> tuple[KeptForm, FormError]:
    """Fill a form with an earlier wish: with copies of its files, and the seed that came back."""
    inputs, error = (), FormError()
    try:
        inputs = tuple(
            Attached(str(each.id), role, each.content_type, each.width, each.height, each.seconds or 0.0)
            for role, each in await services().uploads.reuse(owner_id, view.id)
        )
    except SoraStudioError:
        error = FormError(_NOT_COPIED, "inputs")
    choice = (f"{view.provider}/{view.model}", view.size, view.seconds)
    named = [public_character_id(each.id) for each in characters if each.remote_id in view.characters]
    again = repeating(view)
    options = tuple((name, _written(value)) for name, value in (again or view.options).items())
    return KeptForm(owner_id.hex, edited, choice, inputs, tuple(named), options), error


def _written(value: object) -> str:
    """Write a value as a form has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
