"""What can be made of the video: a remix, an edit, an extension, a character."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import reflex as rx

from sora_studio.container import services
from sora_studio.domain.derivations import Derivations, Offer
from sora_studio.domain.errors import (
    IdempotencyKeyReused,
    NotFound,
    PriceChanged,
    SoraStudioError,
    Unavailable,
)
from sora_studio.domain.ids import parse_public_id, public_id
from sora_studio.domain.money import price_tag
from sora_studio.domain.video import VideoView
from sora_studio.ui import idempotency, routes, toasts
from sora_studio.ui.errors import explain
from sora_studio.ui.form_data import micros, text
from sora_studio.ui.handlers import Next
from sora_studio.ui.session import signed_in_user, still_signed_in
from sora_studio.ui.state_update import assign

REMIX, EDIT, EXTEND, CHARACTER = "remix", "edit", "extend", "character"


@dataclass(frozen=True)
class Choice:
    """What a form asks for and what that costs; as it was shown, the price is sent back with the wish."""

    text: str = ""  # `4 s · $0.40`, `4 more seconds · $0.40`; empty: it cannot be had
    quote: str = ""  # micro-dollars; empty: unknown
    value: str = ""  # seconds and quote, what a list of choices sends


@dataclass(frozen=True)
class DerivationForms:
    """Which forms there are."""

    id: str = ""  # of the video, public
    remix: Choice = Choice()
    edit: Choice = Choice()
    lengths: tuple[Choice, ...] = ()
    character: bool = False
    again: str = ""  # the form that is open from the start
    draft: str = ""  # its prompt


@dataclass(frozen=True)
class Refusal:
    """What is wrong, and in which form."""

    form: str = ""
    text: str = ""


class DerivationsState(rx.State):
    """The forms for what is made of the video."""

    forms: rx.Field[DerivationForms] = rx.field(default_factory=DerivationForms)
    refusal: rx.Field[Refusal] = rx.field(default_factory=Refusal)
    sending: rx.Field[str] = rx.field("")  # the form whose wish is on its way
    form_key: rx.Field[str] = rx.field("")  # renewed when nothing came of it or all did
    taken: rx.Field[str] = rx.field("")  # the key of the last wish that was taken: its draft can go

    @rx.event(background=True)
    async def load(self) -> None:
        """Read what the video's provider can do with it; `?again=` fills a form with an earlier wish."""
        async with self:
            owner_id = await signed_in_user(self)
            asked = _asked(self)
            again = self.router.url.query_parameters.get("again", "")
        try:
            found = await services().derivations.available(owner_id, parse_public_id(asked))
            earlier = await services().videos.get(owner_id, parse_public_id(again)) if again else None
        except (NotFound, Unavailable):  # the page says so
            return
        async with still_signed_in(self, owner_id):
            key = self.form_key or uuid4().hex
            assign(self, forms=to_forms(asked, found, earlier), refusal=Refusal(), form_key=key)

    @rx.event(background=True)
    async def remix(self, data: dict[str, Any]) -> Next:
        """Ask for a variation of the video and go to it."""
        ask = partial(services().derivations.remix, most_micros=micros(text(data, "quote")))
        return await _derive(self, REMIX, data, ask)

    @rx.event(background=True)
    async def edit(self, data: dict[str, Any]) -> Next:
        """Ask for the video with a change and go to it."""
        ask = partial(services().derivations.edit, most_micros=micros(text(data, "quote")))
        return await _derive(self, EDIT, data, ask)

    @rx.event(background=True)
    async def extend(self, data: dict[str, Any]) -> Next:
        """Ask for the video going on and go to it."""
        seconds, _, quote = text(data, "seconds").partition(" ")
        ask = partial(services().derivations.extend, seconds=seconds, most_micros=micros(quote))
        return await _derive(self, EXTEND, data, ask)

    @rx.event(background=True)
    async def make_character(self, data: dict[str, Any]) -> None:
        """Have a character made of the video; the same key goes out again after an answer was lost."""
        name, key = text(data, "name"), text(data, "idempotency_key")
        owner_id, video_id = await _begin(self, CHARACTER)
        try:
            made = await services().characters.create(owner_id, name, video_id, idempotency_key=key or None)
        except SoraStudioError as problem:
            async with still_signed_in(self, owner_id):
                self.refusal = Refusal(CHARACTER, explain(problem))
                if isinstance(problem, IdempotencyKeyReused):
                    self.form_key = uuid4().hex
            return
        finally:
            await _end(self)
        async with still_signed_in(self, owner_id):
            self.taken, self.form_key = key, uuid4().hex
            await toasts.tell(
                self, f"\u2068{made.name}\u2069 can now appear in your videos. Choose it on Create."
            )


async def _begin(state: DerivationsState, form: str) -> tuple[UUID, UUID]:
    async with state:
        owner_id = await signed_in_user(state)
        video_id = parse_public_id(_asked(state))
        state.sending, state.refusal = form, Refusal()
    return owner_id, video_id


async def _end(state: DerivationsState) -> None:
    async with state:
        state.sending = ""


async def _derive(
    state: DerivationsState, form: str, data: dict[str, Any], ask: Callable[..., Awaitable[VideoView]]
) -> Next:
    """Ask for a video made from the one in the address, and go to it; a refusal is told in its form."""
    key = text(data, "idempotency_key")
    owner_id, video_id = await _begin(state, form)
    try:
        view = await ask(owner_id, video_id, text(data, "prompt"), idempotency_key=key or None)
    except SoraStudioError as problem:
        changed = isinstance(problem, PriceChanged) and await services().derivations.available(
            owner_id, video_id
        )
        async with still_signed_in(state, owner_id):
            state.refusal = Refusal(form, explain(problem))
            state.form_key = idempotency.after(state.form_key, problem)
            if changed:
                state.forms = replace(
                    to_forms(state.forms.id, changed), again=state.forms.again, draft=state.forms.draft
                )
        return None
    finally:
        await _end(state)
    async with still_signed_in(state, owner_id):
        state.taken, state.form_key = key, uuid4().hex
    return rx.redirect(routes.video(public_id(view.id)))


def _asked(state: DerivationsState) -> str:
    """Return the id in the address, the last part of its path."""
    return state.router.url.path.rstrip("/").rpartition("/")[2]


def to_forms(video_id: str, found: Derivations, earlier: VideoView | None = None) -> DerivationForms:
    """Return the forms that there are, and what they are filled with."""
    return DerivationForms(
        id=video_id,
        remix=_choice(found.remix),
        edit=_choice(found.edit),
        lengths=tuple(_choice(each, "more seconds") for each in found.extensions),
        character=found.character,
        again=earlier.kind if earlier else "",
        draft=earlier.prompt if earlier else "",
    )


def _choice(offer: Offer | None, unit: str = "s") -> Choice:
    if offer is None:
        return Choice()
    quote = "" if offer.price_micros is None else str(offer.price_micros)
    text = f"{offer.seconds} {unit} · {price_tag(offer.provider, offer.price_micros)}"
    return Choice(text, quote, f"{offer.seconds} {quote}".strip())
