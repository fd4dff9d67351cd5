"""API keys: what a person makes, replaces and revokes, and whom a key that comes along stands for."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sora_studio.db.api_keys import ApiKeyRepository, StoredKey
from sora_studio.db.audit import AuditRepository
from sora_studio.db.budgets import BudgetRepository
from sora_studio.db.engine import Database, Transaction, retry_on_deadlock
from sora_studio.db.ledger import LedgerRepository
from sora_studio.db.models import ApiKeyRow, AuditRow
from sora_studio.db.projects import ProjectRepository
from sora_studio.db.users import UserRepository
from sora_studio.domain.access import Action
from sora_studio.domain.account import Identity, KeyGrant, Origin, clean_name
from sora_studio.domain.api_key import (
    KEYS_MAX,
    ApiKeyView,
    FreshKey,
    KeyWish,
    check_scopes,
    last4_of,
    new_key,
    sha256_of,
)
from sora_studio.domain.audit import Act
from sora_studio.domain.budget import THRESHOLDS, Behaviour, Budget, BudgetScope, Period, window_of
from sora_studio.domain.errors import Conflict, NotSignedIn
from sora_studio.domain.ids import new_id, public_budget_id, public_key_id
from sora_studio.domain.ports import Clock
from sora_studio.services.people.accounts import AccountService
from sora_studio.services.throttle import Throttle

_USED_EVERY = timedelta(minutes=1)
"""How exactly the last use of a key is known: more often would cost a write for each request."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class KeyService:
    """Use cases on one's own keys."""

    def __init__(
        self,
        *,
        db: Database,
        accounts: AccountService,
        throttle: Throttle,
        zone: ZoneInfo | None = None,
        clock: Clock = _utc_now,
    ) -> None:
        """Prepare the service.

        Args:
            db: Where keys are.
            accounts: Whose sessions and trail are used.
            throttle: How often somebody may make one.
            zone: The studio's time zone, at whose midnights windows of budgets begin.
            clock: The time.
        """
        self._db, self._throttle, self._clock = db, throttle, clock
        self._sessions, self._trail = accounts.sessions, accounts.trail
        self._zone = zone or ZoneInfo("UTC")

    async def all_of(self, identity: Identity) -> tuple[ApiKeyView, ...]:
        """Return one's keys, the newest first; those that have expired are among them."""
        async with self._db.transaction() as tx:
            return await self._stand(tx, await ApiKeyRepository(tx).all_of(identity.user_id, self._clock()))

    async def create(self, identity: Identity, wish: KeyWish) -> FreshKey:
        """Make a key, with its budget if it is to have one; it is shown this once.

        Raises:
            InvalidInput: The name will not do, or a key for one project is to manage webhooks.
            PasswordRequired: The password was given too long ago.
            Conflict: There are 100 already.
            LimitReached: Too many in an hour.
            NotFound: The account has been deleted, or they are in no such project.
        """
        name = clean_name(wish.name, "name")
        check_scopes(wish)
        key, now = new_key(), self._clock()
        row = ApiKeyRow(
            id=new_id(),
            user_id=identity.user_id,
            name=name,
            sha256=sha256_of(key),
            last4=last4_of(key),
            scopes=sorted(wish.scopes),
            project_id=wish.project_id,
            requests_per_minute=wish.requests_per_minute,
            confirm_above_micros=wish.confirm_above_micros,
            created_at=now,
            expires_at=now + wish.lifetime if wish.lifetime else None,
        )
        async with self._trail.recording(Act.KEY_CREATION, identity, public_key_id(row.id)) as tx:
            await self._require_proof(tx, identity)
            await UserRepository(tx).get(identity.user_id)
            await UserRepository(tx).hold(identity.user_id)
            if wish.project_id:
                await ProjectRepository(tx).require(identity.user_id, wish.project_id, Action.READ_VIDEOS)
            keys = ApiKeyRepository(tx)
            if await keys.count(identity.user_id) >= KEYS_MAX:
                message = f"You have {KEYS_MAX} keys: revoke one that you no longer need."
                raise Conflict(message)
            if wish.budget_micros is not None:
                row.budget_id = await _add_budget(tx, row.id, wish.budget_micros, now)
            await keys.add(row)
            key_id = row.id
        async with self._db.transaction() as tx:  # to add up a ledger takes long: nobody waits for it
            return FreshKey(await self._view(tx, identity, key_id), key)

    async def rotate(self, identity: Identity, key_id: UUID, overlap: timedelta) -> FreshKey:
        """Replace a key by another one with the same name, scopes and limits, for as long again.

        Args:
            identity: Whose.
            key_id: Which; its id stays.
            overlap: For how long what it was until now works, too.

        Raises:
            PasswordRequired: The password was given too long ago.
            NotFound: It was revoked, or is somebody else's.
            LimitReached: Too many in an hour.
        """
        key = new_key()
        new = (sha256_of(key), last4_of(key))
        async with self._trail.recording(Act.KEY_ROTATION, identity, public_key_id(key_id)) as tx:
            await self._require_proof(tx, identity)
            await ApiKeyRepository(tx).rotate(identity.user_id, key_id, new, overlap, self._clock())
            return FreshKey(await self._view(tx, identity, key_id), key)

    async def set_budget(self, identity: Identity, key_id: UUID, amount_micros: int | None) -> ApiKeyView:
        """Bound what a key may spend in all; None: it may spend what its person may.

        What it has spent counts. A budget that an admin has made for it stays as it is.

        Raises:
            PasswordRequired: The password was given too long ago.
            LimitReached: Too many in an hour.
            NotFound: It was revoked, or is somebody else's.
        """
        line = self._trail.done(Act.BUDGET_CHANGE, identity)
        await self._store_budget(identity, key_id, amount_micros, line)
        self._trail.tell(line)
        async with self._db.transaction() as tx:  # to add up a ledger takes long: nobody waits for it
            return await self._view(tx, identity, key_id)

    @retry_on_deadlock
    async def _store_budget(
        self, identity: Identity, key_id: UUID, amount_micros: int | None, line: AuditRow
    ) -> None:
        async with self._db.transaction() as tx:
            await self._require_proof(tx, identity, "new budget")
            row, now = await ApiKeyRepository(tx).hold(identity.user_id, key_id), self._clock()
            budgets = BudgetRepository(tx)
            found = await budgets.find(row.budget_id) if row.budget_id else None
            line.about = public_budget_id(found.id) if found else public_key_id(key_id)
            if found and amount_micros is None:
                line.act = Act.BUDGET_DELETION
                await budgets.remove(found.id)
            elif found and amount_micros is not None:
                budget = replace(found, amount_micros=amount_micros)
                await budgets.replace(budget)
                window = window_of(budget, now, self._zone)
                (status,) = await budgets.statuses({budget: window}, locked=False)
                await budgets.take_back_alerts(status)
            elif amount_micros is not None:
                line.act = Act.BUDGET_CREATION
                await LedgerRepository(tx).stop_writers()  # whose entries no window of it would know
                row.budget_id = await _add_budget(tx, key_id, amount_micros, now)
                line.about = public_budget_id(row.budget_id)
            await AuditRepository(tx).add(line)

    async def revoke(self, identity: Identity, key_id: UUID) -> None:
        """Have a key open nothing from now on, nor what it was before a rotation; its budgets go with it.

        Raises:
            NotFound: That was done before, or it is somebody else's.
        """
        async with self._trail.recording(Act.KEY_REVOCATION, identity, public_key_id(key_id)) as tx:
            await ApiKeyRepository(tx).revoke(identity.user_id, key_id, self._clock())
            await BudgetRepository(tx).remove_of(BudgetScope.KEY, str(key_id))

    async def verify_in(self, tx: Transaction, sha256: str, origin: Origin) -> Identity:
        """Return for whom a key stands and what it grants, and note that it is in use.

        Costs one indexed SELECT most times.

        Raises:
            NotSignedIn: It opens nothing; who has it is told why.
        """
        keys, now = ApiKeyRepository(tx), self._clock()
        found = await keys.find(sha256, now)
        if found is None or found.is_disabled:
            raise unknown_key()
        _require_valid(found)
        used, stale = found.view.last_used_at, now - _USED_EVERY
        if used is None or used < stale:
            await keys.touch(found.view.id, now, origin.address, unless_since=stale)
        return _identity(found, origin)

    async def _require_proof(self, tx: Transaction, identity: Identity, limit: str = "new API key") -> None:
        """Make sure that somebody may make a key or a budget now: before that, it counts for nothing."""
        await self._sessions.require_proof(tx, identity)
        self._throttle.hit(limit, identity.user_id.hex)

    async def _view(self, tx: Transaction, identity: Identity, key_id: UUID) -> ApiKeyView:
        found = await ApiKeyRepository(tx).view(identity.user_id, key_id, self._clock())
        return (await self._stand(tx, [found]))[0]

    async def _stand(self, tx: Transaction, views: Sequence[ApiKeyView]) -> tuple[ApiKeyView, ...]:
        """Tell how the keys' own budgets stand."""
        named = [(BudgetScope.KEY, str(view.id)) for view in views if view.budget_id]
        if not named:
            return tuple(views)
        budgets, now = BudgetRepository(tx), self._clock()
        windows = {each: window_of(each, now, self._zone) for each in await budgets.of(named)}
        standing = {each.budget.id: each for each in await budgets.statuses(windows, locked=False)}
        return tuple(
            replace(view, budget=standing.get(view.budget_id)) if view.budget_id else view for view in views
        )


async def _add_budget(tx: Transaction, key_id: UUID, amount_micros: int, now: datetime) -> UUID:
    """Store a budget for all that a key ever spends, and return its id."""
    budget = Budget(
        id=new_id(),
        scope=BudgetScope.KEY,
        scope_id=str(key_id),
        amount_micros=amount_micros,
        period=Period.TOTAL,
        behaviour=Behaviour.BLOCK,
        thresholds=THRESHOLDS,
        created_at=now,
    )
    await BudgetRepository(tx).add(budget)
    return budget.id


def unknown_key() -> NotSignedIn:
    """Make the one answer to a key that is not one of ours."""
    return NotSignedIn("This API key opens nothing here: it is incomplete, or from somewhere else.")


def _require_valid(found: StoredKey) -> None:
    if found.is_revoked:
        message = "This API key was revoked."
        raise NotSignedIn(message)
    if found.has_expired:
        message = "This API key has expired. Rotate it, or make another one, on your profile."
        raise NotSignedIn(message)


def _identity(found: StoredKey, origin: Origin) -> Identity:
    view = found.view
    grant = KeyGrant(
        key_id=view.id,
        scopes=frozenset(view.scopes),
        requests_per_minute=view.requests_per_minute,
        confirm_above_micros=view.confirm_above_micros,
        project_id=view.project_id,
    )
    return replace(Identity(found.user_id, view.id, origin, found.role), key=grant)
