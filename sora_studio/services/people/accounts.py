"""What a person does with an account: sign up, log in and out, change it, delete it."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sora_studio.db.assets import AssetRepository
from sora_studio.db.engine import Database, retry_on_deadlock
from sora_studio.db.models import SessionRow, UserRow
from sora_studio.db.sessions import SessionRepository
from sora_studio.db.users import StoredPassword, UserRepository
from sora_studio.db.videos import VideoRepository
from sora_studio.domain.account import AccountView, Identity, Origin, SignedIn, clean_email, clean_name
from sora_studio.domain.errors import InvalidInput, NotAllowed, NotSignedIn
from sora_studio.domain.ids import new_id
from sora_studio.domain.ports import Clock
from sora_studio.services.people.passwords import THREADS, Passwords, check_new
from sora_studio.services.people.tokens import Tokens, no_session
from sora_studio.services.throttle import Throttle

SESSION = timedelta(days=30)
"""How long a log-in lasts; there is no idle timeout, and the token is not renewed."""

Limit = tuple[str, ...]
"""A name of `throttle.LIMITS` and what it is counted by."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class AccountService:
    """Use cases on one's own account, and the one gate that every request and event passes: `identify`."""

    def __init__(
        self,
        *,
        db: Database,
        signing_key: bytes,
        throttle: Throttle,
        passwords: Passwords | None = None,
        clock: Clock = _utc_now,
    ) -> None:
        """Prepare the service.

        Args:
            db: Where accounts and sessions are.
            signing_key: The studio's secret; another one ends every session and locks nobody out.
            throttle: How often somebody may try.
            passwords: How passwords are hashed.
            clock: The time of sessions.
        """
        self._db, self._throttle, self._clock = db, throttle, clock
        self._tokens = Tokens.signed_with(signing_key)
        self._passwords = passwords or Passwords()
        self._guesses = asyncio.Semaphore(THREADS)

    async def sign_up(self, email: str, password: str, display_name: str, origin: Origin) -> SignedIn:
        """Open an account and a first session.

        Raises:
            InvalidInput: An address, name or password that will not do; the code says which.
            Conflict: The address has an account.
            LimitReached: Too many accounts were opened from there.
        """
        email, name = clean_email(email), clean_name(display_name)
        check_new(password, email, name)
        self._throttle.hit("signup", origin.network)
        user = UserRow(
            id=new_id(),
            email=email,
            display_name=name,
            password_hash=await self._passwords.hash(password),
            created_at=self._clock(),
        )
        session = self._new_session(user.id, origin)
        async with self._db.transaction() as tx:
            account = await UserRepository(tx).add(user)
            await SessionRepository(tx).add(session)
        return self._signed_in(account, session)

    async def log_in(self, email: str, password: str, origin: Origin) -> SignedIn:
        """Open a session.

        Raises:
            NotSignedIn: There is no such account, or that is not its password: one answer, in the same time.
            LimitReached: Too many wrong answers for this account or from this address.
        """
        email = _as_stored(email)
        async with self._db.transaction() as tx:
            known = await UserRepository(tx).find(email)
        pair: Limit = ("login of an account from an address", email, origin.network)
        limits: list[Limit] = [
            pair,
            ("login of an account", email),
            ("login from an address", origin.network),
        ]
        fits = await self._guess(password, known.password_hash if known else None, *limits)
        if known is None or not fits:
            message = "The e-mail address or the password is wrong."
            raise NotSignedIn(message)
        self._throttle.forgive(*pair)
        await self._renew_hash(known, password)
        session = self._new_session(known.account.id, origin)
        async with self._db.transaction() as tx:
            await SessionRepository(tx).add(session)
        return self._signed_in(known.account, session)

    async def identify(self, token: str) -> Identity:
        """Return who stands behind a token; costs one indexed SELECT.

        Raises:
            NotSignedIn: The token is not ours or its session has ended.
        """
        identity = self._tokens.read(token)
        async with self._db.transaction() as tx:
            if not await SessionRepository(tx).is_open(identity, self._clock()):
                raise no_session()
        return identity

    async def log_out(self, identity: Identity) -> None:
        """End the session; its tabs are notified, and nothing they send afterwards is obeyed."""
        async with self._db.transaction() as tx:
            await SessionRepository(tx).end(identity, self._clock())

    async def account(self, user_id: UUID) -> AccountView:
        """Return one's account.

        Raises:
            NotFound: It has been deleted.
        """
        async with self._db.transaction() as tx:
            return (await UserRepository(tx).get(user_id)).account

    async def edit_profile(
        self, user_id: UUID, *, display_name: str | None = None, email: str | None = None
    ) -> AccountView:
        """Change the name or the e-mail address; None leaves it as it is.

        Raises:
            InvalidInput: It will not do.
            Conflict: The address has another account.
            NotFound: The account has been deleted.
        """
        values: dict[str, str] = {}
        if display_name is not None:
            values["display_name"] = clean_name(display_name)
        if email is not None:
            values["email"] = clean_email(email)
        async with self._db.transaction() as tx:
            return await UserRepository(tx).change(user_id, **values)

    async def change_password(self, identity: Identity, current: str, new: str) -> None:
        """Set another password; every other session ends.

        Raises:
            NotAllowed: The current password is wrong.
            InvalidInput: The new one will not do.
            LimitReached: Too many wrong answers.
        """
        known = await self._prove(identity, current)
        check_new(new, known.account.email, known.account.display_name)
        password_hash = await self._passwords.hash(new)
        async with self._db.transaction() as tx:
            await UserRepository(tx).change(identity.user_id, password_hash=password_hash)
            await SessionRepository(tx).end_others(identity, self._clock())

    async def delete_account(self, identity: Identity, password: str) -> None:
        """Delete the account with its videos; files, and jobs at providers, go with the next purge.

        Raises:
            NotAllowed: The password is wrong.
            LimitReached: Too many wrong answers.
        """
        await self._prove(identity, password)
        await self._erase(identity.user_id)

    @retry_on_deadlock
    async def _erase(self, user_id: UUID) -> None:
        async with self._db.transaction() as tx:
            users = UserRepository(tx)
            await users.lock(user_id)
            await AssetRepository(tx).discard_all(user_id)
            await VideoRepository(tx).disown(user_id)
            await users.remove(user_id)

    async def _prove(self, identity: Identity, password: str) -> StoredPassword:
        """Make sure that the person who is signed in knows the password."""
        async with self._db.transaction() as tx:
            known = await UserRepository(tx).get(identity.user_id)
        if not await self._guess(password, known.password_hash, ("password", identity.user_id.hex)):
            message = "Your current password is wrong."
            raise NotAllowed(message)
        return known

    async def _guess(self, password: str, stored: str | None, *limits: Limit) -> bool:
        """Compare a password unless there were too many wrong ones; count it if it is wrong.

        Few at a time: otherwise a burst of guesses would pass the check before the first of them is counted.
        """
        async with self._guesses:
            for limit in limits:
                self._throttle.check(*limit)
            fits = await self._passwords.match(password, stored)
            if not fits:
                for limit in limits:
                    self._throttle.hit(*limit)
            return fits

    async def _renew_hash(self, known: StoredPassword, password: str) -> None:
        """Hash again with today's work factor: only now do we have the password."""
        if self._passwords.is_outdated(known.password_hash):
            renewed = await self._passwords.hash(password)
            async with self._db.transaction() as tx:
                await UserRepository(tx).replace_hash(known.account.id, known.password_hash, renewed)

    def _new_session(self, user_id: UUID, origin: Origin) -> SessionRow:
        now = self._clock()
        return SessionRow(
            id=new_id(),
            user_id=user_id,
            created_at=now,
            expires_at=now + SESSION,
            address=origin.address,
            user_agent=origin.user_agent,
        )

    def _signed_in(self, account: AccountView, session: SessionRow) -> SignedIn:
        identity = Identity(user_id=account.id, session_id=session.id)
        token = self._tokens.issue(identity, session.created_at, session.expires_at)
        return SignedIn(account=account, access_token=token, expires_in=int(SESSION.total_seconds()))


def _as_stored(email: str) -> str:
    """Write a typed address as it would be stored; what cannot be one belongs to nobody."""
    try:
        return clean_email(email)
    except InvalidInput:
        return ""
