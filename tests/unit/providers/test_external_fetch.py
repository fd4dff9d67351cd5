"""Which addresses the studio goes to when a provider names them."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from sora_studio.domain.errors import ProviderUnavailable
from sora_studio.providers.external_fetch import ExternalFetcher
from tests.support.waiting import PATIENCE

PUBLIC = "93.184.215.14"
NAMES = {
    "cdn.example": [PUBLIC],
    "v6.example": ["2606:2800:21f:cb07:6820:80da:af6b:8b2c"],
    "two.example": [PUBLIC, "2606:2800:21f:cb07:6820:80da:af6b:8b2c"],
    "xn--bcher-kva.example": [PUBLIC],
    "nothing.example": [],
    # Names of strangers that lead home.
    "localhost": ["127.0.0.1", "::1"],
    "loop.example": ["127.0.0.1"],
    "meta.example": ["169.254.169.254"],
    "mixed.example": [PUBLIC, "10.0.0.7"],
    "mapped.example": ["::ffff:10.0.0.7"],
    "ula.example": ["fd00::7"],
    "zoned.example": ["fe80::1%eth0"],
    "minio.internal": ["10.0.0.9"],
}
NUMBERS = (
    "127.1",
    "2130706433",
    "0x7f.1",
    "0x7f000001",
    "017700000001",
    "0177.0.0.1",
    "127.0.1",
    "134744072",
)


class World:
    """A resolver and a network in memory; `reached` is what was connected to."""

    def __init__(self) -> None:
        self.reached: list[httpx2.Request] = []
        self.asked: list[str] = []

    async def resolve(self, host: str) -> list[str]:
        self.asked.append(host)
        if host in NUMBERS:  # as the system's resolver reads them
            return ["127.0.0.1"]
        if host not in NAMES:
            raise OSError("unknown name")
        return NAMES[host]

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        self.reached.append(request)
        return httpx2.Response(200, content=b"film")

    def fetcher(self, *hosts: str) -> ExternalFetcher:
        transport = httpx2.MockTransport(self.answer)
        return ExternalFetcher(hosts, timeout=httpx2.Timeout(5), resolve=self.resolve, transport=transport)


REFUSED = [
    # no https, no host
    "http://cdn.example/x.mp4",
    "ftp://cdn.example/x.mp4",
    "file:///etc/passwd",
    "gopher://cdn.example/",
    "data:video/mp4;base64,AAAA",
    "//cdn.example/x.mp4",
    "/v1/files/x.mp4",
    "https:///x.mp4",
    "https://",
    "",
    # loopback and its spellings
    "https://127.0.0.1/",
    "https://127.8.8.8/",
    *(f"https://{number}/" for number in NUMBERS),
    "https://localhost/",
    "https://localhost./",
    "https://loop.example/",
    "https://[::1]/",
    "https://[::]/",
    "https://0.0.0.0/",
    "https://127。0。0。1/",
    "https://%31%32%37.0.0.1/",
    "https://127.0.0.1./",
    # IPv4 inside IPv6
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:a00:7]/",
    "https://[::ffff:169.254.169.254]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://[2002:7f00:1::]/",
    "https://[2001:0:4136:e378:8000:63bf:80ff:fffe]/",
    # private, link-local, shared, reserved, multicast
    "https://10.0.0.7/",
    "https://172.16.0.1/",
    "https://192.168.1.1/",
    "https://100.64.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://192.0.2.1/",
    "https://198.18.0.1/",
    "https://224.0.0.1/",
    "https://240.0.0.1/",
    "https://255.255.255.255/",
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fd00::7]/",
    "https://[ff02::1]/",
    "https://[2001:db8::1]/",
    "https://meta.example/",
    "https://mixed.example/",
    "https://mapped.example/",
    "https://ula.example/",
    "https://zoned.example/",
    "https://minio.internal/x.mp4",
    "https://nothing.example/",
    "https://unknown.example/",
    # user, port, odd hosts, length
    "https://me@cdn.example/",
    "https://me:secret@cdn.example/",
    "https://cdn.example\\@169.254.169.254/",
    "https://cdn.example:22/",
    "https://cdn.example:8443/",
    "https://cdn.example:80/",
    "https://cdn.example:0/",
    "https://exa mple.com/",
    "https://cdn..example/",
    "https://-cdn.example/",
    "https://cdn_.-x/",
    f"https://cdn.example/{'a' * 9000}",
]


@pytest.mark.parametrize("url", REFUSED)
async def test_it_does_not_go_there(url):
    world = World()
    with pytest.raises((ProviderUnavailable, httpx2.InvalidURL)):
        await world.fetcher().send(httpx2.URL(url), {})
    assert world.reached == []


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://cdn.example/x.mp4?sig=1", PUBLIC),
        ("https://CDN.example:443/x.mp4", PUBLIC),
        ("https://bücher.example/x.mp4", PUBLIC),
        (f"https://{PUBLIC}/x.mp4", PUBLIC),
        ("https://v6.example/x.mp4", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"),
        ("https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/x", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"),
    ],
)
async def test_it_goes_to_the_address_that_it_has_checked(url, address):
    """TLS and the Host header keep to the name."""
    world = World()
    await world.fetcher().send(httpx2.URL(url), {"Range": "bytes=5-"})
    (request,) = world.reached
    wanted = httpx2.URL(url)
    assert request.url.host == address
    assert request.url.raw_path == wanted.raw_path
    assert request.headers["host"] == wanted.netloc.decode()
    assert request.headers["range"] == "bytes=5-"
    assert request.extensions["sni_hostname"] == wanted.raw_host.decode()


async def test_a_name_is_asked_for_once():
    """A second answer, given between check and connection, is never asked for."""
    world = World()
    answers = iter([[PUBLIC], ["127.0.0.1"]])

    async def rebind(_host: str) -> list[str]:
        return next(answers)

    fetcher = ExternalFetcher(
        timeout=httpx2.Timeout(5), resolve=rebind, transport=httpx2.MockTransport(world.answer)
    )
    await fetcher.send(httpx2.URL("https://rebinding.example/x"), {})
    assert [request.url.host for request in world.reached] == [PUBLIC]
    with pytest.raises(ProviderUnavailable):
        await fetcher.send(httpx2.URL("https://rebinding.example/x"), {})


@pytest.mark.parametrize(
    ("hosts", "url", "goes"),
    [
        (["minio.internal"], "https://minio.internal/x", True),
        (["minio.internal"], "http://minio.internal/x", True),
        (["MinIO.internal"], "http://minio.internal/x", True),
        (["minio.internal"], "http://minio.internal:9000/x", False),
        (["minio.internal:9000"], "http://minio.internal:9000/x", True),
        (["minio.internal:9000"], "http://minio.internal/x", False),
        (["minio.internal:9000"], "http://minio.internal:9001/x", False),
        (["minio.internal:9000"], "http://me@minio.internal:9000/x", False),
        (["10.0.0.9:9000"], "http://10.0.0.9:9000/x", True),
        (["10.0.0.9:9000"], "http://minio.internal:9000/x", False),
        (["[fd00::9]:9000"], "http://[fd00::9]:9000/x", True),
        (["[fd00::9]"], "http://[fd00::9]/x", True),
        (["fd00::9"], "https://[fd00::9]/x", True),
        (["fd00::9:9000"], "http://[fd00::9]:9000/x", False),
        (["internal"], "https://minio.internal/x", False),
        (["minio.internal"], "ftp://minio.internal/x", False),
    ],
)
async def test_an_operators_own_hosts(hosts, url, goes):
    world = World()
    if goes:
        await world.fetcher(*hosts).send(httpx2.URL(url), {})
    else:
        with pytest.raises(ProviderUnavailable):
            await world.fetcher(*hosts).send(httpx2.URL(url), {})
    assert len(world.reached) == goes


async def test_the_next_address_is_tried_when_one_is_dead():
    world = World()

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.host == PUBLIC:
            raise httpx2.ConnectError("dead")
        return world.answer(request)

    fetcher = ExternalFetcher(
        timeout=httpx2.Timeout(5), resolve=world.resolve, transport=httpx2.MockTransport(answer)
    )
    await fetcher.send(httpx2.URL("https://two.example/x"), {})
    assert [request.url.host for request in world.reached] == [NAMES["two.example"][1]]
    with pytest.raises(httpx2.ConnectError):
        await fetcher.send(httpx2.URL("https://cdn.example/x"), {})


async def test_names_are_looked_up_while_every_shared_thread_is_busy():
    world, free, loop = World(), threading.Event(), asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(1))
    busy = loop.run_in_executor(None, free.wait)
    fetcher = ExternalFetcher(
        ["localhost"], timeout=httpx2.Timeout(5), transport=httpx2.MockTransport(world.answer)
    )
    try:
        async with asyncio.timeout(PATIENCE):
            assert (await fetcher.send(httpx2.URL("http://localhost/x"), {})).status_code == 200
    finally:
        free.set()
        await busy
        await fetcher.close()
