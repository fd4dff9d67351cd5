"""What can be asked for: every provider's profile, with the models that its server lists."""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

from sora_studio.domain.errors import InvalidInput, ProviderError, ProviderUnavailable
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
_FIRST_LOOK = 3.0  # seconds that the first lists of models are waited for
_FRESH = 600.0  # seconds: how long the servers' lists of models are believed


class ProviderCatalog:
    """The providers in the form's order, the first being the default."""

    def __init__(
        self,
        providers: Mapping[str, Provider],
        *,
        on_stale: Callable[[], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        today: Callable[[], date] = lambda: datetime.now(UTC).date(),
    ) -> None:
        """Start from the profiles; `refresh` adds what the servers list.

        Args:
            providers: By name.
            on_stale: Asks for a refresh in the background; called when somebody looks at old lists.
            clock: Tells seconds.
            today: Tells the day, which prices go by.
        """
        self._providers, self._on_stale, self._clock, self._today = providers, on_stale, clock, today
        self._paused = frozenset[str]()
        self._refreshed: float | None = None  # None: the first refresh is still to come
        self._profiles = {name: provider.profile for name, provider in providers.items()}
        self._looks: dict[str, asyncio.Task[None]] = {}  # the last one of each provider
        self._looked: dict[str, float] = {}  # when that ended
        self._guessed = {name for name, profile in self._profiles.items() if _is_guessed(profile)}
        self._first_until: float | None = None  # by the event loop's clock

    def look_first(self) -> None:
        """Begin to ask the servers whose models nobody has named; the answers are waited for (`is_looking`).

        A coroutine has to be running.
        """
        if self._first_until is None:
            self._first_until = asyncio.get_running_loop().time() + _FIRST_LOOK
            for name in self._guessed:
                self._look(name)

    def is_looking(self) -> bool:
        """Tell whether a first list of models is still waited for: what is offered until then is a guess."""
        return bool(self._first_looks()) and self._first_wait() > 0

    async def close(self) -> None:
        """Wait for no answer any longer."""
        for look in self._looks.values():
            look.cancel()
        await asyncio.gather(*self._looks.values(), return_exceptions=True)

    def profiles(self) -> tuple[Profile, ...]:
        """Return every profile as it is known; old lists are asked for anew, for the next time.

        So a studio that nobody looks at sends nothing.
        """
        if self._on_stale and self._refreshed is not None and self._clock() - self._refreshed > _FRESH:
            self._refreshed = None
            self._on_stale()
        paused = self._paused
        return tuple(
            replace(each, paused=True) if each.name in paused else each for each in self._profiles.values()
        )

    def know_paused(self, names: Collection[str]) -> None:
        """Be told which providers are paused, for what is said of them."""
        self._paused = frozenset(names)

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

    def has_queue(self, name: str) -> bool:
        """Tell whether wishes wait at a provider: it makes only so many at a time, or is paused."""
        return name in self._paused or name in self.places()

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
        return known[0].price(size, seconds, self._today()) if known else None

    def explained(self, view: VideoView) -> VideoView:
        """Say of a wish that was not sent yet what it waits for: a place, or that a provider goes on."""
        profile = self._profiles.get(view.provider)
        places = profile.rate_limit.jobs if profile else None
        if view.phase is not Phase.SUBMITTING or view.sent or view.problem or not profile:
            return view
        if view.provider in self._paused:
            return replace(view, problem=Problem(ProblemCode.NO_PLACE, f"{profile.label} is paused."))
        if not places:
            return view
        at_a_time = "one video" if places == 1 else f"{places} videos"
        return replace(
            view, problem=Problem(ProblemCode.NO_PLACE, f"{profile.label} makes {at_a_time} at a time.")
        )

    async def refresh(self) -> None:
        """Ask every server for its models; one that does not answer keeps what it had.

        Those that have just told them, at the start as a rule, are not asked again.
        """
        looks = [
            self._look(name)
            for name in self._providers
            if name in self._guessed or not self._has_just_been_asked(name)
        ]
        try:
            if looks:
                await asyncio.wait(looks)
        finally:
            self._refreshed = self._clock()

    async def choose(
        self,
        provider: str | None,
        model: str | None,
        size: str | None,
        seconds: str | None,
    ) -> tuple[Profile, Model, str, str]:
        """Check and complete a choice before anything is stored or sent; the first lists are waited for.

        Args:
            provider: None: the one that the model says, see `_who_has`.
            model: Its id, or `provider/model`. None: the provider's first one; as size and seconds.
            size: In pixels, as 1280x720.
            seconds: Whole ones.

        Raises:
            InvalidInput: No such provider, model, size or length.
            ProviderUnavailable: The server has never answered, so its models are not known.
        """
        self.look_first()
        if waiting := self._first_looks():
            await asyncio.wait(waiting, timeout=self._first_wait())
        name, model = self._own(provider, model) if provider else self._who_has(model)
        self.require_available(name)
        if model is not None and not self._profiles[name].has(model):
            await self._look_again(name)
        return self._profiles[name], *self._chosen(name, model, size, seconds)

    async def _look_again(self, name: str) -> None:
        """Have a server asked for what it may have by now, unless it has just been; join who is asking it."""
        look = self._looks.get(name)
        if (look is not None and not look.done()) or not self._has_just_been_asked(name):
            await asyncio.wait([self._look(name)])

    def _chosen(
        self, name: str, model: str | None, size: str | None, seconds: str | None
    ) -> tuple[Model, str, str]:
        """Choose by what is known.

        Raises:
            InvalidInput: There is no such choice.
            ProviderUnavailable: As far as is known, and that is a guess.
        """
        try:
            return self._profiles[name].choose(model, size, seconds)
        except InvalidInput as error:
            if error.code != "model_not_found" or name not in self._guessed:
                raise
            message = f"{self._profiles[name].label} does not answer, so nobody knows which models it has."
            raise ProviderUnavailable(message, ProblemCode.PROVIDER_UNREACHABLE, _ASK_AGAIN) from error

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

    def _first_looks(self) -> list[asyncio.Task[None]]:
        """Return the looks whose answers are waited for."""
        looks = [self._looks[name] for name in self._guessed if name in self._looks]
        return [look for look in looks if not look.done()] if self._first_until is not None else []

    def _first_wait(self) -> float:
        """Return for how many seconds more the first answers are waited for."""
        return max((self._first_until or 0.0) - asyncio.get_running_loop().time(), 0.0)

    def _has_just_been_asked(self, name: str) -> bool:
        return name in self._looked and self._clock() - self._looked[name] < _ASK_AGAIN

    def _look(self, name: str) -> asyncio.Task[None]:
        """Return the look at a server that is under way, or else a new one."""
        look = self._looks.get(name)
        if look is None or look.done():
            look = self._looks[name] = asyncio.create_task(self._ask(name), name=f"models of {name}")
        return look

    async def _ask(self, name: str) -> None:
        try:
            models = await self._providers[name].list_models()
        except ProviderError:
            return
        finally:
            self._looked[name] = self._clock()
        self._profiles[name] = replace(self._providers[name].profile, models=models)
        self._guessed.discard(name)


def _is_guessed(profile: Profile) -> bool:
    """Tell whether its models are placeholders until the server is asked."""
    return profile.guesses_models and Operation.MODELS in profile.operations and not profile.retired
