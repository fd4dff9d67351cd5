"""The use cases on accounts, put together."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sora_studio.db.engine import Database
from sora_studio.domain.ports import Clock
from sora_studio.domain.single_sign_on import SignOnPolicy
from sora_studio.services.people.accounts import AccountService
from sora_studio.services.people.audit import AuditService
from sora_studio.services.people.invitations import InvitationService
from sora_studio.services.people.links import Links
from sora_studio.services.people.passwords import Passwords
from sora_studio.services.people.people import PeopleService
from sora_studio.services.people.settings import SettingService
from sora_studio.services.people.setup_code import SetupCode
from sora_studio.services.people.single_sign_on import SingleSignOn
from sora_studio.services.people.studio_settings import StudioSettings
from sora_studio.services.people.two_factor import TwoFactorService
from sora_studio.services.throttle import Throttle

if TYPE_CHECKING:
    from sora_studio.services.people.identity_provider import IdentityProvider


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class People:
    """The services on accounts."""

    accounts: AccountService
    people: PeopleService
    invitations: InvitationService
    two_factor: TwoFactorService
    single_sign_on: SingleSignOn
    settings: SettingService
    audit: AuditService
    throttle: Throttle
    _setup_code: SetupCode | None

    async def prepare(self) -> None:
        """Say the set-up code as long as nobody has an account; forget it afterwards."""
        if self._setup_code is None:
            return
        if await self.accounts.is_empty():
            await self._setup_code.announce()
        else:
            await self._setup_code.forget()


@dataclass(frozen=True)
class Entrances:
    """The ways in besides a password, as far as they have to be set up."""

    setup_code: SetupCode | None = None  # what the first one has to know who is not on this machine
    public_url: str = ""  # where links lead
    sign_on: "tuple[IdentityProvider, SignOnPolicy] | None" = None  # and what the operator wants of it


def assemble(
    db: Database,
    *,
    signing_key: bytes,
    settings: StudioSettings,
    entrances: Entrances | None = None,
    passwords: Passwords | None = None,
    clock: Clock = _utc_now,
) -> People:
    """Put the services together.

    Args:
        db: Where accounts are.
        signing_key: The studio's secret.
        settings: What an admin may change.
        entrances: The ways in that were set up; None: none.
        passwords: How passwords are hashed.
        clock: The time of accounts.
    """
    ways = entrances or Entrances()
    throttle, links = Throttle(), Links(ways.public_url)
    provider, policy = ways.sign_on or (None, None)
    accounts = AccountService(
        db=db,
        signing_key=signing_key,
        throttle=throttle,
        passwords=passwords,
        settings=settings,
        setup_code=ways.setup_code,
        clock=clock,
    )
    sessions, trail = accounts.sessions, accounts.trail
    return People(
        accounts=accounts,
        people=PeopleService(db=db, accounts=accounts, links=links),
        invitations=InvitationService(db=db, accounts=accounts, links=links, throttle=throttle),
        single_sign_on=SingleSignOn(
            db=db, accounts=accounts, throttle=throttle, provider=provider, policy=policy
        ),
        two_factor=TwoFactorService(db=db, accounts=accounts, throttle=throttle),
        settings=SettingService(db=db, settings=settings, sessions=sessions, trail=trail, clock=clock),
        audit=AuditService(db=db, sessions=sessions, trail=trail),
        throttle=throttle,
        _setup_code=ways.setup_code,
    )
