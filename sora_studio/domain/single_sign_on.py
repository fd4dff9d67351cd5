"""Single sign-on: what an OpenID provider says of a person, and what the operator wants of it."""

import base64
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from sora_studio.domain.errors import NotAllowed

ASK_AGAIN_SECONDS = 60
"""After which keys of a provider are read again: one is unknown, as it may be new, or reading has failed."""


class SignOnProblem(StrEnum):
    """Why somebody was not let in, for the sentence on the log-in page."""

    UNAVAILABLE = "sso_unavailable"  # the provider does not answer, or not as one does
    REFUSED = "sso_refused"  # it says no, or the person has given up there
    EXPIRED = "sso_expired"  # what came back fits no log-in that this browser has begun
    INVALID = "sso_invalid"  # what it says of the person cannot be verified
    NOT_AGAIN = "sso_not_again"  # they were to prove who they are, and it has not asked them
    UNKNOWN = "sso_unknown"  # nobody here, and accounts are not opened
    NO_EMAIL = "sso_no_email"  # it does not say by which address
    EMAIL_TAKEN = "sso_email_taken"  # an account has the address, and is not linked
    EMPTY = "sso_empty"  # the studio is not set up


class SignOnFailed(NotAllowed):
    """Somebody was not let in; `problem` says why, the message says it in words."""

    def __init__(self, problem: SignOnProblem) -> None:
        super().__init__(SENTENCES[problem])
        self.problem = problem


SENTENCES: Mapping[SignOnProblem, str] = {
    SignOnProblem.UNAVAILABLE: "The log-in service cannot be reached right now. Try again in a moment.",
    SignOnProblem.REFUSED: "The log-in service did not let you in.",
    SignOnProblem.EXPIRED: "That log-in was not begun in this browser, or took too long. Try again.",
    SignOnProblem.INVALID: "The answer of the log-in service could not be verified. Tell the person who runs "
    "this studio.",
    SignOnProblem.NOT_AGAIN: "The log-in service has not said that it asked you again who you are. Try once "
    "more, or tell the person who runs this studio.",
    SignOnProblem.UNKNOWN: "You have no account in this studio. Ask the person who runs it.",
    SignOnProblem.NO_EMAIL: "The log-in service does not say your e-mail address, or has not verified it.",
    SignOnProblem.EMAIL_TAKEN: "Your e-mail address has an account here that is not linked with the log-in "
    "service. Log in with its password.",
    SignOnProblem.EMPTY: "This studio is not set up yet: its first account is opened on the page /setup.",
}


@dataclass(frozen=True)
class SignOnPolicy:
    """What the operator wants."""

    button: str = ""  # its words; empty: there is no single sign-on
    hides_password: bool = False
    auto_register: bool = False
    link_by_email: bool = False
    admin_claim: tuple[str, str] | None = None  # a claim, and the value that makes an admin

    def makes_admin(self, claims: Mapping[str, object]) -> bool | None:
        """Tell whether claims make their person an admin; None: roles are given in the studio."""
        if self.admin_claim is None:
            return None
        name, wanted = self.admin_claim
        said = claims.get(name)
        return wanted in ([*map(str, said)] if isinstance(said, list) else [str(said)])


@dataclass(frozen=True)
class Visitor:
    """Whom the provider has let in, verified."""

    issuer: str
    subject: str  # never given to somebody else; an address may be
    email: str
    email_verified: bool | None  # None: it does not say
    name: str
    is_admin: bool | None  # None: roles are given in the studio
    id_token: str
    proved_at: datetime  # when they last proved there who they are


@dataclass(frozen=True)
class Arrival:
    """What a session keeps of its beginning at an OpenID provider."""

    id_token: str  # sealed
    proved_at: datetime


@dataclass(frozen=True)
class LogOutNotice:
    """Whose session has ended at the provider, verified; one of the two is known at least."""

    issuer: str
    subject: str | None
    session: str | None  # as the provider calls it; None: all of the subject's
    issued_at: datetime  # to the second


NEVER = datetime.fromtimestamp(0, UTC)
"""When somebody has proved who they are of whom the provider does not say it: too long ago for anything."""


def session_named_in(id_token: str) -> str | None:
    """Return what the provider calls its session, by an ID token that was verified; None: it does not say."""
    said = _claim_in(id_token, "sid")
    return said if isinstance(said, str) else None


def proved_in(id_token: str) -> datetime:
    """Return when a person last proved who they are, by an ID token that was verified (its `auth_time`)."""
    said = _claim_in(id_token, "auth_time")
    with suppress(ValueError, OverflowError, OSError):
        if isinstance(said, int | float) and not isinstance(said, bool):
            return max(NEVER, datetime.fromtimestamp(said, UTC))
    return NEVER


def _claim_in(id_token: str, name: str) -> object:
    with suppress(ValueError, IndexError):
        payload = id_token.split(".")[1]
        return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))).get(name)
    return None


@dataclass(frozen=True)
class Client:
    """As whom the studio is known to the provider."""

    issuer: str
    client_id: str
    client_secret: str | None = field(repr=False)
    scopes: str
    redirect_uri: str


@dataclass(frozen=True)
class Attempt:
    """What a log-in begins with, and its answer has to fit; none of it is known to anybody else."""

    state: str
    nonce: str
    verifier: str = field(repr=False)
    next: str
    again: bool = False  # they prove who they are: to be let in there already is not enough
