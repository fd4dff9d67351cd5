"""The composer's State: what is offered, what was chosen, and the wish that goes out."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import reflex as rx

from sora_studio.container import services
from sora_studio.domain.character import CharacterView
from sora_studio.domain.errors import InvalidInput, NotFound, SoraStudioError
from sora_studio.domain.ids import parse_public_id, public_character_id, public_id
from sora_studio.domain.video import VideoView
from sora_studio.ui import form_data, idempotency, routes, toasts
from sora_studio.ui.cards import to_card
from sora_studio.ui.errors import explain
from sora_studio.ui.pages.create import wish_form
from sora_studio.ui.pages.create.model_options import ProviderGroup, Selection, fitting, groups, select
from sora_studio.ui.pages.create.state import RECENT, CreateState
from sora_studio.ui.session import signed_in_user, still_signed_in
from sora_studio.ui.state_update import assign

_LONGEST_SIDE = 100_000  # pixels


@dataclass(frozen=True)
class Reference:
    """An uploaded picture that becomes the first frame."""

    id: str = ""  # empty: there is none
    width: int = 0
    height: int = 0


@dataclass(frozen=True)
class Character:
    """Somebody or something that can be named in the prompt."""

    id: str  # public
    name: str
    provider: str


@dataclass(frozen=True)
class Draft:
    """A wish put into the form from elsewhere; a new key draws it anew."""

    text: str = ""
    key: str = ""
    characters: tuple[str, ...] = ()  # their public ids


@dataclass(frozen=True)
class Answer:
    """What became of a click, told to the tile that stood in for it."""

    key: str = ""
    accepted: bool = False
    id: str = ""  # as one key may be answered several times


@dataclass(frozen=True)
class FormError:
    """What is wrong, and with which field."""

    text: str = ""
    field: str = ""


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
    last_choice: str = rx.LocalStorage("", name="studio.choice")

    @rx.var
    def fit(self) -> str:
        """Say how the picture fits the chosen size."""
        if not self.reference.id or not self.selection.size:
            return ""
        return fitting(self.reference.width, self.reference.height, self.selection.size)

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
            owner_id = await signed_in_user(self)
            edited = self.router.url.query_parameters.get("edit", "")
        view = await _earlier(owner_id, edited) if edited else None
        if view and view.parent_id and await _earlier(owner_id, public_id(view.parent_id)):
            return rx.redirect(routes.again(public_id(view.parent_id), public_id(view.id), view.kind))
        brought = await _bring_picture(owner_id, view) if view and view.has_reference else None
        profiles = services().videos.profiles()
        characters = await services().characters.list_all(owner_id)
        async with still_signed_in(self, owner_id):
            if view is not None:
                choice = (f"{view.provider}/{view.model}", view.size, view.seconds)
                named = [each for each in characters if each.remote_id in view.characters]
                self.draft = Draft(view.prompt, uuid4().hex, tuple(map(_to_public, named)))
            else:
                choice = _read_choice(self.last_choice)
            if view and view.parent_id:
                await toasts.tell(self, "The original video was deleted, so this will be a new one.")
            if brought is not None:
                self.reference, self.error = brought
            assign(
                self,
                ready=True,
                groups=groups(profiles),
                characters=[Character(_to_public(each), each.name, each.provider) for each in characters],
                selection=select(profiles, *choice),
                form_key=self.form_key or uuid4().hex,
            )
        return None

    @rx.event
    def choose_model(self, model: str) -> None:
        """Change the model; size and length stay where it makes them."""
        _choose(self, model, self.selection.size, self.selection.seconds)

    @rx.event
    def choose_size(self, size: str) -> None:
        """Change the size."""
        _choose(self, self.selection.model, size, self.selection.seconds)

    @rx.event
    def choose_seconds(self, seconds: str) -> None:
        """Change the length."""
        _choose(self, self.selection.model, self.selection.size, seconds)

    @rx.event
    def attach(self, reference_id: str, width: int, height: int) -> None:
        """Take an uploaded picture as the first frame; who owns it is checked when the wish goes out."""
        self.reference = Reference(str(reference_id)[:64], _side(width), _side(height))

    @rx.event
    def detach(self) -> None:
        """Let go of the picture."""
        self.reference = Reference()

    @rx.event(background=True)
    async def submit(self, data: dict[str, Any]) -> None:
        """Ask for a video."""
        key = form_data.text(data, "idempotency_key")
        async with self:
            owner_id = await signed_in_user(self)
        try:
            view = await services().videos.create(owner_id, wish_form.read(data), idempotency_key=key or None)
        except SoraStudioError as problem:
            async with still_signed_in(self, owner_id):
                _refuse(self, key, problem)
            return
        except BaseException:
            async with self:  # a mistake of ours: the tile that stood in must not stay
                self.answer = Answer(key, id=uuid4().hex)
            raise
        async with still_signed_in(self, owner_id):
            assign(self, error=FormError(), reference=Reference(), draft=Draft(), form_key=uuid4().hex)
            self.answer = Answer(key, accepted=True, id=uuid4().hex)
            recent = await self.get_state(CreateState)
            card = to_card(view)
            others = [other for other in recent.cards if other.id != card.id]
            recent.cards = [card, *others][:RECENT]


def _choose(state: ComposerState, model: str, size: str, seconds: str) -> None:
    state.selection = select(services().videos.profiles(), model, size, seconds)
    state.last_choice = json.dumps([state.selection.model, state.selection.size, state.selection.seconds])


def _refuse(state: ComposerState, key: str, problem: SoraStudioError) -> None:
    field = (problem.param or "") if isinstance(problem, InvalidInput) else ""
    state.error = FormError(explain(problem), field)
    state.answer = Answer(key, id=uuid4().hex)
    state.form_key = idempotency.after(state.form_key, problem)


async def _earlier(owner_id: UUID, video_id: str) -> VideoView | None:
    try:
        return await services().videos.get(owner_id, parse_public_id(video_id))
    except NotFound:
        return None


async def _bring_picture(owner_id: UUID, view: VideoView) -> tuple[Reference, FormError]:
    """Take the picture of an earlier wish along, or say that it has to be added again."""
    try:
        copy = await services().media.reuse_reference(owner_id, view.id)
    except SoraStudioError:
        return Reference(), FormError("The image could not be copied. Add it again.", "reference_id")
    return Reference(str(copy.id), copy.width, copy.height), FormError()


def _to_public(character: CharacterView) -> str:
    return public_character_id(character.id)


def _side(pixels: int) -> int:
    return min(max(1, int(pixels)), _LONGEST_SIDE)


def _read_choice(text: str) -> tuple[str, str, str]:
    try:
        model, size, seconds = json.loads(text)
    except ValueError:
        return "", "", ""
    return str(model), str(size), str(seconds)
