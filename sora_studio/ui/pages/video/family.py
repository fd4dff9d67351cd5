"""The family of a video: what it was made from, and what was made from it."""

from collections.abc import Sequence

import reflex as rx

from sora_studio.ui.cards import VideoCard
from sora_studio.ui.components import tile
from sora_studio.ui.pages.video.lines import Generation
from sora_studio.ui.pages.video.state import VideoState


def family() -> rx.Component:
    """Show what the video was made from, and what was made from it."""
    return rx.cond(
        VideoState.family.length() > 0,
        rx.el.section(rx.foreach(VideoState.family, _generation), class_name="family"),
    )


def _generation(generation: rx.vars.ObjectVar[Generation]) -> rx.Component:
    cards = generation.cards.to(rx.vars.ArrayVar[Sequence[VideoCard]], list[VideoCard])
    return rx.fragment(
        rx.el.h2(generation.heading), tile.grid(cards, VideoState.coming, VideoState.stars, dense=True)
    )
