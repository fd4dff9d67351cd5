"""A second step, in the place of the first: what an act costs is said where it is done, on touch, too."""

from typing import Any

import reflex as rx

Text = rx.Component | rx.Var[str] | str


def confirm(
    act: tuple[rx.Component | str, ...],
    *sentences: Text,
    button: rx.Component,
    look: str = "small quiet",
    **props: Any,  # noqa: ANN401 -- props have any type
) -> rx.Component:
    """Draw a button that opens a question; only one of a page is open at a time.

    The act itself is not where the first step was, so a double click opens the question and closes it.

    Args:
        act: What the first button shows.
        sentences: What is said before the act: what it costs, and what cannot be taken back.
        button: Does it.
        look: The classes of the first button.
        props: Of the whole.
    """
    return rx.el.details(
        rx.el.summary(
            rx.el.span(*act, class_name="ask"),
            rx.el.span("Cancel", class_name="cancel"),
            class_name=f"button {look}",
        ),
        rx.el.div(
            rx.el.p(*(rx.el.span(sentence, " ") for sentence in sentences)), button, class_name="asked"
        ),
        custom_attrs={"name": "confirm"},
        class_name="confirm",
        **props,
    )
