"""What can be asked for: every provider's profile, with the models that its server lists."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from sora_studio.domain.errors import InvalidInput, ProviderError
from sora_studio.domain.ports import Provider
from sora_studio.domain.problem import Problem, ProblemCode
from sora_studio.domain.profile import Model, Operation, Profile, who_has
from sora_studio.domain.video import Phase, VideoView

_DOES = {
    Operation.EDIT: "edit videos",
    Operation.EXTEND: "extend videos",
    Operation.CHARACTERS: "make characters",
    Operation.REFERENCE: "start from an image",
}
_ASK_AGAIN = 10.0  # seconds: how often an unknown model makes us ask the server
_FRESH = 600.0  # seconds: how long the servers' lists of models are believed


class ProviderCatalog:
    """The providers in the form's order, the first being the default."""

    def __init__(
        self,
        providers: Mapping[str, Provider],
        *,
        on_stale: Callable[[], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start from the profiles; `refresh` adds what the servers list.

        Args:
            providers: By name.
            on_stale: Asks for a refresh in the background; called when somebody looks at old lists.
            clock: Tells seconds.
        """
        self._providers, self._on_stale, self._clock = providers, on_stale, clock
        self._refreshed: float | None = None  # None: the first refresh is still to come
        self._profiles = {name: provider.profile for name, provider in providers.items()}
        self._asked: dict[str, float] = {}

    def profiles(self) -> tuple[Profile, ...]:
        """Return every profile as it is known; old lists are asked for anew, for the next time.

        So a studio that nobody looks at sends nothing.
        """
        if self._on_stale and self._refreshed is not None and self._clock() - self._refreshed > _FRESH:
            self._refreshed = None
            self._on_stale()
        return tuple(self._profiles.values())

    def servers(self) -> dict[str, str]:
        """Return which server each provider is, a `ServerId`; empty where that is not known."""
        return {name: profile.server for name, profile in self._profiles.items()}

    def places(self) -> dict[str, int]:
        """Return how many jobs a provider makes at a time, where that is limited."""
        limits = {name: profile.rate_limit.jobs for name, profile in self._profiles.items()}
        return {name: jobs for name, jobs in limits.items() if jobs is not None}

    def supports(self, name: str, operation: Operation) -> bool:
        """Tell whether a provider is there, takes jobs and can do something."""
        profile = self._profiles.get(name)
        return profile is not None and not profile.retired and operation in profile.operations

    def makes(self, name: str, model: str, size: str, seconds: str) -> bool:
        """Tell whether a provider takes this very choice, as far as is known: nobody is asked."""
        profile = self._profiles.get(name)
        try:
            return profile is not None and bool(profile.choose(model, size, seconds))
        except InvalidInput:
            return False

    def require_operation(self, name: str, operation: Operation) -> Provider:
        """Return a provider that can do something.

        Raises:
            InvalidInput: It cannot, or is not configured.
        """
        if not self.supports(name, operation):
            profile = self._profiles.get(name)
            unable = f"{profile.label if profile else name} cannot {_DOES.get(operation, operation)}."
            message = (profile and profile.retired) or unable
            raise InvalidInput(message, "provider", "unsupported")
        return self._providers[name]

    def require_available(self, name: str) -> None:
        """Make sure that a provider takes jobs.

        Raises:
            InvalidInput: It is retired, or not configured.
        """
        profile = self._profiles.get(name)
        if profile is None:
            message = f"There is no provider {name[:80]!r}."
            raise InvalidInput(message, "provider")
        if profile.retired:
            raise InvalidInput(profile.retired, "provider", "provider_retired")

    def provider(self, name: str) -> Provider | None:
        """Return a provider, None when it is not configured."""
        return self._providers.get(name)

    def price(self, provider: str, model: str, size: str, seconds: str) -> int | None:
        """Return what one video costs in micro-dollars, None when unknown."""
        profile = self._profiles.get(provider)
        known = [each for each in profile.models if each.id == model] if profile else []
        return known[0].price(size, seconds) if known else None

    def explained(self, view: VideoView) -> VideoView:
        """Say of a wish that was not sent yet that it waits for a place, where a provider has so many."""
        profile = self._profiles.get(view.provider)
        places = profile.rate_limit.jobs if profile else None
        if view.phase is not Phase.SUBMITTING or view.sent or view.problem or not profile or not places:
            return view
        at_a_time = "one video" if places == 1 else f"{places} videos"
        return replace(
            view, problem=Problem(ProblemCode.NO_PLACE, f"{profile.label} makes {at_a_time} at a time.")
        )

    async def refresh(self) -> None:
        """Ask every server for its models; one that does not answer keeps what it had."""
        try:
            await asyncio.gather(*map(self._ask, self._providers))
        finally:
            self._refreshed = self._clock()

    async def choose(
        self,
        provider: str | None,
        model: str | None,
        size: str | None,
        seconds: str | None,
    ) -> tuple[Profile, Model, str, str]:
        """Check and complete a choice before anything is stored or sent.

        Args:
            provider: None: the one that the model says, see `_who_has`.
            model: Its id, or `provider/model`. None: the provider's first one; as size and seconds.
            size: In pixels, as 1280x720.
            seconds: Whole ones.

        Raises:
            InvalidInput: No such provider, model, size or length.
        """
        name, model = self._own(provider, model) if provider else self._who_has(model)
        self.require_available(name)
        try:
            chosen = self._profiles[name].choose(model, size, seconds)
        except InvalidInput as error:
            if error.code != "model_not_found" or self._was_just_asked(name):
                raise
            await self._ask(name)  # it may have been added there since
            chosen = self._profiles[name].choose(model, size, seconds)
        return self._profiles[name], *chosen

    def _who_has(self, model: str | None) -> tuple[str, str | None]:
        """Find the provider for who names none; a model that nobody has may have been added there since."""
        if model and (found := who_has(self._profiles.values(), model)):
            return found
        before, _, after = (model or "").partition("/")
        return (before, after) if after and before in self._profiles else (next(iter(self._profiles)), model)

    def _own(self, name: str, model: str | None) -> tuple[str, str | None]:
        """Take a provider's own name off its model, as the list of models writes it."""
        profile = self._profiles.get(name)
        if model and profile and not profile.has(model):
            model = model.removeprefix(f"{name}/")
        return name, model

    def _was_just_asked(self, name: str) -> bool:
        return name in self._asked and self._clock() - self._asked[name] < _ASK_AGAIN

    async def _ask(self, name: str) -> None:
        self._asked[name] = self._clock()
        try:
            models = await self._providers[name].list_models()
        except ProviderError:
            return
        self._profiles[name] = replace(self._profiles[name], models=models)
