"""What is known of a video: title, facts, downloads, prompt."""

import reflex as rx

from sora_studio.domain.video import TITLE_MAX, Variant
from sora_studio.ui import routes
from sora_studio.ui.cards import READY
from sora_studio.ui.components.confirm import confirm
from sora_studio.ui.components.menu import menu
from sora_studio.ui.pages.video.lines import Fact, Given
from sora_studio.ui.pages.video.state import VideoState
from sora_studio.ui.theme import SMALL_ICON, icon, plain_link

_video = VideoState.video
_ID = f"{_video.id}"
_DOWNLOADS = (
    (Variant.VIDEO, "Video", "MP4"),
    (Variant.THUMBNAIL, "Thumbnail", "image"),
    (Variant.SPRITESHEET, "Spritesheet", "20 frames, image"),
)
_DELETE = icon("trash-2", SMALL_ICON), rx.el.span("Delete")
_CANCEL = icon("x", SMALL_ICON), rx.el.span("Cancel")


def title() -> rx.Component:
    """Draw the title; studio.js turns it into a field to rename it."""
    return rx.el.div(
        rx.el.h1(_video.title, dir="auto"),
        rx.cond(_video.may_change, _rename()),
        class_name="title",
        data_title="",
    )


def _rename() -> rx.Component:
    return rx.fragment(
        rx.el.input(
            key=_ID,
            default_value=_video.title,
            on_blur=lambda title: VideoState.rename(_ID, title),
            max_length=TITLE_MAX,
            aria_label="Title",
            data_draft="title",
            dir="auto",
            class_name="input",
        ),
        rx.el.button(
            icon("pencil", SMALL_ICON), type="button", aria_label="Rename", class_name="button small bare"
        ),
    )


def facts() -> rx.Component:
    """Draw the line of facts, with the downloads and the way to delete the video."""
    return rx.el.div(
        rx.el.ul(
            rx.el.li(rx.el.span(_video.word, class_name=f"status {_video.look}")),
            rx.cond(_video.made_in, rx.el.li(_video.made_in)),
            rx.el.li(class_name="break", aria_hidden="true"),
            rx.el.li(_video.model),
            rx.el.li(_video.size),
            rx.el.li(_video.duration),
            rx.el.li(_video.cost),
            rx.el.li(rx.el.time(date_time=_video.made_at, data_ago="")),
            class_name="facts num",
        ),
        rx.el.div(
            rx.cond(_video.look == READY, _downloads()),
            rx.cond(_video.may_change, rx.cond(_video.stake, _delete_at_once(), _delete())),
            class_name="row",
        ),
        class_name="facts-row",
    )


def _delete() -> rx.Component:
    return rx.el.button(
        rx.cond(_video.waits, rx.fragment(*_CANCEL), rx.fragment(*_DELETE)),
        type="button",
        on_click=VideoState.remove(False),
        class_name="button quiet danger",
    )


def _delete_at_once() -> rx.Component:
    """Draw the way to delete what is being made: it costs all the same, and there is no undo."""
    return confirm(
        _DELETE,
        _video.stake,
        "This cannot be undone.",
        button=rx.el.button(
            "Delete now", type="button", on_click=VideoState.remove(True), class_name="button danger solid"
        ),
        look="quiet danger",
    )


def _downloads() -> rx.Component:
    return rx.fragment(
        rx.el.button(
            icon("download", SMALL_ICON),
            "Download",
            type="button",
            class_name="button",
            aria_haspopup="menu",
            data_opens="downloads",
        ),
        menu(
            *(
                plain_link(
                    text,
                    rx.el.span(kind, class_name="muted"),
                    href=routes.content(_ID, variant, download=True),
                    role="menuitem",
                    download="",
                )
                for variant, text, kind in _DOWNLOADS
            ),
            name="downloads",
        ),
    )


def rendering() -> rx.Component:
    """Draw what the provider reported about the rendering; nothing where it reported nothing."""
    return rx.cond(
        _video.facts.length() > 0,
        rx.el.section(
            rx.el.div(
                rx.el.h2("Rendering"),
                rx.cond(VideoState.repeatable, _same_seed()),
                class_name="row between",
            ),
            rx.el.ul(rx.foreach(_video.facts, _fact), class_name="facts num"),
            class_name="card",
        ),
    )


def _same_seed() -> rx.Component:
    return rx.el.a(
        icon("dices", SMALL_ICON),
        rx.el.span("Same seed"),
        href=routes.edit(_ID),
        title="Fill the form with this video's prompt, options and seed",
        class_name="button small quiet",
    )


def _fact(fact: Fact) -> rx.Component:
    return rx.el.li(rx.el.span(fact.name, " ", class_name="muted"), fact.value, key=fact.name)


def prompt() -> rx.Component:
    """Draw the prompt, and what went in beside it."""
    return rx.el.section(
        rx.el.div(
            rx.el.h2("Prompt"),
            rx.el.button(
                icon("copy", SMALL_ICON),
                rx.el.span("Copy"),
                type="button",
                class_name="button small quiet",
                data_copy="#prompt-text",
            ),
            class_name="row between",
        ),
        rx.el.p(_video.prompt, custom_attrs={"id": "prompt-text"}, dir="auto", class_name="prompt-text"),
        rx.cond(
            _video.revised_prompt,
            rx.fragment(
                rx.el.h3("Revised by the provider"),
                rx.el.p(_video.revised_prompt, dir="auto", class_name="prompt-text"),
            ),
        ),
        rx.foreach(VideoState.inputs, _given),
        class_name="card",
    )


def _given(given: rx.vars.ObjectVar[Given]) -> rx.Component:
    source = routes.video_input(_ID, given.position)
    return rx.el.figure(
        rx.match(
            given.medium,
            ("film", rx.el.video(src=source, controls=True, preload="metadata")),
            ("sound", rx.el.audio(src=source, controls=True, preload="metadata")),
            rx.el.img(src=source, alt="", loading="lazy"),
        ),
        rx.el.figcaption(given.name),
        key=source,
        class_name="reference",
    )
