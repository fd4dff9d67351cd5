"""The life of a video between our client and the sandbox: both ends of the protocol, for real."""

import asyncio
import time
from dataclasses import replace
from uuid import UUID

import pytest

from sora_studio.domain.errors import ContentRejected, JobNotFound, ProviderMisconfigured, ProviderRejected
from sora_studio.domain.ports import RemoteJob, Submission
from sora_studio.domain.video import Kind, Size, Status, Variant
from sora_studio.providers.presets import SANDBOX
from sora_studio.providers.videos_api import VideosApiProvider
from sora_studio.services.pictures import fit_picture, inspect_video
from tests.support.films import picture
from tests.support.inputs import sent
from tests.support.sandbox import running_sandbox
from tests.support.waiting import PATIENCE

ORDER = Submission(UUID(int=1), "a paper boat on a river", "sora-2", "720x1280", "4")


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    with running_sandbox(tmp_path_factory.mktemp("sandbox"), api_key="sk-sandbox", canned=True) as running:
        yield running


@pytest.fixture
async def provider(sandbox):
    made = VideosApiProvider(SANDBOX, sandbox.base_url, "sk-sandbox")
    yield made
    await made.close()


async def ended(provider: VideosApiProvider, job: RemoteJob) -> RemoteJob:
    """Look at a job until it has come to its end."""
    deadline = time.monotonic() + PATIENCE
    while job.status not in {Status.COMPLETED, Status.FAILED}:
        assert time.monotonic() < deadline, job
        await asyncio.sleep(0.1)
        job = await provider.fetch(job.remote_id)
    return job


async def test_a_video_from_the_submit_to_the_file_and_its_end(provider, tmp_path):
    reference = fit_picture(picture((300, 200), "JPEG"), Size.parse(ORDER.size))
    job = await provider.submit(replace(ORDER, inputs=(sent(tmp_path, reference),)))
    assert job.status in {Status.QUEUED, Status.IN_PROGRESS}
    assert (job.prompt, job.model, job.size, job.seconds) == (
        ORDER.prompt,
        ORDER.model,
        ORDER.size,
        ORDER.seconds,
    )

    page = await provider.list_jobs(limit=20)
    assert [listed.remote_id for listed in page.jobs] == [job.remote_id]
    assert page.has_more is False

    again = await provider.submit(replace(ORDER, inputs=(sent(tmp_path, reference),)))
    assert again.remote_id == job.remote_id, "the idempotency key is not honoured"

    job = await ended(provider, job)
    assert (job.status, job.progress, job.problem) == (Status.COMPLETED, 100, None)
    assert job.expires_at is not None

    path = tmp_path / "video"
    async with provider.content(job.remote_id, Variant.VIDEO) as content:
        assert content.content_type == "video/mp4"
        data = b"".join([chunk async for chunk in content.chunks])
    assert content.length == len(data)
    path.write_bytes(data)
    facts = inspect_video(path)
    assert (facts.width, facts.height) == (720, 1280)
    assert facts.seconds == pytest.approx(4, abs=0.1)

    remix = await provider.submit(
        replace(
            ORDER, job_id=UUID(int=2), prompt="at night", seconds="4", kind=Kind.REMIX, source=job.remote_id
        )
    )
    assert (remix.prompt, remix.size) == ("at night", ORDER.size)

    await provider.delete(job.remote_id)
    await provider.delete(job.remote_id)
    with pytest.raises(JobNotFound):
        await provider.fetch(job.remote_id)


async def test_moderation_in_the_sandboxs_words(provider):
    with pytest.raises(ContentRejected) as caught:
        await provider.submit(replace(ORDER, job_id=UUID(int=3), prompt="a forbidden-test"))
    assert caught.value.message == "Your request was blocked by our moderation system."
    assert caught.value.code == "moderation_blocked"


async def test_moderation_after_a_while(provider):
    job = await provider.submit(replace(ORDER, job_id=UUID(int=4), prompt="a forbidden-late-test"))
    job = await ended(provider, job)
    assert job.status is Status.FAILED
    assert job.problem is not None
    assert job.problem.code == "moderation_blocked"


async def test_a_reference_of_another_size_is_refused(provider, tmp_path):
    wrong = picture((300, 200), "PNG")
    with pytest.raises(ProviderRejected, match="must match the requested width and height"):
        await provider.submit(replace(ORDER, job_id=UUID(int=5), inputs=(sent(tmp_path, wrong),)))


async def test_a_wrong_key(sandbox):
    stranger = VideosApiProvider(SANDBOX, sandbox.base_url, "sk-other")
    with pytest.raises(ProviderMisconfigured):
        await stranger.submit(ORDER)
    await stranger.close()


async def test_the_profile_offers_what_the_sandbox_makes(provider):
    assert await provider.list_models() == SANDBOX.models


async def test_every_choice_of_the_profile_is_taken(provider):
    number = 100
    for model in SANDBOX.models:
        for size in model.sizes:
            for seconds in {model.seconds[0], model.seconds[-1]}:
                number += 1
                choice = {"model": model.id, "size": size, "seconds": str(seconds)}
                job = await provider.submit(replace(ORDER, job_id=UUID(int=number), **choice))
                assert (job.model, job.size, job.seconds) == tuple(choice.values())
                await provider.delete(job.remote_id)


async def test_a_video_goes_on_and_somebody_of_it_appears_in_another(provider, tmp_path):
    """An extension tells its whole length and is made once under its key; so is an edit."""
    source = await ended(provider, await provider.submit(replace(ORDER, job_id=UUID(int=20))))
    extension = replace(
        ORDER, job_id=UUID(int=21), prompt="and on", kind=Kind.EXTEND, source=source.remote_id
    )
    longer = await provider.submit(extension)
    assert (longer.seconds, longer.prompt) == ("8", "and on")
    assert (await provider.submit(extension)).remote_id == longer.remote_id
    edit = replace(ORDER, job_id=UUID(int=22), prompt="by night", kind=Kind.EDIT, source=source.remote_id)
    edited = await provider.submit(edit)
    assert (edited.seconds, edited.size) == (ORDER.seconds, ORDER.size)

    path = tmp_path / "film"
    async with provider.content(source.remote_id, Variant.VIDEO) as content:
        path.write_bytes(b"".join([chunk async for chunk in content.chunks]))
    nova = await provider.create_character("Nova", path, UUID(int=23))
    starring = replace(ORDER, job_id=UUID(int=24), prompt="Nova waves", characters=(nova,))
    assert (await provider.submit(starring)).prompt == "Nova waves"
    with pytest.raises(ProviderRejected):
        await provider.submit(replace(starring, job_id=UUID(int=25), prompt="nobody waves"))
    with pytest.raises(ProviderRejected):
        await provider.submit(replace(extension, job_id=UUID(int=26), source="video_gone"))
