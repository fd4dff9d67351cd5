"""Who may open an account: the policy of a studio."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

_DOMAIN = re.compile(r"(?=.{1,253}$)(?:[\w-]{1,63}\.)+[\w-]{2,63}")
_ENCODED = "xn--"


class SignUpMode(StrEnum):
    """How a studio treats somebody whom nobody has invited."""

    OPEN = "open"  # anybody may open an account
    APPROVE = "approve"  # anybody may, and waits until an admin approves
    DOMAIN = "domain"  # whose e-mail address is at one domain
    INVITE = "invite"  # nobody without an invitation
    CLOSED = "closed"  # nobody at all, invitations included


@dataclass(frozen=True)
class SignUpPolicy:
    """A mode, and the domain where there is one."""

    mode: SignUpMode
    domain: str = ""

    @classmethod
    def parse(cls, text: str) -> "SignUpPolicy":
        """Read a policy as settings spell it: `open`, `approve`, `domain:example.org`, `invite`, `closed`.

        Raises:
            ValueError: It is none of these.
        """
        word, colon, rest = text.strip().lower().partition(":")
        domain = _in_unicode(rest)
        mode = SignUpMode(word) if word in {*SignUpMode} else None
        fits = _DOMAIN.fullmatch(domain) if mode is SignUpMode.DOMAIN else not colon
        if mode is None or not fits:
            message = "must be open, approve, domain:example.org, invite or closed"
            raise ValueError(message)
        return cls(mode, domain)

    def admits(self, email: str) -> bool:
        """Tell whether somebody without an invitation may open an account, to wait for approval or not.

        Nobody proves an address by mail: a domain keeps out who does not know it, and nobody else.
        """
        match self.mode:
            case SignUpMode.OPEN | SignUpMode.APPROVE:
                return True
            case SignUpMode.DOMAIN:
                return email.rpartition("@")[2] == self.domain
            case _:
                return False

    def __str__(self) -> str:
        """Write it as settings spell it."""
        return f"{self.mode}:{self.domain}" if self.domain else str(self.mode)


def _in_unicode(domain: str) -> str:
    """Write a domain as accounts have it in their addresses."""
    return unicodedata.normalize("NFC", ".".join(map(_decoded, domain.split("."))))


def _decoded(label: str) -> str:
    if not label.startswith(_ENCODED):
        return label
    return label.removeprefix(_ENCODED).encode("ascii", "replace").decode("punycode", "replace")


OPEN = SignUpPolicy(SignUpMode.OPEN)
INVITE = SignUpPolicy(SignUpMode.INVITE)
