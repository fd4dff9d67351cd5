"""The second step of a log-in: a code of the person's authenticator, or one of their recovery codes."""

import hashlib
import hmac
from dataclasses import dataclass
from uuid import UUID

import structlog
from pyotp.totp import TOTP

from sora_studio.db.engine import Database
from sora_studio.db.models import TwoFactorRow
from sora_studio.db.two_factor import TwoFactorRepository
from sora_studio.domain.account import Origin
from sora_studio.domain.audit import Act, Result
from sora_studio.domain.errors import LimitReached, WrongCode
from sora_studio.domain.ports import Clock
from sora_studio.domain.two_factor import STEP, bare_code, is_one_time_code
from sora_studio.services.people.trail import Trail
from sora_studio.services.people.vault import Vault
from sora_studio.services.throttle import Throttle

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class UsedCode:
    """A code that fits."""

    step: int  # of time, to which it belongs
    sealed: str  # the secret, by today's secret key


class SecondFactor:
    """Asks for it, and never takes one code twice."""

    def __init__(self, *, db: Database, vault: Vault, throttle: Throttle, trail: Trail, clock: Clock) -> None:
        self._db, self._vault, self._throttle = db, vault, throttle
        self._trail, self._clock = trail, clock

    async def is_on(self, user_id: UUID) -> bool:
        """Tell whether an account has one."""
        async with self._db.transaction() as tx:
            row = await TwoFactorRepository(tx).find(user_id)
        return row is not None and row.enabled_at is not None

    async def check(self, user_id: UUID, code: str, device: str | None, origin: Origin) -> str:
        """Take a code from somebody whose password was right.

        Every try counts before it is looked at, so that a burst gets no more of them; the right one forgives.

        Args:
            user_id: Whose account.
            code: What they typed.
            device: The name of the browser, if it has logged in to the account before: it has a count of its
                own, so that nobody who knows the password can shut the person out.
            origin: Where they are.

        Returns:
            Which kind it was, for the trail.

        Raises:
            WrongCode: It is wrong, or was used before.
            LimitReached: Too many were wrong.
        """
        limits = _limits_of(user_id, device)
        try:
            for limit in limits:
                self._throttle.hit(*limit)
        except LimitReached:
            self._trail.count(Act.SECOND_FACTOR, Result.THROTTLED, origin, user_id)
            raise
        kind = await self._kind_of(user_id, code)
        if kind is None:
            await self._trail.refused(Act.SECOND_FACTOR, origin, user_id)
            raise WrongCode
        self._throttle.forgive(*limits[0])
        return kind

    def read(self, row: TwoFactorRow, code: str) -> UsedCode | None:
        """Find the step whose code this is, the present one or a neighbour; None: it is of none of them.

        A secret that cannot be read has no codes: the secret key is another one, and the key before is gone.
        """
        purpose = purpose_of(row.user_id)
        secret = self._vault.unseal(row.secret, purpose)
        if secret is None:
            _log.warning("authenticator_unreadable", user_id=row.user_id.hex)
            return None
        now, codes, typed = int(self._clock().timestamp()) // STEP, TOTP(secret), bare_code(code)
        fits = [step for step in (now - 1, now, now + 1) if _is_same(codes.generate_otp(step), typed)]
        return UsedCode(fits[-1], self._vault.seal(secret, purpose)) if fits else None

    async def _kind_of(self, user_id: UUID, code: str) -> str | None:
        async with self._db.transaction() as tx:
            factors = TwoFactorRepository(tx)
            if not is_one_time_code(code):
                return "recovery code" if await factors.use_code(user_id, hash_of(code)) else None
            row = await factors.find(user_id)
            used = self.read(row, code) if row else None
            if used is None or not await factors.use_step(user_id, used.step, used.sealed):
                return None
            return "authenticator"


def purpose_of(user_id: UUID) -> str:
    """Return what an account's secret is sealed for: put into another account's row, it opens nothing."""
    return f"authenticator of {user_id.hex}"


def hash_of(code: str) -> str:
    """Return what is stored of a recovery code: what is random over 120 bits needs no slow hash."""
    return hashlib.sha256(bare_code(code).encode(errors="replace")).hexdigest()


def _is_same(code: str, typed: str) -> bool:
    return hmac.compare_digest(code.encode(), typed.encode(errors="replace"))


def _limits_of(user_id: UUID, device: str | None) -> list[tuple[str, ...]]:
    if device:
        return [("second factor from a known browser", device)]
    return [("second factor", user_id.hex), ("second factor in a day", user_id.hex)]
