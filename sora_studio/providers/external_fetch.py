"""The SSRF guard: the one gate to addresses that somebody else names.

That is a server, in a redirect or in a job's `url`, or a person, for webhooks. What they write must not make
the studio talk to machines that only the studio can reach, the metadata service of a cloud above all. So:
https to public addresses, and to nothing else. A name is resolved once, every address that it has is checked,
and the connection goes to a checked address: between the check and the connection nobody can put another
answer (DNS rebinding). Nothing of the provider's goes along: no key, no cookie. An operator may name hosts of
their own network that are fine (`media_hosts`, `SORA_STUDIO_WEBHOOK_HOSTS`).
"""

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import NoReturn

import httpx2

from sora_studio.domain.errors import ProviderUnavailable

Resolve = Callable[[str], Awaitable[Sequence[str]]]
"""Returns every address of a name."""

_LOOKUPS = 32  # names that are asked for at the same time
_PORTS = {"https": 443, "http": 80}
_LONGEST_URL = 8192  # characters; signed addresses are long
_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*")
_NUMBER = re.compile(r"(0x[0-9a-f]*|[0-9]+)")  # as a last label: a resolver may read the whole as an address
_UNICAST, _NAT64 = IPv6Network("2000::/3"), IPv6Network("64:ff9b::/96")
NO_REUSE = httpx2.Limits(max_connections=32, max_keepalive_connections=0)
"""Of connections to hosts that a server names: each is for one name."""


class ExternalFetcher:
    """Sends requests to hosts that somebody else has named."""

    def __init__(
        self,
        hosts: Collection[str] = (),
        *,
        timeout: httpx2.Timeout,
        resolve: Resolve | None = None,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        """Set up the gate; connects on the first call.

        Args:
            hosts: `host` or `host:port`, by name or number: may be private, and spoken to without TLS.
            timeout: For each step of a request.
            resolve: The system's resolver when None.
            transport: What carries requests; a plain one when None.
        """
        self._hosts = frozenset(host.lower() for host in hosts)
        self._timeout = timeout
        self._names = ThreadPoolExecutor(_LOOKUPS, "names")
        self._resolve = resolve or self._ask_system
        # A transport and not a client, which would remember cookies.
        self._transport = transport or httpx2.AsyncHTTPTransport(trust_env=False, limits=NO_REUSE)

    async def send(
        self, url: httpx2.URL, headers: Mapping[str, str], *, method: str = "GET", body: bytes = b""
    ) -> httpx2.Response:
        """Make one request whose answer is still to be read; the caller closes it. No redirect is followed.

        Raises:
            ProviderUnavailable: The studio does not go there (`address_refused`).
            httpx2.HTTPError: It cannot be reached.
        """
        host, port = check_url(url, self._hosts)
        trusted = not self._hosts.isdisjoint(_names(host, port, url.scheme))
        addresses = await self._addresses(host)
        if not trusted:
            for address in addresses:
                _must_be_public(address, host)
        for address in addresses:
            request = httpx2.Request(
                method,
                url.copy_with(host=address),
                headers={**headers, "Host": url.netloc.decode("ascii"), "Connection": "close"},
                content=body or None,
                extensions={"timeout": self._timeout.as_dict(), "sni_hostname": host},
            )
            try:
                response = await self._transport.handle_async_request(request)
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                if address == addresses[-1]:
                    raise
                continue
            response.request = request
            return response
        message = f"The address {host} cannot be reached."
        raise ProviderUnavailable(message, "unreachable")

    async def close(self) -> None:
        """Let go of the connections."""
        await self._transport.aclose()
        self._names.shutdown(wait=False, cancel_futures=True)

    async def _addresses(self, host: str) -> Sequence[str]:
        try:
            return [str(ip_address(host))]
        except ValueError:
            pass
        try:
            addresses = await self._resolve(host)
        except OSError as error:
            message = f"The address {host} cannot be found."
            raise ProviderUnavailable(message, "unreachable") from error
        return addresses or _refuse(host, "it has no address")

    async def _ask_system(self, host: str) -> Sequence[str]:
        """Ask for the addresses of a name in threads of our own.

        A name server that never answers holds one for half a minute, and who names a host may run its name
        server: in the pool that the event loop shares out, passwords and files would wait meanwhile.
        """
        ask = partial(socket.getaddrinfo, host, None, type=socket.SOCK_STREAM)
        found = await asyncio.get_running_loop().run_in_executor(self._names, ask)
        return [*dict.fromkeys(str(entry[4][0]) for entry in found)]


def check_url(url: httpx2.URL, hosts: Collection[str] = ()) -> tuple[str, int]:
    """Check what can be seen of a URL without asking anybody; return its host in ASCII and its port.

    Raises:
        ProviderUnavailable: The studio does not go there.
    """
    host = url.raw_host.decode("ascii").lower()
    shown = host[:100] or "nowhere"
    if url.scheme not in _PORTS:
        _refuse(shown, "it is not an https address")
    port = _PORTS[url.scheme] if url.port is None else url.port
    trusted = not _names(host, port, url.scheme).isdisjoint(hosts)
    if len(str(url)) > _LONGEST_URL:
        _refuse(shown, "it is too long")
    if url.userinfo:
        _refuse(shown, "it carries a name or password")
    if not _is_host(host):
        _refuse(shown, "it has no valid host")
    if not trusted and url.scheme != "https":
        _refuse(shown, "it is not an https address")
    if not trusted and port != _PORTS["https"]:
        _refuse(shown, f"of its port {port}")
    return host, port


def _names(host: str, port: int, scheme: str) -> set[str]:
    """Return the ways in which an operator may have named this host: without a port for the usual one."""
    written = f"[{host}]" if ":" in host else host  # as a URL has it
    return {f"{written}:{port}", *([written, host] if port == _PORTS.get(scheme) else [])}


def _is_host(host: str) -> bool:
    """Tell whether it is an address in its one true spelling, or a name that no resolver takes for one."""
    try:
        ip_address(host)
    except ValueError:
        return bool(_NAME.fullmatch(host)) and not _NUMBER.fullmatch(host.rpartition(".")[2])
    return "%" not in host  # a zone: of a network of ours


def _must_be_public(address: str, host: str) -> None:
    """Make sure that an address, and every address that is wrapped up in it, is the internet's."""
    outer = ip_address(address.partition("%")[0])
    known = isinstance(outer, IPv4Address) or outer in _UNICAST or outer in _NAT64
    if not (known and all(each.is_global and not each.is_multicast for each in (outer, *_wrapped(outer)))):
        _refuse(host, "it is not on the public internet")


def _wrapped(address: IPv4Address | IPv6Address) -> list[IPv4Address]:
    if isinstance(address, IPv4Address):
        return []
    inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64:
        inner.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return [each for each in inner if each is not None]


def _refuse(host: str, why: str) -> NoReturn:
    message = f"The studio does not go to {host}: {why}."
    raise ProviderUnavailable(message, "address_refused")
