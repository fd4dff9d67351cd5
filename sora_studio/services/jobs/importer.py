"""Make videos of what a provider lists and no row of ours knows: after a lost database, or a move."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from sora_studio.db.engine import Database
from sora_studio.db.jobs import JobRepository
from sora_studio.db.maintenance import MaintenanceRepository
from sora_studio.db.models import AT_ONCE, JobRow, VideoRow
from sora_studio.db.users import UserRepository
from sora_studio.db.videos import VideoRepository
from sora_studio.domain.activity import ActivityKind
from sora_studio.domain.errors import Conflict, NotFound, ProviderError
from sora_studio.domain.ids import new_id
from sora_studio.domain.job import Charge
from sora_studio.domain.ports import Provider, RemoteJob
from sora_studio.domain.video import TITLE_MAX, Phase, Status, title_of
from sora_studio.services.catalog import ProviderCatalog
from sora_studio.services.people.addresses import spellings
from sora_studio.services.videos.search_words import search_words

_PAGES, _PAGE = 200, 100
_PHASES = {Status.QUEUED: Phase.QUEUED, Status.IN_PROGRESS: Phase.IN_PROGRESS, Status.COMPLETED: Phase.SAVING}


@dataclass
class Imported:
    """What became of a provider's list."""

    videos: list[RemoteJob] = field(default_factory=list[RemoteJob])
    taken_up: int = 0  # videos here that were called lost, and that it lists
    trouble: str = ""  # why it could not be read
    passed_over: Counter[str] = field(default_factory=Counter[str])  # why: how many


class Importer:
    """Gives a person what nobody has."""

    def __init__(self, *, db: Database, catalog: ProviderCatalog) -> None:
        self._db, self._catalog = db, catalog

    async def owner(self, email: str) -> UUID:
        """Return whose e-mail address that is.

        Raises:
            NotFound: Nobody's.
        """
        async with self._db.transaction() as tx:
            found = await UserRepository(tx).find(*spellings(email))
        if found is None:
            message = f"Nobody here has the e-mail address {email}."
            raise NotFound(message)
        return found.account.id

    async def run(self, owner_id: UUID, name: str, *, dry: bool = False) -> Imported:
        """Import what one provider lists; what may be an unclear submit of ours is left to reconcile."""
        provider, done = self._catalog.provider(name), Imported()
        if provider is None:
            return Imported(trouble=f"There is no provider {name!r}.")
        try:
            listed = await _list(provider)
        except ProviderError as error:
            return Imported(trouble=error.message)
        async with self._db.transaction() as tx:
            unclear = await MaintenanceRepository(tx).unclear_prompts(name)  # first: it may become known
            known = await JobRepository(tx).known(name, [remote.remote_id for remote in listed])
            if not dry:
                done.taken_up = await MaintenanceRepository(tx).take_up_lost([name], known)
        for remote in reversed(listed):  # oldest first
            if why := _not_to_import(remote, known, unclear):
                done.passed_over[why] += 1
            elif dry or await self._add(owner_id, provider, remote):
                done.videos.append(remote)
            else:
                done.passed_over["known"] += 1
        return done

    async def _add(self, owner_id: UUID, provider: Provider, remote: RemoteJob) -> bool:
        """Write down one video; False: somebody else just did."""
        video = _video(owner_id, provider, remote)
        job = self._job(provider, video, remote)
        told = (ActivityKind.RENDERED,) if job.phase == Phase.SAVING else ()
        video.search = await search_words(video.title, video.prompt)
        try:
            async with self._db.transaction() as tx:
                await UserRepository(tx).hold(owner_id)
                await VideoRepository(tx).add(video, job)
                await MaintenanceRepository(tx).turned_up(video.provider, video.prompt)
                await MaintenanceRepository(tx).record_activity(video.id, ActivityKind.ADOPTED, *told)
        except Conflict:
            return False
        return True

    def _job(self, provider: Provider, video: VideoRow, remote: RemoteJob) -> JobRow:
        return JobRow(
            id=new_id(),
            video_id=video.id,
            provider=video.provider,
            server=provider.profile.server or None,
            remote_id=remote.remote_id,
            phase=video.phase,
            progress=min(remote.progress or 0, 99),
            remote_status=None if remote.status else remote.status_word,
            price_micros=self._catalog.price(video.provider, video.model, video.size, video.seconds),
            charge=Charge.SETTLED,
            submit_started_at=video.created_at,
            accepted_at=video.created_at,
            rendered_at=_rendered_at(video, remote),
            remote_expires_at=remote.expires_at,
            due_at=AT_ONCE,
        )


async def _list(provider: Provider) -> Sequence[RemoteJob]:
    found: dict[str, RemoteJob] = {}
    after: str | None = None
    for _ in range(_PAGES):
        page = await provider.list_jobs(after=after, limit=_PAGE)
        fresh = {remote.remote_id: remote for remote in page.jobs if remote.remote_id not in found}
        found |= fresh
        if not fresh or not page.has_more or page.last_id is None:
            break
        after = page.last_id
    return [*found.values()]


def _not_to_import(remote: RemoteJob, known: set[str], unclear: set[str]) -> str:
    if remote.remote_id in known:
        return "known"
    if remote.status is Status.FAILED:
        return "failed"
    if remote.prompt is None:  # it may be any of them
        return "unclear" if unclear else ""
    return "unclear" if remote.prompt in unclear else ""


def _video(owner_id: UUID, provider: Provider, remote: RemoteJob) -> VideoRow:
    """Take what the provider says; where it says nothing, what the profile offers first."""
    model = provider.profile.models[0]
    prompt = (remote.prompt or "").strip()
    return VideoRow(
        id=new_id(),
        owner_id=owner_id,
        title=title_of(prompt) or f"Video {remote.remote_id}"[:TITLE_MAX],
        prompt=prompt,
        provider=provider.profile.name,
        model=remote.model or model.id,
        size=remote.size or model.sizes[0],
        seconds=remote.seconds or str(model.seconds[0]),
        phase=_PHASES.get(remote.status, Phase.IN_PROGRESS) if remote.status else Phase.IN_PROGRESS,
        created_at=remote.created_at or datetime.now(UTC),
    )


def _rendered_at(video: VideoRow, remote: RemoteJob) -> datetime | None:
    return (remote.completed_at or video.created_at) if video.phase == Phase.SAVING else None
