"""One video in a grid, whatever becomes of it."""

from collections.abc import Mapping, Sequence
from typing import Any

import reflex as rx

from sora_studio.domain.video import Variant
from sora_studio.ui import routes
from sora_studio.ui.actions import VideoActions
from sora_studio.ui.cards import ATTENTION, FAILED, READY, Progress, VideoCard
from sora_studio.ui.components.confirm import confirm
from sora_studio.ui.components.progress import ring
from sora_studio.ui.theme import SMALL_ICON, icon, live, style

Card = rx.vars.ObjectVar[VideoCard]
CardsVar = rx.vars.ArrayVar[Sequence[VideoCard]]
ProgressVar = rx.vars.ObjectVar[Mapping[str, Progress]]
StarsVar = rx.vars.ObjectVar[Mapping[str, int]]


def grid(
    cards: CardsVar,
    progress: ProgressVar,
    stars: StarsVar,
    *,
    dense: bool = False,
    selectable: bool = False,
) -> rx.Component:
    """Lay videos out in justified rows, each with its true aspect ratio; of some, several can be selected.

    The first child belongs to studio.js: a click's tile stands there until the server has answered.
    """
    return rx.el.div(
        rx.el.div(class_name="ghosts", data_ghosts=""),
        rx.foreach(
            cards,
            lambda card: rx.cond(
                VideoActions.gone.contains(card.id),
                rx.fragment(),
                tile(card, progress, stars, selectable=selectable),
            ),
        ),
        class_name="grid dense" if dense else "grid",
    )


def tile(card: Card, progress: ProgressVar, stars: StarsVar, *, selectable: bool = False) -> rx.Component:
    """Draw one video."""
    return rx.el.article(
        rx.match(
            card.look,
            (READY, _ready(card, stars)),
            (FAILED, _failed(card)),
            (ATTENTION, _attention(card)),
            _coming(card, progress),
        ),
        rx.el.button(
            type="button",
            class_name="more",
            aria_label=f"Actions for {card.title}",
            aria_haspopup="menu",
            data_menu=card.id,
            data_look=card.look,
            data_stake=card.stake,
            data_change=rx.cond(card.may_change, "true", "false"),
        ),
        *([rx.cond(card.may_change, _check(card))] if selectable else []),
        key=card.id,
        class_name=f"tile {card.look}",
        custom_attrs=style(ar=card.ratio),
    )


def _link(card: Card, *children: rx.Component, **props: Any) -> rx.Component:  # noqa: ANN401 -- props have any type
    return rx.el.a(
        *children,
        href=routes.video(f"{card.id}"),
        class_name="open",
        custom_attrs={"aria-keyshortcuts": "m x 0 1 2 3 4 5 Delete"},
        **props,
    )


def _check(card: Card) -> rx.Component:
    """Draw the box that selects a tile; studio.js knows which are."""
    return rx.el.label(
        rx.el.input(type="checkbox", aria_label=f"Select {card.title}", data_check=card.id),
        class_name="picker",
    )


def _ready(card: Card, stars: StarsVar) -> rx.Component:
    rated = stars[card.id].to(int)
    return _link(
        card,
        rx.el.img(
            src=routes.content(f"{card.id}", Variant.THUMBNAIL),
            src_set=routes.posters(f"{card.id}"),
            sizes="(min-width: 68.75em) 33vw, (min-width: 40em) 50vw, 80vw",
            alt="",
            loading="lazy",
            decoding="async",
        ),
        rx.el.span(
            rx.el.span(card.title, class_name="name", dir="auto"),
            rx.cond(
                rated,
                rx.el.span(
                    rx.el.span(rated, rx.cond(rated == 1, " star", " stars"), class_name="sr"),
                    class_name="stars",
                    data_stars=rated,
                ),
            ),
            rx.el.span(card.duration, class_name="long num"),
            class_name="caption",
        ),
        rx.el.span(card.word, " · ", card.facts, class_name="facts num"),
        data_sprite=routes.content(f"{card.id}", Variant.SPRITESHEET),
    )


def _coming(card: Card, progress: ProgressVar) -> rx.Component:
    now = progress[card.id].to(rx.vars.ObjectVar[Progress], Progress)
    return _link(
        card,
        ring(rx.cond(now, now.percent, 0).to(int), known=card.known, label=f"Progress of {card.title}"),
        rx.el.span(
            rx.el.span(card.word),
            rx.cond(now.left, rx.fragment(rx.el.i("·"), live(now.left.to(str)))),
            class_name="phase num",
        ),
        rx.cond(now.queue, rx.el.span(now.queue.to(str), class_name="queue num")),
        rx.el.span(card.title, class_name="name", dir="auto"),
    )


def _failed(card: Card) -> rx.Component:
    return rx.fragment(
        _link(
            card,
            rx.el.span(
                icon("circle-alert", SMALL_ICON),
                card.word,
                rx.el.span(card.cost, class_name="muted"),
                class_name="phase bad",
            ),
            rx.el.span(card.title, class_name="name", dir="auto"),
            rx.el.span(card.reason, class_name="reason", dir="auto"),
        ),
        rx.cond(
            card.may_change,
            rx.el.div(
                rx.el.a("Edit and resubmit", href=routes.edit(f"{card.id}"), class_name="button small"),
                class_name="choices",
            ),
        ),
    )


def _attention(card: Card) -> rx.Component:
    return rx.fragment(
        _link(
            card,
            rx.el.span(icon("circle-help", SMALL_ICON), card.word, class_name="phase warn"),
            rx.el.span(card.title, class_name="name", dir="auto"),
            rx.el.span(card.reason, class_name="reason", dir="auto"),
        ),
        rx.cond(
            card.may_change,
            rx.el.div(*decisions(card.id, card.unsent, card.stake), class_name="choices"),
        ),
    )


def decisions(video_id: rx.Var[str], unsent: rx.Var[bool], stake: rx.Var[str]) -> list[rx.Component]:
    """Offer the ways out of a video that needs a decision; what was certainly taken is not sent again."""
    busy = VideoActions.deciding == video_id
    return [
        check_again(video_id),
        rx.cond(unsent, _submit_again(video_id, busy)),
        confirm(
            ("Give up",),
            "The studio stops looking for it.",
            stake,
            button=rx.el.button(
                "Give up for good",
                on_click=VideoActions.give_up(video_id),
                disabled=busy,
                class_name="button small danger solid",
            ),
        ),
    ]


def check_again(video_id: rx.Var[str]) -> rx.Component:
    """Offer to ask the provider once more."""
    return rx.el.button(
        "Check again",
        on_click=VideoActions.check_again(video_id),
        disabled=VideoActions.deciding == video_id,
        class_name="button small",
    )


def _submit_again(video_id: rx.Var[str], busy: rx.Var[bool]) -> rx.Component:
    """Ask before it is paid for once more, at the price of this moment."""
    attempt = VideoActions.next_attempt
    known = attempt.id == video_id
    return confirm(
        ("Submit again",),
        "If the provider accepted the job after all, you pay for both.",
        button=rx.el.button(
            "Submit again: ",
            rx.cond(known, attempt.price, "…"),
            on_click=VideoActions.submit_again(video_id, attempt.micros),
            disabled=busy | ~known,
            class_name="button small primary",
        ),
        on_click=VideoActions.ask_price(video_id),
    )


def skeletons(ratios: tuple[float, ...], *, dense: bool = False) -> rx.Component:
    """Draw the grid's shape while it is being read."""
    return rx.el.div(
        *(rx.el.div(class_name="tile skeleton", custom_attrs=style(ar=ratio)) for ratio in ratios),
        class_name="grid dense" if dense else "grid",
        aria_hidden="true",
    )
