"""The trail: what happened around accounts that an operator may have to look into."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Act(StrEnum):
    """What somebody did, or tried."""

    SIGN_UP = "sign_up"
    LOG_IN = "log_in"
    LOG_OUT = "log_out"
    SESSION_END = "session_end"  # one of a person's other sessions
    PASSWORD_CHANGE = "password_change"  # noqa: S105 -- a word, no password
    EMAIL_CHANGE = "email_change"
    ACCOUNT_DELETION = "account_deletion"
    PASSWORD_RESET = "password_reset"  # noqa: S105 -- as above; by a link that an admin handed out
    PASSWORD_PROOF = "password_proof"  # noqa: S105 -- as above; before what an admin may not do by mistake

    SECOND_FACTOR = "second_factor"  # a code at log-in, refused
    TWO_FACTOR_ON = "two_factor_on"
    TWO_FACTOR_OFF = "two_factor_off"
    IDENTITY_LINK = "identity_link"  # an OpenID provider's subject opens the account from now on
    RECOVERY_CODES = "recovery_codes"  # new ones

    # What admins do, to somebody's account or to the studio.
    ACCOUNT_CREATION = "account_creation"
    ACCOUNT_APPROVAL = "account_approval"
    ACCOUNT_DISABLING = "account_disabling"
    ACCOUNT_ENABLING = "account_enabling"
    ROLE_CHANGE = "role_change"
    RESET_LINK = "reset_link"
    TWO_FACTOR_RESET = "two_factor_reset"
    INVITATION = "invitation"
    INVITATION_END = "invitation_end"
    SETTING_CHANGE = "setting_change"
    AUDIT_EXPORT = "audit_export"
    KEY_CREATION = "key_creation"
    KEY_ROTATION = "key_rotation"
    KEY_REVOCATION = "key_revocation"

    WEBHOOK_CREATION = "webhook_creation"
    WEBHOOK_CHANGE = "webhook_change"
    WEBHOOK_ROTATION = "webhook_rotation"  # of its secret
    WEBHOOK_DELETION = "webhook_deletion"

    PROJECT_CREATION = "project_creation"
    PROJECT_CHANGE = "project_change"
    PROJECT_DELETION = "project_deletion"
    PROJECT_MEMBER = "project_member"  # let in, given another role, taken out
    BUDGET_CREATION = "budget_creation"
    BUDGET_CHANGE = "budget_change"
    BUDGET_DELETION = "budget_deletion"
    QUEUE_URGENT = "queue_urgent"  # a wish was put before everything else, or back
    LIMIT_CHANGE = "limit_change"  # of a person or project: the weight in queues, or the storage

    # Only in the log, counted: anybody can cause them as often as they like.
    FOREIGN_ORIGIN = "foreign_origin"  # a page of another site sent a request
    UNKNOWN_ID = "unknown_id"  # somebody named a thing that is not there, or not theirs


class Result(StrEnum):
    """What came of it."""

    DONE = "done"
    REFUSED = "refused"
    THROTTLED = "throttled"


STORED = tuple(act for act in Act if act not in {Act.FOREIGN_ORIGIN, Act.UNKNOWN_ID})
"""What the audit table holds."""


@dataclass(frozen=True)
class AuditLine:
    """One line of the trail as admins read it; people who are gone have no address."""

    id: UUID
    at: datetime
    act: Act
    result: Result
    user_id: UUID | None  # who did it; None: nobody who is known, or the command line
    user: str
    subject_id: UUID | None  # to whose account; None: to their own, or to none
    subject: str
    address: str
    user_agent: str
    about: str


@dataclass(frozen=True)
class AuditQuery:
    """Which lines to show, the newest first."""

    act: Act | None = None
    person: UUID | None = None  # who did it, or to whom it was done
    after: UUID | None = None  # the last line of the page before
    limit: int = 50  # 1..1000


@dataclass(frozen=True)
class AuditPage:
    """One page of the trail."""

    lines: tuple[AuditLine, ...]
    has_more: bool
