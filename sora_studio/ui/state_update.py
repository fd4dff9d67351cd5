"""Assign to a State only what changed: Reflex sends a whole var again for every assignment."""

from typing import Any

import reflex as rx


def assign(state: rx.State, **values: Any) -> None:  # noqa: ANN401 - a State's vars have any type
    """Set the vars whose value differs; call it inside `async with state`."""
    for name, value in values.items():
        if getattr(state, name) != value:
            setattr(state, name, value)
