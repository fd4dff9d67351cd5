"""The settings of the studio: who may open an account, and how long people stay logged in."""

import reflex as rx

from sora_studio.domain.settings import IDLE_DAYS_MAX, SESSION_DAYS_MAX, STORAGE_GB_MAX, SettingName
from sora_studio.domain.sign_up import SignUpMode
from sora_studio.ui.components.form import error, text_field
from sora_studio.ui.components.studio import studio_page
from sora_studio.ui.pages.settings.state import SettingsState

_MODES = (
    (SignUpMode.OPEN, "Everybody", "Anybody who reaches this address."),
    (SignUpMode.APPROVE, "Everybody, after approval", "New accounts wait on the page People."),
    (SignUpMode.DOMAIN, "One domain", "E-mail addresses of a domain. Nobody proves theirs: no mail is sent."),
    (SignUpMode.INVITE, "Invited people", "Those who have an invitation that can still be used."),
    (SignUpMode.CLOSED, "Nobody", "Invited people neither."),
)


def page() -> rx.Component:
    """Draw the page."""
    return studio_page(
        "Settings",
        rx.el.form(
            _section(
                "Sign-up",
                "Who may open an account.",
                SettingName.SIGN_UP,
                rx.el.fieldset(
                    rx.el.legend("Who may open an account", class_name="sr"),
                    *(_mode(*mode) for mode in _MODES),
                    class_name="choices-list",
                ),
                text_field(
                    "Domain",
                    "domain",
                    default_value=SettingsState.domain,
                    placeholder="example.org",
                    auto_complete="off",
                    disabled=_is_pinned(SettingName.SIGN_UP),
                ),
            ),
            _section(
                "Days without use",
                "After them, a session ends.",
                SettingName.SESSION_IDLE_DAYS,
                _days("Days without use", "idle_days", SettingsState.idle_days, IDLE_DAYS_MAX),
            ),
            _section(
                "Days at most",
                "After them, every session ends.",
                SettingName.SESSION_DAYS,
                _days("Days at most", "days", SettingsState.days, SESSION_DAYS_MAX),
            ),
            _section(
                "Two-factor authentication",
                "Who has none is led to set it up, before anything else. API keys go on working.",
                SettingName.REQUIRE_TWO_FACTOR,
                rx.el.label(
                    rx.el.input(
                        type="checkbox",
                        name="require_two_factor",
                        default_checked=SettingsState.require_two_factor,
                        disabled=_is_pinned(SettingName.REQUIRE_TWO_FACTOR),
                    ),
                    rx.el.span("Everybody must have it"),
                    class_name="check",
                ),
            ),
            _section(
                "Storage of a person",
                "What each library of one's own may hold; 0 is no limit. Single people get another limit on "
                "the page People. What is being made is kept, even beyond it.",
                SettingName.STORAGE_GB_PER_PERSON,
                _gigabytes(
                    "Gigabytes per person", SettingName.STORAGE_GB_PER_PERSON, SettingsState.person_gb
                ),
            ),
            _section(
                "Storage of a project",
                "What each project may hold; 0 is no limit. Single projects get another limit on the page "
                "Limits.",
                SettingName.STORAGE_GB_PER_PROJECT,
                _gigabytes(
                    "Gigabytes per project", SettingName.STORAGE_GB_PER_PROJECT, SettingsState.project_gb
                ),
            ),
            error(SettingsState.refusal),
            rx.el.button("Save", type="submit", disabled=SettingsState.busy, class_name="button primary"),
            on_submit=SettingsState.save,
            method="post",
            key=rx.cond(SettingsState.ready, "read", "unread"),
            class_name="settings",
        ),
        name="studio-settings",
        ready=SettingsState.ready,
        trouble=SettingsState.problem,
    )


def _is_pinned(name: SettingName) -> rx.Var[bool]:
    return SettingsState.pinned.contains(str(name))


def _mode(mode: SignUpMode, label: str, about: str) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="radio",
            name="mode",
            value=mode,
            default_checked=SettingsState.mode == mode,
            disabled=_is_pinned(SettingName.SIGN_UP),
        ),
        rx.el.span(rx.el.b(label), rx.el.span(about, class_name="muted")),
        class_name="check",
    )


def _days(label: str, name: str, value: rx.Var[str], most: int) -> rx.Component:
    setting = SettingName.SESSION_IDLE_DAYS if name == "idle_days" else SettingName.SESSION_DAYS
    return text_field(
        label,
        name,
        type="number",
        min=1,
        max=most,
        required=True,
        default_value=value,
        disabled=_is_pinned(setting),
    )


def _gigabytes(label: str, name: SettingName, value: rx.Var[str]) -> rx.Component:
    return text_field(
        label,
        name,
        type="number",
        min=0,
        max=STORAGE_GB_MAX,
        required=True,
        default_value=value,
        disabled=_is_pinned(name),
    )


def _section(title: str, about: str, name: SettingName, *children: rx.Component) -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.h2(title),
            rx.el.p(about, class_name="muted"),
            rx.cond(
                _is_pinned(name),
                rx.el.p(f"Set by the environment: SORA_STUDIO_{name.upper()}.", class_name="tag"),
            ),
        ),
        rx.el.div(*children, class_name="form"),
        class_name="setting",
    )
