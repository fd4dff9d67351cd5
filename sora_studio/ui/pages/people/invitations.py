"""Invitations: links that let people in."""

import reflex as rx

from sora_studio.domain.access_link import INVITED_DAYS_MAX, INVITED_FOR, NOTE_MAX, USES_MAX
from sora_studio.domain.account import Role
from sora_studio.ui.components.form import error, field, text_field
from sora_studio.ui.components.proof import proof
from sora_studio.ui.components.studio import link_once
from sora_studio.ui.pages.people.invitations_state import InvitationsState, Standing


def invitations() -> rx.Component:
    """Draw the form that makes one, its link, and those that stand."""
    return rx.el.section(
        rx.el.h2("Invitations"),
        _form(),
        rx.cond(InvitationsState.asking, _proof()),
        link_once(InvitationsState.link, InvitationsState.dismiss),
        rx.el.ul(rx.foreach(InvitationsState.invitations, _line), class_name="accounts"),
    )


def _form() -> rx.Component:
    return rx.el.form(
        text_field("For whom (optional)", "note", max_length=NOTE_MAX, auto_complete="off"),
        field(
            "Role",
            rx.el.select(
                rx.el.option("Member", value=Role.MEMBER),
                rx.el.option("Admin", value=Role.ADMIN),
                name="role",
                class_name="input",
            ),
        ),
        text_field("People", "uses", type="number", min=1, max=USES_MAX, default_value="1", required=True),
        text_field(
            "Days",
            "days",
            type="number",
            min=1,
            max=INVITED_DAYS_MAX,
            default_value=str(INVITED_FOR.days),
            required=True,
        ),
        rx.el.button("Invite", type="submit", disabled=InvitationsState.busy, class_name="button primary"),
        error(InvitationsState.refusal),
        on_submit=InvitationsState.invite,
        method="post",
        key=InvitationsState.made.to_string(),
        class_name="invite",
    )


def _proof() -> rx.Component:
    return proof(
        "invitation_proof",
        InvitationsState.wrong_proof,
        InvitationsState.busy,
        go_on=InvitationsState.prove,
        cancel=InvitationsState.dismiss,
    )


def _line(invitation: rx.vars.ObjectVar[Standing]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.bdi(invitation.note, class_name="who"),
            rx.el.p(
                invitation.used,
                " · until ",
                rx.el.time(
                    key=invitation.expires_at,
                    date_time=invitation.expires_at,
                    data_moment="",
                    class_name="num",
                ),
                class_name="muted",
            ),
        ),
        rx.el.p(rx.el.span(invitation.role, class_name="tag"), class_name="tags"),
        rx.el.p(),
        rx.el.div(
            rx.el.button(
                "Take back",
                type="button",
                on_click=InvitationsState.revoke(invitation.id),
                aria_label="Take back the invitation: " + invitation.note.to(str),
                class_name="button small",
            ),
            class_name="choices",
        ),
        key=invitation.id,
    )
