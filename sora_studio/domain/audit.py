"""The trail: what happened around accounts that an operator may have to look into."""

from enum import StrEnum


class Act(StrEnum):
    """What somebody did, or tried."""

    SIGN_UP = "sign_up"
    LOG_IN = "log_in"
    LOG_OUT = "log_out"
    SESSION_END = "session_end"  # one of a person's other sessions
    PASSWORD_CHANGE = "password_change"  # noqa: S105 -- a word, no password
    EMAIL_CHANGE = "email_change"
    ACCOUNT_DELETION = "account_deletion"
    KEY_CREATION = "key_creation"
    KEY_ROTATION = "key_rotation"
    KEY_REVOCATION = "key_revocation"

    PROJECT_CREATION = "project_creation"
    PROJECT_CHANGE = "project_change"
    PROJECT_DELETION = "project_deletion"
    PROJECT_MEMBER = "project_member"  # let in, given another role, taken out

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
