"""The person's webhook endpoints: a secret the one time that it is shown, each endpoint, and the form."""

import reflex as rx
from reflex.event import EventCallback

from sora_studio.domain.account import NAME_MAX
from sora_studio.domain.webhook_messages import URL_MAX
from sora_studio.ui.components.form import error, field, text_field
from sora_studio.ui.components.shown_once import shown_once
from sora_studio.ui.pages.profile.webhook_lines import EVENTS, FORMATS, ListedDelivery, ListedEndpoint
from sora_studio.ui.pages.profile.webhooks_state import WebhooksState
from sora_studio.ui.theme import SMALL_ICON, icon

_FRESH = "fresh-secret"


def webhooks() -> rx.Component:
    """Draw the secret that was just made, a line for each endpoint, and the form for another one."""
    return rx.fragment(
        rx.cond(WebhooksState.fresh, _fresh()),
        rx.el.div(rx.foreach(WebhooksState.endpoints, _line), class_name="people keys"),
        rx.el.details(
            rx.el.summary("New webhook…", class_name="button"),
            _form(),
            class_name="unfold",
            key=WebhooksState.made.to_string(),
        ),
    )


def _fresh() -> rx.Component:
    name = rx.el.bdi(WebhooksState.fresh_name)
    return shown_once(
        _FRESH,
        rx.el.p("Copy the signing secret of ", name, " now: it is not shown again."),
        rx.el.code(WebhooksState.fresh, custom_attrs={"id": _FRESH}, class_name="num"),
        WebhooksState.put_away,
    )


def _line(endpoint: rx.vars.ObjectVar[ListedEndpoint]) -> rx.Component:
    name = endpoint.name.to(str)
    return rx.el.details(
        rx.el.summary(
            icon("webhook", SMALL_ICON),
            rx.el.bdi(endpoint.name),
            rx.el.span(rx.el.bdi(endpoint.host), class_name="muted"),
            icon("chevron-down", SMALL_ICON),
        ),
        rx.el.div(
            rx.el.p(endpoint.about),
            rx.cond(endpoint.ended, rx.el.p(endpoint.ended)),
            class_name="muted about",
        ),
        rx.el.div(
            _button("Test", WebhooksState.try_out(endpoint.id), f"Test {name}"),
            _button("Deliveries", WebhooksState.show(endpoint.id), f"Deliveries to {name}"),
            rx.cond(
                endpoint.signed,
                _button("New secret", WebhooksState.rotate(endpoint.id), f"New secret for {name}"),
            ),
            _button("Delete", WebhooksState.remove(endpoint.id), f"Delete {name}", "button danger solid"),
            class_name="row",
        ),
        rx.cond(WebhooksState.opened == endpoint.id, _deliveries(endpoint)),
        key=endpoint.id,
        custom_attrs={"name": "webhooks"},
    )


def _button(
    words: str, on_click: EventCallback[*tuple[()]], label: str | rx.Var[str], style: str = "button"
) -> rx.Component:
    return rx.el.button(
        words,
        type="button",
        on_click=on_click,
        disabled=WebhooksState.busy,
        aria_label=label,
        class_name=style,
    )


def _deliveries(endpoint: rx.vars.ObjectVar[ListedEndpoint]) -> rx.Component:
    def line(delivery: rx.vars.ObjectVar[ListedDelivery]) -> rx.Component:
        return rx.el.li(
            rx.el.span(
                rx.el.time(key=delivery.at, date_time=delivery.at, data_ago="", class_name="num"),
                " · ",
                delivery.event,
                " · ",
                rx.el.bdi(delivery.state),
            ),
            rx.cond(
                delivery.over,
                _button("Send again", WebhooksState.send_again(endpoint.id, delivery.id), "Send again"),
            ),
            key=delivery.id,
        )

    return rx.cond(
        WebhooksState.deliveries.length() > 0,
        rx.el.ul(rx.foreach(WebhooksState.deliveries, line), role="list", class_name="deliveries"),
        rx.el.p("Nothing was sent yet.", class_name="muted about"),
    )


def _form() -> rx.Component:
    return rx.el.form(
        text_field(
            "Name of the webhook",
            "hook_name",
            placeholder="Team chat",
            required=True,
            max_length=NAME_MAX,
            auto_complete="off",
        ),
        field(
            "It is",
            rx.el.select(
                *(rx.el.option(words, value=kind) for kind, words in FORMATS.items()),
                name="format",
                class_name="input",
            ),
        ),
        text_field(
            "Its address",
            "url",
            type="url",
            placeholder="https://discord.com/api/webhooks/…",
            required=True,
            max_length=URL_MAX,
            auto_complete="off",
        ),
        rx.el.fieldset(
            rx.el.legend("It is told when", class_name="label"),
            *(
                rx.el.label(
                    rx.el.input(type="checkbox", name=event, default_checked=chosen),
                    rx.el.span(words),
                    class_name="check",
                )
                for event, words, chosen in EVENTS
            ),
        ),
        error(WebhooksState.refusal),
        rx.el.button("Make webhook", type="submit", disabled=WebhooksState.busy, class_name="button primary"),
        on_submit=WebhooksState.create,
        method="post",
        class_name="form",
    )
