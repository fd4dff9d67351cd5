"""In which library the video is, and the form that moves it."""

import reflex as rx

from sora_studio.ui import routes
from sora_studio.ui.components.form import field
from sora_studio.ui.libraries import Library
from sora_studio.ui.pages.video.library_state import VideoLibraryState
from sora_studio.ui.pages.video.state import VideoState
from sora_studio.ui.theme import SMALL_ICON, icon

_video = VideoState.video


def library() -> rx.Component:
    """Say in which project the video is; its maker may move it, as long as there is another library."""
    movable = _video.may_move & _video.may_change & (VideoLibraryState.libraries.length() > 1)
    return rx.cond(
        (_video.project != "") | movable,
        rx.el.section(
            rx.el.h2("Library"),
            rx.cond(
                _video.project,
                rx.el.a(
                    icon("folders", SMALL_ICON),
                    rx.el.bdi(_video.library),
                    href=routes.library(f"{_video.project}"),
                    class_name="in-project",
                ),
                rx.el.p("My library: only you see it.", class_name="muted"),
            ),
            rx.cond(movable, _move()),
            class_name="card",
        ),
    )


def _move() -> rx.Component:
    return rx.el.details(
        rx.el.summary("Move\u2026", class_name="button small"),
        rx.el.form(
            field(
                "To",
                rx.el.select(
                    rx.foreach(VideoLibraryState.libraries, _option), name="library", class_name="input"
                ),
            ),
            rx.el.p(
                "Everybody in that project sees it, and its editors can change and delete it. What it cost "
                "stays where it was spent.",
                class_name="muted",
            ),
            rx.el.button("Move", type="submit", disabled=VideoLibraryState.busy, class_name="button primary"),
            on_submit=VideoLibraryState.move,
            method="post",
            class_name="form",
        ),
        key=f"{_video.id} {_video.project}",
        class_name="unfold",
    )


def _option(library: rx.vars.ObjectVar[Library]) -> rx.Component:
    return rx.el.option(library.name, value=library.id)
