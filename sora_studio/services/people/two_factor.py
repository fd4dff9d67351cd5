"""What a person does with their own second factor: set it up, renew the recovery codes, turn it off."""

from uuid import UUID

import pyotp
from pyotp.totp import TOTP

from sora_studio.db.engine import Database, Transaction
from sora_studio.db.models import TwoFactorRow
from sora_studio.db.two_factor import TwoFactorRepository
from sora_studio.db.users import UserRepository
from sora_studio.domain.account import Identity
from sora_studio.domain.audit import Act
from sora_studio.domain.errors import Conflict, InvalidInput
from sora_studio.domain.two_factor import RECOVERY_CODES, NewSecret, TwoFactorView
from sora_studio.services.people.accounts import AccountService
from sora_studio.services.people.second_factor import hash_of, purpose_of
from sora_studio.services.people.setup_code import readable_code
from sora_studio.services.throttle import Throttle

_ISSUER = "Sora Studio"
_GROUPS, _IN_A_GROUP = 4, 6  # 120 bits


class TwoFactorService:
    """Use cases on one's own second factor; what changes it asks for a password of the last ten minutes."""

    def __init__(self, *, db: Database, accounts: AccountService, throttle: Throttle) -> None:
        """Prepare the service.

        Args:
            db: Where second factors are.
            accounts: Whose sessions, trail, clock and vault are used.
            throttle: How often a first code may be guessed.
        """
        self._db, self._throttle = db, throttle
        self._sessions, self._trail, self._clock = accounts.sessions, accounts.trail, accounts.clock
        self._factor, self._vault, self._settings = accounts.second_factor, accounts.vault, accounts.settings

    async def read(self, who: Identity) -> TwoFactorView:
        """Return what there is."""
        async with self._db.transaction() as tx:
            await self._settings.keep_fresh(tx)
            return await self._view(tx, who.user_id)

    async def begin(self, who: Identity) -> NewSecret:
        """Make a secret for an authenticator; it counts once `enable` has seen a code of it.

        Raises:
            PasswordRequired: The password was given too long ago.
            Conflict: There is a second factor already.
        """
        secret = pyotp.random_base32(32)  # 160 bits, as RFC 4226 §4 recommends
        async with self._db.transaction() as tx:
            await self._sessions.require_proof(tx, who)
            email = (await UserRepository(tx).get(who.user_id)).account.email
            sealed = self._vault.seal(secret, purpose_of(who.user_id))
            row = TwoFactorRow(user_id=who.user_id, secret=sealed, created_at=self._clock())
            if not await TwoFactorRepository(tx).begin(row):
                raise _is_on()
        return NewSecret(secret, TOTP(secret).provisioning_uri(name=email, issuer_name=_ISSUER))

    async def enable(self, who: Identity, code: str) -> tuple[str, ...]:
        """Turn it on with the first code; every other session ends, as it was opened without one.

        Returns:
            The recovery codes, shown this once.

        Raises:
            PasswordRequired: The password was given too long ago.
            InvalidInput: The code is wrong, or nothing was begun.
            Conflict: There is a second factor already.
            LimitReached: Too many codes were wrong.
        """
        self._throttle.hit("second factor", who.user_id.hex)
        async with self._trail.recording(Act.TWO_FACTOR_ON, who) as tx:
            await self._sessions.require_proof(tx, who)
            factors = TwoFactorRepository(tx)
            row = await factors.find(who.user_id)
            if row is not None and row.enabled_at is not None:
                raise _is_on()
            used = self._factor.read(row, code) if row else None
            if row is None or used is None:
                message = "That is not the code that the authenticator shows now. Is its clock right?"
                raise InvalidInput(message, "code", "wrong_code")
            if not await factors.enable(who.user_id, row.secret, used.step, self._clock()):
                raise _is_on()  # another tab was faster
            await self._sessions.close_others(tx, who)
            codes = await self._new_codes(tx, who.user_id)
        self._throttle.forgive("second factor", who.user_id.hex)
        return codes

    async def renew_codes(self, who: Identity) -> tuple[str, ...]:
        """Make new recovery codes; those before are void.

        Raises:
            PasswordRequired: The password was given too long ago.
            Conflict: There is no second factor.
        """
        async with self._trail.recording(Act.RECOVERY_CODES, who) as tx:
            await self._sessions.require_proof(tx, who)
            if (await self._view(tx, who.user_id)).enabled_at is None:
                raise _is_off()
            return await self._new_codes(tx, who.user_id)

    async def disable(self, who: Identity) -> None:
        """Turn it off, with its recovery codes.

        Raises:
            PasswordRequired: The password was given too long ago.
            Conflict: There is no second factor.
        """
        async with self._trail.recording(Act.TWO_FACTOR_OFF, who) as tx:
            await self._sessions.require_proof(tx, who)
            if not await TwoFactorRepository(tx).remove(who.user_id):
                raise _is_off()

    async def _view(self, tx: Transaction, user_id: UUID) -> TwoFactorView:
        factors = TwoFactorRepository(tx)
        row = await factors.find(user_id)
        left = await factors.codes_left(user_id)
        return TwoFactorView(row.enabled_at if row else None, left, self._settings.requires_two_factor)

    async def _new_codes(self, tx: Transaction, user_id: UUID) -> tuple[str, ...]:
        codes = tuple(readable_code(_GROUPS, _IN_A_GROUP) for _ in range(RECOVERY_CODES))
        await TwoFactorRepository(tx).replace_codes(user_id, map(hash_of, codes))
        return codes


def _is_on() -> Conflict:
    return Conflict("Two-factor authentication is on already.")


def _is_off() -> Conflict:
    return Conflict("Two-factor authentication is off.")
