"""Who may open an account: the policy of a studio."""

import re
from dataclasses import dataclass
from enum import StrEnum

_DOMAIN = re.compile(r"(?:[^\s@.,/:]+\.)+[^\s@.,/:]{2,}")


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
        word, _, domain = text.strip().lower().partition(":")
        mode = SignUpMode(word) if word in {*SignUpMode} else None
        if (
            mode is None
            or (mode is SignUpMode.DOMAIN) != bool(_DOMAIN.fullmatch(domain))
            or text.endswith(":")
        ):
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


OPEN = SignUpPolicy(SignUpMode.OPEN)
INVITE = SignUpPolicy(SignUpMode.INVITE)
