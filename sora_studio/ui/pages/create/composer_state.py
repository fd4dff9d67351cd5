"""The composer's State: what is offered, what was chosen, and the wish that goes out."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import reflex as rx

from sora_studio.container import services
from sora_studio.domain.errors import InvalidInput, PriceChanged, SoraStudioError
from sora_studio.domain.ids import public_character_id, public_id
from sora_studio.ui import form_data, idempotency, routes, toasts
from sora_studio.ui.cards import to_card
from sora_studio.ui.errors import explain
from sora_studio.ui.pages.create import filling, kept_form, wish_form
from sora_studio.ui.pages.create.filling import FormError
from sora_studio.ui.pages.create.kept_form import NO_PICTURE, KeptForm
from sora_studio.ui.pages.create.model_options import ProviderGroup, Selection, fitting, groups, select
from sora_studio.ui.pages.create.state import RECENT, CreateState
from sora_studio.ui.session import signed_in_user, still_signed_in
from sora_studio.ui.state_update import assign

_LONGEST_SIDE = 100_000  # pixels
_LARGEST_CAST = 20
_MOST_OPTIONS, _LONGEST_OPTION = 20, 2_000


@dataclass(frozen=True)
class Reference:
    """An uploaded picture that becomes the first frame."""

    id: str = ""  # empty: there is none
    width: int = 0
    height: int = 0
    fit: str = ""  # how it fits the chosen size


@dataclass(frozen=True)
class Character:
    """Somebody or something that can be named in the prompt."""

    id: str  # public
    name: str
    provider: str


@dataclass(frozen=True)
class Draft:
    """A wish put into the form from elsewhere; another key draws it anew."""

    text: str = ""
    key: str = ""  # the public id of the video whose wish it is
    characters: tuple[str, ...] = ()  # the public ids of those that are chosen


@dataclass(frozen=True)
class Answer:
    """What became of a click, told to the tile that stood in for it."""

    key: str = ""
    accepted: bool = False
    id: str = ""  # as one key may be answered several times


class ComposerState(rx.State):
    """The form at the foot of the page."""

    ready: rx.Field[bool] = rx.field(False)
    groups: rx.Field[list[ProviderGroup]] = rx.field(default_factory=list)
    selection: rx.Field[Selection] = rx.field(default_factory=Selection)
    reference: rx.Field[Reference] = rx.field(default_factory=Reference)
    characters: rx.Field[list[Character]] = rx.field(default_factory=list)
    draft: rx.Field[Draft] = rx.field(default_factory=Draft)
    error: rx.Field[FormError] = rx.field(default_factory=FormError)
    form_key: rx.Field[str] = rx.field("")  # one per rendering of the form: a double click makes one video
    answer: rx.Field[Answer] = rx.field(default_factory=Answer)
    kept: str = rx.SessionStorage("", name="studio.form")  # KeptForms: the truth of what was chosen
    last: str = rx.LocalStorage("", name="studio.choice")  # others, for the next visit

    @rx.var
    def cast(self) -> list[Character]:
        """Return the characters of the chosen provider."""
        provider = self.selection.model.partition("/")[0]
        return [character for character in self.characters if character.provider == provider]

    @rx.event(background=True)
    async def load(self) -> Any:  # noqa: ANN401 - Reflex's event specs have no common type
        """Offer what the providers can do; `?edit=` fills the form with an earlier wish.

        What was to be made from another video is asked for on that one's page, as long as it is there.
        """
        async with self:
            owner_id, edited = await signed_in_user(self), _edited(self)
            kept = kept_form.read(self.kept, owner_id, edited)
            last = kept_form.read(self.last, owner_id, "")
        view = await filling.earlier(owner_id, edited) if edited else None
        if view and view.parent_id and await filling.earlier(owner_id, public_id(view.parent_id)):
            return rx.redirect(routes.again(public_id(view.parent_id), public_id(view.id), view.kind))
        characters = await services().characters.list_all(owner_id)
        form, error = kept or last or KeptForm(owner_id.hex), FormError()
        if kept:
            error = await filling.check_kept(owner_id, kept)
        elif view:
            form, error = await filling.from_earlier(owner_id, edited, view, characters)
        async with still_signed_in(self, owner_id):
            if view and view.parent_id and not kept:
                await toasts.tell(self, "The original video was deleted, so this will be a new one.")
            form = kept_form.read(self.kept, owner_id, edited) or form  # somebody may have been faster
            assign(
                self,
                ready=True,
                groups=groups(services().videos.profiles()),
                characters=[
                    Character(public_character_id(each.id), each.name, each.provider) for each in characters
                ],
                draft=Draft(view.prompt, edited, form.characters) if view else Draft("", "", form.characters),
                error=error,
                form_key=self.form_key or uuid4().hex,
            )
            _show(self, replace(form, edited=edited))
        return None

    @rx.event
    async def choose_model(self, model: str) -> None:
        """Change the model; size and length stay where it makes them."""
        form = await _form(self)
        _choose(self, form, str(model), *form.choice[1:])

    @rx.event
    async def choose_size(self, size: str) -> None:
        """Change the size."""
        form = await _form(self)
        _choose(self, form, form.choice[0], str(size), form.choice[2])

    @rx.event
    async def choose_seconds(self, seconds: str) -> None:
        """Change the length."""
        form = await _form(self)
        _choose(self, form, *form.choice[:2], str(seconds))

    @rx.event
    async def choose_character(self, character_id: str, chosen: bool) -> None:  # noqa: FBT001 - an event's payload
        """Have somebody appear in the video, or not."""
        form = await _form(self)
        others = tuple(each for each in form.characters if each != character_id)
        asked = (*others, str(character_id)[:64])[-_LARGEST_CAST:] if chosen else others
        self.draft = replace(self.draft, characters=asked)
        _show(self, replace(form, characters=asked))

    @rx.event
    async def choose_option(self, name: str, value: str) -> None:
        """Set one of the model's own fields, or leave it to the model."""
        form = await _form(self)
        others = tuple(each for each in form.options if each[0] != name)
        chosen = (*others, (name[:80], value[:_LONGEST_OPTION]))[-_MOST_OPTIONS:] if value else others
        _show(self, replace(form, options=chosen))

    @rx.event
    async def attach(self, reference_id: str, width: int, height: int) -> None:
        """Take an uploaded picture as the first frame; who owns it is checked when the wish goes out."""
        picture = (str(reference_id)[:64], _side(width), _side(height))
        _show(self, replace(await _form(self), picture=picture))
        self.error = FormError()

    @rx.event
    async def detach(self) -> None:
        """Let go of the picture."""
        _show(self, replace(await _form(self), picture=NO_PICTURE))
        self.error = FormError()

    @rx.event(background=True)
    async def submit(self, data: dict[str, Any]) -> None:
        """Ask for a video."""
        key, quote = (form_data.text(data, name) for name in ("idempotency_key", "quote"))
        async with self:
            owner_id = await signed_in_user(self)
        try:
            view = await services().videos.create(
                owner_id,
                wish_form.read(data),
                idempotency_key=key or None,
                most_micros=form_data.micros(quote),
            )
        except SoraStudioError as problem:
            async with still_signed_in(self, owner_id):
                _refuse(self, key, problem)
                if isinstance(problem, PriceChanged):
                    _show(self, await _form(self))
            return
        except BaseException:
            async with self:  # a mistake of ours: the tile that stood in must not stay
                self.answer = Answer(key, id=uuid4().hex)
            raise
        async with still_signed_in(self, owner_id):
            before = await _form(self)
            empty = KeptForm(owner_id.hex, before.edited, _chosen(self.selection), options=before.options)
            self.kept = kept_form.write(self.kept, empty)
            form = kept_form.read(self.kept, owner_id, "") or replace(empty, edited="")
            draft = Draft(characters=form.characters)
            assign(self, error=FormError(), draft=draft, form_key=uuid4().hex)
            _show(self, form)
            self.answer = Answer(key, accepted=True, id=uuid4().hex)
            recent = await self.get_state(CreateState)
            card = to_card(view)
            others = [other for other in recent.cards if other.id != card.id]
            recent.cards = [card, *others][:RECENT]


def _edited(state: ComposerState) -> str:
    return state.router.url.query_parameters.get("edit", "")


async def _form(state: ComposerState) -> KeptForm:
    """Return what the form holds: as the browser keeps it, although this State may be new."""
    owner_id, edited = await signed_in_user(state), _edited(state)
    kept = kept_form.read(state.kept, owner_id, edited)
    return kept or KeptForm(owner_id.hex, edited, _chosen(state.selection))


def _choose(state: ComposerState, form: KeptForm, model: str, size: str, seconds: str) -> None:
    _show(state, replace(form, choice=(model, size, seconds)))
    state.last = kept_form.write(state.last, KeptForm(form.owner, choice=_chosen(state.selection)))


def _show(state: ComposerState, form: KeptForm) -> None:
    """Show the choice and the picture of a form, and have the browser keep it."""
    videos = services().videos
    state.selection = select(videos.profiles(), videos.quote, *form.choice, dict(form.options))
    picture_id, width, height = form.picture[0], *map(_side, form.picture[1:])
    fit = fitting(width, height, state.selection.size) if picture_id else ""
    if picture_id and not state.selection.card.takes_picture:
        fit = f"{state.selection.name} takes no first frame: remove it, or choose another model."
    state.reference = Reference(picture_id, width, height, fit)
    state.kept = kept_form.write(state.kept, replace(form, choice=_chosen(state.selection)))


def _chosen(selection: Selection) -> tuple[str, str, str]:
    return selection.model, selection.size, selection.seconds


def _refuse(state: ComposerState, key: str, problem: SoraStudioError) -> None:
    field = (problem.param or "") if isinstance(problem, InvalidInput) else ""
    state.error = FormError(explain(problem), field)
    state.answer = Answer(key, id=uuid4().hex)
    state.form_key = idempotency.after(state.form_key, problem)


def _side(pixels: int) -> int:
    return min(max(1, int(pixels)), _LONGEST_SIDE)
