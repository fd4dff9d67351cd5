"""The one short message at the edge of the page, with an undo where there is one.

It is state, not `rx.toast`: that would make the browser evaluate code from the server, which our
Content-Security-Policy forbids.
"""

# ruff: noqa: SLF001 -- vars with an underscore are those that Reflex sends to no browser
# pyright: reportPrivateUsage=false

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import reflex as rx

INFO, ERROR = "info", "error"
_LONGEST = 400
_STAYS = 8.0  # seconds; while it is to be seen, the same words again change nothing
_UNDO = 60.0  # seconds that an undo is offered at most, though a pointer rests on it: as long as there is one


@dataclass(frozen=True)
class Toast:
    """What it says; `undo` are the public ids of the removed videos that it can bring back."""

    text: str = ""
    tone: str = INFO
    undo: list[str] = field(default_factory=list)
    batch: str = ""  # what was done to several videos, which can be taken back
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
        """Take the message away; studio.js asks for it when the message has left the screen, too."""
        _show(self, "")


async def tell(
    state: rx.State, text: str, *, tone: str = INFO, undo: Sequence[str] = (), batch: str = ""
) -> None:
    """Show a message from another state's handler, inside its `async with self`."""
    _show(await state.get_state(ToastState), text, tone, undo, batch)


async def undoable(state: rx.State) -> list[str]:
    """Return the public ids of the removed videos that the message on the screen can bring back."""
    shown = await state.get_state(ToastState)
    return shown.toast.undo if time.monotonic() - shown._said_at < _UNDO else []


async def forget_old(state: rx.State) -> None:
    """Take away what was said before the page was opened, inside the `async with self` of its handler."""
    shown = await state.get_state(ToastState)
    if time.monotonic() - shown._said_at > _STAYS and shown.toast.text:
        _show(shown, "")


def _show(state: ToastState, text: str, tone: str = INFO, undo: Sequence[str] = (), batch: str = "") -> None:
    tone = ERROR if tone == ERROR else INFO
    toast = Toast(str(text)[:_LONGEST], tone, [*undo], batch, state.toast.number)
    now = time.monotonic()
    if toast != state.toast or now - state._said_at > _STAYS:
        state._said_at = now
        state.toast = replace(toast, number=toast.number + 1)
