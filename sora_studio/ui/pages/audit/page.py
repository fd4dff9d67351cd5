"""The trail: who did what around accounts and to the studio, when, and from where."""

import reflex as rx

from sora_studio.domain.account import EMAIL_MAX
from sora_studio.ui.components.form import error, field, text_field
from sora_studio.ui.components.studio import studio_page
from sora_studio.ui.pages.audit.lines import ACTS, Line
from sora_studio.ui.pages.audit.state import AuditState
from sora_studio.ui.theme import SMALL_ICON, icon, plain_link


def page() -> rx.Component:
    """Draw the page."""
    return studio_page(
        "Audit",
        rx.el.form(
            field(
                "What",
                rx.el.select(
                    rx.el.option("Everything", value=""),
                    *(rx.el.option(words, value=act) for act, words in ACTS.items()),
                    name="act",
                    class_name="input",
                ),
            ),
            text_field(
                "Whose (e-mail)",
                "email",
                type="email",
                auto_complete="off",
                max_length=EMAIL_MAX,
                placeholder="everybody's",
            ),
            rx.el.button("Show", type="submit", class_name="button primary"),
            plain_link(icon("download", SMALL_ICON), "CSV", href=AuditState.export, class_name="button"),
            error(AuditState.refusal),
            on_submit=AuditState.choose,
            method="post",
            class_name="invite",
        ),
        rx.el.ol(rx.foreach(AuditState.lines, _line), class_name="trail"),
        rx.cond(
            AuditState.ready & (AuditState.lines.length() == 0),
            rx.el.p("Nothing of this kind.", class_name="muted"),
        ),
        rx.cond(
            AuditState.has_more,
            rx.el.button("Show more", type="button", on_click=AuditState.more, class_name="button"),
        ),
        name="studio-audit",
        ready=AuditState.ready,
        trouble=AuditState.problem,
    )


def _line(line: rx.vars.ObjectVar[Line]) -> rx.Component:
    return rx.el.li(
        rx.el.time(key=line.at, date_time=line.at, data_moment="", class_name="muted num"),
        rx.el.div(
            rx.el.p(
                rx.el.bdi(line.user, class_name="who"),
                " ",
                rx.el.span(line.act),
                rx.cond(line.subject, rx.fragment(": ", rx.el.bdi(line.subject))),
                rx.cond(line.refused, rx.el.span("Refused", class_name="tag disabled")),
            ),
            rx.el.p(
                rx.el.bdi(line.place),
                rx.cond(line.about, rx.fragment(" · ", rx.el.bdi(line.about))),
                class_name="muted",
            ),
        ),
        key=line.id,
    )
