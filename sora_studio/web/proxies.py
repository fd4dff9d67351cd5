"""The proxies whose word about a visitor counts."""

from collections.abc import Sequence

from sora_studio.config.lists import Network
from sora_studio.domain.address import Address


class Proxies:
    """Addresses and networks that are trusted."""

    def __init__(self, networks: Sequence[Network]) -> None:
        self._networks = networks

    def include(self, address: Address) -> bool:
        """Tell whether a machine is one of them."""
        return any(address in network for network in self._networks)
