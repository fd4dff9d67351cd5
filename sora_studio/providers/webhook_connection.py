"""Sends webhooks to addresses that people name: through the SSRF guard, once, for fifteen seconds at most."""

import asyncio
from collections.abc import Collection, Mapping
from datetime import timedelta

import httpx2

from sora_studio.domain.errors import ProviderUnavailable
from sora_studio.domain.webhook_messages import SUCCESSES, TIMEOUT, Answer
from sora_studio.providers.external_fetch import ExternalFetcher, Resolve, check_url

_REDIRECTS, _MOST_DIGITS = range(300, 400), 6
_SECONDS = TIMEOUT.total_seconds()
_HEADERS: Mapping[str, str] = {"content-type": "application/json", "user-agent": "sora-studio-webhooks/1"}


class WebhookConnection:
    """Sends them; opened by `HttpWebhookSender` with the first."""

    def __init__(
        self,
        hosts: Collection[str] = (),
        *,
        resolve: Resolve | None = None,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        """Prepare; nothing is opened yet.

        Args:
            hosts: `host` or `host:port` that may be private, and spoken to without TLS.
            resolve: The system's resolver when None.
            transport: What carries requests; a plain one when None.
        """
        self._hosts = frozenset(host.lower() for host in hosts)
        self._fetcher = ExternalFetcher(
            self._hosts, timeout=httpx2.Timeout(_SECONDS), resolve=resolve, transport=transport
        )

    def check(self, url: str) -> str | None:
        """Say what is wrong with an address, as far as it can be seen without asking anybody."""
        try:
            check_url(httpx2.URL(url), self._hosts)
        except httpx2.InvalidURL:
            return "This is not an address."
        except ProviderUnavailable as error:
            return str(error)
        return None

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send one message; of the answer, only status and headers are read."""
        try:
            async with asyncio.timeout(_SECONDS):
                response = await self._fetcher.send(
                    httpx2.URL(url), {**_HEADERS, **headers}, method="POST", body=body
                )
                await response.aclose()
        except TimeoutError:
            return Answer(error=f"No answer within {_SECONDS:.0f} seconds.")
        except ProviderUnavailable as error:
            return Answer(error=str(error))
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            return Answer(error=f"It cannot be reached ({type(error).__name__}).")
        return Answer(response.status_code, _retry_after(response), _why(response.status_code))

    async def close(self) -> None:
        """Let go of the connections."""
        await self._fetcher.close()


def _retry_after(response: httpx2.Response) -> timedelta | None:
    """Read seconds; a date is not believed, as clocks differ."""
    said = response.headers.get("retry-after", "")
    return (
        timedelta(seconds=int(said))
        if said.isascii() and said.isdecimal() and len(said) <= _MOST_DIGITS
        else None
    )


def _why(status_code: int) -> str | None:
    if status_code in SUCCESSES:
        return None
    if status_code in _REDIRECTS:
        return f"It answered {status_code}: redirects are not followed."
    return f"It answered {status_code}."
