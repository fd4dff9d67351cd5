"""The person's API keys: what scripts sign in with, and the one time that a new one is shown."""

import reflex as rx

from sora_studio.domain.account import NAME_MAX
from sora_studio.domain.api_key import OVERLAP_HOURS
from sora_studio.ui.components.form import error, field, text_field
from sora_studio.ui.components.proof import proof
from sora_studio.ui.components.shown_once import shown_once
from sora_studio.ui.libraries import Library
from sora_studio.ui.pages.profile.key_lines import EXPIRY, SCOPES, Listed
from sora_studio.ui.pages.profile.keys_state import KeysState
from sora_studio.ui.theme import SMALL_ICON, icon

_FRESH = "fresh-key"


def keys() -> rx.Component:
    """Draw the key that was just made, a line for each there is, and the form for another one."""
    return rx.fragment(
        rx.cond(
            KeysState.asking,
            proof(
                "key_proof",
                KeysState.wrong_proof,
                KeysState.busy,
                go_on=KeysState.prove,
                cancel=KeysState.ask_no_more,
            ),
        ),
        rx.cond(KeysState.fresh, _fresh()),
        rx.el.div(rx.foreach(KeysState.keys, _line), class_name="people keys"),
        rx.el.details(
            rx.el.summary("New key…", class_name="button"),
            _form(),
            class_name="unfold",
            key=KeysState.made.to_string(),
        ),
    )


def _fresh() -> rx.Component:
    return shown_once(
        _FRESH,
        rx.el.p("Copy the key for ", rx.el.bdi(KeysState.fresh_name), " now: it is not shown again."),
        rx.el.code(KeysState.fresh, custom_attrs={"id": _FRESH}, class_name="num"),
        KeysState.put_away,
    )


def _line(key: rx.vars.ObjectVar[Listed]) -> rx.Component:
    return rx.el.details(
        rx.el.summary(
            icon("key-round", SMALL_ICON),
            rx.el.bdi(key.name),
            rx.el.span("…", key.last4, class_name="muted num"),
            icon("chevron-down", SMALL_ICON),
        ),
        rx.el.div(
            rx.el.p(key.scopes),
            rx.cond(key.project, rx.el.p("Only in the project ", rx.el.bdi(key.project))),
            rx.cond(key.budget, rx.el.p(key.budget, class_name="num")),
            rx.el.p(key.ends),
            rx.cond(key.asks, rx.el.p(key.asks)),
            rx.cond(
                key.used_at,
                rx.el.p(
                    "Last used ",
                    rx.el.time(key=key.used_at, date_time=key.used_at, data_ago="", class_name="num"),
                    " from ",
                    rx.el.bdi(key.used_from),
                ),
                rx.el.p("Never used"),
            ),
            class_name="muted about",
        ),
        _budget(key),
        rx.el.div(
            rx.el.button(
                "Rotate",
                type="button",
                on_click=KeysState.rotate(key.id),
                disabled=KeysState.busy | (KeysState.fresh != ""),
                title=f"Makes another key in its place; this one works for {OVERLAP_HOURS} hours more.",
                aria_label="Rotate " + key.name.to(str),
                class_name="button",
            ),
            rx.el.button(
                "Revoke",
                type="button",
                on_click=KeysState.revoke(key.id),
                disabled=KeysState.busy,
                title="Scripts that use it are shut out at once.",
                aria_label="Revoke " + key.name.to(str),
                class_name="button danger solid",
            ),
            class_name="row",
        ),
        key=key.id,
        custom_attrs={"name": "keys"},
    )


def _budget(key: rx.vars.ObjectVar[Listed]) -> rx.Component:
    name = key.name.to(str)
    return rx.el.details(
        rx.el.summary(
            rx.cond(key.limit, "Change the budget…", "Give it a budget…"),
            class_name="button small",
            aria_label=rx.cond(key.limit, "Change the budget of " + name, "Give a budget to " + name),
        ),
        rx.el.form(
            rx.el.input(type="hidden", name="key_id", value=key.id, read_only=True),
            _dollars("Budget in all ($)", "budget", key.limit),
            rx.el.button(
                "Save",
                type="submit",
                disabled=KeysState.busy,
                aria_label="Save the budget of " + name,
                class_name="button",
            ),
            on_submit=KeysState.set_budget,
            method="post",
            class_name="form",
        ),
        key=key.budget,
        class_name="unfold",
    )


def _dollars(label: str, name: str, amount: rx.Var[str] | str = "", *, empty: str = "None") -> rx.Component:
    return text_field(
        label,
        name,
        default_value=amount,
        placeholder=empty,
        input_mode="decimal",
        auto_complete="off",
        max_length=20,
    )


def _form() -> rx.Component:
    return rx.el.form(
        text_field(
            "Name of the key",
            "key_name",
            placeholder="Render farm",
            required=True,
            max_length=NAME_MAX,
            auto_complete="off",
        ),
        rx.el.fieldset(
            rx.el.legend("It may", class_name="label"),
            *(
                rx.el.label(
                    rx.el.input(type="checkbox", name=scope, default_checked=chosen),
                    rx.el.span(words),
                    class_name="check",
                )
                for scope, words, chosen in SCOPES
            ),
        ),
        field(
            "Expires",
            rx.el.select(
                *(rx.el.option(words, value=days) for days, words in EXPIRY.items()),
                name="expires",
                class_name="input",
            ),
        ),
        rx.cond(
            KeysState.projects.length() > 0,
            field(
                "It reaches",
                rx.el.select(
                    rx.el.option("All that you do", value=""),
                    rx.foreach(KeysState.projects, _project),
                    name="project",
                    class_name="input",
                ),
            ),
        ),
        _dollars("Budget in all ($)", "budget"),
        rx.el.p("What goes beyond it is refused. You can change it later.", class_name="hint"),
        _dollars("Ask me when a video costs more than ($)", "confirm_above", empty="Never"),
        rx.el.p(
            "An agent has to ask you then. What cannot ask, such as a script, is refused.", class_name="hint"
        ),
        error(KeysState.refusal),
        rx.el.button("Make key", type="submit", disabled=KeysState.busy, class_name="button primary"),
        on_submit=KeysState.create,
        method="post",
        class_name="form",
    )


def _project(project: rx.vars.ObjectVar[Library]) -> rx.Component:
    return rx.el.option(
        "Only the project " + project.name.to(str),
        rx.cond(project.may_make, "", " (you only look)"),
        value=project.id,
    )
