"""The activity of a video: its lines, oldest first."""

from collections.abc import Sequence

import reflex as rx

from sora_studio.ui.pages.video.activity_lines import Line
from sora_studio.ui.theme import SMALL_ICON, icon


def timeline(lines: rx.vars.ArrayVar[Sequence[Line]], *, ready: rx.Var[bool]) -> rx.Component:
    """Draw the lines, oldest first; of a finished video the last one is enough until it is unfolded."""
    last = lines[-1].to(rx.vars.ObjectVar[Line], Line)
    return rx.cond(
        lines.length() > 0,
        rx.el.details(
            rx.el.summary(
                icon("chevron-right", SMALL_ICON),
                rx.el.span("Activity", class_name="label"),
                rx.el.span(last.text, " ", _when(last), class_name="latest"),
            ),
            rx.el.ol(rx.foreach(lines, _line)),
            open=~ready,
            class_name="activity",
        ),
    )


def _line(line: rx.vars.ObjectVar[Line], place: rx.Var[int]) -> rx.Component:
    return rx.el.li(
        rx.el.span(line.text),
        _when(line),
        rx.cond(line.note, rx.el.p(line.note, dir="auto")),
        key=place,
        class_name=line.tone,
    )


def _when(line: rx.vars.ObjectVar[Line]) -> rx.Component:
    """Say how long ago; the exact time is in the tool tip. Another moment is another element to studio.js."""
    return rx.el.time(key=line.at, date_time=line.at, data_ago="", class_name="num")
