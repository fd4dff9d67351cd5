"""One video: the stage, and below it everything about the video."""

import reflex as rx

from sora_studio.ui import layout, routes
from sora_studio.ui.cards import READY
from sora_studio.ui.components import feedback
from sora_studio.ui.pages.video import facts
from sora_studio.ui.pages.video.activity import timeline
from sora_studio.ui.pages.video.derivations import derivations
from sora_studio.ui.pages.video.derivations_state import DerivationsState
from sora_studio.ui.pages.video.family import family
from sora_studio.ui.pages.video.library import library
from sora_studio.ui.pages.video.remix import remix
from sora_studio.ui.pages.video.stage import stage
from sora_studio.ui.pages.video.state import VideoState
from sora_studio.ui.theme import icon

_video = VideoState.video


def page() -> rx.Component:
    """Draw the page."""
    asked = rx.State.video_id  # type: ignore[attr-defined] # Reflex adds it for the route's [video_id]
    missing = VideoState.missing == asked
    shown = _video.id == asked
    return layout.frame(
        rx.el.span(hidden=True, data_taken=DerivationsState.taken),
        feedback.problem(VideoState.problem),
        rx.cond(
            VideoState.missing & missing,
            _missing(),
            rx.cond(_video.id & shown, rx.el.article(stage(), _details(), class_name="watch"), _skeleton()),
        ),
        name="video",
        ready=(_video.id & shown) | (VideoState.missing & missing),
    )


def _details() -> rx.Component:
    return rx.el.div(
        rx.el.div(facts.title(), facts.facts(), facts.prompt(), facts.rendering(), class_name="column"),
        rx.el.div(
            timeline(VideoState.activity, ready=_video.look == READY),
            rx.cond(_video.may_change, rx.fragment(remix(), derivations())),
            library(),
            family(),
            class_name="column",
        ),
        class_name="details",
    )


def _missing() -> rx.Component:
    return rx.el.div(
        icon("search-x", 28),
        rx.el.h1("There is no such video"),
        rx.el.p("It was deleted, or it belongs to someone else.", class_name="muted"),
        rx.el.a("Open the library", href=routes.LIBRARY, class_name="button primary"),
        class_name="empty",
    )


def _skeleton() -> rx.Component:
    return rx.el.div(
        rx.el.div(rx.el.div(class_name="screen skeleton"), class_name="stage"),
        rx.el.div(class_name="skeleton line title-line"),
        rx.el.div(class_name="skeleton line"),
        class_name="watch",
        aria_hidden="true",
    )
