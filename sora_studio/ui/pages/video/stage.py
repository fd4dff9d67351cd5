"""The stage: the player, or how far the video is, or what went wrong."""

import reflex as rx

from sora_studio.domain.video import Variant
from sora_studio.ui import routes
from sora_studio.ui.cards import ATTENTION, FAILED, READY
from sora_studio.ui.components import tile
from sora_studio.ui.components.progress import ring
from sora_studio.ui.pages.video.queue import place_in_queue
from sora_studio.ui.pages.video.state import VideoState
from sora_studio.ui.theme import icon, live, style

_video = VideoState.video
_ID = f"{_video.id}"


def stage() -> rx.Component:
    """Draw the video, or what stands in its place until it is ready."""
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
            rx.el.span(_video.word),
            rx.cond(
                VideoState.progress.left,
                rx.fragment(rx.el.i("·"), live(VideoState.progress.left.to(str) + " left")),
            ),
            class_name="phase num",
        ),
        rx.cond(VideoState.progress.queue, rx.el.p(VideoState.progress.queue, class_name="queue num")),
        rx.el.p(_video.sentence, class_name="muted"),
        _countdown(),
        rx.cond(_video.in_line, place_in_queue()),
        class_name="message",
    )


def _message(symbol: str, tone: str) -> rx.Component:
    return rx.el.div(
        icon(symbol, 28),
        rx.el.h2(_video.word, class_name=tone),
        rx.el.p(_video.sentence),
        _countdown(),
        rx.cond(_video.may_change, _ways_on()),
        class_name="message",
    )


def _ways_on() -> rx.Component:
    return rx.cond(
        _video.look == FAILED,
        rx.el.div(
            rx.cond(_video.lost, tile.check_again(_video.id)),
            rx.el.a("Edit and resubmit", href=routes.edit(_ID), class_name="button primary"),
            class_name="row",
        ),
        rx.el.div(*tile.decisions(_video.id, _video.unsent, _video.stake), class_name="row"),
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
