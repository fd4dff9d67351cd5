"""What a person does with an account: sign up, log in and out, change it, delete it."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from sora_studio.db.access_links import AccessLinkRepository
from sora_studio.db.assets import AssetRepository
from sora_studio.db.audit import AuditRepository
from sora_studio.db.engine import Database, Transaction, retry_on_deadlock
from sora_studio.db.models import AuditRow, SessionRow, UserRow
from sora_studio.db.projects import ProjectRepository
from sora_studio.db.users import StoredPassword, UserRepository
from sora_studio.db.videos import VideoRepository
from sora_studio.domain.account import (
    NOWHERE,
    AccountView,
    Identity,
    NewAccount,
    Origin,
    SignedIn,
    clean_name,
)
from sora_studio.domain.audit import Act, Result
from sora_studio.domain.errors import (
    AccountDisabled,
    AwaitingApproval,
    Conflict,
    LastAdmin,
    LimitReached,
    LogInExpired,
    NotAllowed,
    NotSignedIn,
    PasswordRequired,
    SetupCodeRequired,
    SignUpClosed,
    TwoFactorRequired,
)
from sora_studio.domain.ids import new_id
from sora_studio.domain.people import Standing
from sora_studio.domain.ports import Clock
from sora_studio.domain.sign_up import SignUpPolicy
from sora_studio.domain.single_sign_on import Arrival, session_named_in
from sora_studio.services.people.addresses import clean_email, spellings
from sora_studio.services.people.admission import Admission, Door
from sora_studio.services.people.attempts import Attempts
from sora_studio.services.people.challenges import Challenges
from sora_studio.services.people.devices import Devices
from sora_studio.services.people.passwords import Passwords, check_length
from sora_studio.services.people.second_factor import SecondFactor
from sora_studio.services.people.sessions import SessionService
from sora_studio.services.people.setup_code import SetupCode
from sora_studio.services.people.studio_settings import StudioSettings
from sora_studio.services.people.tokens import Tokens, token_in_cookies
from sora_studio.services.people.trail import Trail
from sora_studio.services.people.vault import FOR_LOG_OUT, Vault
from sora_studio.services.throttle import Throttle

_WRONG_LOG_IN = "The e-mail address or the password is wrong."
_WRONG_PROOF = "Your current password is wrong."
_LOG_IN_AGAIN = "Your account has no password: log in again to prove who you are."


class _PasswordChanged(NotSignedIn):
    """Another password was set, or the account was shut, between the comparison and what it was for."""


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
        settings: StudioSettings | None = None,
        setup_code: SetupCode | None = None,
        clock: Clock = _utc_now,
    ) -> None:
        """Prepare the service.

        Args:
            db: Where accounts and sessions are.
            signing_key: The studio's secret; another one ends every session and locks nobody out.
            throttle: How often somebody may try.
            passwords: How passwords are hashed.
            settings: How long sessions last, and who may open an account.
            setup_code: What the first one has to know who is not on this machine.
            clock: The time of sessions.
        """
        self._db, self._throttle, self.clock = db, throttle, clock
        self._tokens, self._devices = Tokens.signed_with(signing_key), Devices.signed_with(signing_key)
        self.attempts, self.trail = Attempts(throttle, passwords), Trail(db, throttle, clock)
        self.settings, self.vault = settings or StudioSettings(), Vault.locked_with(signing_key, clock)
        self.second_factor = SecondFactor(
            db=db, vault=self.vault, throttle=throttle, trail=self.trail, clock=clock
        )
        self._challenges = Challenges(db=db, vault=self.vault)
        self._door = Door(settings=self.settings, setup_code=setup_code, throttle=throttle, clock=clock)
        self.sessions = SessionService(db=db, trail=self.trail, settings=self.settings, clock=clock)

    async def is_empty(self) -> bool:
        """Tell whether nobody has an account yet: then the studio waits to be set up."""
        async with self._db.reading() as tx:
            return await UserRepository(tx).is_empty()

    async def sign_up_policy(self) -> SignUpPolicy:
        """Return who may open an account."""
        async with self._db.reading() as tx:
            return await self.settings.sign_up(tx)

    async def sign_up(self, wish: NewAccount, origin: Origin) -> SignedIn:
        """Open an account and a first session; the first account of a studio is its admin's.

        Raises:
            SignUpClosed: They are not let in.
            SetupCodeRequired: Theirs would be the first account, and they do not know the code.
            AwaitingApproval: The account is open, and waits for an admin.
            InvalidInput: An address, name or password that will not do; the code says which.
            Conflict: The address has an account.
            LimitReached: Too many accounts were opened from there, or too many wait.
        """
        email, name = clean_email(wish.email), clean_name(wish.display_name)
        wish = replace(wish, email=email, display_name=name)
        try:
            async with self._db.transaction() as tx:
                await self._door.look(tx, wish, origin)
        except (SignUpClosed, SetupCodeRequired):
            self.trail.count(Act.SIGN_UP, Result.REFUSED, origin)
            raise
        check_length(wish.password)
        try:
            self._throttle.hit("signup", origin.network)
            password_hash = await self.attempts.hash_new(wish.password, origin.network, email, name)
        except LimitReached:
            self.trail.count(Act.SIGN_UP, Result.THROTTLED, origin)
            raise
        return await self._open_account(wish, password_hash, origin)

    async def _open_account(self, wish: NewAccount, password_hash: str, origin: Origin) -> SignedIn:
        user = UserRow(
            id=new_id(),
            email=wish.email,
            display_name=wish.display_name,
            password_hash=password_hash,
            created_at=self.clock(),
        )
        session = self.sessions.new(user.id, origin)
        line = self.trail.done(Act.SIGN_UP, _in(session, origin))
        async with self._db.transaction() as tx:
            admission = await self._door.admit(tx, wish, origin)
            _let_in(user, admission, self.clock())
            account = await UserRepository(tx).add(user)
            if not admission.waits:
                await self.sessions.open(tx, session)
            line.about = admission.how
            await AuditRepository(tx).add(line)
        self.trail.tell(line)
        if admission.is_first:
            await self._door.shut()
        if admission.waits:
            message = "Your account was opened. It waits until an admin of this studio approves it."
            raise AwaitingApproval(message)
        return self._signed_in(account, session, new_id().hex)

    async def log_in(self, email: str, password: str, origin: Origin, code: str = "") -> SignedIn:
        """Open a session; the one that the same browser had before ends.

        Args:
            email: The address, as it was typed.
            password: The password.
            origin: Where they are.
            code: Of the second factor, where the account has one.

        Raises:
            NotSignedIn: There is no such account, or that is not its password: one answer, in the same time.
            TwoFactorRequired: The password is right, and a code is needed.
            WrongCode: The password is right, and the code is not.
            AwaitingApproval: No admin has let them in yet.
            AccountDisabled: An admin has shut the account.
            LimitReached: Too many wrong answers for this account or from this address, or too many wait.
        """
        try:
            return await self._log_in(email, password, origin, code)
        except _PasswordChanged:  # while it was compared: what it is now counts
            return await self._log_in(email, password, origin, code)

    async def _log_in(self, email: str, password: str, origin: Origin, code: str) -> SignedIn:
        known_as = spellings(email)
        async with self._db.transaction() as tx:
            known = await UserRepository(tx).find(*known_as)
        device = self._devices.find(origin.cookies, known.account.id) if known else None
        proven = await self._prove_log_in(known_as[-1], password, known, device, origin)
        how = ""
        if await self.second_factor.is_on(proven.account.id):
            if not code:
                raise TwoFactorRequired(challenge=self._challenges.issue(proven))
            how = await self.second_factor.check(proven.account.id, code, device, origin)
        return await self._enter(proven, device, origin, how)

    async def log_in_by_code(self, challenge: str, code: str, origin: Origin) -> SignedIn:
        """Open a session for somebody whose password was right a moment ago.

        Raises:
            LogInExpired: That was too long ago, or the password has changed.
            WrongCode: The code is wrong, or was used before.
            AwaitingApproval: As for `log_in`.
            AccountDisabled: As for `log_in`.
            LimitReached: Too many wrong codes.
        """
        known, arrival = await self._challenges.read(challenge)
        _check_standing(known)
        device = self._devices.find(origin.cookies, known.account.id)
        how = await self.second_factor.check(known.account.id, code, device, origin)
        try:
            return await self._enter(known, device, origin, how, arrival)
        except _PasswordChanged as error:
            raise LogInExpired from error

    async def admit(self, known: StoredPassword, arrival: Arrival, origin: Origin) -> SignedIn:
        """Open a session for somebody whom an OpenID provider has let in.

        Args:
            known: Their account.
            arrival: What the session keeps of it: the ID token is shown when they log out.
            origin: Where they are.

        Raises:
            TwoFactorRequired: The account has a second factor.
            AwaitingApproval: As for `log_in`.
            AccountDisabled: As for `log_in`.
            NotSignedIn: The account has been shut, or changed, a moment ago.
        """
        _check_standing(known)
        if await self.second_factor.is_on(known.account.id):
            raise TwoFactorRequired(challenge=self._challenges.issue(known, arrival))
        device = self._devices.find(origin.cookies, known.account.id)
        return await self._enter(known, device, origin, "single sign-on", arrival)

    async def _enter(
        self,
        known: StoredPassword,
        device: str | None,
        origin: Origin,
        how: str,
        arrival: Arrival | None = None,
    ) -> SignedIn:
        session = self.sessions.new(known.account.id, origin)
        if arrival is not None:
            session.id_token, session.proved_at = arrival.id_token, arrival.proved_at
            id_token = self.vault.unseal(arrival.id_token, FOR_LOG_OUT) or ""
            session.provider_session = session_named_in(id_token)
        async with self.trail.recording(Act.LOG_IN, _in(session, origin), how) as tx:
            if not await UserRepository(tx).holds(known):
                raise _PasswordChanged(_WRONG_LOG_IN)
            await self.sessions.open(tx, session, self._before(origin))
        return self._signed_in(known.account, session, device or new_id().hex)

    async def identify(self, token: str, origin: Origin = NOWHERE) -> Identity:
        """Return who stands behind a token.

        Raises:
            NotSignedIn: The token is not ours or its session has ended.
        """
        return await self.sessions.verify(self.named(token, origin))

    def named(self, token: str, origin: Origin = NOWHERE) -> Identity:
        """Return whom a token of ours names; whether the session stands is for the caller to ask.

        Raises:
            NotSignedIn: The token is not ours.
        """
        return replace(self._tokens.read(token), origin=origin)

    async def log_out(self, identity: Identity) -> str | None:
        """End the session; its tabs are notified, and nothing they send afterwards is obeyed.

        Returns:
            What it kept, sealed, of its beginning at an OpenID provider; None: it did not begin at one.
        """
        async with self.trail.recording(Act.LOG_OUT, identity) as tx:
            return await self.sessions.close(tx, identity)

    async def account(self, user_id: UUID) -> AccountView:
        """Return one's account.

        Raises:
            NotFound: It has been deleted.
        """
        async with self._db.reading() as tx:
            return (await UserRepository(tx).get(user_id)).account

    async def edit_profile(
        self,
        identity: Identity,
        *,
        display_name: str | None = None,
        email: str | None = None,
        password: str | None = None,
    ) -> AccountView:
        """Change the name or the e-mail address; None leaves it as it is.

        Args:
            identity: Whose account.
            display_name: The new name.
            email: The new address, by which one logs in: another one than before needs the password.
            password: The current one.

        Raises:
            InvalidInput: It will not do.
            NotAllowed: The password is missing or wrong.
            Conflict: The address has another account.
            LimitReached: Too many wrong answers, or new addresses.
            NotFound: The account has been deleted.
        """
        values: dict[str, str] = {}
        known: StoredPassword | None = None
        if display_name is not None:
            values["display_name"] = clean_name(display_name)
        if email is not None and (new := clean_email(email)) != (await self.account(identity.user_id)).email:
            self._throttle.hit("new e-mail address", identity.user_id.hex)
            known = await self._prove(Act.EMAIL_CHANGE, identity, password)
            values["email"] = new
        if known is None:
            async with self._db.transaction() as tx:
                return await UserRepository(tx).change(identity.user_id, **values)
        async with self.trail.recording(Act.EMAIL_CHANGE, identity) as tx:
            await self._require_still(tx, identity, known)
            return await UserRepository(tx).change(identity.user_id, **values)

    async def change_password(self, identity: Identity, current: str, new: str) -> None:
        """Set another password; every other session ends, and no reset link sets one after it.

        Raises:
            NotAllowed: The current password is wrong.
            InvalidInput: The new one will not do.
            LimitReached: Too many wrong answers.
        """
        check_length(new)
        known = await self._prove(Act.PASSWORD_CHANGE, identity, current)
        about = known.account.email, known.account.display_name
        password_hash = await self.attempts.hash_new(new, identity.user_id.hex, *about)
        async with self.trail.recording(Act.PASSWORD_CHANGE, identity) as tx:
            await self._require_still(tx, identity, known)
            await UserRepository(tx).change(identity.user_id, password_hash=password_hash, has_password=True)
            await AccessLinkRepository(tx).forget_resets(identity.user_id)
            await self.sessions.close_others(tx, identity)
            await self.sessions.note_proof(tx, identity)

    async def confirm_password(self, identity: Identity, password: str) -> None:
        """Note that the person of a session has just proved who they are.

        Raises:
            NotAllowed: The password is wrong.
            PasswordRequired: The account has none, so that nothing is proved here: they log in again instead.
            LimitReached: Too many wrong answers.
        """
        known = await self._prove(Act.PASSWORD_PROOF, identity, password)
        if not known.account.has_password:
            raise PasswordRequired(_LOG_IN_AGAIN)
        async with self._db.transaction() as tx:
            await self._require_still(tx, identity, known)
            await self.sessions.note_proof(tx, identity)

    async def delete_account(self, identity: Identity, password: str) -> None:
        """Delete the account with its own library; what it made in projects stays.

        Files, and jobs at providers, go with the next purge.

        Raises:
            NotAllowed: The password is wrong.
            Conflict: A project with other members would have no manager.
            LastAdmin: Others would be left without anybody who runs the studio.
            LimitReached: Too many wrong answers.
        """
        known = await self._prove(Act.ACCOUNT_DELETION, identity, password)
        line = self.trail.done(Act.ACCOUNT_DELETION, identity)
        await self._erase(identity, known, line)
        self.trail.tell(line)

    @retry_on_deadlock
    async def _erase(self, identity: Identity, known: StoredPassword, line: AuditRow) -> None:
        user_id = identity.user_id
        async with self._db.transaction() as tx:
            users = UserRepository(tx)
            if alone := await ProjectRepository(tx).run_alone(user_id):
                message = f"Make somebody else a manager first of: {', '.join(alone)}."
                raise Conflict(message)
            await users.lock_admins()
            await self._require_still(tx, identity, known)
            if await users.is_last_admin(user_id) and not await users.is_alone(user_id):
                raise LastAdmin
            await erase_account(tx, user_id, line)

    async def _prove_log_in(
        self, email: str, password: str, known: StoredPassword | None, device: str | None, origin: Origin
    ) -> StoredPassword:
        """Make sure that somebody who logs in knows the password, and hash it with today's work factor."""
        stored = known and known.password_hash
        try:
            fits = await self.attempts.log_in(email, password, stored, origin.network, device)
        except LimitReached:
            self.trail.count(Act.LOG_IN, Result.THROTTLED, origin, known and known.account.id)
            raise
        if known is None or not fits:
            await self.trail.refused(Act.LOG_IN, origin, known and known.account.id)
            raise NotSignedIn(_WRONG_LOG_IN)
        try:
            _check_standing(known)
        except NotAllowed:
            await self.trail.refused(Act.LOG_IN, origin, known.account.id)
            raise
        return await self._renew_hash(known, password, device or origin.network)

    async def _prove(self, act: Act, identity: Identity, password: str | None) -> StoredPassword:
        """Make sure that the person who is signed in knows the password."""
        async with self._db.transaction() as tx:
            known = await UserRepository(tx).get(identity.user_id)
        if not known.account.has_password:
            async with self._db.transaction() as tx:
                await self.sessions.require_proof(
                    tx, identity
                )  # to have just logged in is all that they can do
            return known
        if password is None:
            message = "This needs your current password."
            raise NotAllowed(message)
        try:
            fits = await self.attempts.prove(identity.user_id, password, known.password_hash)
        except LimitReached:
            self.trail.count(act, Result.THROTTLED, identity.origin, identity.user_id)
            raise
        if not fits:
            await self.trail.refused(act, identity.origin, identity.user_id, identity.session_id)
            raise NotAllowed(_WRONG_PROOF)
        return known

    async def _require_still(self, tx: Transaction, identity: Identity, known: StoredPassword) -> None:
        """Make sure that who has proved themselves may still act, until the transaction ends.

        To compare and to hash takes its time: somebody may have set another password meanwhile, against this
        very person, or have ended their session.

        Raises:
            NotAllowed: The password is another one by now.
            NotSignedIn: The session has ended.
        """
        unchanged = await UserRepository(tx).holds(known)
        await self.sessions.verify_in(tx, identity)
        if not unchanged:
            raise NotAllowed(_WRONG_PROOF)

    async def _renew_hash(self, known: StoredPassword, password: str, lane: str) -> StoredPassword:
        """Hash again with today's work factor: only now do we have the password."""
        renewed = await self.attempts.renew(password, known.password_hash, lane)
        if renewed is None:
            return known
        async with self._db.transaction() as tx:
            await UserRepository(tx).replace_hash(known.account.id, known.password_hash, renewed)
        return replace(known, password_hash=renewed)

    def _before(self, origin: Origin) -> Identity | None:
        """Return whose session a browser has had until now."""
        try:
            return self._tokens.read(token_in_cookies(origin.cookies) or "")
        except NotSignedIn:
            return None

    def _signed_in(self, account: AccountView, session: SessionRow, device: str) -> SignedIn:
        identity = Identity(user_id=account.id, session_id=session.id)
        return SignedIn(
            account=account,
            access_token=self._tokens.issue(identity, session.created_at, session.expires_at),
            expires_in=int(self.sessions.policy.lifetime.total_seconds()),
            device_token=self._devices.issue(account.id, device),
        )


async def erase_account(tx: Transaction, user_id: UUID, line: AuditRow) -> None:
    """Delete an account with what belongs to it, in one transaction with the line that records it.

    What it made in projects stays; one that it ran alone is run by the member who has been in it the longest.
    """
    users, projects = UserRepository(tx), ProjectRepository(tx)
    await users.lock(user_id)
    await projects.dissolve(user_id)
    await projects.hand_over(user_id)
    await AssetRepository(tx).discard_all(user_id)
    await VideoRepository(tx).disown(user_id)
    await users.remove(user_id)
    await AuditRepository(tx).add(line)


def _let_in(user: UserRow, admission: Admission, now: datetime) -> None:
    """Make an account what its person is let in as."""
    user.role = admission.role
    if admission.waits:
        user.disabled_at, user.awaits_approval = now, True


def _check_standing(known: StoredPassword) -> None:
    """Turn away whose account nobody may log in to.

    Raises:
        AwaitingApproval: No admin has let them in yet.
        AccountDisabled: An admin has shut the account.
    """
    if known.standing is not Standing.ACTIVE:
        raise AwaitingApproval if known.standing is Standing.WAITING else AccountDisabled


def _in(session: SessionRow, origin: Origin) -> Identity:
    """Return who is in a session that is about to be opened."""
    return Identity(session.user_id, session.id, origin)
