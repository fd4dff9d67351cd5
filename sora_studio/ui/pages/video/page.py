"""One video: the stage, and below it everything about the video."""

import reflex as rx

from sora_studio.domain.video import PROMPT_MAX, TITLE_MAX, Kind, Variant
from sora_studio.ui import layout, routes
from sora_studio.ui.cards import ATTENTION, FAILED, READY
from sora_studio.ui.components import feedback, tile
from sora_studio.ui.components.form import error
from sora_studio.ui.components.progress import ring
from sora_studio.ui.pages.video import sections
from sora_studio.ui.pages.video.activity import timeline
from sora_studio.ui.pages.video.derivations_state import DerivationsState
from sora_studio.ui.pages.video.state import VideoState
from sora_studio.ui.theme import SMALL_ICON, icon, plain_link, style

_video = VideoState.video
_ID = f"{_video.id}"
_DOWNLOADS = (
    (Variant.VIDEO, "Video", "MP4"),
    (Variant.THUMBNAIL, "Thumbnail", "image"),
    (Variant.SPRITESHEET, "Spritesheet", "20 frames, image"),
)


def page() -> rx.Component:
    """Draw the page."""
    asked = rx.State.video_id  # type: ignore[attr-defined] # Reflex adds it for the route's [video_id]
    missing = VideoState.missing == asked
    shown = _video.id == asked
    return layout.frame(
        feedback.problem(VideoState.problem),
        rx.cond(
            VideoState.missing & missing,
            _missing(),
            rx.cond(_video.id & shown, rx.el.article(_stage(), _details(), class_name="watch"), _skeleton()),
        ),
        name="video",
        ready=(_video.id & shown) | (VideoState.missing & missing),
    )


def _stage() -> rx.Component:
    return rx.el.div(
        rx.cond(
            _video.look == READY,
            rx.el.img(
                src=routes.content(_ID, Variant.THUMBNAIL), alt="", aria_hidden="true", class_name="ambient"
            ),
        ),
        rx.el.div(
            rx.match(
                _video.look,
                (READY, _player()),
                (FAILED, _message("circle-alert", "bad")),
                (ATTENTION, _message("circle-help", "warn")),
                _coming(),
            ),
            class_name=f"screen {_video.look}",
            custom_attrs=style(ar=_video.ratio),
        ),
        key=_video.id,
        class_name="stage",
    )


def _player() -> rx.Component:
    return rx.el.video(
        src=routes.content(_ID, Variant.VIDEO),
        poster=routes.content(_ID, Variant.THUMBNAIL),
        controls=True,
        preload="metadata",
        loop=True,
        plays_inline=True,
        aria_label=_video.title,
        data_player="",
    )


def _coming() -> rx.Component:
    return rx.el.div(
        ring(VideoState.progress.percent, known=_video.known, label=f"Progress of {_video.title}"),
        rx.el.p(
            _video.word,
            rx.cond(VideoState.progress.left, rx.fragment(" · ", VideoState.progress.left, " left")),
            class_name="phase num",
            role="status",
        ),
        rx.el.p(_video.sentence, class_name="muted"),
        _countdown(),
        class_name="message",
    )


def _message(symbol: str, tone: str) -> rx.Component:
    return rx.el.div(
        icon(symbol, 28),
        rx.el.h2(_video.word, class_name=tone),
        rx.el.p(_video.sentence),
        _countdown(),
        rx.cond(
            _video.look == FAILED,
            rx.el.a("Edit and send again", href=routes.edit(_ID), class_name="button primary"),
            rx.el.div(*tile.decisions(_video.id, _video.unsent), class_name="row"),
        ),
        class_name="message",
    )


def _countdown() -> rx.Component:
    """Say how long the provider keeps a file that could not be saved yet; studio.js counts."""
    return rx.cond(
        _video.kept_until,
        rx.el.p(
            "The provider keeps the file ",
            rx.el.time(key=_video.kept_until, date_time=_video.kept_until, data_left=""),
            class_name="countdown num",
            role="timer",
        ),
    )


def _details() -> rx.Component:
    return rx.el.div(
        rx.el.div(_title(), _facts(), _prompt(), class_name="column"),
        rx.el.div(
            timeline(VideoState.activity, ready=_video.look == READY),
            _remix(),
            sections.possibilities(),
            sections.family(),
            class_name="column",
        ),
        class_name="details",
    )


def _title() -> rx.Component:
    return rx.el.div(
        rx.el.h1(_video.title, dir="auto"),
        rx.el.input(
            key=_ID,
            default_value=_video.title,
            on_blur=lambda title: VideoState.rename(_ID, title),
            max_length=TITLE_MAX,
            aria_label="Title",
            dir="auto",
            class_name="input",
        ),
        rx.el.button(
            icon("pencil", SMALL_ICON), type="button", aria_label="Rename", class_name="button small bare"
        ),
        class_name="title",
        data_title="",
    )


def _facts() -> rx.Component:
    return rx.el.div(
        rx.el.ul(
            rx.el.li(rx.el.span(_video.word, class_name=f"status {_video.look}")),
            rx.el.li(_video.model),
            rx.el.li(_video.size),
            rx.el.li(_video.duration),
            rx.cond(_video.made_in, rx.el.li(_video.made_in)),
            rx.el.li(_video.cost),
            rx.el.li(rx.el.time(date_time=_video.made_at, data_ago="")),
            class_name="facts num",
        ),
        rx.el.div(
            rx.cond(_video.look == READY, _downloads()),
            rx.el.button(
                icon("trash-2", SMALL_ICON),
                rx.el.span("Delete"),
                type="button",
                on_click=VideoState.remove,
                class_name="button quiet danger",
            ),
            class_name="row",
        ),
        class_name="facts-row",
    )


def _downloads() -> rx.Component:
    return rx.el.details(
        rx.el.summary(icon("download", SMALL_ICON), "Download", class_name="button"),
        rx.el.div(
            *(
                plain_link(
                    text,
                    rx.el.span(kind, class_name="muted"),
                    href=routes.content(_ID, variant, download=True),
                    download="",
                )
                for variant, text, kind in _DOWNLOADS
            ),
            class_name="menu",
        ),
        class_name="dropdown",
        data_dropdown="",
    )


def _prompt() -> rx.Component:
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
            _video.has_reference,
            rx.el.figure(
                rx.el.img(src=routes.reference(_ID), alt="", loading="lazy"),
                rx.el.figcaption("The image it starts from"),
                class_name="reference",
            ),
        ),
        class_name="card",
    )


def _remix() -> rx.Component:
    asked = DerivationsState.possible
    again = (asked.id == _video.id) & (asked.again == Kind.REMIX.value)
    return rx.cond(
        _video.look == READY,
        rx.el.section(
            rx.el.h2("Remix"),
            rx.el.p("Describe what should be different. The original stays as it is.", class_name="muted"),
            rx.el.form(
                rx.el.input(
                    type="hidden", name="idempotency_key", value=VideoState.remix_key, read_only=True
                ),
                rx.el.textarea(
                    key=f"{_ID} {asked.again}",
                    default_value=rx.cond(again, asked.draft, _video.prompt),
                    name="prompt",
                    rows=3,
                    data_longest=str(PROMPT_MAX),
                    aria_label="Remix prompt",
                    dir="auto",
                    class_name="input",
                    data_remix="",
                ),
                error(VideoState.remix_error),
                rx.el.div(
                    rx.el.span(
                        _video.model, " · ", _video.duration, " · ", _video.price, class_name="muted num"
                    ),
                    rx.el.button(
                        icon("shuffle", SMALL_ICON),
                        "Remix",
                        type="submit",
                        disabled=VideoState.remixing,
                        class_name="button primary",
                    ),
                    class_name="row between",
                ),
                on_submit=VideoState.remix,
                class_name="stack",
            ),
            custom_attrs={"id": "remix"},
            class_name="card",
        ),
    )


def _missing() -> rx.Component:
    return rx.el.div(
        icon("search-x", 28),
        rx.el.h1("There is no such video"),
        rx.el.p("It is deleted, or it is somebody else's.", class_name="muted"),
        rx.el.a("Open the library", href=routes.LIBRARY, class_name="button primary"),
        class_name="empty",
    )


def _skeleton() -> rx.Component:
    return rx.el.div(
        rx.el.div(rx.el.div(class_name="screen skeleton", custom_attrs=style(ar=16 / 9)), class_name="stage"),
        rx.el.div(class_name="skeleton line title-line"),
        rx.el.div(class_name="skeleton line"),
        class_name="watch",
        aria_hidden="true",
    )
