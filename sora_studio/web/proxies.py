"""The proxies whose word about a visitor counts."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address

from sora_studio.config.lists import Network

Address = IPv4Address | IPv6Address


class Proxies:
    """Addresses and networks that are trusted."""

    def __init__(self, networks: Sequence[Network]) -> None:
        self._networks = networks

    def include(self, address: Address) -> bool:
        """Tell whether a machine is one of them."""
        return any(address in network for network in self._networks)


def address_of(text: str) -> Address | None:
    """Read an address, with the port that some proxies add; None when it is none."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
