"""What can be asked for: every provider's profile, with the models that its server lists."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace

from sora_studio.domain.errors import InvalidInput, ProviderError
from sora_studio.domain.ports import Provider
from sora_studio.domain.profile import Model, Profile

_ASK_AGAIN = 10.0  # seconds: how often an unknown model makes us ask the server


class Offers:
    """The providers in the form's order, the first being the default."""

    def __init__(self, providers: Mapping[str, Provider]) -> None:
        """Start from the profiles; `refresh` adds what the servers list."""
        self._providers = providers
        self._profiles = {name: provider.profile for name, provider in providers.items()}
        self._asked: dict[str, float] = {}

    def profiles(self) -> tuple[Profile, ...]:
        """Return every profile."""
        return tuple(self._profiles.values())

    def provider(self, name: str) -> Provider | None:
        """Return a provider, None when it is not configured any more."""
        return self._providers.get(name)

    def price(self, provider: str, model: str, size: str, seconds: str) -> int | None:
        """Return what one video costs in micro-dollars, None when unknown."""
        profile = self._profiles.get(provider)
        known = [each for each in profile.models if each.id == model] if profile else []
        return known[0].price(size, seconds) if known else None

    async def refresh(self) -> None:
        """Ask every server for its models; one that does not answer keeps what it had."""
        await asyncio.gather(*map(self._ask, self._providers))

    async def choose(
        self,
        provider: str | None,
        model: str | None,
        size: str | None,
        seconds: str | None,
    ) -> tuple[Profile, Model, str, str]:
        """Check and complete a choice before anything is stored or sent.

        Raises:
            InvalidInput: No such provider, model, size or length.
        """
        name = provider or next(iter(self._profiles))
        if name not in self._profiles:
            message = f"There is no provider {name[:80]!r}."
            raise InvalidInput(message, "provider")
        try:
            chosen = self._profiles[name].choose(model, size, seconds)
        except InvalidInput as error:
            if error.code != "model_not_found" or time.monotonic() - self._asked.get(name, 0.0) < _ASK_AGAIN:
                raise
            await self._ask(name)  # it may have been added there since
            chosen = self._profiles[name].choose(model, size, seconds)
        return self._profiles[name], *chosen

    async def _ask(self, name: str) -> None:
        self._asked[name] = time.monotonic()
        try:
            models = await self._providers[name].list_models()
        except ProviderError:
            return
        self._profiles[name] = replace(self._profiles[name], models=models)
