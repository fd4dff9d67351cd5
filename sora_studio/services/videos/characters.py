"""What a person does with characters: make, look, let go of.

The protocol has no list of characters. So one whose answer was lost cannot be looked for: the person is
told, and decides whether to make it again.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from uuid import UUID, uuid5

import anyio

from sora_studio.db.characters import CharacterRepository
from sora_studio.db.engine import Database, retry_on_deadlock
from sora_studio.db.models import CharacterRow
from sora_studio.db.provider_queues import ProviderPauses
from sora_studio.db.videos import VideoRepository
from sora_studio.domain import rate_limit
from sora_studio.domain.character import CharacterView, check_film, clean_name
from sora_studio.domain.errors import (
    Conflict,
    InvalidInput,
    LimitReached,
    MediaError,
    ProviderMisconfigured,
    ProviderRejected,
    SubmitUnclear,
    Unsupported,
)
from sora_studio.domain.ids import new_id
from sora_studio.domain.media import FILM_MAX_BYTES
from sora_studio.domain.ports import Clock, Provider, Storage
from sora_studio.domain.profile import Operation
from sora_studio.domain.video import Variant
from sora_studio.services.catalog import ProviderCatalog
from sora_studio.services.pictures import inspect_video
from sora_studio.services.throttle import Throttle
from sora_studio.services.videos.media import MediaService
from sora_studio.services.videos.receiving import receive
from sora_studio.services.videos.wishes import check_key, fingerprint, reused
from sora_studio.services.worker_pool import WorkerPool

Film = AsyncIterator[bytes] | UUID
"""A film on its way in, or a finished video of the owner's."""


_IN_A_WHILE = 5.0  # seconds


class CharacterService:
    """Use cases on one's own characters. Someone else's are not there."""

    def __init__(
        self,
        *,
        db: Database,
        catalog: ProviderCatalog,
        media: MediaService,
        storage: Storage,
        worker_pool: WorkerPool,
        throttle: Throttle,
        clock: Clock,
    ) -> None:
        self._db, self._catalog, self._media, self._storage = db, catalog, media, storage
        self._worker_pool, self._throttle, self._clock = worker_pool, throttle, clock
        self._under_way: set[UUID] = set()  # whose films are being looked at and sent

    async def list_all(self, owner_id: UUID) -> tuple[CharacterView, ...]:
        """Return the owner's characters, oldest first."""
        async with self._db.transaction() as tx:
            return await CharacterRepository(tx).all(owner_id)

    async def get(self, owner_id: UUID, character_id: UUID) -> CharacterView:
        """Return one character.

        Raises:
            NotFound: It is not there, or not the owner's.
        """
        async with self._db.transaction() as tx:
            return await CharacterRepository(tx).view(owner_id, character_id)

    @retry_on_deadlock
    async def remove(self, owner_id: UUID, character_id: UUID) -> None:
        """Forget a character; the provider keeps it, as the protocol has no way to delete one.

        Raises:
            NotFound: It is not there, or not the owner's.
        """
        async with self._db.transaction() as tx:
            await CharacterRepository(tx).remove(owner_id, character_id)

    async def create(
        self,
        owner_id: UUID,
        name: str,
        film: Film,
        *,
        provider: str | None = None,
        idempotency_key: str | None = None,
    ) -> CharacterView:
        """Have a character made from a short film, with one POST; it is there when this returns.

        The same request key returns the character that it made the first time. A person has one made at a
        time, as a film can take long to look at.

        Args:
            owner_id: Whose it will be.
            name: The name that prompts use for it.
            film: 2 to 4 seconds of MP4, or a finished video of the owner's.
            provider: None: the video's own, for an upload the first one that makes characters.
            idempotency_key: None: a character of its own.

        Raises:
            InvalidInput: Name or film are no good, or the provider refuses them.
            NotFound: The video is not the owner's.
            Conflict: The video is not finished, or nobody can tell whether the character was made.
            LimitReached: Another one of theirs is being made, or there were too many in a minute.
            IdempotencyKeyReused: The request key came before with another name, film or provider.
            ProviderError: Nothing was made.
        """
        cleaned = clean_name(name)
        self._throttle.hit("upload", str(owner_id))
        character_id = _id_of(owner_id, idempotency_key)
        if owner_id in self._under_way:
            message = "One of your characters is being made right now."
            raise LimitReached(message, retry_after=_IN_A_WHILE)
        self._under_way.add(owner_id)
        try:
            async with self._received(film) as (source, digest):
                sha256 = fingerprint(name, provider, digest)
                if before := await self._find_existing(owner_id, character_id, sha256):
                    return before
                chosen = await self._choose(owner_id, source, provider)
                async with await self._on_disk(owner_id, source) as path:
                    await self._inspect(path)
                    remote_id = await self._ask(chosen, cleaned, path, character_id)
            return await self._keep(
                CharacterRow(
                    id=character_id,
                    owner_id=owner_id,
                    provider=chosen.profile.name,
                    remote_id=remote_id,
                    name=cleaned,
                    created_at=self._clock(),
                    request_sha256=sha256,
                )
            )
        finally:
            self._under_way.discard(owner_id)

    async def _choose(self, owner_id: UUID, source: Path | UUID, name: str | None) -> Provider:
        if name is None and isinstance(source, UUID):
            async with self._db.transaction() as tx:
                name = (await VideoRepository(tx).view(owner_id, source)).provider
        elif name is None:
            able = [each.name for each in self._catalog.profiles() if Operation.CHARACTERS in each.operations]
            name = able[0] if able else self._catalog.profiles()[0].name
        provider = self._catalog.require_operation(name, Operation.CHARACTERS)
        async with self._db.transaction() as tx:
            if name in await ProviderPauses(tx).all():
                message = f"{provider.profile.label} is paused. Make the character when it goes on."
                raise InvalidInput(message, "provider", "provider_paused")
        return provider

    @asynccontextmanager
    async def _received(self, film: Film) -> AsyncIterator[tuple[Path | UUID, str]]:
        """Have an upload as a file for the block, with its digest; a video's id stands for itself."""
        if isinstance(film, UUID):
            yield film, str(film)
            return
        path = self._storage.spool()
        try:
            received = await receive(path, film, lambda _: FILM_MAX_BYTES, "video")
            yield path, received.sha256
        finally:
            await anyio.Path(path).unlink(missing_ok=True)

    async def _on_disk(self, owner_id: UUID, source: Path | UUID) -> AbstractAsyncContextManager[Path]:
        """Return what has the film on the local disk for a block."""
        if isinstance(source, Path):
            return nullcontext(source)
        film = await self._media.file(owner_id, source, Variant.VIDEO)
        return self._storage.materialise(film.key)

    async def _inspect(self, path: Path) -> None:
        try:
            await self._worker_pool.run(inspect_video, path, check_film)
        except MediaError as error:
            raise InvalidInput(str(error), "video", "invalid_file") from error

    async def _ask(self, provider: Provider, name: str, path: Path, key: UUID) -> str:
        try:
            return await provider.create_character(name, path, key)
        except SubmitUnclear as error:
            silent = error.code in rate_limit.SILENCE
            said = "did not answer" if silent else f"answered “{error.message}”"
            message = (
                f"{provider.profile.label} {said}, and there is no way to tell whether it made "
                f"{name}. Nothing was stored here. You can make it again; it may then exist there twice."
            )
            raise Conflict(message) from error
        except Unsupported as error:
            message = f"{provider.profile.label} cannot make characters."
            raise InvalidInput(message, "provider", "unsupported") from error
        except ProviderMisconfigured:
            raise
        except ProviderRejected as error:  # in its own words
            raise InvalidInput(error.message, "video", error.code) from error

    async def _find_existing(self, owner_id: UUID, character_id: UUID, sha256: str) -> CharacterView | None:
        async with self._db.transaction() as tx:
            made = await CharacterRepository(tx).requested(owner_id, character_id)
        if made and made[1] != sha256:
            raise reused()
        return made[0] if made else None

    @retry_on_deadlock
    async def _keep(self, row: CharacterRow) -> CharacterView:
        async with self._db.transaction() as tx:
            repository = CharacterRepository(tx)
            await repository.add(row)
            return await repository.view(row.owner_id, row.id)


def _id_of(owner_id: UUID, idempotency_key: str | None) -> UUID:
    """Make the id out of the idempotency key: what comes again under it is the same, to the provider, too."""
    if idempotency_key is None:
        return new_id()
    check_key(idempotency_key)
    return uuid5(owner_id, idempotency_key)
