"""Checks of the way by which people come: the public address, and the proxy there."""

import asyncio
import http.client
import json
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from urllib.parse import urlsplit

from websockets.asyncio.client import connect
from websockets.exceptions import InvalidHandshake, InvalidStatus
from websockets.typing import Origin

from sora_studio.config.authority import is_loopback
from sora_studio.doctor.finding import Finding, fine, problem, skipped, warning
from sora_studio.doctor.machine import as_words

_PATIENCE = 10.0  # seconds
_SOCKET = "/_event/?EIO=4&transport=websocket"
_SOON = timedelta(days=14)
_PAPER = "docs/deploying.md has configurations for nginx and Caddy."
_NAMES = ("proxy_scheme", "proxy_address")
_SEEN = frozenset({"address", "scheme", "forwarded", "believed"})
_LONGEST = 10_000  # bytes: a studio's answer is much shorter
_MISDIRECTED, _NOT_FOUND = 421, 404


async def check_public_address(public_url: str, its_pass: str) -> list[Finding]:
    """Come as people do, and compare with what the studio sees of it."""
    try:
        seen = await asyncio.to_thread(_ask, public_url, its_pass)
    except urllib.error.HTTPError as error:
        return [_answered(public_url, error.code), *_unseen()]
    except ValueError:  # it is no JSON, or another one
        return [_answered(public_url, _NOT_FOUND), *_unseen()]
    except (OSError, http.client.HTTPException) as error:
        reason = str(getattr(error, "reason", error)) or type(error).__name__
        remedy = "Is the proxy running, and the name in SORA_STUDIO_PUBLIC_URL the right one?"
        return [
            problem("public_address", f"{public_url} does not answer from here: {reason}", remedy),
            *_unseen(),
        ]
    return [fine("public_address", f"{public_url} leads to this studio."), *compare(public_url, seen)]


def _unseen() -> Iterator[Finding]:
    for name in _NAMES:
        yield skipped(name, "The studio could not be asked what it sees.")


def _answered(public_url: str, status: int) -> Finding:
    if status == _MISDIRECTED:
        text = f"What stands at {public_url} changes the name (Host) under which it is asked."
        return problem("public_address", text, f"The proxy has to pass Host on: {_PAPER}")
    if status == _NOT_FOUND:
        text = f"Something else is at {public_url}, or a studio with another signing key."
        return problem("public_address", text, "Mend SORA_STUDIO_PUBLIC_URL, or the proxy.")
    return problem(
        "public_address", f"{public_url} answers with HTTP {status}.", "Look into the proxy's log."
    )


def compare(public_url: str, seen: dict[str, Any]) -> Iterator[Finding]:
    """Compare the address with what the studio has seen of a request to it."""
    public = urlsplit(public_url)
    if seen["scheme"] != public.scheme:
        text = f"The studio sees {seen['scheme']} where people use {public.scheme}."
        yield problem("proxy_scheme", text, f"The proxy has to send X-Forwarded-Proto: {_PAPER}")
    else:
        yield fine("proxy_scheme", f"The studio sees {public.scheme}.")
    if seen["forwarded"] and not seen["believed"]:
        text = f"A proxy at {seen['address']} says who asks, and is not believed: all look like one visitor."
        yield problem("proxy_address", text, f"SORA_STUDIO_TRUSTED_PROXIES={seen['address']}")
    elif not seen["forwarded"] and public.scheme == "https":  # the studio itself speaks no TLS
        text = "The proxy does not say who asks: all look like one visitor."
        yield problem("proxy_address", text, f"The proxy has to send X-Forwarded-For: {_PAPER}")
    else:
        yield fine("proxy_address", f"The studio sees {seen['address']}.")


async def check_socket(public_url: str) -> Finding:
    """Open a websocket as pages do."""
    parts = urlsplit(public_url)
    url = parts._replace(scheme="wss" if parts.scheme == "https" else "ws").geturl() + _SOCKET
    try:
        async with connect(
            url, origin=Origin(public_url), open_timeout=_PATIENCE, close_timeout=1, proxy=None
        ):
            return fine("websocket", "Pages can open their websocket.")
    except InvalidStatus as error:
        text = f"Pages cannot open their websocket: HTTP {error.response.status_code}."
        return problem("websocket", text, f"The proxy has to pass Upgrade and Connection on: {_PAPER}")
    except (InvalidHandshake, OSError, TimeoutError) as error:
        return problem("websocket", f"Pages cannot open their websocket. {error}", _PAPER)


async def check_certificate(public_url: str, now: datetime | None = None) -> Finding:
    """Look at the certificate that browsers get."""
    parts = urlsplit(public_url)
    host = parts.hostname or ""
    if parts.scheme != "https":
        where = "on this machine" if is_loopback(host) else "by people"
        return skipped("certificate", f"The studio is opened without TLS {where}.")
    try:
        ends = await asyncio.to_thread(_end_of_certificate, host, parts.port or 443)
    except ssl.SSLCertVerificationError as error:
        text = f"Browsers refuse the certificate of {host}: {error.verify_message}."
        return problem("certificate", text, "Renew it, or send the whole chain.")
    except OSError as error:
        return problem("certificate", f"No certificate can be read at {host}: {error}.")
    left = ends - (now or datetime.now(UTC))
    if left < _SOON:
        text = f"The certificate of {host} ends in {as_words(left)}."
        return warning("certificate", text, "Why has it not been renewed? Caddy and certbot log the reason.")
    return fine("certificate", f"The certificate of {host} holds for {as_words(left)}.")


def _ask(public_url: str, its_pass: str) -> dict[str, Any]:
    request = urllib.request.Request(  # noqa: S310 -- the operator's own address
        f"{public_url}/api/doctor", headers={"Authorization": f"Bearer {its_pass}"}
    )
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # HTTP_PROXY is for others
    with direct.open(request, timeout=_PATIENCE) as answer:
        seen = json.loads(answer.read(_LONGEST))
    if not isinstance(seen, dict) or not seen.keys() >= _SEEN:  # pyright: ignore[reportUnknownMemberType] -- JSON
        message = "It is not what a studio says."
        raise ValueError(message)
    return cast("dict[str, Any]", seen)


def _end_of_certificate(host: str, port: int) -> datetime:
    context = ssl.create_default_context()
    with (
        socket.create_connection((host, port), timeout=_PATIENCE) as plain,
        context.wrap_socket(plain, server_hostname=host) as sealed,
    ):
        said = str((sealed.getpeercert() or {})["notAfter"])
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(said), UTC)
