"""The connection to one server: the official SDK, told what to show, how long to wait, and never to retry.

The studio has one retry layer, its jobs, and a retried POST may be billed twice. Importing this module loads
the SDK: only `client` does that, at the first call.
"""

import ssl
import warnings
from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path

import httpx2
from openai import AsyncOpenAI

from sora_studio.domain.errors import ProviderMisconfigured
from sora_studio.domain.profile import Profile
from sora_studio.providers.border import Border
from sora_studio.providers.client import Credentials, Route, Timeouts
from sora_studio.providers.content import Files
from sora_studio.providers.external_fetch import NO_REUSE, ExternalFetcher
from sora_studio.providers.redactor import Redactor
from sora_studio.providers.requests import Requests

_NO_KEY = "no-key"  # the SDK insists on one; servers without keys ignore it
# Servers close idle connections after 5 s (uvicorn); a POST that meets the closing would be unclear.
_LIMITS = httpx2.Limits(max_connections=64, max_keepalive_connections=16, keepalive_expiry=3.0)


class Connection:
    """What is kept open for one server: its requests, and its files."""

    def __init__(
        self, profile: Profile, base_url: str, credentials: Credentials, timeouts: Timeouts, route: Route
    ) -> None:
        """Set up the SDK; connects on the first request.

        Raises:
            ProviderMisconfigured: The address is none.
        """
        _silence_deprecation()
        key = credentials.bare_key
        redactor = Redactor(credentials.secrets)
        trusted = _trusted(route.ca_file)
        self._http = _http(credentials, redactor, route, trusted)

        def requests(seconds: float) -> Requests:
            timeout = httpx2.Timeout(seconds, connect=timeouts.connect)
            sdk = AsyncOpenAI(
                base_url=base_url,
                api_key=key or _NO_KEY,
                max_retries=0,
                timeout=timeout,
                http_client=self._http,
            )
            return Requests(sdk, profile)

        reading = httpx2.Timeout(timeouts.content, connect=timeouts.connect)
        try:
            self.making, self.asking = requests(timeouts.submit), requests(timeouts.fetch)
            self._external = ExternalFetcher(
                profile.media_hosts,
                timeout=reading,
                transport=httpx2.AsyncHTTPTransport(verify=trusted, trust_env=False, limits=NO_REUSE),
            )
            self.files = Files(
                self._http,
                self._external,
                httpx2.URL(base_url),
                headers={"Authorization": f"Bearer {key}"} if key else {},
                timeout=reading,
                redactor=redactor,
            )
        except httpx2.InvalidURL as error:
            message = f"{profile.label} is configured with an address that cannot be used."
            raise ProviderMisconfigured(message, "bad_address") from error

    async def close(self) -> None:
        """Let go of everything that is open."""
        await self._http.aclose()
        await self._external.close()


def _trusted(ca_file: Path | None) -> ssl.SSLContext:
    """Return who is trusted: the usual authorities, or `SSL_CERT_FILE` in their place, and those of a file.

    Raises:
        ProviderMisconfigured: The file cannot be read.
    """
    if not ca_file:
        return _authorities(ssl.get_default_verify_paths())  # which know both variables
    context = httpx2.create_ssl_context()
    try:
        context.load_verify_locations(ca_file)
    except OSError as error:
        message = f"The certificates in {ca_file.name} cannot be read."
        raise ProviderMisconfigured(message, "bad_certificates") from error
    return context


@cache
def _authorities(_paths: ssl.DefaultVerifyPaths) -> ssl.SSLContext:
    """Load the usual authorities, which takes 25 ms, once for all providers."""
    return httpx2.create_ssl_context()


def _http(
    credentials: Credentials, redactor: Redactor, route: Route, trusted: ssl.SSLContext
) -> httpx2.AsyncClient:
    """Return the client whose every request shows what the server wants to see."""
    own = {credentials.key_header: credentials.bare_key} if credentials.key_header else {}
    shown = {name.lower(): value for name, value in {**credentials.headers, **own}.items()}
    authorization = shown.get("authorization", "" if own else None)
    return httpx2.AsyncClient(
        headers=shown,
        event_hooks={"request": [partial(_authorize, authorization), partial(_ask_with, route.query)]},
        follow_redirects=False,  # a redirect may carry the key to a stranger
        trust_env=False,  # a proxy for the internet would break servers on this machine
        transport=Border(
            httpx2.AsyncHTTPTransport(verify=trusted, trust_env=False, limits=_LIMITS, proxy=route.proxy),
            redactor,
        ),
    )


async def _authorize(authorization: str | None, request: httpx2.Request) -> None:
    """Put something in the place of the bearer that the SDK insists on: "" is nothing, None leaves it."""
    if authorization:
        request.headers["Authorization"] = authorization
    elif authorization is not None:
        request.headers.pop("Authorization", None)


async def _ask_with(query: Mapping[str, str], request: httpx2.Request) -> None:
    """Add what the server wants to see with each request to its query, which a client's `params` replaces."""
    if query:
        request.url = request.url.copy_merge_params(query)


def _silence_deprecation() -> None:
    """Hide this one warning, which every call would repeat."""
    message = "The Sora API is scheduled to permanently shut down"
    warnings.filterwarnings("ignore", message, DeprecationWarning)
