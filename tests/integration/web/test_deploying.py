"""The proxies of deploy/ are started as they stand there, and tried."""

import asyncio
import json
import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect

from tests.support.door import Door, open_door
from tests.support.source import ROOT
from tests.support.studio import free_port
from tests.support.waiting import PATIENCE, eventually

_NAME = "studio.example"
_VISITOR = "127.0.0.2"
_FILM = 50 * 1024 * 1024  # bytes


@dataclass(frozen=True)
class Proxy:
    """A proxy that runs in front of a door."""

    port: int
    door: Door

    @property
    def url(self) -> str:
        return f"https://{_NAME}:{self.port}"

    def client(self) -> httpx.AsyncClient:
        """Return a client of the site, by its name, which leads to this machine."""
        transport = _ToThisMachine(verify=_any_certificate(), local_address=_VISITOR)
        return httpx.AsyncClient(transport=transport, base_url=self.url, timeout=PATIENCE)


class _ToThisMachine(httpx.AsyncHTTPTransport):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.extensions["sni_hostname"] = _NAME
        request.url = request.url.copy_with(host="127.0.0.1")
        return await super().handle_async_request(request)


def _any_certificate() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


@contextmanager
def _nginx(folder: Path, port: int, behind: int) -> Iterator[None]:
    certificate, key = folder / "studio.crt", folder / "studio.key"
    subprocess.run(
        [
            *(_program("openssl"), "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt"),
            *("ec_paramgen_curve:prime256v1", "-subj", f"/CN={_NAME}"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    text = _configuration("nginx.conf", behind)
    for theirs, ours in (
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("/etc/ssl/studio.crt", str(certificate)),
        ("/etc/ssl/studio.key", str(key)),
    ):
        assert theirs in text
        text = text.replace(theirs, ours)
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    configuration = folder / "nginx.conf"
    configuration.write_text(f"daemon off; pid {folder}/pid; events {{}} http {{ {temporary} {text} }}")
    with _running([_program("nginx"), "-p", str(folder), "-c", str(configuration), "-e", "stderr"], folder):
        yield


@contextmanager
def _caddy(folder: Path, port: int, behind: int) -> Iterator[None]:
    options = f"admin off\nlocal_certs\nskip_install_trust\nauto_https disable_redirects\nhttps_port {port}\n"
    options += f"storage file_system {folder}/certificates\n"
    configuration = folder / "Caddyfile"
    configuration.write_text(f"{{\n{options}}}\n{_configuration('Caddyfile', behind)}")
    command = [_program("caddy"), "run", "--adapter", "caddyfile", "--config", str(configuration)]
    with _running(command, folder):
        yield


@pytest.fixture(scope="module", params=[_nginx, _caddy], ids=["nginx", "caddy"])
async def proxy(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Proxy]:
    folder, port = tmp_path_factory.mktemp("proxy"), free_port()
    environ = {
        "SORA_STUDIO_PUBLIC_URL": f"https://{_NAME}:{port}",
        "SORA_STUDIO_TRUSTED_PROXIES": "127.0.0.1",  # the visitor is on this machine, too
    }
    async with open_door(environ) as door:
        with request.param(folder, port, door.port):
            proxy = Proxy(port, door)
            await eventually(lambda: _listens(port))
            yield proxy


async def test_a_visitor_is_seen_through_it(proxy: Proxy):
    async with proxy.client() as http:
        forged = {
            "X-Forwarded-For": "203.0.113.9",
            "X-Forwarded-Proto": "http",
            "X-Forwarded-Host": "evil.example",
            "X-Request-ID": "an-id-of-the-visitor",
        }
        seen = (await http.get("/api/users/me", headers=forged)).json()
    assert re.fullmatch("[0-9a-f-]{32,36}", seen["request_id"]), "an id of the proxy's own"
    assert (seen["client"], seen["scheme"], seen["host"]) == (_VISITOR, "https", f"{_NAME}:{proxy.port}")


async def test_a_film_gets_through_it(proxy: Proxy):
    async with proxy.client() as http:
        answer = await http.post(
            "/api/videos/characters", content=bytes(_FILM), headers={"Origin": proxy.url}
        )
    assert answer.json()["bytes"] == _FILM


async def test_an_answer_is_passed_on_as_it_comes(proxy: Proxy):
    async with proxy.client() as http, http.stream("GET", "/halves") as answer:
        parts = answer.aiter_raw()
        assert await anext(parts) == b"one"
        proxy.door.go_on.set()
        assert b"".join([part async for part in parts]) == b"two"
    proxy.door.go_on.clear()


async def test_a_page_opens_its_socket_through_it(proxy: Proxy):
    address = f"wss://{_NAME}:{proxy.port}/_event/"
    there = {"host": "127.0.0.1", "port": proxy.port, "ssl": _any_certificate()}
    headers = {"Cookie": "__Host-sora_session=a; sora_session=b"}
    async with connect(address, origin=proxy.url, additional_headers=headers, **there) as tab:  # pyright: ignore[reportArgumentType] -- headers of any kind
        seen = json.loads(await tab.recv())
    assert (seen["scheme"], seen["cookie"]) == ("wss", "__Host-sora_session=a")


def _configuration(name: str, behind: int) -> str:
    """Return a configuration as it ships, in front of a port of ours."""
    text = (ROOT / "deploy" / name).read_text()
    assert "127.0.0.1:3000" in text
    return text.replace("127.0.0.1:3000", f"127.0.0.1:{behind}")


def _program(name: str) -> str:
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if path is None:
        pytest.fail(f"There is no {name}. Run: sh setup/system.sh", pytrace=False)
    return path


@contextmanager
def _running(command: list[str], folder: Path) -> Iterator[None]:
    with (folder / "log").open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, stdout=output, stderr=output, env={"HOME": str(folder)}
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize(
    ("version", "is_spoken"), [("TLSv1", False), ("TLSv1_1", False), ("TLSv1_2", True), ("TLSv1_3", True)]
)
async def test_it_speaks_no_old_tls(proxy: Proxy, version: str, is_spoken: bool):
    context = _any_certificate()
    context.set_ciphers("ALL:@SECLEVEL=0")  # so that it is the proxy that refuses
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    calling = asyncio.open_connection("127.0.0.1", proxy.port, ssl=context, server_hostname=_NAME)
    try:
        _, writer = await calling
    except (ssl.SSLError, ConnectionError):
        assert not is_spoken
        return
    writer.close()
    assert is_spoken
