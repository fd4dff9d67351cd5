"""A server at its start, where a proxy may stand in front that nobody has named, and at its end."""

import resource

import pytest
from starlette.types import Receive, Scope, Send
from structlog.testing import capture_logs

from sora_studio.config import load
from sora_studio.security_log import SecurityLog
from sora_studio.web.connection_limiter import ConnectionLimiter, ConnectionLimits, raise_file_limit
from sora_studio.web.connections import ServerConfig
from sora_studio.web.proxies import Proxies
from sora_studio.web.quiet_server import QuietServer
from sora_studio.web.server import check_proxies
from tests.support.attacker import files


@pytest.mark.parametrize(
    ("public_url", "host", "proxies", "warned"),
    [
        ("https://studio.example", "0.0.0.0", "", True),  # noqa: S104 -- to be warned of
        ("https://studio.example", "::", "", True),
        ("https://studio.example", "10.0.0.5", "", True),
        ("https://studio.example", "10.0.0.5", "10.0.0.2", False),
        ("https://studio.example", "127.0.0.1", "", False),
        ("https://studio.example", "localhost", "", False),
        ("http://localhost:3000", "0.0.0.0", "", False),  # noqa: S104 -- as above
        ("http://[::1]:3000", "::", "", False),
    ],
)
def test_a_proxy_elsewhere_has_to_be_named(public_url: str, host: str, proxies: str, warned: bool):
    settings = load({"SORA_STUDIO_PUBLIC_URL": public_url, "SORA_STUDIO_TRUSTED_PROXIES": proxies})
    with capture_logs() as log:
        check_proxies(settings, host)
    assert [line["event"] for line in log] == ["no_trusted_proxies"] * warned


def test_as_many_files_as_the_system_allows_may_be_open():
    with files(256):
        most = raise_file_limit()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert soft == min(hard, 65_536)
    assert most.total <= ConnectionLimits.total


async def test_what_a_proxy_has_to_notice_a_stop_in_is_not_added_to_what_requests_have():
    config = ServerConfig(_nothing, ConnectionLimiter(SecurityLog(), Proxies(()), ConnectionLimits()))
    before = config.timeout_graceful_shutdown
    server = QuietServer(config, lambda: 3.0)
    server.should_exit = server.force_exit = True  # the second signal: nobody waits
    await server.main_loop()
    assert (before, config.timeout_graceful_shutdown) == (4, 1)


async def _nothing(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """Answer nobody."""
