"""The one short message at the edge of the page, with an undo where there is one.

It is state, not `rx.toast`: that would make the browser evaluate code from the server, which our
Content-Security-Policy forbids.
"""

# ruff: noqa: SLF001 -- vars with an underscore are those that Reflex sends to no browser
# pyright: reportPrivateUsage=false

import time
from dataclasses import dataclass, replace

import reflex as rx

INFO, ERROR = "info", "error"
_LONGEST = 400
_STAYS = 8.0  # seconds; while it is to be seen, the same words again change nothing


@dataclass(frozen=True)
class Toast:
    """What it says; `undo` is the public id of a removed video, or empty."""

    text: str = ""
    tone: str = INFO
    undo: str = ""
    number: int = 0  # counts up, so that the same words twice are two toasts


class ToastState(rx.State):
    """The message that this tab shows."""

    toast: rx.Field[Toast] = rx.field(default_factory=Toast)
    _said_at: float = 0.0

    @rx.event
    def say(self, text: str, tone: str = INFO) -> None:
        """Show a message to this tab."""
        _show(self, text, tone)

    @rx.event
    def clear(self) -> None:
        """Take the message away."""
        _show(self, "")


async def tell(state: rx.State, text: str, *, tone: str = INFO, undo: str = "") -> None:
    """Show a message from another state's handler, inside its `async with self`."""
    _show(await state.get_state(ToastState), text, tone, undo)


def _show(state: ToastState, text: str, tone: str = INFO, undo: str = "") -> None:
    toast = Toast(str(text)[:_LONGEST], ERROR if tone == ERROR else INFO, undo, state.toast.number)
    now = time.monotonic()
    if toast != state.toast or now - state._said_at > _STAYS:
        state._said_at = now
        state.toast = replace(toast, number=toast.number + 1)
