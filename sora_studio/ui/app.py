"""The site: its pages under their addresses, and what surrounds them all."""

from collections.abc import Callable, Iterator
from typing import Any, cast

import reflex as rx
from reflex_components_core.base.error_boundary import ErrorBoundary

from sora_studio.ui import errors, routes, sockets, theme
from sora_studio.ui.components import feedback
from sora_studio.ui.current_user import PersonState
from sora_studio.ui.door import DoorState
from sora_studio.ui.guard import Guard
from sora_studio.ui.news import NewsState
from sora_studio.ui.pages.audit.page import page as audit
from sora_studio.ui.pages.audit.state import AuditState
from sora_studio.ui.pages.budgets.page import page as budgets
from sora_studio.ui.pages.budgets.state import BudgetsState
from sora_studio.ui.pages.create.composer_state import ComposerState
from sora_studio.ui.pages.create.page import page as create
from sora_studio.ui.pages.create.state import CreateState
from sora_studio.ui.pages.library.page import page as library
from sora_studio.ui.pages.library.state import LibraryState
from sora_studio.ui.pages.limits.page import page as limits
from sora_studio.ui.pages.limits.state import LimitsState
from sora_studio.ui.pages.log_in.page import page as log_in
from sora_studio.ui.pages.log_in_code.page import page as log_in_code
from sora_studio.ui.pages.not_found.page import page as not_found
from sora_studio.ui.pages.people.invitations_state import InvitationsState
from sora_studio.ui.pages.people.page import page as people
from sora_studio.ui.pages.people.state import PeopleState
from sora_studio.ui.pages.profile.characters_state import CharactersState
from sora_studio.ui.pages.profile.keys_state import KeysState
from sora_studio.ui.pages.profile.page import page as profile
from sora_studio.ui.pages.profile.sessions_state import SessionsState
from sora_studio.ui.pages.profile.storage_state import StorageState
from sora_studio.ui.pages.profile.webhooks_state import WebhooksState
from sora_studio.ui.pages.project.page import page as project
from sora_studio.ui.pages.project.state import ProjectState
from sora_studio.ui.pages.projects.page import page as projects
from sora_studio.ui.pages.projects.state import ProjectsState
from sora_studio.ui.pages.providers.page import page as providers
from sora_studio.ui.pages.providers.state import ProvidersState
from sora_studio.ui.pages.reset.page import page as reset
from sora_studio.ui.pages.set_up.page import page as set_up
from sora_studio.ui.pages.settings.page import page as settings
from sora_studio.ui.pages.settings.state import SettingsState
from sora_studio.ui.pages.sign_up.page import page as sign_up
from sora_studio.ui.pages.two_factor.page import page as two_factor
from sora_studio.ui.pages.usage.page import page as usage
from sora_studio.ui.pages.usage.state import UsageState
from sora_studio.ui.pages.video.derivations_state import DerivationsState
from sora_studio.ui.pages.video.library_state import VideoLibraryState
from sora_studio.ui.pages.video.page import page as video
from sora_studio.ui.pages.video.state import VideoState
from sora_studio.ui.two_factor import TwoFactorState

NAME = "Sora Studio"
ABOUT = "Make videos through any server that speaks the Videos API."

_STYLESHEETS = (
    *("tokens", "base", "controls", "form", "surfaces", "layout", "feedback"),  # what every page uses
    *(
        "tile",
        "confirm",
        "selection",
        "create",
        "library",
        "projects",
        "video",
        "usage",
        "providers",
        "profile",
        "studio",
    ),
    "adaptations",
)
"""The files in assets/css, in the order of the cascade; the build makes one stylesheet of them."""


def build() -> rx.App:
    """Put the site together."""
    app = rx.App(
        html_lang="en",
        stylesheets=[f"/css/{name}.css" for name in _STYLESHEETS],
        head_components=_head(),
        toaster=None,
        # In place of Reflex's: its error page and its connection messages speak to programmers.
        app_wraps={(55, "ErrorBoundary"): _error_boundary, (5, "Overlay"): _overlay},
        backend_exception_handler=errors.report,
        frontend_exception_handler=errors.note,
    )
    app.add_middleware(Guard(public=[cast("Any", DoorState.look)]))
    sockets.isolate_tabs(app)
    for draw, route, title, on_load in _pages():
        app.add_page(draw, route, title, ABOUT, image="icon.png", on_load=on_load)
    return app


def _pages() -> Iterator[tuple[Callable[[], rx.Component], str, str | rx.Var[str], list[Any]]]:
    always = [PersonState.load, NewsState.hear]
    yield create, routes.HOME, NAME, [*always, ComposerState.load, CreateState.load]
    yield library, routes.LIBRARY, f"Library · {NAME}", [*always, LibraryState.load]
    yield (
        video,
        routes.VIDEO,
        _video_title(),
        [*always, VideoState.load, DerivationsState.load, VideoLibraryState.load],
    )
    yield (
        profile,
        routes.PROFILE,
        f"Profile · {NAME}",
        [
            *always,
            TwoFactorState.load,
            SessionsState.load,
            KeysState.load,
            WebhooksState.load,
            StorageState.load,
            CharactersState.load,
        ],
    )
    yield projects, routes.PROJECTS, f"Projects · {NAME}", [*always, ProjectsState.load]
    yield project, routes.PROJECT, f"Project · {NAME}", [*always, ProjectState.load]
    yield providers, routes.PROVIDERS, f"Providers · {NAME}", [*always, ProvidersState.load]
    yield people, routes.PEOPLE, f"People · {NAME}", [*always, PeopleState.load, InvitationsState.load]
    yield budgets, routes.BUDGETS, f"Budgets · {NAME}", [*always, BudgetsState.load]
    yield limits, routes.LIMITS, f"Limits · {NAME}", [*always, LimitsState.load]
    yield settings, routes.SETTINGS, f"Settings · {NAME}", [*always, SettingsState.load]
    yield audit, routes.AUDIT, f"Audit · {NAME}", [*always, AuditState.load]
    yield usage, routes.USAGE, f"Usage · {NAME}", [*always, UsageState.load]
    yield log_in, routes.LOG_IN, f"Log in · {NAME}", [PersonState.load, DoorState.look]
    yield log_in_code, routes.LOG_IN_CODE, f"Log in · {NAME}", []
    yield (
        two_factor,
        routes.TWO_FACTOR,
        f"Two-factor authentication · {NAME}",
        [PersonState.load, TwoFactorState.load],
    )
    yield sign_up, routes.SIGN_UP, f"Sign up · {NAME}", [PersonState.load, DoorState.look]
    yield set_up, routes.SET_UP, f"Set up · {NAME}", [DoorState.look]
    yield reset, routes.RESET, f"New password · {NAME}", []
    yield not_found, "404", f"Not found · {NAME}", []


def _head() -> list[rx.Component]:
    return [
        rx.el.meta(
            name="theme-color", content=theme.PAPER, custom_attrs={"media": "(prefers-color-scheme: light)"}
        ),
        rx.el.meta(
            name="theme-color", content=theme.NIGHT, custom_attrs={"media": "(prefers-color-scheme: dark)"}
        ),
        rx.el.meta(name="color-scheme", content="light dark"),
        rx.el.link(rel="icon", href="/favicon.svg", type="image/svg+xml"),
        rx.el.link(rel="apple-touch-icon", href="/icon.png"),
        rx.el.script(src="/studio.js"),  # made of assets/js by frontend.py; first, see storage.js
    ]


def _video_title() -> rx.Var[str]:
    return rx.cond(VideoState.video.title, VideoState.video.title, "Video").to(str) + f" · {NAME}"


def _error_boundary(stateful: bool) -> rx.Component:  # noqa: FBT001 - the signature Reflex calls
    fallback = rx.Var.create(feedback.broken_page())
    if stateful:
        return ErrorBoundary.create(fallback_render=fallback)
    return ErrorBoundary.create(fallback_render=fallback, on_error=rx.noop())


def _overlay(stateful: bool) -> rx.Component | None:  # noqa: FBT001 - as above
    return rx.fragment(feedback.banner()) if stateful else None  # what is wrapped goes into the outermost
