"""Asks an address who it is: which kind of server, in which version, and what is behind it."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from sora_studio.domain.errors import ProviderError
from sora_studio.domain.profile import Preset
from sora_studio.providers.call import Call
from sora_studio.providers.client import ApiClient
from sora_studio.providers.error_body import read_error_body, read_json
from sora_studio.providers.fingerprints import (
    FINGERPRINTS,
    HEALTH,
    LIVELINESS,
    MODELS,
    VIDEOS,
    Answer,
    Answers,
    is_surely_not_litellm,
    listed,
)
from sora_studio.providers.presets import PRESETS

_PATIENCE = 3.0  # seconds for each answer


@dataclass(frozen=True)
class Identity:
    """Who a server is."""

    kind: Preset
    version: str = ""
    behind: tuple[str, ...] = ()  # what a gateway passes jobs to
    several: bool = False  # it lists more than one model, so it has to be told which

    def is_less_than(self, other: "Identity | None") -> bool:
        """Tell whether it is the same kind of server, of which less is known: an answer may come too late."""
        return other is not None and other.kind is self.kind and bool(other.version) and not self.version

    def __str__(self) -> str:
        """Return it in words: `LiteLLM 1.110.2 in front of runwayml`."""
        words = f"{PRESETS[self.kind].label} {self.version}".rstrip()
        return f"{words} in front of {', '.join(self.behind)}" if self.behind else words


async def detect(client: ApiClient, address: str) -> Identity | None:
    """Ask a server who it is by a few GETs that make nothing; None: it is none that is known.

    Args:
        client: Of the server.
        address: Up to and with `/v1`.

    Raises:
        ProviderError: It does not answer at all.
    """
    answers = {MODELS: await _ask(client, address, MODELS)}
    answers |= await _ask_all(client, address, [LIVELINESS])
    if is_surely_not_litellm(answers):
        answers |= await _ask_all(client, address, HEALTH)
    found = next((each for each in FINGERPRINTS if each.fits(answers)), None)
    if found is None:
        return None
    answers |= await _ask_all(client, address, found.more)
    return Identity(found.kind, found.version(answers), found.behind(answers), len(listed(answers)) > 1)


async def _ask_all(client: ApiClient, address: str, paths: Iterable[str]) -> Answers:
    async def ask(path: str) -> Answer:
        try:
            return await _ask(client, address, path)
        except ProviderError:
            return Answer()

    asked = tuple(paths)
    return dict(zip(asked, await asyncio.gather(*map(ask, asked)), strict=True))


async def _ask(client: ApiClient, address: str, path: str) -> Answer:
    url = (address if path in {MODELS, VIDEOS} else _root(address)) + path
    return await look(client, url, _PATIENCE)


async def look(client: ApiClient, url: str, patience: float) -> Answer:
    """Ask one address by a GET; an error that the server says is an answer as well.

    Raises:
        ProviderError: Nobody answers within so many seconds.
    """
    async with client.call(Call.LIST) as requests, asyncio.timeout(patience):
        response = await requests.look(url)
    return Answer(
        response.status_code, dict(response.headers), read_json(response), read_error_body(response)
    )


def _root(address: str) -> str:
    """Return the address without the version of its API: where a server says how it is."""
    parts = urlsplit(address)
    return urlunsplit(parts._replace(path=parts.path.rstrip("/").removesuffix("/v1")))
