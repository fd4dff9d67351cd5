"""Accounts: who a person is."""

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from ipaddress import IPv6Address, ip_network
from uuid import UUID

from sora_studio.domain.errors import InvalidInput
from sora_studio.domain.text import is_blank

PASSWORD_MIN = 15  # NIST SP 800-63B-4: a password that is the only factor
PASSWORD_MAX = 1024
NAME_MAX = 80
EMAIL_MAX = 254  # RFC 5321
USER_AGENT_MAX = 300


class Role(StrEnum):
    """What an account is in the studio."""

    ADMIN = "admin"  # runs it, and does not look into people's libraries
    MEMBER = "member"


@dataclass(frozen=True)
class AccountView:
    """A person's account as pages and the API show it."""

    id: UUID
    email: str
    display_name: str
    created_at: datetime
    role: Role = Role.MEMBER
    has_password: bool = True  # False: opened by single sign-on, and nobody has set one


@dataclass(frozen=True)
class NewAccount:
    """What somebody says who opens an account."""

    email: str
    password: str = field(repr=False)
    display_name: str
    invitation: str = field(default="", repr=False)  # its token
    setup_code: str = field(default="", repr=False)


@dataclass(frozen=True)
class SignedIn:
    """A fresh session and its token, shown once."""

    account: AccountView
    access_token: str
    expires_in: int  # seconds
    device_token: str  # proves later that this browser has logged in before


@dataclass(frozen=True)
class Origin:
    """Where a request came from: for throttling, the trail and the list of sessions."""

    address: str = ""
    user_agent: str = ""
    cookies: str = field(default="", repr=False)  # the Cookie header: which browser it was
    is_local: bool = False  # sent by this machine to itself, under a name that is always this machine

    @property
    def network(self) -> str:
        """Return what counts as one place: an address, or the /64 that one IPv6 customer has at least."""
        return network_of(self.address)


def network_of(address: str) -> str:
    """Return what counts as one place: an IPv4 address; of an IPv6 address, its /64."""
    try:
        six = IPv6Address(address)
    except ValueError:
        return address
    return str(six.ipv4_mapped or ip_network((six.packed[:8] + bytes(8), 64)))


NOWHERE = Origin()
"""Of what nobody sent over a network."""


class ProjectRole(StrEnum):
    """What somebody is in a project."""

    MANAGER = "manager"  # runs it and its money
    EDITOR = "editor"  # makes, changes, deletes
    VIEWER = "viewer"  # looks


class Scope(StrEnum):
    """What an API key may be used for."""

    VIDEOS_READ = "videos:read"
    VIDEOS_WRITE = "videos:write"
    VIDEOS_DELETE = "videos:delete"
    USAGE_READ = "usage:read"
    WEBHOOKS_WRITE = "webhooks:write"


@dataclass(frozen=True)
class KeyGrant:
    """What the API key grants with which somebody came."""

    key_id: UUID
    scopes: frozenset[Scope]
    requests_per_minute: int | None = None  # None: only those of its person
    confirm_above_micros: int | None = None  # what it may spend on a video unasked; None: any price
    project_id: UUID | None = None  # the one project that it reaches; None: all that its person does

    def covers(self, price_micros: int | None) -> bool:
        """Tell whether a price needs no confirmation; one that nobody knows does, where anything may."""
        limit = self.confirm_above_micros
        return limit is None or (price_micros is not None and price_micros <= limit)

    def reaches(self, project_id: UUID | None) -> bool:
        """Tell whether it works in a library: that of a project, or its person's own (None)."""
        return self.project_id is None or self.project_id == project_id


@dataclass(frozen=True)
class Identity:
    """Who stands behind a verified token or key, and where they are."""

    user_id: UUID
    session_id: UUID  # of a key: its id
    origin: Origin = field(default=NOWHERE, compare=False)
    role: Role = field(default=Role.MEMBER, compare=False)  # as the session was looked up
    key: KeyGrant | None = None  # None: a person, in a session
    must_enrol: bool = field(
        default=False, compare=False
    )  # the studio requires a second factor; they have none

    @property
    def key_id(self) -> UUID | None:
        """Return the API key that they came with; None: a person, in a session."""
        return self.key.key_id if self.key else None


OPERATOR = Identity(UUID(int=0), UUID(int=0), Origin(user_agent="sora-studio user"), role=Role.ADMIN)
"""Who works at the command line of the machine: no account, and no token names them."""


@dataclass(frozen=True)
class SessionView:
    """A signed-in period as its person sees it."""

    id: UUID
    created_at: datetime
    last_seen_at: datetime  # to within a minute
    address: str  # where it was opened
    user_agent: str
    current: bool  # the one that asks


def clean_name(text: str, param: str = "display_name") -> str:
    """Return a display name, or another one that is shown like it, on one line.

    Raises:
        InvalidInput: Nothing to be seen, longer than 80 characters, with control characters or half of one.
    """
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if (
        is_blank(name)
        or len(name) > NAME_MAX
        or any(unicodedata.category(char) in {"Cc", "Cs"} for char in name)
    ):
        message = f"A name must have 1 to {NAME_MAX} characters."
        raise InvalidInput(message, param, "invalid_name")
    return name
