"""Create: the newest videos, and the composer docked under them."""

import reflex as rx

from sora_studio.ui import layout, routes
from sora_studio.ui.components import feedback, tile
from sora_studio.ui.current_user import PersonState
from sora_studio.ui.libraries import MINE
from sora_studio.ui.pages.create.composer import composer
from sora_studio.ui.pages.create.composer_state import ComposerState
from sora_studio.ui.pages.create.state import CreateState
from sora_studio.ui.theme import live

EXAMPLES = (
    "A paper boat sails down a rain-filled street at dusk, neon reflected in the water",
    "Close-up of a potter's hands shaping wet clay, warm window light, dust in the air",
    "Drone shot over a lavender field at sunrise, long shadows, a lone cyclist far below",
)
_SHAPES = (1.7778, 0.5625, 1.7778, 1.7778, 0.5625, 1.7778, 1.0)


def page() -> rx.Component:
    """Draw the page."""
    return layout.frame(
        rx.el.header(
            rx.el.h1(_greeting()),
            rx.cond(CreateState.coming, rx.el.p(live(CreateState.coming), class_name="coming-line")),
            class_name="head",
        ),
        feedback.problem(CreateState.problem),
        rx.el.section(
            rx.cond(CreateState.ready, _recent(), tile.skeletons(_SHAPES)),
            class_name="stream",
            aria_label="Recent videos",
        ),
        composer(),
        name="create",
        skip=("prompt", "Skip to the composer"),
        ready=CreateState.ready & ComposerState.ready,
    )


def _recent() -> rx.Component:
    return rx.fragment(
        tile.grid(CreateState.cards, CreateState.progress, CreateState.stars),
        rx.cond(CreateState.cards.length() == 0, _first_visit()),
        rx.cond(
            CreateState.more,
            rx.el.a(
                "All videos",
                href=rx.cond(
                    CreateState.libraries.chosen.id == MINE,
                    routes.LIBRARY,
                    routes.library(f"{CreateState.libraries.chosen.id}"),
                ),
                class_name="button quiet all",
            ),
        ),
    )


def _first_visit() -> rx.Component:
    return rx.el.div(
        rx.el.h2("What will you make first?"),
        rx.el.ul(
            *(
                rx.el.li(rx.el.button(prompt, type="button", class_name="chip", data_prompt=prompt))
                for prompt in EXAMPLES
            ),
            class_name="chips",
        ),
        rx.cond(ComposerState.selection.note, rx.el.p(ComposerState.selection.note, class_name="muted")),
        class_name="first-visit",
    )


def _greeting() -> rx.Component:
    """Greet by the browser's clock; the name is there once the socket is."""
    parts = "['Good evening', 'Good morning', 'Good afternoon', 'Good evening']"
    hour = "new Date().getHours()"
    words = rx.Var(f"{parts}[[5, 12, 18].filter((start) => {hour} >= start).length]").to(str)
    return rx.cond(
        PersonState.first_name,
        rx.el.span(words, ", ", rx.el.bdi(PersonState.first_name)),
        rx.el.span("Create"),
    )
