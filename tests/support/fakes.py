"""Services in memory, for tests of what stands above them: routes and states.

They keep the promises of `VideoService` and `MediaService` (owners, order, keys, the same errors) without a
database, a provider or a disk of their own.
"""

import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

from PIL import Image, UnidentifiedImageError

from sora_studio.container import Services
from sora_studio.domain.access import Action, require
from sora_studio.domain.account import Identity, KeyGrant, Origin
from sora_studio.domain.activity import Activity
from sora_studio.domain.budget import BudgetNotice, BudgetStatus
from sora_studio.domain.derivations import Derivations, Offer
from sora_studio.domain.errors import (
    Conflict,
    IdempotencyKeyReused,
    InvalidInput,
    NotFound,
    NotSignedIn,
)
from sora_studio.domain.ids import new_id
from sora_studio.domain.inputs import Role, UploadView
from sora_studio.domain.library import Coming, Family, LibraryCounts, LibraryPage, LibraryQuery, SortOrder
from sora_studio.domain.media import MediaFile, file_name
from sora_studio.domain.profile import Profile
from sora_studio.domain.project import ProjectPage
from sora_studio.domain.video import (
    Kind,
    Phase,
    PosterWidth,
    Removal,
    Status,
    Variant,
    VideoView,
    VideoWish,
    clean_prompt,
    title_of,
)
from sora_studio.services.diagnosis import DiagnosisService
from sora_studio.services.health import Health, Reason, ReasonCode
from sora_studio.services.people.authentication import About, AccessRequest
from sora_studio.services.people.vault import Vault
from sora_studio.storage.local import LocalStorage
from tests.support.provider import PROFILE

START = datetime(2026, 11, 1, 12, tzinfo=UTC)
CONTENT_TYPES = {
    Variant.VIDEO: "video/mp4",
    Variant.THUMBNAIL: "image/webp",
    Variant.SPRITESHEET: "image/jpeg",
}


@dataclass
class FakeAccounts:
    """Tokens and whose they are."""

    tokens: dict[str, Identity] = field(default_factory=dict)

    def token(self, user_id: UUID) -> str:
        """Open a session."""
        token = f"token-{len(self.tokens)}"
        self.tokens[token] = Identity(user_id, new_id())
        return token

    async def identify(self, token: str, origin: Origin) -> Identity:
        return self.named(token, origin)

    def named(self, token: str, _origin: Origin) -> Identity:
        if token not in self.tokens:
            message = "Please log in."
            raise NotSignedIn(message)
        return self.tokens[token]


@dataclass
class FakeAuthenticator:
    """The gate of the API, over these accounts."""

    accounts: FakeAccounts

    def read(self, token: str, origin: Origin, *, is_bearer: bool) -> Identity:
        del is_bearer
        return self.accounts.named(token, origin)

    async def verify(self, access: AccessRequest) -> Identity:
        return identity_of(access)

    async def admit(self, identity: Identity, action: Action, about: About) -> None:
        del about  # keys here are for everything
        require(identity, action)


def identity_of(access: AccessRequest) -> Identity:
    """Return who it is, if they may."""
    assert isinstance(access.credential, Identity)
    if access.action is not None:
        require(access.credential, access.action)
    return access.credential


@dataclass
class FakeVideos:
    """Videos in a dictionary, oldest first.

    `wishes` remembers what was asked for; `refusal`, if there is one, is raised instead of an answer.
    """

    profile: Profile = PROFILE
    kept: dict[UUID, VideoView] = field(default_factory=dict)
    deleted: dict[UUID, VideoView] = field(default_factory=dict)
    wishes: list[VideoWish] = field(default_factory=list)
    activities: dict[UUID, list[Activity]] = field(default_factory=dict)
    pictures: set[UUID] = field(default_factory=set)
    refusal: Exception | None = None
    most: list[int | None] = field(default_factory=list)  # the price that each wish was shown
    keys: list[KeyGrant | None] = field(default_factory=list)  # with which they came
    at_once: set[UUID] = field(default_factory=set)  # what was deleted without a way back
    _requests: dict[tuple[UUID, str], tuple[object, UUID]] = field(default_factory=dict)

    def add(
        self, owner_id: UUID, prompt: str = "a paper boat", phase: Phase = Phase.COMPLETED, **more: Any
    ) -> VideoView:
        """Put a video in, a minute after the one before."""
        view = VideoView(
            id=new_id(),
            owner_id=owner_id,
            kind=Kind.CREATE,
            title=title_of(prompt),
            prompt=prompt,
            provider=self.profile.name,
            model="sora-2",
            size="1280x720",
            seconds="4",
            phase=phase,
            progress=100 if phase is Phase.COMPLETED else 0,
            progress_known=True,
            created_at=START + len(self.kept) * timedelta(minutes=1),
            completed_at=START if phase is Phase.COMPLETED else None,
            expires_at=None,
            parent_id=None,
            price_micros=400_000,
            charges=int(phase is Phase.COMPLETED),
            charged_micros=None,
            unclear=int(phase is Phase.SUBMIT_UNKNOWN),
            problem=None,
            remote_status=None,
            sent=phase is not Phase.SUBMITTING,
        )
        self.kept[view.id] = _charged(replace(view, **more))
        return self.kept[view.id]

    def change(self, view: VideoView, **values: Any) -> VideoView:
        """Let a video be otherwise from now on."""
        self.kept[view.id] = _charged(replace(self.kept[view.id], **values))
        return self.kept[view.id]

    def profiles(self) -> tuple[Profile, ...]:
        return (self.profile,)

    def quote(self, provider: str, model: str, size: str, seconds: str) -> int | None:
        assert provider == self.profile.name
        return self.profile.model(model).price(size, seconds)

    async def create(
        self,
        owner_id: UUID,
        wish: VideoWish,
        *,
        idempotency_key: str | None = None,
        most_micros: int | None = None,
        key: KeyGrant | None = None,
    ) -> VideoView:
        self._may_refuse()
        self.keys.append(key)
        prompt = clean_prompt(wish.prompt)
        self.most.append(most_micros)
        for each in wish.inputs:
            if each.upload_id and each.upload_id not in self.pictures:
                message = "There is no such file; upload it again."
                raise InvalidInput(message, each.role.field, "invalid_file_id")
        model, size, seconds = self.profile.choose(wish.model, wish.size, wish.seconds)
        price = model.price(size, seconds)
        more = {"model": model.id, "size": size, "seconds": seconds, "price_micros": price}
        if wish.title:
            more["title"] = wish.title
        return self.once(owner_id, idempotency_key, wish, prompt, **more)

    async def get(self, owner_id: UUID, video_id: UUID) -> VideoView:
        self._may_refuse()
        view = self.kept.get(video_id)
        if view is None or view.owner_id != owner_id:
            message = "There is no such video."
            raise NotFound(message)
        return view

    async def statuses(self, owner_id: UUID, video_ids: Sequence[UUID]) -> tuple[VideoView, ...]:
        mine = {view.id: view for view in self._mine(owner_id)}
        return tuple(mine[video_id] for video_id in dict.fromkeys(video_ids) if video_id in mine)

    async def list_library(
        self, owner_id: UUID, query: LibraryQuery, project_id: UUID | None = None
    ) -> LibraryPage:
        self._may_refuse()
        assert project_id is None, "projects are tested on the real service"
        words = query.search.lower().split()
        found = [
            view
            for view in self._mine(owner_id)
            if (not query.statuses or view.status in query.statuses)
            and (not query.phases or view.phase in query.phases)
            and all(any(text.startswith(word) for text in view.prompt.lower().split()) for word in words)
        ]
        if query.order is SortOrder.NEWEST:
            found.reverse()
        start = 0
        if query.after:
            ids = [view.id for view in found]
            if query.after not in ids:
                message = "There is no video to continue after."
                raise InvalidInput(message, "after")
            start = ids.index(query.after) + 1
        page = found[start : start + query.limit]
        return LibraryPage(tuple(page), has_more=start + query.limit < len(found))

    async def count_library(
        self, owner_id: UUID, search: str = "", project_id: UUID | None = None
    ) -> LibraryCounts:
        page = await self.list_library(
            owner_id, LibraryQuery(search=search, limit=len(self.kept) + 1), project_id
        )
        statuses = [view.status for view in page.videos]
        return LibraryCounts(
            all=len(statuses),
            coming=statuses.count(Status.QUEUED) + statuses.count(Status.IN_PROGRESS),
            completed=statuses.count(Status.COMPLETED),
            failed=statuses.count(Status.FAILED),
        )

    async def coming(self, owner_id: UUID) -> Coming:
        coming = [view for view in self._mine(owner_id) if view.status in {Status.QUEUED, Status.IN_PROGRESS}]
        return Coming(len(coming), sum(view.price_micros or 0 for view in coming))

    async def family(self, owner_id: UUID, video_id: UUID) -> Family:
        child = await self.get(owner_id, video_id)
        parent = self.kept.get(child.parent_id) if child.parent_id else None
        return Family(parent, tuple(view for view in self._mine(owner_id) if view.parent_id == video_id))

    async def activity(self, owner_id: UUID, video_id: UUID) -> tuple[Activity, ...]:
        await self.get(owner_id, video_id)
        return tuple(self.activities.get(video_id, ()))

    async def rename(self, owner_id: UUID, video_id: UUID, title: str) -> VideoView:
        return self.change(await self.get(owner_id, video_id), title=title)

    async def remove(self, owner_id: UUID, video_id: UUID, *, at_once: bool = False) -> Removal:
        view = await self.get(owner_id, video_id)
        self.deleted[video_id] = self.kept.pop(view.id)
        if at_once:
            self.at_once.add(video_id)
        return Removal(unsent=view.waits, may_be_billed=view.may_be_billed)

    async def restore(self, owner_id: UUID, video_id: UUID) -> VideoView:
        if video_id not in self.deleted or self.deleted[video_id].owner_id != owner_id:
            message = "There is no such video."
            raise NotFound(message)
        self.kept[video_id] = self.deleted.pop(video_id)
        return self.kept[video_id]

    async def check_again(self, owner_id: UUID, video_id: UUID) -> VideoView:
        return await self._decide(owner_id, video_id, Phase.SUBMIT_UNKNOWN)

    async def submit_again(self, owner_id: UUID, video_id: UUID, *, key: KeyGrant | None = None) -> VideoView:
        self.keys.append(key)
        return await self._decide(owner_id, video_id, Phase.SUBMITTING)

    async def give_up(self, owner_id: UUID, video_id: UUID) -> VideoView:
        return await self._decide(owner_id, video_id, Phase.FAILED)

    async def _decide(self, owner_id: UUID, video_id: UUID, phase: Phase) -> VideoView:
        view = await self.get(owner_id, video_id)
        if view.phase is not Phase.NEEDS_ATTENTION:
            message = "There is nothing to decide about this video."
            raise Conflict(message)
        return self.change(view, phase=phase)

    def once(self, owner_id: UUID, key: str | None, wish: VideoWish, prompt: str, **more: Any) -> VideoView:
        asked = (wish, more.get("parent_id"))
        if key is not None and (owner_id, key) in self._requests:
            before, video_id = self._requests[owner_id, key]
            if before != asked:
                message = "This idempotency key was already used for another request."
                raise IdempotencyKeyReused(message)
            return self.kept[video_id]
        self.wishes.append(wish)
        view = self.add(owner_id, prompt, Phase.SUBMITTING, **more)
        if key is not None:
            self._requests[owner_id, key] = (asked, view.id)
        return view

    def _mine(self, owner_id: UUID) -> list[VideoView]:
        return [view for view in self.kept.values() if view.owner_id == owner_id]

    def _may_refuse(self) -> None:
        if self.refusal:
            raise self.refusal


def _charged(view: VideoView) -> VideoView:
    """Let each attempt that costs have cost what the last one does."""
    price = view.price_micros
    return replace(view, charged_micros=price * view.charges if price is not None and view.charges else None)


@dataclass
class FakeDerivations:
    """Remixes of the fake's videos."""

    videos: FakeVideos

    async def available(self, owner_id: UUID, video_id: UUID) -> Derivations:
        view = await self.videos.get(owner_id, video_id)
        remix = Offer(view.provider, int(view.seconds), view.price_micros)
        return Derivations(remix=remix, edit=None, extensions=(), character=False)

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
        parent = await self.videos.get(owner_id, video_id)
        if parent.phase is not Phase.COMPLETED:
            message = "Only a finished video can be remixed."
            raise Conflict(message)
        wish = VideoWish(clean_prompt(prompt))
        self.videos.most.append(most_micros)
        self.videos.keys.append(key)
        return self.videos.once(owner_id, idempotency_key, wish, prompt, kind=Kind.REMIX, parent_id=parent.id)


@dataclass
class FakeMedia:
    """Files in a folder that the test gives; only `keep` writes there."""

    videos: FakeVideos
    folder: Path
    files: dict[tuple[UUID, Variant], MediaFile] = field(default_factory=dict)

    def keep(self, view: VideoView, variant: Variant, data: bytes) -> MediaFile:
        """Put a file of a video in."""
        kept = self.write(data, view.title, CONTENT_TYPES[variant])
        self.files[view.id, variant] = kept
        return kept

    async def file_for(
        self, access: AccessRequest, video_id: UUID, variant: Variant, _width: PosterWidth | None
    ) -> MediaFile:
        view = await self.videos.get(identity_of(access).user_id, video_id)
        if view.phase is not Phase.COMPLETED:
            message = "This video is not finished yet."
            raise Conflict(message)
        return self.files[video_id, variant]

    def write(self, data: bytes, title: str, content_type: str) -> MediaFile:
        sha256 = hashlib.sha256(data).hexdigest()
        (self.folder / sha256).write_bytes(data)
        return MediaFile(
            key=sha256,
            open=partial(LocalStorage(self.folder).open, sha256),
            content_type=content_type,
            bytes=len(data),
            sha256=sha256,
            modified_at=datetime.now(UTC),
            filename=file_name(title, content_type),
            width=320,
            height=180,
        )


@dataclass
class FakeUploads:
    """Pictures in the same folder."""

    media: FakeMedia
    kept: dict[UUID, tuple[UUID, UploadView, MediaFile]] = field(default_factory=dict)

    async def add(
        self,
        owner_id: UUID,
        chunks: AsyncIterator[bytes],
        param: str = "file",
        *,
        key: KeyGrant | None = None,
    ) -> UploadView:
        del key  # as above
        data = b"".join([chunk async for chunk in chunks])
        try:
            width, height = Image.open(BytesIO(data)).size
        except UnidentifiedImageError as error:
            message = "This is not an image."
            raise InvalidInput(message, param) from error
        file = self.media.write(data, "upload", "image/png")
        view = UploadView(new_id(), file.content_type, file.bytes, file.sha256, width, height)
        self.media.videos.pictures.add(view.id)
        self.kept[view.id] = owner_id, view, file
        return view

    async def get(self, owner_id: UUID, upload_id: UUID) -> UploadView:
        return self._of(owner_id, upload_id)[0]

    async def file(self, owner_id: UUID, upload_id: UUID, key: KeyGrant | None = None) -> MediaFile:
        del key  # as above
        return self._of(owner_id, upload_id)[1]

    async def reuse(self, owner_id: UUID, video_id: UUID) -> tuple[tuple[Role, UploadView], ...]:
        """Return copies of nothing: no video here was made with anything."""
        del owner_id, video_id
        return ()

    def _of(self, owner_id: UUID, upload_id: UUID) -> tuple[UploadView, MediaFile]:
        owner, view, file = self.kept.get(upload_id, (None, None, None))
        if view is None or file is None or owner != owner_id:
            message = "There is no such file."
            raise NotFound(message)
        return view, file


@dataclass
class FakeHealth:
    """Reasons why the studio cannot serve, or not as it should."""

    found: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    stops: bool = False

    async def look(self) -> Health:
        found, complaints = (
            tuple(Reason(ReasonCode.NO_ROOM, text) for text in texts)
            for texts in (self.found, self.complaints)
        )
        return Health(found, complaints)


class FakeMetrics:
    """What is measured, for who knows the token."""

    token: str | None = None

    def opens(self, token: str | None, *, is_local: bool) -> bool:
        return is_local if self.token is None else token == self.token

    async def read(self) -> bytes:
        return b"sora_studio_ready 1.0\n"


class FakeBudgets:
    """A studio without budgets."""

    async def mine(self, *_: object) -> list[BudgetStatus]:
        return []

    async def notices(self, *_: object) -> list[BudgetNotice]:
        return []

    async def bounding(self, *_: object) -> dict[str, list[BudgetStatus]]:
        return {}


class FakeProjects:
    """A studio in which nobody shares anything."""

    async def page(self, *_: object, **__: object) -> ProjectPage:
        return ProjectPage((), has_more=False)


@dataclass
class FakeStudio:
    """One of each."""

    folder: Path
    accounts: FakeAccounts = field(default_factory=FakeAccounts)
    videos: FakeVideos = field(default_factory=FakeVideos)
    health: FakeHealth = field(default_factory=FakeHealth)
    metrics: FakeMetrics = field(default_factory=FakeMetrics)

    def __post_init__(self) -> None:
        self.authenticator = FakeAuthenticator(self.accounts)
        self.diagnosis = DiagnosisService(Vault.locked_with(bytes(32), lambda: datetime.now(UTC)))
        self.budgets = FakeBudgets()
        self.projects = FakeProjects()
        self.media = FakeMedia(self.videos, self.folder)
        self.uploads = FakeUploads(self.media)
        self.derivations = FakeDerivations(self.videos)

    def services(self) -> Services:
        """Return them as what they stand for; what is not faked is not there."""
        fakes: dict[str, Any] = {part.name: getattr(self, part.name, None) for part in fields(Services)}
        return Services(**fakes)
