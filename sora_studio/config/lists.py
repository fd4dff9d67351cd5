"""Settings that hold several values, with commas or spaces between them."""

from ipaddress import IPv4Network, IPv6Network, ip_network

from sora_studio.config.authority import Authority, ascii_name

Network = IPv4Network | IPv6Network


def words(value: object) -> object:
    """Take the values of a list apart."""
    return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value


def host_name(text: str) -> str:
    """Check the name of a host, and return it in the spelling in which names are compared."""
    authority = Authority.parse(ascii_name(text))
    if authority is None or authority.port is not None:
        message = "must be names such as studio.lan, without scheme and port"
        raise ValueError(message)
    return authority.host


def host_and_port(text: str) -> str:
    """Check a host that may have a port, and return it in the spelling in which names are compared."""
    authority = Authority.parse(ascii_name(text))
    if authority is None:
        message = "must be hosts such as hooks.lan or 10.0.0.2:8080, without scheme"
        raise ValueError(message)
    return text.lower()


def network(value: object) -> Network:
    """Read an address, or a network of them."""
    try:
        found = ip_network(str(value))
    except ValueError:
        message = "must be addresses or networks such as 10.0.0.2 or 10.0.0.0/8"
        raise ValueError(message) from None
    if found.prefixlen == 0:
        message = "names every address: anybody could then pass for anybody else"
        raise ValueError(message)
    return found
