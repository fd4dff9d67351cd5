"""Probes a server with what the studio will ask of it, and says in words what works."""

import asyncio
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from uuid import uuid4

from sora_studio.domain.errors import (
    InvalidInput,
    JobNotFound,
    ProviderError,
    ProviderUnavailable,
    Unsupported,
)
from sora_studio.domain.money import as_price
from sora_studio.domain.ports import Provider, RemoteJob, Submission
from sora_studio.domain.profile import Model, Operation, Preset, Profile
from sora_studio.domain.video import Status, Variant
from sora_studio.providers.detect import Identity
from sora_studio.providers.fingerprints import Answer
from sora_studio.providers.model_list import with_listed_models
from sora_studio.providers.videos_api import VideosApiProvider
from sora_studio.providers.wire import as_object

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
    proves: bool = False  # only a server that speaks the protocol says so


Findings = AsyncGenerator[Finding]

_GATEWAYS = frozenset({Preset.LITELLM, Preset.NEW_API, Preset.BIFROST})
_REFUSED = frozenset({401, 403})
_OK, _BAD_REQUEST, _NOT_FOUND = 200, 400, 404
_NO_ROUTE = "Not Found"  # what FastAPI says of a path that it does not have
_NO_DATABASE = "No connected db."  # what LiteLLM without a database says of a key that is not its own


async def check(
    profile: Profile,
    provider: VideosApiProvider,
    kind: Preset | None,
    identity: Identity | None,
    *,
    spend: bool,
) -> Findings:
    """Ask a server for everything that costs nothing; with `spend`, for one shortest video, too.

    Args:
        profile: What is configured, or what was found.
        provider: The same server, allowed to be asked for a list and for models whatever the profile says.
        kind: The preset that the table names; None: what was found counts.
        identity: Who the server says it is; None: it is none that is known.
        spend: Have a video made, followed to its file and deleted.

    Yields:
        The findings; after one that `ends`, nothing follows.
    """
    if profile.retired:
        yield Finding(profile.retired, works=False, ends=True)
        return
    yield _who(kind, identity)
    proven = identity is not None
    models = profile.models
    for part in (_models(profile, provider), _speaks(identity, provider), _list(profile, provider)):
        async for finding in part:
            yield finding
            proven = proven or finding.proves
            if finding.ends:
                return
    if not proven:
        text = "nothing here answers as the Videos API does: is the address right, up to and with /v1?"
        yield Finding(text, works=False, ends=True)
        return
    with suppress(ProviderError):
        models = _makeable(profile, await provider.list_models())
    offered = replace(profile, models=models)
    for finding in (_format(profile), *_cards(offered), _price(offered)):
        yield finding
    if not spend:
        yield Finding("nothing was made; --spend makes one short video and follows it to its file")
        return
    async for finding in _make(offered, provider):
        yield finding


def _who(kind: Preset | None, identity: Identity | None) -> Finding:
    """Say which server it is, and whose word that is."""
    if identity is None:
        ours = f"as {kind}, as its table says" if kind else "as any server that speaks the Videos API"
        return Finding(f"it does not say what it is; the studio treats it {ours}")
    if kind is None or kind is identity.kind:
        return Finding(f"it is {identity}", works=True)
    return Finding(f"it looks like {identity}, and is treated as {kind}, as its table says")


def _cards(profile: Profile) -> Iterator[Finding]:
    """Say what is known of the models that are there."""
    for model in profile.models[:_SHOWN]:
        words = profile.says_of(model.id) or "no model card, so nothing is known of it"
        yield Finding(f"{model.id}: {words}")
    if len(profile.models) > _SHOWN:
        yield Finding(f"and {len(profile.models) - _SHOWN} models more; GET /api/models tells all")


def _refused(error: ProviderError) -> Finding:
    words = "the key or the address is refused"
    if isinstance(error, ProviderUnavailable):
        words = "it does not answer as it should"
    return Finding(f"{words}: {error.message}", works=False, ends=True)


def _makeable(profile: Profile, listed: tuple[Model, ...]) -> tuple[Model, ...]:
    return profile.models if Operation.MODELS not in profile.operations else listed


async def _models(profile: Profile, provider: VideosApiProvider) -> Findings:
    """Ask for the models; what is not said there is our guess, and is marked as one."""
    try:
        answer = await provider.look("/models")
    except ProviderError as error:
        yield _refused(error)
        return
    if _is_refusal(answer):
        yield Finding(f"the key is refused: {_words(answer)}", works=False, ends=True)
        return
    is_list = answer.status == _OK and isinstance(as_object(answer.body).get("data"), list)
    with_theirs = with_listed_models(profile, answer.body).models if is_list else profile.models
    ids = [model.id for model in _makeable(profile, with_theirs)]
    more = f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
    shown = ", ".join(ids[:_SHOWN]) + more
    if is_list and as_object(answer.body).get("data"):
        yield Finding(f"reachable; models: {shown}", works=True, proves=True)
    else:
        said = "an empty list of models" if is_list else f"no list of models ({_words(answer)})"
        whose = "of its table" if not profile.guesses_models else "a guess of the studio's"
        yield Finding(f"reachable, with {said}; the form offers {shown}: {whose}", proves=is_list)


def _is_refusal(answer: Answer) -> bool:
    return answer.status in _REFUSED or (answer.status == _BAD_REQUEST and _NO_DATABASE in _words(answer))


def _words(answer: Answer) -> str:
    return answer.error.message if answer.error else ""


async def _speaks(identity: Identity | None, provider: VideosApiProvider) -> Findings:
    """Ask for a video that nobody has: who has the route says so in its own words."""
    try:
        answer = await provider.look(f"/videos/{_NOBODYS}")
    except ProviderError as error:
        yield _refused(error)
        return
    words = _words(answer)
    if _is_refusal(answer):
        yield Finding(f"the key is refused: {words}", works=False, ends=True)
    elif identity and identity.kind in _GATEWAYS:
        yield Finding(f"an unknown video cannot be routed by a gateway, which proves nothing: {words}")
    elif answer.status == _OK:
        yield Finding("an unknown video is answered as if it existed")
    elif not isinstance(answer.body, dict) or (answer.status == _NOT_FOUND and words == _NO_ROUTE):
        yield Finding(f"an unknown video is answered as any unknown address is: {words}", works=False)
    elif answer.status == _NOT_FOUND:
        yield Finding(f"an unknown video is not found: {words}", works=True, proves=True)
    else:
        yield Finding(f"an unknown video is refused with HTTP {answer.status}: {words}")


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
    text = f"a list: {len(page.jobs)} videos shown, {paging}{_gaps(page.jobs)}{unused}"
    yield Finding(text, works=True, proves=True)


def _gaps(jobs: tuple[RemoteJob, ...]) -> str:
    """Say what is missing in a list that lost submits are looked for in."""
    names = ("prompt", "created_at", "size", "seconds")
    missing = [name for name in names if any(getattr(job, name) is None for job in jobs)]
    return f", without {', '.join(missing)}" if missing else ""


def _format(profile: Profile) -> Finding:
    model = "with the model's name" if profile.sends_model else "without a model's name"
    return Finding(f"videos are asked for in {profile.body.value}, {model}")


def _shortest(profile: Profile) -> tuple[Model, str, str]:
    """Choose the shortest video of the first model.

    Raises:
        InvalidInput: The provider would refuse it.
    """
    return profile.choose(None, None, str(min(profile.models[0].seconds)))


def _price(profile: Profile) -> Finding:
    try:
        model, size, seconds = _shortest(profile)
    except InvalidInput as error:
        return Finding(f"no video can be asked for: {error}", works=False)
    micros = model.price(size, seconds)
    price = "an unknown price" if micros is None else f"{as_price(micros)}, by the studio's own price list"
    return Finding(f"{seconds} s of {model.id} at {size} would be asked for, at {price}")


async def _make(profile: Profile, provider: Provider) -> Findings:
    try:
        model, size, seconds = _shortest(profile)
        submission = Submission(
            uuid4(), "A paper boat on a calm river, early morning.", model.id, size, seconds
        )
        yield Finding(
            f"asking for {seconds} s of {model.id} at {size}: {as_price(model.price(size, seconds))}"
        )
        job = await provider.submit(submission)
        yield Finding(f"accepted as {job.remote_id}", works=True)
        async for finding in _follow(provider, job, model.id):
            yield finding
            if finding.ends:
                return
        async for finding in _read(provider, job.remote_id, model.id):
            yield finding
        yield await _delete(profile, provider, job.remote_id, model.id)
    except (ProviderError, InvalidInput) as error:
        yield Finding(f"that did not work: {error.message}", works=False, ends=True)


async def _follow(provider: Provider, job: RemoteJob, model: str) -> Findings:
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
            job, in_vain = await provider.fetch(job.remote_id, model=model), 0
        except (JobNotFound, ProviderUnavailable) as error:
            in_vain += 1
            if in_vain == _IN_VAIN:
                raise
            yield Finding(f"its status could not be read: {error.message}")
    if job.problem and job.status is Status.FAILED:
        yield Finding(f"it failed ({job.problem.code}): {job.problem.message}", works=False, ends=True)


async def _read(provider: Provider, remote_id: str, model: str) -> Findings:
    for _ in range(_IN_VAIN - 1):
        try:
            yield await _file(provider, remote_id, model)
        except (JobNotFound, ProviderUnavailable) as error:
            yield Finding(f"its file did not arrive: {error.message}")
            await asyncio.sleep(_PAUSE)
        else:
            return
    yield await _file(provider, remote_id, model)


async def _file(provider: Provider, remote_id: str, model: str) -> Finding:
    head, length = b"", 0
    async with provider.content(remote_id, Variant.VIDEO, model=model) as content:
        async for chunk in content.chunks:
            head = (head + chunk)[:_HEAD]
            length += len(chunk)
    if head[4:8] != b"ftyp":
        return Finding(f"its file of {length:,} bytes is not an MP4", works=False, ends=True)
    return Finding(f"its file arrived: {length:,} bytes of MP4", works=True)


async def _delete(profile: Profile, provider: Provider, remote_id: str, model: str) -> Finding:
    if Operation.DELETE not in profile.operations:
        return Finding(f"it is still there: {profile.label} deletes nothing")
    try:
        await provider.delete(remote_id, model=model)
    except ProviderError as error:
        return Finding(f"it could not be deleted: {error.message}", works=False)
    return Finding("it is deleted there", works=True)
