"""A line of the trail in the words of the page."""

from dataclasses import dataclass

from sora_studio.domain.audit import Act, AuditLine, Result
from sora_studio.domain.device import device_name

ACTS = {
    Act.SIGN_UP: "Signed up",
    Act.LOG_IN: "Logged in",
    Act.LOG_OUT: "Logged out",
    Act.SESSION_END: "Ended a session",
    Act.PASSWORD_CHANGE: "Changed the password",
    Act.EMAIL_CHANGE: "Changed the e-mail address",
    Act.ACCOUNT_DELETION: "Deleted the account",
    Act.PASSWORD_RESET: "Set a password by a link",
    Act.PASSWORD_PROOF: "Confirmed the password",
    Act.SECOND_FACTOR: "Gave a code at log-in",
    Act.TWO_FACTOR_ON: "Turned two-factor on",
    Act.TWO_FACTOR_OFF: "Turned two-factor off",
    Act.IDENTITY_LINK: "Linked single sign-on",
    Act.RECOVERY_CODES: "Made new recovery codes",
    Act.TWO_FACTOR_RESET: "Took two-factor off",
    Act.ACCOUNT_CREATION: "Opened an account",
    Act.ACCOUNT_APPROVAL: "Approved the account",
    Act.ACCOUNT_DISABLING: "Disabled the account",
    Act.ACCOUNT_ENABLING: "Enabled the account",
    Act.ROLE_CHANGE: "Changed the role",
    Act.RESET_LINK: "Made a reset link",
    Act.INVITATION: "Made an invitation",
    Act.INVITATION_END: "Took an invitation back",
    Act.SETTING_CHANGE: "Changed settings",
    Act.AUDIT_EXPORT: "Exported the audit",
    Act.KEY_CREATION: "Made an API key",
    Act.KEY_ROTATION: "Rotated an API key",
    Act.WEBHOOK_CREATION: "Made a webhook endpoint",
    Act.WEBHOOK_CHANGE: "Changed a webhook endpoint",
    Act.WEBHOOK_ROTATION: "Replaced a webhook endpoint's secret",
    Act.WEBHOOK_DELETION: "Deleted a webhook endpoint",
    Act.KEY_REVOCATION: "Revoked an API key",
    Act.PROJECT_CREATION: "Opened a project",
    Act.PROJECT_CHANGE: "Renamed a project",
    Act.PROJECT_DELETION: "Deleted a project",
    Act.PROJECT_MEMBER: "Changed who is in a project",
    Act.BUDGET_CREATION: "Made a budget",
    Act.BUDGET_CHANGE: "Changed a budget",
    Act.BUDGET_DELETION: "Deleted a budget",
    Act.QUEUE_URGENT: "Changed what is urgent",
    Act.LIMIT_CHANGE: "Changed limits",
}


@dataclass(frozen=True)
class Line:
    """One line as the page shows it."""

    id: str = ""
    at: str = ""  # ISO 8601
    act: str = ""
    refused: bool = False
    user: str = ""
    user_id: str = ""
    subject: str = ""
    subject_id: str = ""
    place: str = ""
    about: str = ""


def line_of(line: AuditLine) -> Line:
    """Write a line for people."""
    device = device_name(line.user_agent) if line.user_agent else ""
    return Line(
        id=line.id.hex,
        at=line.at.isoformat(timespec="seconds"),
        act=ACTS[line.act],
        refused=line.result is not Result.DONE,
        user=line.user or ("A deleted account" if line.user_id else "Command line"),
        user_id=line.user_id.hex if line.user_id else "",
        subject=line.subject or ("a deleted account" if line.subject_id else ""),
        subject_id=line.subject_id.hex if line.subject_id else "",
        place=" · ".join(part for part in (line.address, device) if part),
        about=line.about,
    )
