"""The composer's State: what is offered, what was chosen, and the wish that goes out."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

import reflex as rx

from sora_studio.container import services
from sora_studio.domain.errors import InvalidInput, PriceChanged, SoraStudioError
from sora_studio.domain.ids import public_character_id, public_id
from sora_studio.domain.inputs import Role, Takes
from sora_studio.ui import form_data, idempotency, routes, toasts
from sora_studio.ui.cards import to_card
from sora_studio.ui.errors import explain
from sora_studio.ui.handlers import Next
from sora_studio.ui.libraries import MINE
from sora_studio.ui.pages.create import attached, filling, kept_form, wish_form
from sora_studio.ui.pages.create.attached import Attached, Files
from sora_studio.ui.pages.create.filling import FormError
from sora_studio.ui.pages.create.form_parts import Answer, Character, Draft
from sora_studio.ui.pages.create.kept_form import KeptForm
from sora_studio.ui.pages.create.model_options import ProviderGroup, Selection, find, for_film, groups, select
from sora_studio.ui.pages.create.state import RECENT, CreateState, choose_library
from sora_studio.ui.session import signed_in_user, still_signed_in
from sora_studio.ui.state_update import assign

_MOST_INPUTS = 60
_LARGEST_CAST = 20
_MOST_OPTIONS, _LONGEST_OPTION = 20, 2_000


class ComposerState(rx.State):
    """The form at the foot of the page."""

    ready: rx.Field[bool] = rx.field(False)
    groups: rx.Field[list[ProviderGroup]] = rx.field(default_factory=list)
    selection: rx.Field[Selection] = rx.field(default_factory=Selection)
    files: rx.Field[Files] = rx.field(default_factory=Files)
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
    async def load(self) -> Next:
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
        await services().providers.look_for_pauses()
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
            if view is None or kept:
                return None
            choose_library(await self.get_state(CreateState), owner_id, view.project_id)
        return CreateState.load

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
    async def attach(self, file: dict[str, Any]) -> None:
        """Take an uploaded file, as the API has answered it."""
        form = await _form(self)
        files = attached.add(form.inputs, attached.uploaded(file), _takes(form.choice[0]))
        _attach(self, form, files[:_MOST_INPUTS])

    @rx.event
    async def choose_role(self, upload_id: str, role: str) -> None:
        """Say what a file is for."""
        form = await _form(self)
        if role in set(Role):
            _attach(self, form, attached.assign(form.inputs, upload_id, role))

    @rx.event
    async def move(self, upload_id: str) -> None:
        """Put a file before the one before it."""
        form = await _form(self)
        _attach(self, form, attached.move(form.inputs, upload_id))

    @rx.event
    async def detach(self, upload_id: str) -> None:
        """Let go of a file."""
        form = await _form(self)
        _attach(self, form, tuple(each for each in form.inputs if each.id != upload_id))

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
            if recent.libraries.chosen.id == (view.project_id.hex if view.project_id else MINE):
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
    """Show the choice and the files of a form, and have the browser keep it."""
    videos = services().videos
    state.selection = select(videos.profiles(), videos.quote, *form.choice, dict(form.options))
    choice, takes = _chosen(state.selection), _takes(state.selection.model)
    form = replace(form, inputs=attached.fit(form.inputs, takes))
    if film := attached.source(form.inputs, takes):
        state.selection = for_film(state.selection, videos.quote, film, form.choice[2])
        choice = (choice[0], form.choice[1], state.selection.seconds)
    state.files = attached.shown(form.inputs, takes, state.selection.name, state.selection.size)
    state.kept = kept_form.write(state.kept, replace(form, choice=choice))


def _takes(model: str) -> Takes:
    profile, chosen = find(services().videos.profiles(), model)
    return profile.takes(chosen.id)


def _attach(state: ComposerState, form: KeptForm, files: tuple[Attached, ...]) -> None:
    _show(state, replace(form, inputs=files))
    state.error = FormError()
    state.files = attached.said(state.files)


def _chosen(selection: Selection) -> tuple[str, str, str]:
    return selection.model, selection.size, selection.seconds


def _refuse(state: ComposerState, key: str, problem: SoraStudioError) -> None:
    field = (problem.param or "") if isinstance(problem, InvalidInput) else ""
    state.error = FormError(explain(problem), field)
    state.answer = Answer(key, id=uuid4().hex)
    state.form_key = idempotency.after(state.form_key, problem)
