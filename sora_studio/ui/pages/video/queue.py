"""What can be done about the place of a wish that waits for its turn."""

import reflex as rx

from sora_studio.domain.fair_queue import Move
from sora_studio.ui.current_user import PersonState
from sora_studio.ui.pages.video.queue_state import QueueState
from sora_studio.ui.pages.video.state import VideoState

_video = VideoState.video
_ID = f"{_video.id}"


def place_in_queue() -> rx.Component:
    """Offer to send this one earlier or later than one's others; to admins, before everybody's."""
    moves = (("First of mine", Move.FIRST), ("Earlier", Move.EARLIER), ("Later", Move.LATER))
    return rx.el.div(
        rx.cond(_video.urgent, rx.fragment(), rx.fragment(*(_move(*each) for each in moves))),
        rx.cond(
            PersonState.is_admin,
            rx.cond(_video.urgent, _urge("Not urgent", urgent=False), _urge("Urgent", urgent=True)),
        ),
        class_name="row",
        role="group",
        aria_label="Its place in the queue",
    )


def _move(label: str, move: Move) -> rx.Component:
    return rx.el.button(label, type="button", on_click=QueueState.move(_ID, move), class_name="button small")


def _urge(label: str, *, urgent: bool) -> rx.Component:
    return rx.el.button(
        label,
        type="button",
        title="Before everything else that waits at this provider",
        on_click=QueueState.urge(_ID, urgent),
        class_name="button small",
    )
