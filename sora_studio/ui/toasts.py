"""The one short message at the edge of the page, with an undo where there is one.

It is state, not `rx.toast`: that would make the browser evaluate code from the server, which our
Content-Security-Policy forbids.
"""

from dataclasses import dataclass

import reflex as rx

INFO, ERROR = "info", "error"
_LONGEST = 400


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
    tone = ERROR if tone == ERROR else INFO
    state.toast = Toast(str(text)[:_LONGEST], tone, undo, state.toast.number + 1)
