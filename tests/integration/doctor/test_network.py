"""The doctor finds what is wrong between people and the studio, and between the studio and its providers."""

import asyncio
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sora_studio.config import ProviderSettings
from sora_studio.doctor import network
from sora_studio.doctor.finding import Finding, Level
from sora_studio.doctor.providers import check_provider
from sora_studio.domain.profile import Preset
from tests.support.scripted import ScriptedServer, says, scripted_server

SEEN: Mapping[str, Any] = {
    "address": "203.0.113.9",
    "scheme": "https",
    "host": "studio.example",
    "forwarded": True,
    "believed": True,
    "build": "abc",
}


def levels(findings: list[Finding]) -> dict[str, Level]:
    return {each.check: each.level for each in findings}


@pytest.fixture
async def server():
    async with scripted_server() as scripted:
        yield scripted


def address(server: ScriptedServer) -> str:
    return server.base_url.removesuffix("/v1")


@pytest.mark.parametrize(
    ("changed", "check"),
    [
        ({"scheme": "http"}, "proxy_scheme"),
        ({"believed": False, "address": "10.0.0.2"}, "proxy_address"),
        ({"forwarded": False, "believed": False, "address": "127.0.0.1"}, "proxy_address"),
    ],
)
def test_a_proxy_that_says_too_little_or_is_not_believed(changed: dict[str, Any], check: str):
    found = levels([*network.compare("https://studio.example", {**SEEN, **changed})])
    assert [name for name, level in found.items() if level is Level.PROBLEM] == [check]


def test_a_proxy_that_says_everything():
    assert {*levels([*network.compare("https://studio.example", dict(SEEN))]).values()} == {Level.OK}


@pytest.mark.parametrize(
    ("status", "words"), [(404, "Something else is at"), (421, "changes the name"), (502, "HTTP 502")]
)
async def test_an_address_that_leads_elsewhere(server: ScriptedServer, status: int, words: str):
    server.at("GET", "/api/doctor", says({}, status))
    found = await network.check_public_address(address(server), "pass")
    assert levels(found)["public_address"] is Level.PROBLEM
    assert words in found[0].text
    assert levels(found)["proxy_scheme"] is Level.SKIPPED
    assert server.requests[0].headers["authorization"] == "Bearer pass"


@pytest.mark.parametrize("body", [{"status": "ok"}, ["ok"], "ok"])
async def test_an_address_that_says_yes_to_everything(server: ScriptedServer, body: Any):
    server.at("GET", "/api/doctor", says(body))
    found = await network.check_public_address(address(server), "pass")
    assert levels(found)["public_address"] is Level.PROBLEM
    assert "Something else is at" in found[0].text


async def test_an_address_that_speaks_no_http():
    async def hello(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        writer.close()

    async with await asyncio.start_server(hello, "127.0.0.1", 0) as mail:
        port = mail.sockets[0].getsockname()[1]
        found = await network.check_public_address(f"http://127.0.0.1:{port}", "pass")
    assert levels(found)["public_address"] is Level.PROBLEM


async def test_an_address_at_which_nobody_is():
    found = await network.check_public_address("http://127.0.0.1:9", "pass")
    assert levels(found)["public_address"] is Level.PROBLEM


async def test_a_proxy_that_knows_no_websockets(server: ScriptedServer):
    server.at("GET", "/_event/", says({}, 400))
    finding = await network.check_socket(address(server))
    assert (finding.level, "HTTP 400" in finding.text) == (Level.PROBLEM, True)


def _certificate(folder: Path, days: int) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=30))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{days}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.mark.parametrize(
    ("days", "trusted", "wanted"),
    [(90, True, Level.OK), (5, True, Level.WARNING), (-1, True, Level.PROBLEM), (90, False, Level.PROBLEM)],
)
async def test_a_certificate_that_ends_soon_or_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int, trusted: bool, wanted: Level
):
    path = _certificate(tmp_path, days)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    async with scripted_server(context) as server:
        url = address(server).replace("127.0.0.1", "localhost")
        assert (await network.check_certificate(url)).level is wanted


async def provider(server: ScriptedServer | str, preset: Preset | None = None) -> dict[str, Level]:
    url = server if isinstance(server, str) else server.base_url
    chosen = ProviderSettings.model_validate({"name": "p", "base_url": url, "preset": preset})
    return levels([finding async for finding in check_provider(chosen)])


MODELS = {"object": "list", "data": [{"id": "m", "object": "model", "owned_by": "kling"}]}


async def test_a_provider_that_does_not_answer():
    assert await provider("http://127.0.0.1:9/v1") == {"provider:p": Level.PROBLEM}


async def test_a_provider_that_refuses_the_key(server: ScriptedServer):
    server.on("GET", "/models", says({"error": {"message": "Wrong key."}}, 401))
    assert (await provider(server))["provider:p"] is Level.PROBLEM


@pytest.mark.parametrize(("status", "wanted"), [(503, Level.PROBLEM), (429, Level.WARNING)])
async def test_a_provider_that_has_trouble_or_is_busy(server: ScriptedServer, status: int, wanted: Level):
    server.on("GET", "/models", says({"error": {"message": "Not now."}}, status))
    assert (await provider(server))["provider:p"] is wanted


async def test_a_provider_that_is_another_server_than_its_table_says(server: ScriptedServer):
    server.on("GET", "/models", says(MODELS, x_new_api_version="v1.0.0"))
    found = await provider(server, Preset.SGLANG)
    assert (found["provider:p"], found["provider_identity:p"]) == (Level.OK, Level.PROBLEM)


@pytest.mark.parametrize(("minutes", "wanted"), [(0, Level.OK), (7, Level.WARNING)])
async def test_a_provider_whose_clock_is_wrong(server: ScriptedServer, minutes: int, wanted: Level):
    date = format_datetime(datetime.now(UTC) + timedelta(minutes=minutes), usegmt=True)
    server.on("GET", "/models", says(MODELS, date=date))
    assert (await provider(server))["provider_clock:p"] is wanted
