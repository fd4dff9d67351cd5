"""One project: its library, its members, its end."""

import reflex as rx

from sora_studio.domain.account import NAME_MAX, ProjectRole
from sora_studio.ui import layout, routes
from sora_studio.ui.components.confirm import confirm
from sora_studio.ui.components.feedback import problem
from sora_studio.ui.components.form import field, text_field
from sora_studio.ui.components.limits import storage_bar
from sora_studio.ui.components.proof import proof
from sora_studio.ui.pages.project.budgets import budgets
from sora_studio.ui.pages.project.lines import Member
from sora_studio.ui.pages.project.state import ProjectState
from sora_studio.ui.theme import SMALL_ICON, icon

_project = ProjectState.project
_ROLES = {
    ProjectRole.EDITOR: "Editor: makes, changes, deletes",
    ProjectRole.VIEWER: "Viewer: looks",
    ProjectRole.MANAGER: "Manager: runs the project",
}


def page() -> rx.Component:
    """Draw the page."""
    return layout.frame(
        problem(ProjectState.problem),
        rx.cond(ProjectState.missing, _missing(), rx.cond(_project.id, _whole())),
        name="projects",
        ready=(_project.id != "") | (ProjectState.missing != ""),
    )


def _missing() -> rx.Component:
    return rx.el.div(
        icon("search-x", 28),
        rx.el.h1("There is no such project"),
        rx.el.p("It was deleted, or you are not in it.", class_name="muted"),
        rx.el.a("All projects", href=routes.PROJECTS, class_name="button primary"),
        class_name="empty",
    )


def _whole() -> rx.Component:
    return rx.fragment(
        rx.el.header(
            rx.el.div(
                rx.el.a("Projects", href=routes.PROJECTS, class_name="muted"),
                rx.el.h1(rx.el.bdi(_project.name)),
            ),
            rx.el.a(
                icon("layout-grid", SMALL_ICON),
                rx.el.span("Library · ", _project.videos, class_name="num"),
                href=routes.library(f"{_project.id}"),
                class_name="button",
            ),
            class_name="head",
        ),
        rx.el.div(
            rx.cond(
                ProjectState.asking,
                proof(
                    "proof",
                    ProjectState.refusal,
                    ProjectState.busy,
                    go_on=ProjectState.prove,
                    cancel=ProjectState.dismiss,
                ),
            ),
            rx.cond(_project.runs, budgets()),
            _storage(),
            _people(),
            rx.cond(_project.runs, _name()),
            _end(),
            class_name="studio-page",
        ),
    )


def _storage() -> rx.Component:
    return rx.el.section(
        rx.el.h2("Storage"),
        storage_bar(ProjectState.storage, "Used of the project's storage"),
    )


def _people() -> rx.Component:
    return rx.el.section(
        rx.el.h2("Members"),
        rx.cond(
            _project.runs,
            _add(),
            rx.el.p("You are ", rx.el.span(_project.role, class_name="tag"), " Managers let others in."),
        ),
        rx.el.ul(rx.foreach(ProjectState.members, _member), class_name="accounts"),
        rx.cond(
            ProjectState.has_more,
            rx.el.button("Show more", type="button", on_click=ProjectState.more, class_name="button"),
        ),
    )


def _add() -> rx.Component:
    return rx.el.form(
        text_field("E-mail of the person", "email", type="email", required=True, auto_complete="off"),
        field(
            "Role",
            rx.el.select(
                *(rx.el.option(words, value=role) for role, words in _ROLES.items()),
                name="role",
                class_name="input",
            ),
        ),
        rx.el.button("Let in", type="submit", disabled=ProjectState.busy, class_name="button primary"),
        on_submit=ProjectState.add,
        method="post",
        key=ProjectState.added.to_string(),
        class_name="invite let-in",
        aria_label="Let somebody in",
    )


def _member(member: rx.vars.ObjectVar[Member]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.bdi(member.name, class_name="who"),
            rx.cond(member.is_me, rx.el.span(" · you", class_name="muted")),
            rx.el.p(rx.el.bdi(member.email), class_name="muted"),
        ),
        rx.cond(
            _project.runs,
            rx.el.select(
                *(rx.el.option(role.capitalize(), value=role) for role in _ROLES),
                value=member.role,
                on_change=lambda role: ProjectState.change(member.id, role),
                disabled=ProjectState.busy,
                aria_label="Role of " + member.name.to(str),
                class_name="input role-of",
            ),
            rx.el.p(rx.el.span(member.role.capitalize(), class_name="tag"), class_name="tags"),
        ),
        rx.el.p(),
        rx.cond(_project.runs & ~member.is_me, _choices(member)),
        key=member.id,
    )


def _choices(member: rx.vars.ObjectVar[Member]) -> rx.Component:
    name = member.name.to(str)
    return rx.el.div(
        confirm(
            ("Hand over",),
            "They run the project from now on, and you are an editor of it.",
            button=rx.el.button(
                "Hand over the project",
                type="button",
                on_click=ProjectState.hand_over(member.id),
                disabled=ProjectState.busy,
                aria_label="Hand over the project to " + name,
                class_name="button small solid",
            ),
            look="small",
        ),
        confirm(
            ("Take out",),
            "They no longer see the project. What they made in it stays.",
            button=rx.el.button(
                "Take out of the project",
                type="button",
                on_click=ProjectState.take_out(member.id),
                disabled=ProjectState.busy,
                aria_label="Take out of the project: " + name,
                class_name="button small danger solid",
            ),
            look="small danger",
        ),
        class_name="choices",
    )


def _name() -> rx.Component:
    return rx.el.section(
        rx.el.h2("Name"),
        rx.el.form(
            rx.el.input(
                key=f"{_project.id} {_project.name}",
                name="name",
                default_value=_project.name,
                class_name="input",
                aria_label="Name of the project",
                required=True,
                max_length=NAME_MAX,
                auto_complete="off",
                dir="auto",
            ),
            rx.el.button("Save", type="submit", disabled=ProjectState.busy, class_name="button"),
            on_submit=ProjectState.rename,
            method="post",
            class_name="one-line",
        ),
    )


def _end() -> rx.Component:
    return rx.el.section(
        rx.el.h2("Leave"),
        rx.el.p("What you made in the project stays in it, and its members keep it.", class_name="muted"),
        rx.el.div(
            confirm(
                ("Leave",),
                "You no longer see the project, unless a manager lets you in again.",
                button=rx.el.button(
                    "Leave the project",
                    type="button",
                    on_click=ProjectState.leave,
                    disabled=ProjectState.busy,
                    class_name="button small danger solid",
                ),
                look="small",
            ),
            rx.cond(
                _project.runs,
                confirm(
                    ("Delete",),
                    "A project can be deleted once there are no videos in it. This cannot be undone.",
                    button=rx.el.button(
                        "Delete the project",
                        type="button",
                        on_click=ProjectState.remove,
                        disabled=ProjectState.busy,
                        class_name="button small danger solid",
                    ),
                    look="small danger",
                ),
            ),
            class_name="choices",
        ),
    )
