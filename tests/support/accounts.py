"""Accounts for tests: cheap hashes, one password."""

from typing import Any, cast

from sora_studio import container
from sora_studio.db.engine import Database
from sora_studio.domain.account import NewAccount, Origin, SignedIn
from sora_studio.domain.sign_up import SignUpPolicy
from sora_studio.services.people.accounts import AccountService
from sora_studio.services.people.keys import KeyService
from sora_studio.services.people.limits import LimitService
from sora_studio.services.people.passwords import Passwords
from sora_studio.services.people.studio_settings import StudioSettings
from sora_studio.services.storage_quotas import StorageQuotas
from sora_studio.services.throttle import Throttle
from tests.support.fakes import FakeBudgets, FakeProjects
from tests.support.library import authenticator_of

PASSWORD = "a rather long pass phrase"
HERE = Origin(address="127.0.0.1", user_agent="tests", is_local=True)
SIGNING_KEY = b"the signing key of the tests, 32 bytes and more"


def account_service(
    db: Database,
    *,
    signing_key: bytes = SIGNING_KEY,
    throttle: Throttle | None = None,
    policy: str = "open",
) -> AccountService:
    """Build the service with passwords that cost next to nothing."""
    return AccountService(
        db=db,
        signing_key=signing_key,
        throttle=throttle or Throttle(),
        passwords=Passwords(cost=4),
        settings=StudioSettings(sign_up=SignUpPolicy.parse(policy)),
    )


async def sign_up(accounts: AccountService, name: str = "ada") -> SignedIn:
    """Open an account `<name>@example.org` with the one password."""
    return await accounts.sign_up(NewAccount(f"{name}@example.org", PASSWORD, name.title()), HERE)


def services_with(accounts: Any) -> container.Services:
    """Return services of which there are only accounts, and what goes with them."""
    missing = cast("Any", None)
    keys, authenticator, limits = missing, missing, missing
    if isinstance(accounts, AccountService):
        db = accounts._db
        keys, authenticator = (
            KeyService(db=db, accounts=accounts, throttle=Throttle()),
            authenticator_of(db, accounts),
        )
        limits = LimitService(db, accounts.trail, StorageQuotas(accounts.settings))
    return container.Services(
        accounts=accounts,
        sessions=getattr(accounts, "sessions", missing),
        authenticator=authenticator,
        keys=keys,
        people=missing,
        invitations=missing,
        two_factor=missing,
        single_sign_on=missing,
        settings=missing,
        audit=missing,
        videos=missing,
        derivations=missing,
        media=missing,
        uploads=missing,
        inputs=missing,
        marks=missing,
        batches=missing,
        characters=missing,
        health=missing,
        metrics=missing,
        diagnosis=missing,
        webhooks=missing,
        webhook_endpoints=missing,
        providers=missing,
        projects=cast("Any", FakeProjects()),
        budgets=cast("Any", FakeBudgets()),
        usage=missing,
        queue=missing,
        queue_admin=missing,
        limits=limits,
    )
