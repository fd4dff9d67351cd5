"""Send each wish exactly once.

"The POST begins" is committed before the first byte leaves. So after a crash, a wish without that mark was
certainly never sent, and one with it has to be looked for in the provider's list before anything else.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta

from sora_studio import metrics
from sora_studio.domain import rate_limit
from sora_studio.domain.activity import ActivityKind
from sora_studio.domain.errors import (
    Conflict,
    FileMissing,
    ProviderRejected,
    ProviderUnavailable,
    StorageError,
    SubmitUnclear,
    Unavailable,
    Unsupported,
)
from sora_studio.domain.inputs import SOURCES
from sora_studio.domain.job import Charge, ClaimedJob, JobChange
from sora_studio.domain.ports import InputFile, Provider, RemoteJob, Storage, Submission
from sora_studio.domain.problem import NO_PROBLEM, Problem, ProblemCode
from sora_studio.domain.profile import Operation
from sora_studio.domain.video import Kind, Phase
from sora_studio.services.catalog import ProviderCatalog
from sora_studio.services.disk_space import DiskSpace
from sora_studio.services.jobs.claims import Claims
from sora_studio.services.jobs.task_pool import TaskPool
from sora_studio.services.jobs.transitions import change_for, failed, problem_of, wait_for

_NEVER_EMULATED = frozenset({Kind.EDIT, Kind.EXTEND})

AT_ONCE = 8
"""Submits under way at a time."""

FIRST_LOOK = timedelta(seconds=1)
"""How soon after a lost answer the provider's list is read for the first time."""

ROOM_PAUSE = timedelta(seconds=5)
"""How soon a wish that waits for room on our disk is taken up again."""

_SOON = timedelta(minutes=1)
_DATABASE_PAUSE = (
    0.2  # seconds: shorter than the interval after which the job would be taken up when its lease is over
)
_PARTING = 4.0  # seconds that POSTs under way have when the studio closes


class Submitter:
    """Takes wishes that were written down to their providers."""

    def __init__(
        self,
        *,
        claims: Claims,
        catalog: ProviderCatalog,
        storage: Storage,
        disk_space: DiskSpace,
        wake: Callable[[], None],  # asks for another run
        on_unclear: Callable[[], None],  # asks for a reconcile
    ) -> None:
        self._claims, self._catalog, self._storage, self._disk_space = claims, catalog, storage, disk_space
        self._wake, self._on_unclear = wake, on_unclear
        self._busy: dict[str, float] = {}  # until when, by the loop's clock
        self.pool = TaskPool(AT_ONCE, on_free=wake)

    async def run(self) -> None:
        """Start as many due submits as there are free places."""
        now = asyncio.get_running_loop().time()
        self._busy = {name: until for name, until in self._busy.items() if until > now}
        places = self._catalog.places() | dict.fromkeys(self._busy, 0)
        for job in await self._claims.take_wishes(most=self.pool.free, places=places):
            self.pool.start(self._work(job))

    async def close(self) -> None:
        """Let submits end; one that is cut off is reconciled after the next start."""
        await self.pool.close(patience=_PARTING)

    async def _work(self, job: ClaimedJob) -> None:
        with self._claims.holding(job):
            await self._submit(job)

    async def _submit(self, job: ClaimedJob) -> None:
        provider = self._catalog.provider(job.provider)
        if job.submit_started_at is not None:  # begun by a process that has ended
            await self._record(_unclear(job))
        elif provider is None:
            await self._record(
                _refused(
                    job, ProblemCode.PROVIDER_MISSING, f"The provider {job.provider} is no longer configured."
                )
            )
        elif trouble := await self._disk_space.trouble():  # nothing is paid for that could not be saved
            await self._record(JobChange(job, due_in=ROOM_PAUSE, failures=job.failures, problem=trouble))
        else:
            await self._send(provider, job)

    async def _send(self, provider: Provider, job: ClaimedJob) -> None:
        """Send a wish, once all that goes with it is at hand: nothing is fetched after "the POST begins"."""
        async with AsyncExitStack() as files:
            try:
                order = await files.enter_async_context(self._order(provider, job))
            except ProviderRejected as error:
                await self._record(_refused(job, error.code, error.message))
            except FileMissing as error:
                await self._record(_refused(job, ProblemCode.INPUT_MISSING, str(error)))
            except StorageError as error:
                trouble = Problem(ProblemCode.DISK_REFUSED, str(error))
                await self._record(JobChange(job, due_in=ROOM_PAUSE, failures=job.failures, problem=trouble))
            else:
                if await self._claims.begin(job, provider.profile.server):
                    await self._record(await self._ask(provider, job, order))

    async def _ask(self, provider: Provider, job: ClaimedJob, order: Submission) -> JobChange:
        try:
            with metrics.SUBMITS.timed(job.provider):
                remote = await _submit_or_emulate(provider, order)
        except SubmitUnclear as error:
            return _unclear(job, error)
        except ProviderUnavailable as error:
            if error.code == ProblemCode.PROVIDER_BUSY and error.retry_after:
                self._leave_alone(job.provider, error.retry_after)
            return _later(job, error)
        except ProviderRejected as error:
            return _refused(job, error.code, error.message)
        return change_for(job, remote, how=ActivityKind.SUBMITTED)

    @asynccontextmanager
    async def _order(self, provider: Provider, job: ClaimedJob) -> AsyncGenerator[Submission]:
        """Have everything that the provider is told together for the block, files included.

        Raises:
            ProviderRejected: What it builds on is not at the provider.
            FileMissing: An input is not in our storage.
            StorageError: Our storage does not hand it out now.
        """
        source = job.parent_remote_id if job.kind is not Kind.CREATE else None
        if job.kind is Kind.REMIX and Operation.REMIX not in provider.profile.operations:
            source = None
        brought = any(each.role in SOURCES for each in job.inputs)
        if job.kind in _NEVER_EMULATED and source is None and not brought:
            message = "The video it builds on is no longer at the provider."
            raise ProviderRejected(message, ProblemCode.SOURCE_MISSING)
        async with AsyncExitStack() as files:
            paths = [
                await files.enter_async_context(self._storage.materialise(each.key)) for each in job.inputs
            ]
            yield Submission(
                job_id=job.id,
                prompt=job.prompt,
                model=job.model,
                size=job.size,
                seconds=job.requested_seconds,
                inputs=tuple(
                    InputFile(each.role, each.content_type, path, each.bytes)
                    for each, path in zip(job.inputs, paths, strict=True)
                ),
                kind=job.kind if source or brought else Kind.CREATE,
                source=source,
                characters=job.characters,
                options=job.options,
            )

    def _leave_alone(self, name: str, seconds: float) -> None:
        """Take no more wishes to a provider whose turns are all taken: hundreds would be refused in vain."""
        self._busy[name] = asyncio.get_running_loop().time() + seconds

    async def _record(self, change: JobChange) -> None:
        """Write down what became of a wish, however long the database is away: only we know its remote id.

        What was written in the moment in which the answer was lost is not written again, nor is anything once
        the lease is over and somebody else looks for the job: the fence sees to both.
        """
        while True:
            try:
                await self._claims.record([change])
                break
            except Conflict:  # the provider gave us an id that it has given us before
                change = replace(_unclear(change.job), failures=1)
            except Unavailable:
                await asyncio.sleep(_DATABASE_PAUSE)
        if change.phase is Phase.SUBMIT_UNKNOWN:
            self._on_unclear()
        if change.phase is None and change.due_in is not None and change.due_in <= _SOON:
            # The periodic task alone would be up to a second late.
            asyncio.get_running_loop().call_later(change.due_in.total_seconds() + 0.01, self._wake)


async def _submit_or_emulate(provider: Provider, submission: Submission) -> RemoteJob:
    """Send an order; where the server knows no remix, ask for a new video: the parent link is ours anyway."""
    try:
        return await provider.submit(submission)
    except Unsupported:
        if submission.kind is not Kind.REMIX:
            raise
        return await provider.submit(replace(submission, kind=Kind.CREATE, source=None))


def _unclear(job: ClaimedJob, error: SubmitUnclear | None = None) -> JobChange:
    """Have it looked for; what the provider did say, however little it helps, is for the person."""
    said = error is not None and error.code not in rate_limit.SILENCE
    problem = Problem(ProblemCode.SUBMIT_UNKNOWN, error.message) if error and said else NO_PROBLEM
    return JobChange(
        job,
        phase=Phase.SUBMIT_UNKNOWN,
        due_in=FIRST_LOOK,
        lookups=0,
        problem=problem,
        activity_kinds=(ActivityKind.UNCLEAR,),
    )


def _later(job: ClaimedJob, error: ProviderUnavailable) -> JobChange:
    change = replace(wait_for(job, error), not_sent=True, problem=problem_of(error))
    is_first = change.failures == 1 and job.failures == 0
    return replace(change, activity_kinds=(ActivityKind.BUSY,) if is_first else ())


def _refused(job: ClaimedJob, code: str, message: str) -> JobChange:
    return failed(JobChange(job, not_sent=True), Problem(code, message), charge=Charge.RELEASED)
