"""Probes a server with what the studio will ask of it, and says in words what works."""

import asyncio
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from uuid import uuid4

from sora_studio.domain.errors import (
    InvalidInput,
    JobNotFound,
    ProviderError,
    ProviderMisconfigured,
    ProviderUnavailable,
    Unsupported,
)
from sora_studio.domain.money import as_price
from sora_studio.domain.ports import Provider, RemoteJob, Submission
from sora_studio.domain.profile import Model, Operation, Profile
from sora_studio.domain.video import Status, Variant

_NOBODYS = "video_" + "0" * 48
_PATIENCE = 1800.0  # seconds for one video
_PAUSE, _LONGEST_PAUSE = 2.0, 15.0  # seconds between two looks
_IN_VAIN = 10  # looks in a row that a job may be away for, and its file, too: it has been paid for
_HEAD = 12  # bytes in which an MP4 says what it is
_SHOWN = 12  # models


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    text: str
    works: bool | None = None  # None: worth knowing, and no fault
    ends: bool = False  # the server cannot be used


Findings = AsyncGenerator[Finding]


async def check(profile: Profile, provider: Provider, *, spend: bool) -> Findings:
    """Ask a server for everything that costs nothing; with `spend`, for one shortest video, too.

    Args:
        profile: What is configured.
        provider: The same server, allowed to be asked for a list and for models whatever the profile says.
        spend: Have a video made, followed to its file and deleted.

    Yields:
        The findings; after one that `ends`, nothing follows.
    """
    if profile.retired:
        yield Finding(profile.retired, works=False, ends=True)
        return
    try:
        listed = await provider.list_models()
    except ProviderError as error:
        yield _refused(error)
        return
    yield _models(profile, listed)
    for part in (_speaks(provider), _list(profile, provider)):
        async for finding in part:
            yield finding
            if finding.ends:
                return
    yield _format(profile)
    if not spend:
        yield Finding("nothing was made; --spend makes one short video and follows it to its file")
        return
    async for finding in _make(replace(profile, models=_makeable(profile, listed)), provider):
        yield finding


def _refused(error: ProviderError) -> Finding:
    words = "the key or the address is refused"
    if isinstance(error, ProviderUnavailable):
        words = "it does not answer as it should"
    return Finding(f"{words}: {error.message}", works=False, ends=True)


def _makeable(profile: Profile, listed: tuple[Model, ...]) -> tuple[Model, ...]:
    return profile.models if Operation.MODELS not in profile.operations else listed


def _models(profile: Profile, listed: tuple[Model, ...]) -> Finding:
    ids = [model.id for model in _makeable(profile, listed)]
    more = f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
    return Finding(f"reachable; models: {', '.join(ids[:_SHOWN])}{more}", works=True)


async def _speaks(provider: Provider) -> Findings:
    try:
        await provider.fetch(_NOBODYS)
    except JobNotFound as error:
        yield Finding(f"an unknown video is not found: {error.message}", works=True)
    except (ProviderMisconfigured, ProviderUnavailable) as error:
        yield _refused(error)
    except ProviderError as error:
        yield Finding(f"an unknown video is refused: {error.message}")
    else:
        yield Finding("an unknown video is answered as if it existed")


async def _list(profile: Profile, provider: Provider) -> Findings:
    try:
        page = await provider.list_jobs(limit=2)
        following = await provider.list_jobs(after=page.last_id, limit=2) if page.has_more else None
    except Unsupported as error:
        text = f"no list ({error.message}): after a lost answer a person has to decide"
        yield Finding(text, works=False if Operation.LIST in profile.operations else None)
        return
    except ProviderError as error:
        yield Finding(f"no list that can be read: {error.message}", works=False)
        return
    if following is None:
        paging = "a page was enough"
    else:
        repeats = {job.remote_id for job in following.jobs} & {job.remote_id for job in page.jobs}
        paging = "it ignores `after`" if repeats else "it can be paged through"
    unused = "" if Operation.LIST in profile.operations else '; operations.add = ["list"] would use it'
    yield Finding(f"a list: {len(page.jobs)} videos shown, {paging}{_gaps(page.jobs)}{unused}", works=True)


def _gaps(jobs: tuple[RemoteJob, ...]) -> str:
    """Say what is missing in a list that lost submits are looked for in."""
    names = ("prompt", "created_at", "size", "seconds")
    missing = [name for name in names if any(getattr(job, name) is None for job in jobs)]
    return f", without {', '.join(missing)}" if missing else ""


def _format(profile: Profile) -> Finding:
    model = "with the model's name" if profile.sends_model else "without a model's name"
    return Finding(f"videos are asked for in {profile.body.value}, {model}")


async def _make(profile: Profile, provider: Provider) -> Findings:
    try:
        shortest = str(min(profile.models[0].seconds))
        model, size, seconds = profile.choose(None, None, shortest)
        submission = Submission(
            uuid4(), "A paper boat on a calm river, early morning.", model.id, size, seconds
        )
        yield Finding(
            f"asking for {seconds} s of {model.id} at {size}: {as_price(model.price(size, seconds))}"
        )
        job = await provider.submit(submission)
        yield Finding(f"accepted as {job.remote_id}", works=True)
        async for finding in _follow(provider, job):
            yield finding
            if finding.ends:
                return
        async for finding in _read(provider, job.remote_id):
            yield finding
        yield await _delete(profile, provider, job.remote_id)
    except (ProviderError, InvalidInput) as error:
        yield Finding(f"that did not work: {error.message}", works=False, ends=True)


async def _follow(provider: Provider, job: RemoteJob) -> Findings:
    deadline = time.monotonic() + _PATIENCE
    said: set[str] = set()
    in_vain = 0
    while job.status not in {Status.COMPLETED, Status.FAILED}:
        if time.monotonic() > deadline:
            yield Finding("it has not ended after half an hour", works=False, ends=True)
            return
        if job.status_word not in said:
            said.add(job.status_word)
            told = "" if job.progress is None else f", progress {job.progress} %"
            yield Finding(f"it says {job.status_word}{told}", works=job.status is not None)
        await asyncio.sleep(min(job.poll_after or _PAUSE, _LONGEST_PAUSE))
        try:
            job, in_vain = await provider.fetch(job.remote_id), 0
        except (JobNotFound, ProviderUnavailable) as error:
            in_vain += 1
            if in_vain == _IN_VAIN:
                raise
            yield Finding(f"its status could not be read: {error.message}")
    if job.problem and job.status is Status.FAILED:
        yield Finding(f"it failed ({job.problem.code}): {job.problem.message}", works=False, ends=True)


async def _read(provider: Provider, remote_id: str) -> Findings:
    for _ in range(_IN_VAIN - 1):
        try:
            yield await _file(provider, remote_id)
        except (JobNotFound, ProviderUnavailable) as error:
            yield Finding(f"its file did not arrive: {error.message}")
            await asyncio.sleep(_PAUSE)
        else:
            return
    yield await _file(provider, remote_id)


async def _file(provider: Provider, remote_id: str) -> Finding:
    head, length = b"", 0
    async with provider.content(remote_id, Variant.VIDEO) as content:
        async for chunk in content.chunks:
            head = (head + chunk)[:_HEAD]
            length += len(chunk)
    if head[4:8] != b"ftyp":
        return Finding(f"its file of {length:,} bytes is not an MP4", works=False, ends=True)
    return Finding(f"its file arrived: {length:,} bytes of MP4", works=True)


async def _delete(profile: Profile, provider: Provider, remote_id: str) -> Finding:
    if Operation.DELETE not in profile.operations:
        return Finding(f"it is still there: {profile.label} deletes nothing")
    try:
        await provider.delete(remote_id)
    except ProviderError as error:
        return Finding(f"it could not be deleted: {error.message}", works=False)
    return Finding("it is deleted there", works=True)
