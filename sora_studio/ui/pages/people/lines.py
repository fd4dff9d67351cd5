"""A person in the words of the page."""

from dataclasses import dataclass, field

from sora_studio.domain.account import Role
from sora_studio.domain.limits import StorageUse
from sora_studio.domain.people import PersonView
from sora_studio.ui.storage_lines import LimitsForm, StorageLine, to_limits_form, to_storage_line


@dataclass(frozen=True)
class PersonLine:
    """One account as the page shows it."""

    id: str = ""
    name: str = ""
    email: str = ""
    role: str = ""
    is_admin: bool = False
    status: str = ""  # `active`, `waiting`, `disabled`
    seen_at: str = ""  # ISO 8601; empty: never, or long ago
    storage: StorageLine = field(default_factory=StorageLine)
    limits: LimitsForm = field(default_factory=LimitsForm)
    has_two_factor: bool = False


def line_of(person: PersonView, quota_bytes: int | None) -> PersonLine:
    """Write down what is known of a person, and the quota that counts for their library."""
    account, seen = person.account, person.last_seen_at
    return PersonLine(
        id=account.id.hex,
        name=account.display_name,
        email=account.email,
        role="Admin" if account.role is Role.ADMIN else "Member",
        is_admin=account.role is Role.ADMIN,
        status=person.standing,
        has_two_factor=person.has_two_factor,
        seen_at=seen.isoformat(timespec="seconds") if seen else "",
        storage=to_storage_line(StorageUse(person.storage_bytes, quota_bytes)),
        limits=to_limits_form(person.limits),
    )
