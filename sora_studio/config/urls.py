"""Checking addresses."""

from urllib.parse import SplitResult, urlsplit

from pydantic import SecretStr

from sora_studio.config.authority import WebOrigin, ascii_name


def http_url(url: str) -> str:
    """Check that a URL can be called; the slash at its end is dropped."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or not _has_a_port(parts):
        message = "must be a URL such as https://example.net/v1"
        raise ValueError(message)
    return url.rstrip("/")


def api_url(url: str) -> str:
    """Check that a URL is the address of an API, and nothing else: paths are put behind it."""
    parts = urlsplit(http_url(url))
    if parts.username or parts.password:
        message = "must not have a name or a password: write api_key, or headers"
        raise ValueError(message)
    if parts.query or parts.fragment or url.rstrip("/").endswith(("?", "#")):
        message = (
            'must end with its path, such as /v1: write what follows a "?" as query = { name = "value" }'
        )
        raise ValueError(message)
    return http_url(url)


def proxy_url(url: SecretStr) -> SecretStr:
    """Check that a URL is a proxy's; it may have a name and a password."""
    http_url(url.get_secret_value())
    return url


def site_url(url: str) -> str:
    """Check that a URL is the address of a whole site, and return it as browsers write it."""
    parts = urlsplit(http_url(url))
    if parts.path or parts.query or parts.fragment:
        message = "must not have a path: give the studio a name of its own, such as https://studio.example"
        raise ValueError(message)
    origin = WebOrigin.parse(f"{parts.scheme}://{ascii_name(parts.netloc)}")
    if origin is None:
        message = "must be a URL such as https://studio.example"
        raise ValueError(message)
    return str(origin)


def server_url(url: str) -> str:
    """Check that a URL is the address of a server, without a path, and return it as browsers write it."""
    origin = WebOrigin.parse(http_url(url))
    if origin is None:
        message = "must be the address of a server, such as https://s3.example.org:9000"
        raise ValueError(message)
    return str(origin)


def _has_a_port(parts: SplitResult) -> bool:
    """Tell whether the port, if one is named, can be one."""
    try:
        return parts.port is None or parts.port >= 0
    except ValueError:
        return False
