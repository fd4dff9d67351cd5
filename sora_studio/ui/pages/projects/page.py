"""The projects that a person is in."""

import reflex as rx

from sora_studio.domain.account import NAME_MAX
from sora_studio.ui import layout, routes
from sora_studio.ui.components.feedback import problem
from sora_studio.ui.components.form import error
from sora_studio.ui.pages.projects.lines import ProjectLine
from sora_studio.ui.pages.projects.state import ProjectsState
from sora_studio.ui.theme import icon


def page() -> rx.Component:
    """Draw the page."""
    return layout.frame(
        rx.el.header(rx.el.h1("Projects"), class_name="head"),
        problem(ProjectsState.problem),
        rx.cond(ProjectsState.ready, _list()),
        name="projects",
        ready=ProjectsState.ready,
    )


def _list() -> rx.Component:
    projects = ProjectsState.projects
    return rx.el.div(
        rx.el.p(
            "A project is a library that several people share, with a budget of its own.", class_name="muted"
        ),
        _form(),
        rx.cond(
            projects.length() > 0,
            rx.el.ul(rx.foreach(projects, _line), class_name="projects-list"),
            rx.el.div(
                icon("folders", 28),
                rx.el.h2("You are in no project yet"),
                rx.el.p("Open one above, or have its manager let you in.", class_name="muted"),
                class_name="empty",
            ),
        ),
        rx.cond(
            ProjectsState.has_more,
            rx.el.button("Show more", type="button", on_click=ProjectsState.more, class_name="button"),
        ),
        class_name="studio-page",
    )


def _form() -> rx.Component:
    return rx.el.form(
        rx.el.input(
            name="name",
            class_name="input",
            placeholder="Launch film",
            aria_label="Name of the project",
            required=True,
            max_length=NAME_MAX,
            auto_complete="off",
            dir="auto",
        ),
        rx.el.button("Open project", type="submit", disabled=ProjectsState.busy, class_name="button primary"),
        error(ProjectsState.refusal),
        on_submit=ProjectsState.create,
        method="post",
        class_name="one-line",
    )


def _line(project: rx.vars.ObjectVar[ProjectLine]) -> rx.Component:
    return rx.el.li(
        rx.el.a(
            rx.el.bdi(project.name, class_name="who"),
            rx.el.span(project.size, class_name="muted num"),
            href=routes.project(f"{project.id}"),
        ),
        rx.el.span(project.role, class_name="tag"),
        rx.el.a(
            icon("layout-grid"),
            rx.el.span("Library", class_name="sr"),
            href=routes.library(f"{project.id}"),
            title="Library",
            aria_label="Library of " + project.name.to(str),
            class_name="button small bare",
        ),
        key=project.id,
    )
