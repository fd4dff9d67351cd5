"""Which names are ours: Host headers, origins and settings, each compared in one spelling."""

import re
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import NamedTuple

_AUTHORITY = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<name>[\w.-]+))(?::(?P<port>\d{0,5}))?", re.ASCII)
_ORIGIN = re.compile(r"(?P<scheme>https?)://(?P<authority>[^/?#@\\]+)", re.IGNORECASE)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_LAST_PORT = 65535


class Authority(NamedTuple):
    """A host in lower case, without brackets and the dot of the root, and its port if it names one."""

    host: str
    port: int | None

    @classmethod
    def parse(cls, text: str) -> "Authority | None":
        """Read what stands in a Host header; None when it is not one host, with or without a port."""
        found = _AUTHORITY.fullmatch(text)
        host = _host(found) if found else None
        if found is None or host is None:
            return None
        port = int(found["port"]) if found["port"] else None
        return cls(host, port) if port is None or port <= _LAST_PORT else None


def is_loopback(host: str) -> bool:
    """Tell whether a host is `localhost` or an address of this machine alone."""
    if _is_address(host):
        return ip_address(host).is_loopback
    return host == "localhost"


class WebOrigin(NamedTuple):
    """Where a page came from: the default port is written out."""

    scheme: str
    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> "WebOrigin | None":
        """Read an Origin header or a URL without a path; None for anything else, `null` included."""
        found = _ORIGIN.fullmatch(text)
        authority = Authority.parse(found["authority"]) if found else None
        return cls.of(found["scheme"].lower(), authority) if found and authority else None

    @classmethod
    def of(cls, scheme: str, authority: Authority) -> "WebOrigin":
        """Return the origin of the pages that are served under a scheme and an authority."""
        port = _DEFAULT_PORTS[scheme] if authority.port is None else authority.port
        return cls(scheme, authority.host, port)

    def __str__(self) -> str:
        """Write it as a browser does."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}"


@dataclass(frozen=True)
class OwnNames:
    """The names that a studio answers to; everything else in a Host header was meant for somebody else.

    An address needs no permission: a page that has its own name point at us (DNS rebinding) cannot send one.
    """

    public: WebOrigin
    allowed: frozenset[str] = frozenset()

    def include(self, authority: Authority) -> bool:
        """Tell whether a request for this host is meant for us."""
        return (
            authority.host in {self.public.host, "localhost"} | self.allowed
            or authority.host.endswith(".localhost")  # RFC 6761 §6.3: always this machine
            or _is_address(authority.host)
        )

    def page_at(self, scheme: str, authority: Authority) -> WebOrigin:
        """Return the origin of our pages under a host that is ours.

        Under a public name with https that is the scheme, whether or not a proxy says so.
        """
        if authority.host == self.public.host and self.public.scheme == "https":
            scheme = "https"
        return WebOrigin.of(scheme, authority)


def ascii_name(text: str) -> str:
    """Write a name as it travels: IDNA for letters beyond ASCII; empty when that cannot be done."""
    try:
        return text if text.isascii() else text.encode("idna").decode()
    except UnicodeError:
        return ""


def _host(found: re.Match[str]) -> str | None:
    """Return a host in one spelling: addresses as the system writes them, names in lower case."""
    if found["six"]:
        try:
            return str(IPv6Address(found["six"]))
        except ValueError:
            return None
    name = found["name"].lower().removesuffix(".")
    return name if name and ".." not in name and not name.startswith(".") else None


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
