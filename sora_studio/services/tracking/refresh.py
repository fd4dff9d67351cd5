"""Ask providers how due jobs are going: one list page for a hundred of them where the provider can list."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from sora_studio.domain import polling
from sora_studio.domain.errors import JobNotFound, ProviderError
from sora_studio.domain.job import ClaimedJob, JobChange
from sora_studio.domain.ports import Provider, RemoteJob
from sora_studio.domain.profile import Operation
from sora_studio.domain.video import Phase, Problem
from sora_studio.services.offers import Offers
from sora_studio.services.tracking.claims import Claims
from sora_studio.services.tracking.reading import change_for, failed, problem_of, wait_for

MOST = 1_000
"""Jobs that one run claims at most."""

PAGE = 100
SINGLES = 3
"""Up to so many due jobs are asked for one by one: a single answer is fresher and carries the poll hint."""

_SINGLES_PER_RUN = 20  # what the list did not show, asked for one by one
_TELL_FROM = 3  # failed looks in a row, or a provider that is left alone, and the person is told
_LOST_LOOKS, _LOST_PAUSE = 4, timedelta(seconds=40)  # three more looks over two minutes after the first 404


class Refresher:
    """Keeps queued and rendering jobs up to date."""

    def __init__(self, *, claims: Claims, offers: Offers, on_finished: Callable[[], None]) -> None:
        """Take the parts; `on_finished` asks for an archive run."""
        self._claims, self._offers, self._on_finished = claims, offers, on_finished

    async def run(self) -> None:
        """Ask about every due job and store what changed, in a constant number of statements."""
        jobs = await self._claims.take(Phase.QUEUED, Phase.IN_PROGRESS, most=MOST)
        with self._claims.holding(*jobs):
            await self._refresh(jobs)

    async def _refresh(self, jobs: Sequence[ClaimedJob]) -> None:
        by_provider: dict[str, list[ClaimedJob]] = defaultdict(list)
        for job in jobs:
            by_provider[job.provider].append(job)
        answers = await asyncio.gather(*(self._ask(name, jobs) for name, jobs in by_provider.items()))
        changes = [change for answer in answers for change in answer]
        await self._claims.record(changes)
        if any(change.phase is Phase.SAVING for change in changes):
            self._on_finished()

    async def _ask(self, name: str, jobs: Sequence[ClaimedJob]) -> list[JobChange]:
        provider = self._offers.provider(name)
        if provider is None:
            return [JobChange(job, due_in=polling.ERROR_CEILING) for job in jobs]
        try:
            listed = await self._list(provider, jobs) if len(jobs) > SINGLES else {}
        except ProviderError as error:
            return [_later(job, error) for job in jobs]
        changes = [change_for(job, listed[job.remote_id]) for job in jobs if job.remote_id in listed]
        rest = [job for job in jobs if job.remote_id not in listed]
        looked = await asyncio.gather(*(_look(provider, job) for job in rest[:_SINGLES_PER_RUN]))
        waiting = [
            JobChange(job, due_in=polling.FLOOR, failures=job.failures) for job in rest[_SINGLES_PER_RUN:]
        ]
        return [*changes, *looked, *waiting]

    async def _list(self, provider: Provider, jobs: Sequence[ClaimedJob]) -> dict[str | None, RemoteJob]:
        if Operation.LIST not in provider.profile.operations:
            return {}
        found: dict[str | None, RemoteJob] = {}
        wanted = {job.remote_id for job in jobs}
        after: str | None = None
        for _ in range(-(-len(jobs) // PAGE)):  # newest first: pending jobs are on the first pages
            page = await provider.list_jobs(after=after, limit=PAGE)
            found |= {remote.remote_id: remote for remote in page.jobs}
            if wanted <= found.keys() or not page.has_more or page.last_id in (None, after):
                break
            after = page.last_id
        return found


async def _look(provider: Provider, job: ClaimedJob) -> JobChange:
    try:
        return change_for(job, await provider.fetch(job.remote_id or ""))
    except ProviderError as error:
        return _later(job, error)


def _later(job: ClaimedJob, error: ProviderError) -> JobChange:
    """One failed look means nothing; a job that is unknown for two minutes is lost."""
    if isinstance(error, JobNotFound):
        if job.looks + 1 >= _LOST_LOOKS:
            problem = Problem(
                "lost_at_provider", f"The provider does not know this video any more: {error.message}"
            )
            return failed(JobChange(job), problem)
        return JobChange(job, due_in=_LOST_PAUSE, looks=job.looks + 1)
    change = wait_for(job, error)
    is_worth_telling = change.failures >= _TELL_FROM or change.failures == job.failures
    return replace(change, problem=problem_of(error)) if is_worth_telling else change
