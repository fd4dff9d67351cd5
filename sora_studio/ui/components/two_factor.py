"""The second factor as the profile shows it, and the page that leads those to it who must have one."""

import reflex as rx

from sora_studio.domain.two_factor import RECOVERY_CODES
from sora_studio.ui.components.confirm import confirm
from sora_studio.ui.components.form import code_field, error
from sora_studio.ui.components.proof import proof
from sora_studio.ui.components.shown_once import shown_once
from sora_studio.ui.theme import SMALL_ICON, icon
from sora_studio.ui.two_factor import TwoFactorState

_SECRET, _CODES = "authenticator-secret", "recovery-codes"


def two_factor() -> rx.Component:
    """Draw what there is, and one step at a time of what can be done."""
    return rx.cond(
        TwoFactorState.ready,
        rx.el.div(
            rx.cond(TwoFactorState.codes.length() > 0, _codes()),
            rx.cond(
                TwoFactorState.asking,
                _proof(),
                rx.cond(
                    TwoFactorState.secret,
                    _set_up(),
                    rx.fragment(
                        error(TwoFactorState.refusal), rx.cond(TwoFactorState.enabled_at, _on(), _off())
                    ),
                ),
            ),
            class_name="two-factor",
        ),
    )


def _off() -> rx.Component:
    return rx.el.button(
        "Set up",
        type="button",
        on_click=TwoFactorState.act("begin"),
        disabled=TwoFactorState.busy,
        class_name="button primary",
    )


def _on() -> rx.Component:
    return rx.fragment(
        rx.el.p(
            icon("shield-check", SMALL_ICON),
            rx.el.span(
                "On since ",
                rx.el.time(
                    key=TwoFactorState.enabled_at,
                    date_time=TwoFactorState.enabled_at,
                    data_ago="",
                    class_name="num",
                ),
                " · ",
                rx.el.span(TwoFactorState.codes_left, class_name="num"),
                f" of {RECOVERY_CODES} recovery codes left",
            ),
            class_name="standing",
        ),
        rx.el.div(
            rx.el.button(
                "New recovery codes",
                type="button",
                on_click=TwoFactorState.act("renew"),
                disabled=TwoFactorState.busy,
                title="Those you have stop working.",
                class_name="button",
            ),
            confirm(
                ("Turn off",),
                "Then the password alone opens your account, and the recovery codes are void.",
                button=rx.el.button(
                    "Turn it off",
                    type="button",
                    on_click=TwoFactorState.act("disable"),
                    disabled=TwoFactorState.busy,
                    class_name="button danger solid",
                ),
                look="danger",
            ),
            class_name="row",
        ),
    )


def _set_up() -> rx.Component:
    return rx.el.form(
        rx.el.p("Scan this with an authenticator app, or type the key into it."),
        rx.el.svg(
            rx.el.path(d=TwoFactorState.picture.path),
            view_box=TwoFactorState.picture.view_box,
            role="img",
            aria_label="QR code for your authenticator",
            class_name="qr",
        ),
        rx.el.div(
            rx.el.code(
                TwoFactorState.secret, custom_attrs={"id": _SECRET, "translate": "no"}, class_name="num"
            ),
            rx.el.button("Copy", type="button", data_copy=f"#{_SECRET}", class_name="button small"),
            class_name="secret",
        ),
        code_field("Code that the app shows"),
        error(TwoFactorState.refusal),
        rx.el.div(
            rx.el.button("Turn on", type="submit", disabled=TwoFactorState.busy, class_name="button primary"),
            rx.el.button("Cancel", type="button", on_click=TwoFactorState.put_away, class_name="button"),
            class_name="row",
        ),
        on_submit=TwoFactorState.enable,
        method="post",
        class_name="form",
    )


def _codes() -> rx.Component:
    return shown_once(
        _CODES,
        rx.el.p("Keep these recovery codes where you keep what matters. Each works once, without the app."),
        rx.el.pre(
            TwoFactorState.codes.join("\n"),
            custom_attrs={"id": _CODES, "translate": "no"},
            class_name="num",
        ),
        TwoFactorState.put_away,
    )


def _proof() -> rx.Component:
    return proof(
        "proof",
        TwoFactorState.refusal,
        TwoFactorState.busy,
        go_on=TwoFactorState.prove,
        cancel=TwoFactorState.put_away,
    )
