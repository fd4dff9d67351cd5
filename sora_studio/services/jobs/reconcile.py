"""Find out what became of submits whose answer was lost, and adopt what the provider took."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from sora_studio.domain import polling
from sora_studio.domain.activity import ActivityKind
from sora_studio.domain.errors import Conflict, ProviderError, ProviderUnavailable
from sora_studio.domain.job import ClaimedJob, JobChange
from sora_studio.domain.ports import Provider, RemoteJob, RemotePage
from sora_studio.domain.problem import Problem, ProblemCode
from sora_studio.domain.profile import Operation, Profile
from sora_studio.domain.video import Phase
from sora_studio.services.catalog import ProviderCatalog
from sora_studio.services.jobs.claims import Claims
from sora_studio.services.jobs.matching import BEFORE, begun, match, may_answer
from sora_studio.services.jobs.task_pool import TaskPool
from sora_studio.services.jobs.transitions import MAX_AGE, change_for, needs_attention

LOOKUPS = 3
PATIENCE = timedelta(seconds=90)
"""A job that is in no list after three looks, so long after its POST, was not taken, as far as lists tell."""

LOOKUPS_TO_BE_SURE = 6
"""So many span as much by themselves. Before a list's word alone has a wish sent again, a server that was
slow to answer has had time to make what we gave up waiting for."""

_PAUSES = (timedelta(seconds=4), timedelta(seconds=15), timedelta(seconds=30))
_PAGES, _PAGE = 10, 100
_PROVIDERS = 1_000
_AWHILE = 1.0  # seconds that a run waits for all providers; slower ones are seen to beside the next runs


class Reconciler:
    """Takes up submits whose answer was lost."""

    def __init__(
        self,
        *,
        claims: Claims,
        catalog: ProviderCatalog,
        on_unsent: Callable[[], None],  # asks for a submit
        on_finished: Callable[[], None],  # asks for an archive run
    ) -> None:
        self._claims, self._catalog = claims, catalog
        self._on_unsent, self._on_finished = on_unsent, on_finished
        self.pool = TaskPool(_PROVIDERS, on_free=lambda: None)  # providers keep nobody from the others

    async def run(self) -> None:
        """Look once for every due unclear submit."""
        by_provider: dict[str, list[ClaimedJob]] = defaultdict(list)
        for job in await self._claims.take(Phase.SUBMIT_UNKNOWN, most=_PAGE):
            by_provider[job.provider].append(job)
        for name, jobs in by_provider.items():
            self.pool.start(self._reconcile(name, jobs))
        await self.pool.idle(patience=_AWHILE)

    async def close(self) -> None:
        """Stop waiting for lists."""
        await self.pool.close(patience=0)

    async def _reconcile(self, name: str, jobs: Sequence[ClaimedJob]) -> None:
        with self._claims.holding(*jobs):
            changes = await self._look(name, jobs)
            for change in changes:
                await self._record(change)
        if any(change.phase is Phase.SUBMITTING for change in changes):
            self._on_unsent()
        if any(change.phase is Phase.SAVING for change in changes):
            self._on_finished()

    async def _look(self, name: str, jobs: Sequence[ClaimedJob]) -> list[JobChange]:
        provider = self._catalog.provider(name)
        if provider is None or Operation.LIST not in provider.profile.operations:
            return [_ask_the_person(job) for job in jobs]
        server = provider.profile.server
        elsewhere = ProviderUnavailable(provider.profile.says_elsewhere, ProblemCode.PROVIDER_ELSEWHERE)
        others = [_not_looked(job, elsewhere) for job in jobs if not job.may_be_at(server)]
        return [*others, *await self._look_at(provider, [job for job in jobs if job.may_be_at(server)])]

    async def _look_at(self, provider: Provider, jobs: Sequence[ClaimedJob]) -> list[JobChange]:
        """Look for jobs that were sent to this very server: no other one's list proves anything."""
        if not jobs:
            return []
        try:
            listed, is_whole = await _list(provider, min(begun(job) for job in jobs) - BEFORE)
        except ProviderError as error:
            return [_not_looked(job, error) for job in jobs]
        name, server = provider.profile.name, provider.profile.server
        sent, known = await self._claims.compare(name, [remote.remote_id for remote in listed])
        sent = tuple(job for job in sent if job.may_be_at(server))
        nobodys = [remote for remote in listed if remote.remote_id not in known]
        pairs = match(jobs, sent, nobodys, provider.profile.card)
        left = [remote for remote in nobodys if remote not in pairs.values()]
        return [
            change_for(job, pairs[job.id], how=ActivityKind.ADOPTED)
            if job.id in pairs
            else _not_found(job, _Doubts(job, sent, left, is_whole=is_whole), provider.profile)
            for job in jobs
        ]

    async def _record(self, change: JobChange) -> None:
        try:
            await self._claims.record([change])
        except Conflict:  # another process adopted it a moment ago
            await self._claims.record([_again(change.job)])


async def _list(provider: Provider, since: datetime) -> tuple[list[RemoteJob], bool]:
    """Read a list back to some time; False: it did not get there, so it does not show everything."""
    found: dict[str, RemoteJob] = {}
    after: str | None = None
    for _ in range(_PAGES):
        page = await provider.list_jobs(after=after, limit=_PAGE)
        known, found = len(found), found | {remote.remote_id: remote for remote in page.jobs}
        if not page.has_more or _ends_before(since, page):
            return [*found.values()], True
        if len(found) == known or page.last_id is None:
            break
        after = page.last_id
    return [*found.values()], False


def _ends_before(since: datetime, page: RemotePage) -> bool:
    """Tell whether everything that follows a page is older still; some servers list the oldest first."""
    times = [remote.created_at for remote in page.jobs if remote.created_at]
    return bool(times) and times[-1] < since and times[-1] <= times[0]


class _Doubts:
    """What speaks against the conclusion that a submit which was not found was not taken."""

    def __init__(
        self, job: ClaimedJob, sent: Iterable[ClaimedJob], left: Iterable[RemoteJob], *, is_whole: bool
    ) -> None:
        """Take what else was sent, what is left of the list, and whether that shows everything."""
        possible = [remote for remote in left if may_answer(remote, job)]
        may_be_there = bool(possible)
        tells_nothing = any(remote.prompt is None for remote in possible)
        others = (other for other in sent if tells_nothing or other.prompt == job.prompt)
        self.will_clear = may_be_there and any(other.phase is Phase.SUBMITTING for other in others)
        self.remain = may_be_there or not is_whole


def _not_found(job: ClaimedJob, doubts: _Doubts, profile: Profile) -> JobChange:
    if job.lookups + 1 < LOOKUPS or job.now - begun(job) < PATIENCE or doubts.will_clear:
        return _again(job)
    if _may_be_sent_again(job, doubts, profile):
        if job.lookups + 1 < LOOKUPS_TO_BE_SURE and not profile.honours_idempotency_key:
            return _again(job)
        return JobChange(
            job,
            phase=Phase.SUBMITTING,
            due_in=timedelta(),
            lookups=0,
            not_sent=True,
            activity_kinds=(ActivityKind.NOT_ACCEPTED,),
        )
    return _ask_the_person(job)


def _may_be_sent_again(job: ClaimedJob, doubts: _Doubts, profile: Profile) -> bool:
    """Tell whether a second POST cannot make a second job.

    Of a job that a person has had looked for again, nobody knows to which server it was sent: another one's
    list, and another one's memory of its key, prove nothing.
    """
    if profile.server and job.server is None:
        return False
    if profile.honours_idempotency_key:
        return not job.failures  # our key's job belongs to an equal wish: this key makes no other
    return profile.list_is_complete and not doubts.remain  # so it was certainly not taken


def _again(job: ClaimedJob) -> JobChange:
    pause = _PAUSES[min(job.lookups, len(_PAUSES) - 1)]
    return JobChange(
        job, due_in=min(pause, polling.ERROR_CEILING), lookups=job.lookups + 1, failures=job.failures
    )


def _not_looked(job: ClaimedJob, error: ProviderError) -> JobChange:
    """Come again after a look that failed: it does not count, but after a day a person has to decide.

    The day begins with the POST, or when the person had it looked for again.
    """
    if job.now - max(begun(job), job.created_at) > MAX_AGE:
        return _ask_the_person(job)
    wait = min(max((job.now - begun(job)) / 2, _PAUSES[0]), polling.ERROR_CEILING)
    if isinstance(error, ProviderUnavailable) and error.retry_after is not None:
        wait = timedelta(seconds=error.retry_after)
    return JobChange(job, due_in=wait, failures=job.failures)


def _ask_the_person(job: ClaimedJob) -> JobChange:
    message = "The server never said whether it accepted this job."
    if job.problem_message:
        message = (
            f"The provider answered “{job.problem_message}” and never said whether it accepted this job."
        )
    return needs_attention(JobChange(job), Problem(ProblemCode.SUBMIT_UNKNOWN, message))
