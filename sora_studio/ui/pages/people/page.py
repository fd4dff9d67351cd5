"""The people of the studio: who there is, and what an admin can do for and against an account."""

import reflex as rx

from sora_studio.ui.components.confirm import confirm
from sora_studio.ui.components.limits import limits_form
from sora_studio.ui.components.proof import proof
from sora_studio.ui.components.studio import growing_list, link_once, search_form, studio_page
from sora_studio.ui.pages.people.invitations import invitations
from sora_studio.ui.pages.people.invitations_state import InvitationsState
from sora_studio.ui.pages.people.lines import PersonLine
from sora_studio.ui.pages.people.state import PeopleState
from sora_studio.ui.storage_lines import LimitsForm

_READY = PeopleState.ready & InvitationsState.ready


def page() -> rx.Component:
    """Draw the page."""
    return studio_page(
        "People",
        rx.cond(_READY, _lists()),  # all at once, so that nothing pushes anything down
        name="studio-people",
        ready=_READY,
        trouble=PeopleState.problem,
    )


def _lists() -> rx.Component:
    return rx.fragment(
        rx.cond(
            PeopleState.waiting.length() > 0,
            rx.el.section(
                rx.el.h2("Waiting for approval"),
                rx.el.ul(rx.foreach(PeopleState.waiting, _person), class_name="accounts"),
            ),
        ),
        invitations(),
        rx.el.section(
            rx.el.header(
                rx.el.h2("Accounts"),
                search_form("Search people", "Name or e-mail", PeopleState.search),
                class_name="section-head",
            ),
            link_once(PeopleState.link, PeopleState.dismiss),
            rx.cond(
                PeopleState.asking,
                proof(
                    "proof",
                    PeopleState.refusal,
                    PeopleState.busy,
                    go_on=PeopleState.prove,
                    cancel=PeopleState.dismiss,
                ),
            ),
            growing_list(
                rx.foreach(PeopleState.people, _person),
                is_empty=PeopleState.people.length() == 0,
                nothing="Nobody has a name or an address with these words.",
                has_more=PeopleState.has_more,
                more=PeopleState.more,
            ),
        ),
    )


def _person(person: rx.vars.ObjectVar[PersonLine]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.bdi(person.name, class_name="who"),
            rx.el.p(rx.el.bdi(person.email), class_name="muted"),
        ),
        rx.el.p(
            rx.el.span(person.role, class_name=rx.cond(person.is_admin, "tag admin", "tag")),
            rx.match(
                person.status,
                ("waiting", rx.el.span("Waits for approval", class_name="tag waiting")),
                ("disabled", rx.el.span("Disabled", class_name="tag disabled")),
                rx.fragment(),
            ),
            rx.cond(person.has_two_factor, rx.el.span("Two-factor", class_name="tag")),
            class_name="tags",
        ),
        rx.el.p(
            rx.cond(
                person.seen_at,
                rx.fragment(
                    "Seen ",
                    rx.el.time(key=person.seen_at, date_time=person.seen_at, data_ago="", class_name="num"),
                ),
                "Not seen yet",
            ),
            " · ",
            rx.el.span(person.storage.used, class_name=rx.cond(person.storage.near, "num near", "num")),
            class_name="muted",
        ),
        rx.el.div(_choices(person), class_name="choices"),
        key=person.id,
    )


def _choices(person: rx.vars.ObjectVar[PersonLine]) -> rx.Component:
    return rx.fragment(
        rx.match(
            person.status,
            ("active", rx.fragment()),
            ("waiting", _button("Approve", "enable", person, "button small primary")),
            _button("Enable", "enable", person),
        ),
        rx.cond(
            person.is_admin,
            _button("Make member", "member", person),
            _button("Make admin", "admin", person),
        ),
        _button("Reset link", "reset", person),
        limits_form(
            person.limits.to(rx.vars.ObjectVar[LimitsForm], LimitsForm),
            person.name,
            person.id,
            PeopleState.busy,
            PeopleState.limit,
        ),
        rx.cond(
            person.has_two_factor,
            confirm(
                ("Take off two-factor",),
                "For somebody who has lost the app and the recovery codes: their password alone opens the "
                "account until they set it up again. Make sure that it is they who ask.",
                button=_button("Take off two-factor", "two_factor", person, "button small danger solid"),
                look="small",
            ),
        ),
        rx.cond(
            person.status == "active",
            confirm(
                ("Disable",),
                "They are logged out everywhere at once, and nobody can log in. Nothing is deleted.",
                button=_button("Disable account", "disable", person, "button small danger solid"),
                look="small",
            ),
        ),
        confirm(
            ("Delete",),
            "The account, all its videos and their files are deleted at once. Videos in projects stay. This "
            "cannot be undone.",
            button=_button("Delete account", "delete", person, "button small danger solid"),
            look="small danger",
        ),
    )


def _button(
    label: str, what: str, person: rx.vars.ObjectVar[PersonLine], look: str = "button small"
) -> rx.Component:
    return rx.el.button(
        label,
        type="button",
        on_click=PeopleState.act(what, person.id),
        disabled=PeopleState.busy,
        aria_label=f"{label}: " + person.name.to(str),
        class_name=look,
    )
