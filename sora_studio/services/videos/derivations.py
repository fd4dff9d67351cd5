"""What a person does with a finished video to have another one made from it: remix, edit, extend."""

from typing import Any
from uuid import UUID

from sora_studio.db.engine import Database
from sora_studio.db.models import VideoRow
from sora_studio.db.videos import VideoRepository
from sora_studio.domain import character
from sora_studio.domain.access import Action
from sora_studio.domain.account import KeyGrant
from sora_studio.domain.derivations import Derivations, Offer, check_extension, extension_lengths
from sora_studio.domain.errors import Conflict
from sora_studio.domain.ids import new_id
from sora_studio.domain.ports import Clock
from sora_studio.domain.profile import Operation
from sora_studio.domain.video import Kind, Phase, Size, VideoView, VideoWish, clean_prompt, title_of
from sora_studio.services.catalog import ProviderCatalog
from sora_studio.services.money.spending import Spending
from sora_studio.services.videos.wishes import RequestFingerprint, Wishes

_NEEDS = {Kind.EDIT: Operation.EDIT, Kind.EXTEND: Operation.EXTEND}
"""What a provider must offer."""


class DerivationService:
    """Use cases on videos made from finished ones, at the same provider and in the same library.

    They raise PriceChanged instead of spending more than `most_micros`, the price that the person was shown,
    ConfirmationRequired instead of spending more than a key may unasked, and BudgetExceeded where a budget
    does not cover it.
    """

    def __init__(
        self, *, db: Database, catalog: ProviderCatalog, spending: Spending, wishes: Wishes, clock: Clock
    ) -> None:
        self._db, self._catalog, self._spending = db, catalog, spending
        self._wishes, self._clock = wishes, clock

    async def remix(
        self,
        owner_id: UUID,
        video_id: UUID,
        prompt: str,
        *,
        idempotency_key: str | None = None,
        most_micros: int | None = None,
        key: KeyGrant | None = None,
    ) -> VideoView:
        """Ask for a variation of a finished video.

        Raises:
            NotFound: Not the owner's.
            Conflict: It is not finished.
            InvalidInput: The provider takes no jobs, or the prompt is empty or too long.
        """
        wish = VideoWish(prompt)
        return await self._derive(Kind.REMIX, owner_id, video_id, wish, idempotency_key, most_micros, key)

    async def edit(
        self,
        owner_id: UUID,
        video_id: UUID,
        prompt: str,
        *,
        idempotency_key: str | None = None,
        most_micros: int | None = None,
        key: KeyGrant | None = None,
    ) -> VideoView:
        """Ask for the same video with a change.

        Raises:
            NotFound: Not the owner's.
            Conflict: It is not finished.
            InvalidInput: The provider edits nothing, or the prompt is empty or too long.
        """
        wish = VideoWish(prompt)
        return await self._derive(Kind.EDIT, owner_id, video_id, wish, idempotency_key, most_micros, key)

    async def extend(
        self,
        owner_id: UUID,
        video_id: UUID,
        prompt: str,
        seconds: str,
        *,
        idempotency_key: str | None = None,
        most_micros: int | None = None,
        key: KeyGrant | None = None,
    ) -> VideoView:
        """Ask for a longer version of a video; only the seconds that are added are paid for.

        Raises:
            NotFound: Not the owner's.
            Conflict: It is not finished.
            InvalidInput: The provider extends nothing, it cannot be extended by so much, or the prompt is
                empty or too long.
        """
        wish = VideoWish(prompt, seconds=seconds)
        return await self._derive(Kind.EXTEND, owner_id, video_id, wish, idempotency_key, most_micros, key)

    async def available(self, owner_id: UUID, video_id: UUID) -> Derivations:
        """Return what may be made from a video once it is finished.

        Raises:
            NotFound: Not the owner's.
        """
        view = await self._view(owner_id, video_id)
        can = {operation: self._catalog.supports(view.provider, operation) for operation in Operation}
        lengths = extension_lengths(view.seconds, await self._extensions(video_id))
        remix = can[Operation.REMIX] or self._catalog.makes(
            view.provider, view.model, view.size, view.seconds
        )
        return Derivations(
            remix=self._offer(view, view.seconds) if remix else None,
            edit=self._offer(view, view.seconds) if can[Operation.EDIT] else None,
            extensions=tuple(
                self._offer(view, str(added)) for added in (lengths if can[Operation.EXTEND] else ())
            ),
            character=can[Operation.CHARACTERS] and character.fits(Size.parse(view.size), int(view.seconds)),
        )

    async def _derive(
        self,
        kind: Kind,
        owner_id: UUID,
        video_id: UUID,
        wish: VideoWish,
        idempotency_key: str | None,
        most_micros: int | None,
        key: KeyGrant | None,
    ) -> VideoView:
        prompt = clean_prompt(wish.prompt)

        async def make() -> VideoRow:
            parent = await self._view(owner_id, video_id, Action.WRITE_VIDEOS, key)
            if parent.phase is not Phase.COMPLETED:
                message = "Another video can be made only from a finished one."
                raise Conflict(message)
            size, options = await self._check(kind, parent)
            seconds = parent.seconds
            if wish.seconds is not None:
                added = check_extension(wish.seconds, seconds, await self._extensions(video_id))
                seconds = str(int(seconds) + added)
            return VideoRow(
                id=new_id(),
                owner_id=owner_id,
                project_id=parent.project_id,
                kind=kind,
                title=title_of(prompt),
                prompt=prompt,
                provider=parent.provider,
                model=parent.model,
                size=size,
                seconds=seconds,
                options=options,
                parent_id=parent.id,
                created_at=self._clock(),
            )

        request = RequestFingerprint.of(owner_id, idempotency_key, wish, kind, video_id)
        return await self._wishes.once(request, wish, make, most_micros, key)

    def _offer(self, view: VideoView, seconds: str) -> Offer:
        price = self._spending.quote(view.provider, view.model, view.size, seconds)
        return Offer(view.provider, int(seconds), price)

    async def _check(self, kind: Kind, parent: VideoView) -> tuple[str, dict[str, Any]]:
        """Make sure that a provider takes such a wish; where it knows no remix, it is asked for a new video.

        That one is of the size that the model makes, and with what was set for its parent, the seed included.

        Raises:
            InvalidInput: It takes no jobs, cannot do this, or makes nothing of that model, size and length.
        """
        if kind is not Kind.REMIX:
            self._catalog.require_operation(parent.provider, _NEEDS[kind])
        elif not self._catalog.supports(parent.provider, Operation.REMIX):
            wish = (parent.provider, parent.model, parent.size, parent.seconds)
            profile, model, size, _ = await self._catalog.choose(*wish)
            return size, {**profile.options(model.id, parent.options)}
        return parent.size, {}

    async def _view(
        self,
        user_id: UUID,
        video_id: UUID,
        action: Action = Action.READ_VIDEOS,
        key: KeyGrant | None = None,
    ) -> VideoView:
        async with self._db.transaction() as tx:
            videos = VideoRepository(tx)
            if key and key.project_id:
                await videos.require_in(user_id, key.project_id, video_id)
            return await videos.view(user_id, video_id, action)

    async def _extensions(self, video_id: UUID) -> int:
        async with self._db.transaction() as tx:
            return await VideoRepository(tx).extensions(video_id)
