"""The profile."""

import reflex as rx
from reflex.style import LiteralColorMode, color_mode, set_color_mode

from sora_studio.domain.account import NAME_MAX
from sora_studio.ui import layout, routes
from sora_studio.ui.components.form import error, field, native_form, password_field, text_field
from sora_studio.ui.components.proof import proof_field
from sora_studio.ui.components.two_factor import two_factor
from sora_studio.ui.current_user import PersonState
from sora_studio.ui.pages.profile.characters import characters
from sora_studio.ui.pages.profile.characters_state import CharactersState
from sora_studio.ui.pages.profile.email import email
from sora_studio.ui.pages.profile.keys import keys
from sora_studio.ui.pages.profile.sessions import sessions
from sora_studio.ui.pages.profile.state import CONFIRMATION, ProfileState
from sora_studio.ui.pages.profile.storage import storage
from sora_studio.ui.pages.profile.webhooks import webhooks
from sora_studio.ui.theme import SMALL_ICON, icon

_THEMES: tuple[tuple[LiteralColorMode, str, str], ...] = (
    ("system", "System", "monitor"),
    ("light", "Light", "sun"),
    ("dark", "Dark", "moon"),
)


def page() -> rx.Component:
    """Draw the page."""
    return layout.frame(
        rx.el.header(
            rx.el.h1("Profile"),
            native_form(
                rx.el.button(icon("log-out", SMALL_ICON), "Log out", type="submit", class_name="button"),
                action=routes.AUTH_LOG_OUT,
            ),
            class_name="head",
        ),
        rx.el.div(
            _about(),
            _section("E-mail", "You log in with it.", email()),
            _password(),
            _section(
                "Two-factor authentication",
                "A code from an app on your phone, besides the password.",
                two_factor(),
            ),
            _section("Sessions", "Where you are logged in.", sessions()),
            _section(
                "API keys", "Scripts and agents sign in with them, as you, within what they may do.", keys()
            ),
            _section("Webhooks", "Chats and programs that hear of your videos.", webhooks()),
            _section(
                "Storage",
                "The videos in your own library, with what you put into them.",
                storage(),
            ),
            _characters(),
            _appearance(),
            _keyboard(),
            _end(),
            class_name="settings",
        ),
        name="profile",
        ready=PersonState.email != "",
    )


def _about() -> rx.Component:
    return _section(
        "You",
        "Your name is shown to admins, and in your projects.",
        rx.el.form(
            text_field(
                "Name",
                "display_name",
                key="name " + PersonState.name,
                default_value=PersonState.name,
                auto_complete="name",
                required=True,
                max_length=NAME_MAX,
                data_draft="display_name",
            ),
            error(ProfileState.profile_error),
            rx.el.button("Save", type="submit", disabled=ProfileState.busy, class_name="button primary"),
            on_submit=ProfileState.save,
            method="post",
            class_name="form",
        ),
    )


def _characters() -> rx.Component:
    return rx.cond(
        CharactersState.characters.length() > 0,
        _section(
            "Characters", "They can appear in your videos; choose them on the Create page.", characters()
        ),
    )


def _appearance() -> rx.Component:
    return _section(
        "Appearance",
        "Saved in this browser.",
        rx.el.div(
            *(
                rx.el.button(
                    icon(symbol, SMALL_ICON),
                    text,
                    type="button",
                    on_click=set_color_mode(mode),
                    aria_pressed=rx.cond(color_mode == mode, "true", "false"),
                )
                for mode, text, symbol in _THEMES
            ),
            class_name="segments themes",
            role="group",
            aria_label="Theme",
        ),
    )


def _keyboard() -> rx.Component:
    """Let people switch off what a slip of a finger, or of speech input, sets off."""
    return _section(
        "Keyboard",
        "Saved in this browser.",
        rx.el.label(
            rx.el.input(type="checkbox", data_keys=""),
            rx.el.span(
                "Keys of one letter: / searches, c goes to the composer, k plays, f fills the screen."
            ),
            class_name="check",
        ),
    )


def _password() -> rx.Component:
    return _section(
        "Password",
        "Changing it logs out every other device. API keys stay valid: revoke those that may have leaked.",
        rx.el.form(
            proof_field("Current password", "current"),
            password_field("New password", "new", new=True),
            error(ProfileState.password_error),
            rx.el.button(
                rx.cond(PersonState.has_password, "Change password", "Set a password"),
                type="submit",
                disabled=ProfileState.busy,
                class_name="button primary",
            ),
            on_submit=ProfileState.change_password,
            method="post",
            key=ProfileState.saved.to_string(),
            class_name="form",
        ),
    )


def _end() -> rx.Component:
    return _section(
        "Delete account",
        "Your account, the videos in your library and their files are deleted at once. What you made in "
        "projects stays. Videos that are still being made are paid for all the same. This cannot be undone.",
        rx.el.details(
            rx.el.summary("Delete my account…", class_name="button danger"),
            rx.el.form(
                field(
                    f"Type “{CONFIRMATION}”",
                    rx.el.input(name="confirmation", class_name="input", auto_complete="off", required=True),
                ),
                proof_field("Password", "password"),
                error(ProfileState.delete_error),
                rx.el.button(
                    "Delete everything",
                    type="submit",
                    disabled=ProfileState.busy,
                    class_name="button danger solid",
                ),
                on_submit=ProfileState.delete_account,
                method="post",
                class_name="form",
            ),
            class_name="unfold",
        ),
    )


def _section(title: str, about: str, *children: rx.Component) -> rx.Component:
    return rx.el.section(
        rx.el.div(rx.el.h2(title), rx.el.p(about, class_name="muted")),
        rx.el.div(*children),
        class_name="setting",
    )
