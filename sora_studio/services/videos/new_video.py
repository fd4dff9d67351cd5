"""From a wish to a video that can be asked for: every choice checked and completed, nothing stored yet."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sora_studio.db.models import VideoRow
from sora_studio.domain.account import KeyGrant
from sora_studio.domain.derivations import check_extension
from sora_studio.domain.errors import InvalidInput, NotFound
from sora_studio.domain.ids import new_id
from sora_studio.domain.inputs import SOURCES, GivenInput, Role, UploadView, whole_seconds
from sora_studio.domain.profile import Operation, Profile
from sora_studio.domain.text import check_storable, is_blank
from sora_studio.domain.video import TITLE_MAX, Kind, Size, VideoWish, clean_prompt, title_of
from sora_studio.services.catalog import ProviderCatalog
from sora_studio.services.videos.uploads import UploadService

_SHORTEST = "4"  # seconds that an extension adds when nothing is said


class NewVideos:
    """Checks wishes by what is offered."""

    def __init__(
        self, *, catalog: ProviderCatalog, uploads: UploadService, clock: Callable[[], datetime]
    ) -> None:
        self._catalog, self._uploads, self._clock = catalog, uploads, clock

    async def make(self, owner_id: UUID, wish: VideoWish, key: KeyGrant | None = None) -> VideoRow:
        """Return the video that a wish asks for, still without its characters.

        Raises:
            InvalidInput: The provider would refuse it.
        """
        for each in wish.inputs:
            if each.role in SOURCES:
                film = await self._film(owner_id, each, key)
                return await self._from_film(owner_id, wish, each, film)
        profile, model, size, seconds = await self._catalog.choose(
            wish.provider, wish.model, wish.size, wish.seconds
        )
        profile.require_inputs(model.id, [each.role for each in wish.inputs])
        return self._row(owner_id, wish, profile, model=model.id, size=size, seconds=seconds)

    async def _from_film(
        self, owner_id: UUID, wish: VideoWish, given: GivenInput, film: UploadView
    ) -> VideoRow:
        """Return an edit or an extension of an uploaded film: of its size, as long or longer."""
        name = wish.provider or self._who_takes_films(given.role, wish.model)
        profile, model, _, _ = await self._catalog.choose(name, wish.model, None, None)
        profile.require_inputs(model.id, [each.role for each in wish.inputs])
        size = str(Size(film.width, film.height))
        if size not in model.sizes and not profile.any_size:
            message = f"{model.id} makes {', '.join(model.sizes)}; this video is {size}."
            raise InvalidInput(message, given.role.field, "unsupported_size")
        seconds = whole_seconds(film.seconds or 0)
        if given.role is Role.EXTEND:
            seconds += check_extension(wish.seconds or _SHORTEST, str(seconds), 0)
        return self._row(
            owner_id,
            wish,
            profile,
            kind=Kind(given.role),
            model=model.id,
            size=size,
            seconds=str(seconds),
        )

    async def _film(self, owner_id: UUID, given: GivenInput, key: KeyGrant | None) -> UploadView:
        try:
            film = await self._uploads.get(owner_id, given.upload_id, key) if given.upload_id else None
        except NotFound as error:
            raise InvalidInput(str(error), given.role.field, "invalid_file_id") from error
        if film is None or not (film.width and film.seconds):
            message = f"A {given.role.spoken} has to be an MP4 video."
            raise InvalidInput(message, given.role.field, "invalid_file")
        return film

    def _who_takes_films(self, role: Role, model: str | None) -> str | None:
        """Return the first provider that takes a film with a request; None: none does, or the model says it.

        Raises:
            InvalidInput: Nobody does.
        """
        if model is not None:
            return None
        for profile in self._catalog.profiles():
            if not profile.retired and Operation.UPLOADS in profile.operations and _can(profile, role):
                return profile.name
        message = "No provider here takes a video that is uploaded. Name one of yours: {'video': {'id': …}}."
        raise InvalidInput(message, role.field, "unsupported")

    def _row(
        self,
        owner_id: UUID,
        wish: VideoWish,
        profile: Profile,
        *,
        model: str,
        size: str,
        seconds: str,
        kind: Kind = Kind.CREATE,
    ) -> VideoRow:
        prompt = clean_prompt(wish.prompt)
        return VideoRow(
            id=new_id(),
            owner_id=owner_id,
            project_id=wish.project_id,
            kind=kind,
            title=clean_title(wish.title) if wish.title else title_of(prompt),
            prompt=prompt,
            provider=profile.name,
            model=model,
            size=size,
            seconds=seconds,
            options=dict(profile.options(model, wish.options)),
            created_at=self._clock(),
        )


def clean_title(text: str) -> str:
    """Return a title as it is kept.

    Raises:
        InvalidInput: Nothing to be seen, longer than 120 characters, or with one that cannot be stored.
    """
    check_storable(text, "title")
    title = " ".join(text.split())
    if is_blank(title) or len(title) > TITLE_MAX:
        message = f"A title must have 1 to {TITLE_MAX} characters."
        raise InvalidInput(message, "title")
    return title


def _can(profile: Profile, role: Role) -> bool:
    return (Operation.EDIT if role is Role.EDIT else Operation.EXTEND) in profile.operations
