"""How much of the studio each project may take; what people may take is on the page People."""

import reflex as rx

from sora_studio.ui import routes
from sora_studio.ui.components.form import text_field
from sora_studio.ui.components.limits import limits_form, storage_bar
from sora_studio.ui.components.proof import proof
from sora_studio.ui.components.studio import growing_list, search_form, studio_page
from sora_studio.ui.pages.limits.lines import ProjectLine
from sora_studio.ui.pages.limits.state import LimitsState
from sora_studio.ui.storage_lines import LimitsForm, StorageLine


def page() -> rx.Component:
    """Draw the page."""
    return studio_page(
        "Limits",
        rx.cond(LimitsState.ready, _list()),
        name="studio-limits",
        ready=LimitsState.ready,
        trouble=LimitsState.problem,
    )


def _list() -> rx.Component:
    return rx.el.section(
        rx.el.header(
            rx.el.h2("Projects"),
            search_form("Search projects", "Name", LimitsState.search),
            class_name="section-head",
        ),
        rx.el.p(
            "What a project may store, and its share of the queues. What counts for everybody else is on the "
            "page ",
            rx.el.a("Settings", href=routes.SETTINGS),
            ", what counts for single people on the page ",
            rx.el.a("People", href=routes.PEOPLE),
            ".",
            class_name="muted",
        ),
        rx.cond(
            LimitsState.asking,
            proof(
                "proof",
                LimitsState.refusal,
                LimitsState.busy,
                go_on=LimitsState.prove,
                cancel=LimitsState.dismiss,
            ),
        ),
        growing_list(
            rx.foreach(LimitsState.projects, _project),
            is_empty=LimitsState.projects.length() == 0,
            nothing="No project has such a name.",
            has_more=LimitsState.has_more,
            more=LimitsState.more,
        ),
    )


def _project(project: rx.vars.ObjectVar[ProjectLine]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.bdi(project.name, class_name="who"),
            rx.el.p(project.members, class_name="muted num"),
        ),
        rx.el.p(
            rx.cond(project.orphaned, rx.el.span("Nobody runs it", class_name="tag disabled")),
            class_name="tags",
        ),
        storage_bar(
            project.storage.to(rx.vars.ObjectVar[StorageLine], StorageLine),
            "Used of the storage of " + project.name.to(str),
        ),
        rx.el.div(
            limits_form(
                project.limits.to(rx.vars.ObjectVar[LimitsForm], LimitsForm),
                project.name,
                project.id,
                LimitsState.busy,
                LimitsState.limit,
            ),
            rx.cond(project.orphaned, _appointing(project)),
            class_name="choices",
        ),
        key=project.id,
    )


def _appointing(project: rx.vars.ObjectVar[ProjectLine]) -> rx.Component:
    """Offer the way out where none of a project's managers can log in."""
    return rx.el.details(
        rx.el.summary(
            "Appoint a manager…",
            class_name="button small",
            aria_label="Appoint a manager of " + project.name.to(str),
        ),
        rx.el.form(
            rx.el.input(type="hidden", name="project_id", value=project.id, read_only=True),
            text_field("E-mail of the person", "email", type="email", required=True, auto_complete="off"),
            rx.el.button("Appoint", type="submit", disabled=LimitsState.busy, class_name="button"),
            on_submit=LimitsState.appoint,
            method="post",
            class_name="form",
        ),
        class_name="unfold",
    )
