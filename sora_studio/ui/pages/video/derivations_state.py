"""What can be made of the video beside a remix: an edit, an extension, a character."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import reflex as rx

from sora_studio.container import services
from sora_studio.domain.derivations import Derivations, ExtensionOption
from sora_studio.domain.errors import IdempotencyKeyReused, NotFound, SoraStudioError, Unavailable
from sora_studio.domain.ids import parse_public_id, public_id
from sora_studio.domain.money import as_price
from sora_studio.domain.video import VideoView
from sora_studio.ui import idempotency, routes, toasts
from sora_studio.ui.errors import explain
from sora_studio.ui.form_data import text
from sora_studio.ui.session import signed_in_user, still_signed_in
from sora_studio.ui.state_update import assign

EDIT, EXTEND, CHARACTER = "edit", "extend", "character"


@dataclass(frozen=True)
class Length:
    """One way to go on."""

    seconds: str
    text: str  # `4 more seconds · $0.40`


@dataclass(frozen=True)
class DerivationForms:
    """Which forms there are."""

    id: str = ""  # of the video, public
    edit: bool = False
    lengths: tuple[Length, ...] = ()
    character: bool = False
    again: str = ""  # the form that is open from the start
    draft: str = ""  # its prompt


@dataclass(frozen=True)
class Refusal:
    """What is wrong, and in which form."""

    form: str = ""
    text: str = ""


class DerivationsState(rx.State):
    """The forms below the remix."""

    forms: rx.Field[DerivationForms] = rx.field(default_factory=DerivationForms)
    refusal: rx.Field[Refusal] = rx.field(default_factory=Refusal)
    sending: rx.Field[str] = rx.field("")  # the form whose wish is on its way
    form_key: rx.Field[str] = rx.field("")  # renewed when nothing came of it or all did

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
    async def edit(self, data: dict[str, Any]) -> Any:  # noqa: ANN401 - Reflex's event specs have no common type
        """Ask for the video with a change and go to it."""
        prompt, key = text(data, "prompt"), text(data, "idempotency_key")
        owner_id, video_id = await _begin(self, EDIT)
        try:
            view = await services().derivations.edit(owner_id, video_id, prompt, idempotency_key=key or None)
        except SoraStudioError as problem:
            return await _refuse(self, owner_id, EDIT, problem)
        finally:
            await _end(self)
        return await _go_to(self, owner_id, view)

    @rx.event(background=True)
    async def extend(self, data: dict[str, Any]) -> Any:  # noqa: ANN401 - as above
        """Ask for the video going on and go to it."""
        prompt, seconds, key = (text(data, name) for name in ("prompt", "seconds", "idempotency_key"))
        owner_id, video_id = await _begin(self, EXTEND)
        try:
            view = await services().derivations.extend(
                owner_id, video_id, prompt, seconds, idempotency_key=key or None
            )
        except SoraStudioError as problem:
            return await _refuse(self, owner_id, EXTEND, problem)
        finally:
            await _end(self)
        return await _go_to(self, owner_id, view)

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
            self.form_key = uuid4().hex
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


async def _refuse(state: DerivationsState, owner_id: UUID, form: str, problem: SoraStudioError) -> None:
    async with still_signed_in(state, owner_id):
        state.refusal = Refusal(form, explain(problem))
        state.form_key = idempotency.after(state.form_key, problem)


async def _go_to(state: DerivationsState, owner_id: UUID, view: VideoView) -> Any:  # noqa: ANN401 - as above
    async with still_signed_in(state, owner_id):
        state.form_key = uuid4().hex
    return rx.redirect(routes.video(public_id(view.id)))


def _asked(state: DerivationsState) -> str:
    """Return the id in the address, the last part of its path."""
    return state.router.url.path.rstrip("/").rpartition("/")[2]


def to_forms(video_id: str, found: Derivations, earlier: VideoView | None = None) -> DerivationForms:
    """Return the forms that there are, and what they are filled with."""
    return DerivationForms(
        id=video_id,
        edit=found.edit,
        lengths=tuple(map(_length, found.extensions)),
        character=found.character,
        again=earlier.kind if earlier else "",
        draft=earlier.prompt if earlier else "",
    )


def _length(extension: ExtensionOption) -> Length:
    return Length(
        str(extension.seconds), f"{extension.seconds} more seconds · {as_price(extension.price_micros)}"
    )
