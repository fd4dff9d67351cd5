"""Accounts: who a person is."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv6Address, ip_network
from uuid import UUID

from sora_studio.domain.errors import InvalidInput

PASSWORD_MIN = 15  # NIST SP 800-63B-4: a password that is the only factor
PASSWORD_MAX = 1024
NAME_MAX = 80
EMAIL_MAX = 254  # RFC 5321

_EMAIL = re.compile(
    r"[^@\s\x00-\x1f\ud800-\udfff]+@[^@\s\x00-\x1f\ud800-\udfff]+\.[^@\s\x00-\x1f.\ud800-\udfff]+"
)


@dataclass(frozen=True)
class AccountView:
    """A person's account as pages and the API show it."""

    id: UUID
    email: str
    display_name: str
    created_at: datetime


@dataclass(frozen=True)
class SignedIn:
    """A fresh session and its token, shown once."""

    account: AccountView
    access_token: str
    expires_in: int  # seconds


@dataclass(frozen=True)
class Identity:
    """Who stands behind a verified token."""

    user_id: UUID
    session_id: UUID


@dataclass(frozen=True)
class Origin:
    """Where a request came from, for throttling and the list of sessions."""

    address: str = ""
    user_agent: str = ""

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


def clean_email(text: str) -> str:
    """Return the address as it is stored: trimmed, NFC, lower case.

    Raises:
        InvalidInput: It cannot be an e-mail address.
    """
    email = unicodedata.normalize("NFC", text).strip().lower()
    if len(email) > EMAIL_MAX or not _EMAIL.fullmatch(email):
        message = "That does not look like an e-mail address."
        raise InvalidInput(message, "email", "invalid_email")
    return email


def clean_name(text: str) -> str:
    """Return a display name on one line.

    Raises:
        InvalidInput: Empty, longer than 80 characters, with control characters or half of one.
    """
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not name or len(name) > NAME_MAX or any(unicodedata.category(char) in {"Cc", "Cs"} for char in name):
        message = f"A name must have 1 to {NAME_MAX} characters."
        raise InvalidInput(message, "display_name", "invalid_name")
    return name
