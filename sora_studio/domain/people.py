"""The people of a studio, as its admins see them: who there is, never what they make."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sora_studio.domain.account import AccountView
from sora_studio.domain.limits import USUAL, Limits

PAGE_MAX = 100


class Standing(StrEnum):
    """What an account may do."""

    ACTIVE = "active"
    WAITING = "waiting"  # for an admin's approval; nobody can log in
    DISABLED = "disabled"


@dataclass(frozen=True)
class PersonView:
    """An account, with what an admin has to know to look after it."""

    account: AccountView
    standing: Standing
    last_seen_at: datetime | None  # to within a minute; None: not since their sessions were swept away
    storage_bytes: int  # of their own library; what they make in projects is the projects'
    has_two_factor: bool = False
    limits: Limits = USUAL


@dataclass(frozen=True)
class PeopleQuery:
    """Which people to show, the newest account first."""

    search: str = ""  # words that begin words of the name or the address
    standing: Standing | None = None
    after: UUID | None = None  # the last one of the page before
    limit: int = 50  # 1..100


@dataclass(frozen=True)
class PeoplePage:
    """One page of people."""

    people: tuple[PersonView, ...]
    has_more: bool
