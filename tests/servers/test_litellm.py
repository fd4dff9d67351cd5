"""The LiteLLM proxy as a process, between the studio and the sandbox."""

import json
import os
import subprocess
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from sora_studio.cli.main import cli
from sora_studio.config import ProviderSettings
from sora_studio.domain.errors import SubmitUnclear
from sora_studio.domain.ports import Provider, RemoteJob, Submission
from sora_studio.domain.profile import Operation
from sora_studio.domain.video import Kind, Status, Variant
from sora_studio.providers.factory import provider_of
from tests.servers.environments import environment
from tests.support.disorder import made_in_disorder
from tests.support.harness import opened_lab
from tests.support.sandbox import Box, RunningSandbox, running_sandbox
from tests.support.studio import free_port
from tests.support.waiting import comes_true, wait_until

pytestmark = pytest.mark.timeout(1200)  # its packages may have to be fetched first, and it starts slowly

KEY = "sk-of-the-operator"
PROMPT = "a paper boat on a river"


@dataclass
class Gateway:
    """The proxy, and the server that is behind it."""

    base_url: str
    box: RunningSandbox


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    programs, folder = environment("litellm"), tmp_path_factory.mktemp("litellm")
    with running_sandbox(folder / "sandbox", faults=True) as box:
        route = {"model": "openai/sora-2", "api_base": box.base_url, "api_key": "any"}
        config = {
            "model_list": [{"model_name": "sora-2", "litellm_params": route}],
            "general_settings": {"master_key": KEY},
        }
        (folder / "config.yaml").write_text(json.dumps(config))  # JSON is YAML
        port = free_port()
        process = _start(programs, folder, port)
        try:
            wait_until(lambda: _is_up(process, port, folder / "log"), within=240)
            yield Gateway(f"http://127.0.0.1:{port}/v1", box)
        finally:
            process.terminate()
            process.wait(timeout=30)


def _start(programs: Path, folder: Path, port: int) -> subprocess.Popen[bytes]:
    """Start it without anything that would ask the internet."""
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder), "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    arguments = ["--config", folder / "config.yaml", "--host", "127.0.0.1", "--port", str(port)]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            [programs / "litellm", *arguments, "--telemetry", "False"],
            env=environ, cwd=folder, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip


def _is_up(process: subprocess.Popen[bytes], port: int, log: Path) -> bool:
    assert process.poll() is None, log.read_text()[-2000:]
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/liveliness", timeout=20):
            return True
    except (urllib.error.URLError, OSError):
        return False


@pytest.fixture
async def provider(gateway: Gateway) -> AsyncIterator[Provider]:
    """Yield what a bare address makes, once its server is known."""
    gateway.box.clear()
    gateway.box.fault(job="instant")
    made = provider_of(
        ProviderSettings.model_validate({"name": "box", "base_url": gateway.base_url, "api_key": KEY})
    )
    await made.list_models()
    yield made
    await made.close()


def submission() -> Submission:
    return Submission(uuid4(), PROMPT, "sora-2", "1280x720", "4")


async def test_it_is_known_by_what_it_says(provider: Provider):
    async def says_its_version() -> bool:
        await provider.list_models()  # its first answers are slow, and each look asks again
        return provider.profile.software.startswith("LiteLLM 1.110.2")

    await comes_true(says_its_version)
    assert Operation.LIST not in provider.profile.operations
    assert [model.id for model in await provider.list_models()] == ["sora-2"]


async def test_a_video_is_made_once_and_its_file_arrives(gateway: Gateway, provider: Provider):
    before = len(gateway.box.ledger())
    job: RemoteJob = await provider.submit(submission())

    await _completed(provider, job)
    async with provider.content(job.remote_id, Variant.VIDEO) as content:
        film = b"".join([chunk async for chunk in content.chunks])

    assert film[4:8] == b"ftyp"
    assert len(gateway.box.ledger()) == before + 1


@pytest.mark.parametrize("trouble", ["accept-then-502", "accept-then-500", "accept-then-reset"])
async def test_a_lost_answer_is_one_paid_job(gateway: Gateway, provider: Provider, trouble: str):
    """Without our header it sends the create twice more, and each is paid for."""
    before = len(gateway.box.ledger())
    gateway.box.fault(create=trouble, times=1)
    with pytest.raises(SubmitUnclear):
        await provider.submit(submission())

    assert len(gateway.box.ledger()) == before + 1


async def test_whatever_comes_late_twice_and_out_of_order_is_one_job(
    gateway: Gateway, database_url: str, tmp_path: Path
):
    """With the whole studio before the proxy."""
    async with opened_lab(
        Box(gateway.box),
        database_url,
        tmp_path / "data",
        base_url=gateway.base_url,
        api_key=KEY,
        timeouts=None,
    ) as harness:

        async def is_known() -> bool:
            (profile,) = harness.studio.services.videos.profiles()
            return profile.software.startswith("LiteLLM")

        await comes_true(is_known)
        await made_in_disorder(harness)


@pytest.mark.parametrize(("kind", "seconds"), [(Kind.REMIX, "4"), (Kind.EDIT, "4"), (Kind.EXTEND, "8")])
async def test_what_is_like_openai_behind_it_derives_videos(gateway: Gateway, kind: Kind, seconds: str):
    """As an operator says who knows what is behind it."""
    gateway.box.clear()
    gateway.box.fault(job="instant")
    table = {"name": "box", "preset": "litellm", "base_url": gateway.base_url, "api_key": KEY}
    made = provider_of(
        ProviderSettings.model_validate(table | {"operations": {"add": ["remix", "edit", "extend"]}})
    )
    try:
        source = await made.submit(submission())
        await _completed(made, source)
        before = len(gateway.box.ledger())
        derived = await made.submit(replace(submission(), kind=kind, source=source.remote_id))
        await _completed(made, derived)
    finally:
        await made.close()

    (job,) = gateway.box.ledger()[before:]
    assert (job["kind"], job["seconds"]) == (kind, seconds)


async def _completed(provider: Provider, job: RemoteJob) -> None:
    async def is_completed() -> bool:
        return (await provider.fetch(job.remote_id)).status is Status.COMPLETED

    await comes_true(is_completed)


@pytest.mark.parametrize(
    ("key", "status", "words"),
    [(KEY, 0, "cannot be routed by a gateway"), ("sk-wrong", 1, "✗ the key is refused: No connected db.")],
)
def test_the_check_tells_the_truth(gateway: Gateway, tmp_path: Path, key: str, status: int, words: str):
    environ = {"OPENAI_API_KEY": key, "OPENAI_BASE_URL": "", "SORA_STUDIO_PROVIDERS": ""}
    arguments = ["provider", "check", "--url", gateway.base_url, "--data-dir", str(tmp_path)]
    result = CliRunner().invoke(cli, arguments, env=environ)

    assert words in result.output
    assert result.exit_code == status, result.output
