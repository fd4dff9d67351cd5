"""How a server is reached: by which certificates, through which proxy, with which query."""

import ssl
import subprocess
from pathlib import Path
from typing import Any

import pytest

from sora_studio.config import ProviderSettings
from sora_studio.config.providers_file import through_proxy
from sora_studio.domain.errors import ProviderUnavailable
from sora_studio.domain.profile import Preset
from sora_studio.domain.video import Variant
from sora_studio.providers.factory import provider_of
from tests.support.scripted import says, scripted_server, sends

LISTED = says({"object": "list", "data": [{"id": "wan"}]})
VIDEO = {"id": "video_1", "object": "video", "status": "queued"}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file with a certificate for this machine, and its key, that no authority has signed."""
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=box"
    alternative = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(path), "-out", "-"]
    made = subprocess.run([*command.split(), *alternative], check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + made.stdout)
    return path


@pytest.fixture
async def secure(certificate: Path):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    async with scripted_server(context) as scripted:
        scripted.on("GET", "/models", LISTED)
        yield scripted


def reached(base_url: str, **more: Any):
    return provider_of(ProviderSettings(name="box", preset=Preset.VLLM_OMNI, base_url=base_url, **more))


async def test_a_certificate_that_nobody_trusts_is_called_one(secure):
    provider = reached(secure.base_url)
    with pytest.raises(ProviderUnavailable, match=r"certificate is not trusted: self-signed certificate\."):
        await provider.list_models()
    await provider.close()
    assert secure.requests == []


async def test_certificates_of_ones_own_are_trusted_beside_the_others(secure, certificate: Path):
    provider = reached(secure.base_url, ca_file=certificate)
    assert [model.id for model in await provider.list_models()] == ["wan"]
    await provider.close()


async def test_the_variable_of_every_program_counts_as_well(secure, certificate: Path, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    provider = reached(secure.base_url)
    assert [model.id for model in await provider.list_models()] == ["wan"]
    await provider.close()


async def test_a_proxy_is_asked_in_the_servers_place(server, monkeypatch):
    """None but the one of the table: the environment's is for the internet, and not for this machine."""
    server.at("GET", "http://gpu.example:8000/v1/models", LISTED)
    proxy = server.base_url.removesuffix("/v1")
    provider = reached("http://gpu.example:8000/v1", proxy=proxy)
    assert [model.id for model in await provider.list_models()] == ["wan"]
    await provider.close()
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    server.on("GET", "/models", LISTED)
    provider = reached(server.base_url)
    assert [model.id for model in await provider.list_models()] == ["wan"]
    await provider.close()


@pytest.mark.parametrize(
    ("environ", "proxy"),
    [
        ({"HTTP_PROXY": "http://proxy:3128"}, "http://proxy:3128"),
        ({"http_proxy": "proxy:3128", "HTTPS_PROXY": "http://other:1"}, "http://proxy:3128"),
        ({"all_proxy": "http://proxy:3128"}, "http://proxy:3128"),
        ({"HTTP_PROXY": "http://proxy:3128", "NO_PROXY": "other.example, .gpu.example"}, None),
        ({"HTTP_PROXY": "http://proxy:3128", "no_proxy": "*"}, None),
        ({"HTTPS_PROXY": "http://proxy:3128"}, None),
        ({}, None),
    ],
)
def test_the_environments_proxy_is_for_who_wants_it(environ: dict[str, str], proxy: str | None):
    table: dict[str, Any] = {"name": "box", "base_url": "http://box.gpu.example:8000/v1"}
    wanting, other = (ProviderSettings(**table, use_env_proxy=wants) for wants in (True, False))
    found = through_proxy(wanting, environ).proxy
    assert (found.get_secret_value() if found else None) == proxy
    assert through_proxy(other, environ).proxy is None


async def test_a_query_goes_with_every_request(server, submission):
    """Beside what the request asks itself."""
    server.on("GET", "/models", LISTED)
    server.on("POST", "/videos", says(VIDEO))
    server.on("GET", "/videos", says({"object": "list", "data": []}))
    server.on("GET", "/videos/video_1/content", sends(b"film"))
    provider = reached(server.base_url, query={"api-version": "preview"})
    await provider.list_models()
    await provider.submit(submission)
    await provider.list_jobs(limit=7)
    async with provider.content("video_1", Variant.VIDEO) as content:
        assert b"".join([chunk async for chunk in content.chunks]) == b"film"
    await provider.close()
    queries = [set(request.target.partition("?")[2].split("&")) for request in server.requests]
    assert all("api-version=preview" in query for query in queries)
    assert queries[2] == {"api-version=preview", "limit=7", "order=desc"}
