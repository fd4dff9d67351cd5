"""API keys: what a person makes, replaces and revokes, and whom a key that comes along stands for."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sora_studio.db.api_keys import ApiKeyRepository, StoredKey
from sora_studio.db.engine import Database, Transaction
from sora_studio.db.models import ApiKeyRow
from sora_studio.db.users import UserRepository
from sora_studio.domain.account import Identity, KeyGrant, Origin, clean_name
from sora_studio.domain.api_key import KEYS_MAX, ApiKeyView, FreshKey, KeyWish, last4_of, new_key, sha256_of
from sora_studio.domain.audit import Act
from sora_studio.domain.errors import Conflict, NotSignedIn
from sora_studio.domain.ids import new_id, public_key_id
from sora_studio.domain.ports import Clock
from sora_studio.services.people.trail import Trail
from sora_studio.services.throttle import Throttle

_USED_EVERY = timedelta(minutes=1)
"""How exactly the last use of a key is known: more often would cost a write for each request."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class KeyService:
    """Use cases on one's own keys."""

    def __init__(self, *, db: Database, throttle: Throttle, clock: Clock = _utc_now) -> None:
        self._db, self._throttle, self._clock = db, throttle, clock
        self._trail = Trail(db, throttle, clock)

    async def all_of(self, identity: Identity) -> tuple[ApiKeyView, ...]:
        """Return one's keys, the newest first; those that have expired are among them."""
        async with self._db.transaction() as tx:
            return await ApiKeyRepository(tx).all_of(identity.user_id, self._clock())

    async def create(self, identity: Identity, wish: KeyWish) -> FreshKey:
        """Make a key; it is shown this once.

        Raises:
            InvalidInput: The name will not do.
            Conflict: There are 100 already.
            LimitReached: Too many in an hour.
            NotFound: The account has been deleted.
        """
        name = clean_name(wish.name, "name")
        self._throttle.hit("new API key", identity.user_id.hex)
        key, now = new_key(), self._clock()
        row = ApiKeyRow(
            id=new_id(),
            user_id=identity.user_id,
            name=name,
            sha256=sha256_of(key),
            last4=last4_of(key),
            scopes=sorted(wish.scopes),
            requests_per_minute=wish.requests_per_minute,
            confirm_above_micros=wish.confirm_above_micros,
            created_at=now,
            expires_at=now + wish.lifetime if wish.lifetime else None,
        )
        async with self._trail.recording(Act.KEY_CREATION, identity, public_key_id(row.id)) as tx:
            await UserRepository(tx).get(identity.user_id)
            await UserRepository(tx).hold(identity.user_id)
            keys = ApiKeyRepository(tx)
            if await keys.count(identity.user_id) >= KEYS_MAX:
                message = f"You have {KEYS_MAX} keys: revoke one that you no longer need."
                raise Conflict(message)
            return FreshKey(await keys.add(row), key)

    async def rotate(self, identity: Identity, key_id: UUID, overlap: timedelta) -> FreshKey:
        """Replace a key by another one with the same name, scopes and limits, for as long again.

        Args:
            identity: Whose.
            key_id: Which; its id stays.
            overlap: For how long what it was until now works, too.

        Raises:
            NotFound: It was revoked, or is somebody else's.
            LimitReached: Too many in an hour.
        """
        self._throttle.hit("new API key", identity.user_id.hex)
        key = new_key()
        new = (sha256_of(key), last4_of(key))
        async with self._trail.recording(Act.KEY_ROTATION, identity, public_key_id(key_id)) as tx:
            keys = ApiKeyRepository(tx)
            return FreshKey(await keys.rotate(identity.user_id, key_id, new, overlap, self._clock()), key)

    async def revoke(self, identity: Identity, key_id: UUID) -> None:
        """Have a key open nothing from now on, nor what it was before a rotation.

        Raises:
            NotFound: That was done before, or it is somebody else's.
        """
        async with self._trail.recording(Act.KEY_REVOCATION, identity, public_key_id(key_id)) as tx:
            await ApiKeyRepository(tx).revoke(identity.user_id, key_id, self._clock())

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
    grant = KeyGrant(view.id, frozenset(view.scopes), view.requests_per_minute, view.confirm_above_micros)
    return replace(Identity(found.user_id, view.id, origin, found.role), key=grant)
