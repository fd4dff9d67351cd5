"""Ask providers how due jobs are going: one list page for a hundred of them where the provider can list."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from sora_studio.domain import polling, rate_limit
from sora_studio.domain.activity import ActivityKind
from sora_studio.domain.errors import JobNotFound, ProviderError, ProviderUnavailable
from sora_studio.domain.job import ClaimedJob, JobChange
from sora_studio.domain.ports import Provider, RemoteJob
from sora_studio.domain.problem import Problem, ProblemCode
from sora_studio.domain.profile import Operation
from sora_studio.domain.video import Phase
from sora_studio.services.catalog import ProviderCatalog
from sora_studio.services.jobs.claims import Claims
from sora_studio.services.jobs.durations import Durations
from sora_studio.services.jobs.task_pool import TaskPool
from sora_studio.services.jobs.transitions import (
    change_for,
    is_too_old,
    needs_attention,
    problem_of,
    wait_for,
)

MOST = 1_000
"""Jobs that one run claims at most."""

PAGE = 100
SINGLES = 1
"""Up to so many due jobs are asked for by themselves; a list of more costs one request, too."""

PATIENCE = 1.0
"""Seconds that a run waits for all providers; the answers of slower ones are stored when they come."""

_Answer = asyncio.Task[list[JobChange]]

_PROVIDERS = 1_000
_SOON = timedelta(seconds=30)
_SINGLES_FOR = 2  # seconds' worth of the provider's pace: what one run asks for one by one
_TELL_FROM = 3  # failed looks in a row, or a provider that is left alone, and the person is told
_ASK_FROM = 5  # looks that knew nothing of a job, over two minutes and a half, and the person is asked, too
_ASK_FROM_OF_ALL = 10  # the same, over twelve minutes, where it knows none of several: more likely an outage
_SEVERAL = 2
_PHASES = (Phase.QUEUED, Phase.IN_PROGRESS, Phase.NEEDS_ATTENTION)  # the last: what may still come back


class Refresher:
    """Keeps queued and rendering jobs up to date."""

    def __init__(
        self,
        *,
        claims: Claims,
        catalog: ProviderCatalog,
        wake: Callable[[], None],  # asks for another run
        on_finished: Callable[[], None],
    ) -> None:
        self._claims, self._catalog = claims, catalog
        self._wake, self._on_finished = wake, on_finished
        self._durations = Durations(claims.durations)
        self.pool = TaskPool(_PROVIDERS, on_free=lambda: None)  # providers that let us wait

    async def run(self) -> None:
        """Ask about every due job and store what changed, in a constant number of statements."""
        jobs = await self._claims.take(*_PHASES, most=MOST)
        if not jobs:
            return
        with self._claims.holding(*jobs):
            slow = await self._refresh(jobs)
        for answer, late in slow.items():
            self.pool.start(self._record_later(answer, late))

    async def close(self) -> None:
        """Stop waiting for answers."""
        await self.pool.close(patience=0)

    async def _refresh(self, jobs: Sequence[ClaimedJob]) -> dict[_Answer, list[ClaimedJob]]:
        """Store what comes in time; return what is still to come, and about which jobs."""
        by_provider: dict[str, list[ClaimedJob]] = defaultdict(list)
        for job in jobs:
            by_provider[job.provider].append(job)
        await self._durations.refresh()
        asked = {asyncio.create_task(self._ask(name, theirs)): theirs for name, theirs in by_provider.items()}
        try:
            done, slow = await asyncio.wait(asked, timeout=PATIENCE)
            await self._record(change for answer in done for change in answer.result())
        except BaseException:
            for answer in asked:
                answer.cancel()
            raise
        return {answer: asked[answer] for answer in slow}

    async def _record_later(self, answer: _Answer, jobs: Sequence[ClaimedJob]) -> None:
        with self._claims.holding(*jobs):
            await self._record(await answer)

    async def _record(self, answers: Iterable[JobChange]) -> None:
        changes = [*answers]
        await self._claims.record(changes)
        if any(change.phase is Phase.SAVING for change in changes):
            self._on_finished()
        due = [change.due_in for change in changes if change.due_in and change.due_in <= _SOON]
        if due:  # the periodic task alone would be up to a second late
            asyncio.get_running_loop().call_later(min(due).total_seconds() + 0.01, self._wake)

    async def _ask(self, name: str, jobs: Sequence[ClaimedJob]) -> list[JobChange]:
        provider = self._catalog.provider(name)
        if provider is None:
            problem = Problem(ProblemCode.PROVIDER_MISSING, f"The provider {name} is no longer configured.")
            return [_nobody_to_ask(job, problem) for job in jobs]
        elsewhere = [job for job in jobs if not job.may_be_at(provider.profile.server)]
        problem = Problem(ProblemCode.PROVIDER_ELSEWHERE, provider.profile.says_elsewhere)
        here = [job for job in jobs if job not in elsewhere]
        return [*(_nobody_to_ask(job, problem) for job in elsewhere), *await self._ask_server(provider, here)]

    async def _ask_server(self, provider: Provider, jobs: Sequence[ClaimedJob]) -> list[JobChange]:
        try:
            listed = await _list(provider, jobs) if len(jobs) > SINGLES else {}
        except ProviderError as error:
            return [_later(job, error) for job in jobs]
        server = provider.profile.server
        changes = [
            self._change(job, listed[job.remote_id], server) for job in jobs if job.remote_id in listed
        ]
        rest = [job for job in jobs if job.remote_id not in listed]
        most = max(1, round(provider.profile.rate_limit.per_second * _SINGLES_FOR))
        looked = await asyncio.gather(*(_look(provider, job) for job in rest[:most]))
        absent = [job for job, said in zip(rest, looked, strict=False) if isinstance(said, JobNotFound)]
        ask_from = _ASK_FROM if changes or len(absent) < max(_SEVERAL, len(looked)) else _ASK_FROM_OF_ALL
        outage = await _outage(provider) if any(job.lookups + 1 >= ask_from for job in absent) else None
        for job, said in zip(rest, looked, strict=False):
            if isinstance(said, RemoteJob):
                changes.append(self._change(job, said, server))
            elif isinstance(said, JobNotFound):
                changes.append(_away(job, outage) if outage else _unknown(job, said, ask_from))
            else:
                changes.append(_later(job, said))
        return [*changes, *map(_still_due, rest[most:])]

    def _change(self, job: ClaimedJob, remote: RemoteJob, server: str) -> JobChange:
        how = ActivityKind.RECHECKED if job.phase is Phase.NEEDS_ATTENTION else None  # it was called lost
        change = change_for(job, remote, how=how, history=self._durations.of(job))
        return replace(change, server=server or None)


async def _look(provider: Provider, job: ClaimedJob) -> RemoteJob | ProviderError:
    try:
        return await provider.fetch(job.remote_id or "", model=job.model)
    except ProviderError as error:
        return error


async def _outage(provider: Provider) -> ProviderError | None:
    """Ask a server that does not know jobs whether it is well; what says that it is not, None when it is."""
    try:
        await provider.list_models()
    except ProviderError as error:
        return error
    return None


async def _list(provider: Provider, jobs: Sequence[ClaimedJob]) -> dict[str | None, RemoteJob]:
    """Read as many pages as the jobs may fill, newest first.

    Others' finished jobs may fill any number of pages before them. So where a page shows none of ours, the
    next one begins behind the newest that is missing, which is asked for by itself afterwards.
    """
    found: dict[str | None, RemoteJob] = {}
    if Operation.LIST not in provider.profile.operations:
        return found
    missing = {job.remote_id: None for job in sorted(jobs, key=_taken, reverse=True)}
    anchors, after = iter([*missing]), None
    for _ in range(-(-len(jobs) // PAGE) + 1):
        try:
            page = await provider.list_jobs(after=after, limit=PAGE)
        except ProviderError as error:
            if _is_away(error) and not found:
                raise
            break  # it does not list, or not from there, or not now: the rest is asked for one by one
        shown = {remote.remote_id: remote for remote in page.jobs}
        ours, is_new = missing.keys() & shown.keys(), bool(shown.keys() - found.keys())
        found |= shown
        missing = {remote_id: None for remote_id in missing if remote_id not in shown}
        if not missing or not is_new or not page.has_more or page.last_id is None:
            break
        after = page.last_id if ours else next((each for each in anchors if each in missing), None)
        if after is None:
            break
    return found


def _is_away(error: ProviderError) -> bool:
    """Tell whether whatever else is asked would not be answered either."""
    wants_rest = isinstance(error, ProviderUnavailable) and error.retry_after is not None
    return wants_rest or error.code in {
        ProblemCode.PROVIDER_BUSY,
        ProblemCode.PROVIDER_UNREACHABLE,
        *rate_limit.SILENCE,
    }


def _taken(job: ClaimedJob) -> float:
    return (job.accepted_at or job.created_at).timestamp()


def _still_due(job: ClaimedJob) -> JobChange:
    """Keep its place among those that wait: the one that has been due for longest is looked at first."""
    return JobChange(job, due_in=(job.due_at or job.now) - job.now, failures=job.failures)


def _nobody_to_ask(job: ClaimedJob, problem: Problem) -> JobChange:
    """Wait for the provider to be set up again; after a day a person has to decide."""
    if is_too_old(job):
        return needs_attention(JobChange(job), Problem(ProblemCode.NO_END, problem.message))
    return JobChange(job, due_in=polling.ERROR_CEILING, problem=problem)


def _later(job: ClaimedJob, error: ProviderError) -> JobChange:
    """Come again: one failed look means nothing."""
    change = wait_for(job, error)
    if change.failures > _TELL_FROM and is_too_old(job):
        return needs_attention(
            change,
            Problem(
                ProblemCode.NO_END, f"The provider has not reported on this video for a day: {error.message}"
            ),
        )
    is_worth_telling = change.failures >= _TELL_FROM or change.failures == job.failures
    return replace(change, problem=problem_of(error)) if is_worth_telling else change


def _away(job: ClaimedJob, outage: ProviderError) -> JobChange:
    """Come again to a server that is not well: that it does not know a job tells nothing of the job."""
    if is_too_old(job):
        message = f"The provider has not been itself for a day: {outage.message}"
        return needs_attention(JobChange(job), Problem(ProblemCode.NO_END, message))
    change = JobChange(job, due_in=polling.while_unknown(job.lookups), lookups=job.lookups)
    return replace(change, problem=Problem(ProblemCode.PROVIDER_UNREACHABLE, outage.message))


def _unknown(job: ClaimedJob, error: JobNotFound, ask_from: int) -> JobChange:
    """Go on looking for a job that its provider does not know; after a while the person is asked, too.

    It is never failed for that: absence proves nothing, and what was paid for may be there again any time.
    """
    lookups = job.lookups + 1
    change = JobChange(job, due_in=polling.while_unknown(lookups), lookups=lookups)
    if lookups < ask_from:
        return change
    problem = Problem(ProblemCode.LOST_AT_PROVIDER, f"The provider does not know this video: {error.message}")
    if job.phase is Phase.NEEDS_ATTENTION:
        return replace(change, problem=problem)
    return replace(needs_attention(change, problem), due_in=change.due_in)
