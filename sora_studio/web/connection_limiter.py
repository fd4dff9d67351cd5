"""Everybody who is connected: how many there may be, and who goes when there is no room."""

import asyncio
import resource
from collections import Counter
from dataclasses import dataclass

from sora_studio.domain.account import network_of
from sora_studio.domain.address import address_of
from sora_studio.domain.audit import Result
from sora_studio.security_log import SecurityLog
from sora_studio.web.proxies import Proxies

_WANTED_FILES = 65_536
_FILES_OF_OURS = 256
"""Descriptors that connections leave for the database, the videos and the children."""


@dataclass(frozen=True)
class ConnectionLimits:
    """How many may be open at a time."""

    total: int = 4000
    per_network: int = 1000
    """From one address (IPv6: one /64) that is no proxy of ours: all its visitors come from there."""


class ConnectionLimiter:
    """Counts connections. Nobody fills the room by saying nothing: the one silent for longest goes first."""

    def __init__(self, security_log: SecurityLog, proxies: Proxies, most: ConnectionLimits) -> None:
        self._security_log, self._proxies, self._most = security_log, proxies, most
        self._places: dict[asyncio.Transport, str] = {}
        self._by_network: Counter[str] = Counter()
        self._silent: dict[asyncio.Transport, None] = {}  # the longest first

    def enter(self, transport: asyncio.Transport, address: str) -> bool:
        """Count one more and tell whether there is room for it."""
        peer = address_of(address)
        network = "" if peer is None or self._proxies.include(peer) else network_of(address)
        if network and self._by_network[network] >= self._most.per_network:
            self._security_log.note("connections_per_network", Result.REFUSED, address=address)
            return False
        if len(self._places) >= self._most.total:
            self._security_log.note("connections_in_all", Result.REFUSED, address=address)
            if not self._silent:
                return False
            self._end(next(iter(self._silent)))
        self._places[transport] = network
        self._by_network[network] += 1
        return True

    def leave(self, transport: asyncio.Transport) -> None:
        """Forget a connection, which may never have entered."""
        self._silent.pop(transport, None)
        network = self._places.pop(transport, None)
        if network is not None:
            self._by_network[network] -= 1
            if not self._by_network[network]:
                del self._by_network[network]

    def silent(self, transport: asyncio.Transport) -> None:
        """Know that a connection has yet to ask for something."""
        self._silent.setdefault(transport)

    def heard(self, transport: asyncio.Transport) -> None:
        """Know that it has."""
        self._silent.pop(transport, None)

    def give_up(self, kind: str, address: str) -> None:
        """Count a connection that is ended because it takes too long, or says what nobody understands."""
        self._security_log.note(kind, Result.REFUSED, address=address)

    def _end(self, transport: asyncio.Transport) -> None:
        self.leave(transport)
        transport.abort()


def raise_file_limit() -> ConnectionLimits:
    """Let this process open as many files as it may; return how many connections that leaves room for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = hard == resource.RLIM_INFINITY
    wanted = max(soft, _WANTED_FILES if unlimited else min(hard, _WANTED_FILES))
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    usual = ConnectionLimits()
    return ConnectionLimits(min(usual.total, max(wanted - _FILES_OF_OURS, wanted // 2)), usual.per_network)
