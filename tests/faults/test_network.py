"""F21, F37, F39, F44: the way to the database or to the provider is slow, silent, or breaks."""

import os
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import psutil
import pytest

from sora_studio.domain.errors import Unavailable
from sora_studio.domain.video import Phase, VideoView
from sora_studio.subprocesses.cluster import ROLE
from tests.support.harness import StudioHarness, opened_lab
from tests.support.proxy import Proxy, proxied
from tests.support.sandbox import Box


@pytest.fixture
async def database_way(database_url: str) -> AsyncIterator[Proxy]:
    """A proxy in front of the database."""
    folder = unquote(parse_qs(urlsplit(database_url).query)["host"][0])
    async with proxied(Path(folder) / ".s.PGSQL.5432") as proxy:
        yield proxy


@pytest.fixture
async def far(database_way: Proxy, box: Box, tmp_path: Path) -> AsyncIterator[StudioHarness]:
    """A studio that reaches its database through the proxy."""
    url = f"postgresql://{ROLE}@127.0.0.1:{database_way.port}/{ROLE}"
    async with opened_lab(box, url, tmp_path / "data") as harness:
        yield harness
        database_way.clear()


@pytest.fixture
async def provider_way(box: Box) -> AsyncIterator[Proxy]:
    """A proxy in front of the provider."""
    async with proxied(("127.0.0.1", box.sandbox.port)) as proxy:
        yield proxy


@pytest.fixture
async def remote(
    provider_way: Proxy, box: Box, database_url: str, tmp_path: Path
) -> AsyncIterator[StudioHarness]:
    """A studio that reaches its provider through the proxy."""
    way = f"http://127.0.0.1:{provider_way.port}/v1"
    async with opened_lab(box, database_url, tmp_path / "data", base_url=way) as harness:
        yield harness


async def test_a_database_that_is_far_away(far: StudioHarness, database_way: Proxy):
    """F21: a fiftieth of a second for each answer changes nothing but the time it takes."""
    database_way.latency(0.02)
    await _saved_once(far, await far.ask())


async def test_connections_to_the_database_break_again_and_again(far: StudioHarness, database_way: Proxy):
    """F21, F22: reset on the wire, without a word from the server."""
    views: list[VideoView] = []
    for number in range(5):
        with suppress(Unavailable):  # the person is told, and may ask again
            views.append(await far.ask(f"wish {number}"))
        database_way.reset_peer()
    assert views
    await _go_on(far)
    await _saved_once(far, *views)


async def test_the_database_is_out_of_reach_for_a_while(far: StudioHarness, database_way: Proxy):
    """F21: requests are refused in words, and everything is taken up where it was."""
    view = await far.ask()
    await database_way.down()
    with pytest.raises(Unavailable):
        await far.ask("too late")
    assert (await far.http.get("/readyz")).status_code == 503
    assert (await far.http.get("/livez")).status_code == 200
    database_way.up()
    await _go_on(far)
    await _saved_once(far, view)


async def test_a_server_that_vanishes_without_a_word_is_noticed(far: StudioHarness, database_way: Proxy):
    """F21: after half a minute, by the kernel, on whatever connection: pool, background work, listener."""
    heard = far.studio.db.listen()
    assert await anext(heard) == ""
    await far.studio.db.can_write()
    open_ones = _patience(database_way.port)
    assert len(open_ones) >= 3
    for idle, interval, count, unanswered in open_ones:
        assert idle + interval * count <= 30
        assert unanswered <= 30_000


async def test_a_provider_falls_silent_in_the_middle(remote: StudioHarness, provider_way: Proxy):
    """F44: connections that stay open and say nothing are given up, and new ones are made."""
    await remote.box.fault(video={"set": {"status": "in_progress"}})
    view = await remote.until(await remote.ask(), Phase.IN_PROGRESS)
    provider_way.timeout()
    await remote.wait(lambda: _has_failed(remote, view))
    provider_way.clear()
    await remote.box.clear()
    await _saved_once(remote, view)


async def test_a_file_breaks_off_on_the_wire(remote: StudioHarness, provider_way: Proxy):
    """F37: the connection ends after some bytes, whatever the headers said."""
    await remote.box.fault(content={"delay_ms": 1000})
    view = await remote.until(await remote.ask(), Phase.SAVING)
    provider_way.limit_data(2_000)
    await remote.met(view, lambda seen: seen.problem is not None)
    provider_way.clear()
    await _saved_once(remote, view)


async def test_a_narrow_line_to_the_provider(remote: StudioHarness, provider_way: Proxy):
    """F39: slow is not stuck: whatever still comes is taken."""
    view = await remote.until(await remote.ask(), Phase.SAVING, Phase.COMPLETED)
    provider_way.bandwidth(20_000)
    await _saved_once(remote, view)


def _patience(port: int) -> list[tuple[int, int, int, int]]:
    """Return what our connections to a port ask of the kernel: three for keepalives, then milliseconds."""
    options = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT, socket.TCP_USER_TIMEOUT)
    found: list[tuple[int, int, int, int]] = []
    for each in psutil.Process().net_connections("tcp"):
        if each.raddr and each.raddr.port == port and each.status == psutil.CONN_ESTABLISHED:
            with socket.socket(fileno=os.dup(each.fd)) as ours:
                assert ours.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
                idle, interval, count, unanswered = (ours.getsockopt(socket.IPPROTO_TCP, o) for o in options)
            found.append((idle, interval, count, unanswered))
    return found


async def _go_on(harness: StudioHarness) -> None:
    """Let the leases of what was interrupted be over; the pool may need a moment to notice."""

    async def over() -> bool:
        with suppress(Unavailable):
            await harness.sql("UPDATE job SET lease_until = now() WHERE lease_until IS NOT NULL")
            return True
        return False

    await harness.wait(over, hurry=False)


async def _saved_once(harness: StudioHarness, *views: VideoView) -> None:
    for view in views:
        await harness.see_through(view)
    await harness.audit()


async def _has_failed(harness: StudioHarness, view: VideoView) -> bool:
    return (await harness.row(view)).failures > 0
