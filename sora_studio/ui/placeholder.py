"""A page to stand in until the real ones do."""

import reflex as rx


class CounterState(rx.State):
    """A number that only the server can raise."""

    count: int = 0

    @rx.event
    def bump(self) -> None:
        """Raise the number by one."""
        self.count += 1


def page() -> rx.Component:
    """Draw the number and a button."""
    return rx.el.main(
        rx.el.h1("Sora Studio"),
        rx.el.button("Bump", on_click=CounterState.bump, id="bump"),
        rx.el.output(CounterState.count, id="count"),
    )
