"""Logging in through an OpenID provider, and out of it."""

import hmac
import json
import secrets
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sora_studio.db.audit import AuditRepository
from sora_studio.db.engine import Database, Transaction
from sora_studio.db.identities import IdentityRepository
from sora_studio.db.models import AuditRow, UserRow
from sora_studio.db.sessions import SessionRepository
from sora_studio.db.users import StoredPassword, UserRepository
from sora_studio.domain.account import NAME_MAX, Origin, Role, SignedIn, clean_name
from sora_studio.domain.audit import Act, Result
from sora_studio.domain.errors import InvalidInput, SoraStudioError
from sora_studio.domain.ids import new_id
from sora_studio.domain.single_sign_on import (
    Arrival,
    Attempt,
    SignOnFailed,
    SignOnPolicy,
    SignOnProblem,
    Visitor,
    proved_in,
)
from sora_studio.services.people.accounts import AccountService
from sora_studio.services.people.addresses import clean_email
from sora_studio.services.people.vault import FOR_LOG_OUT
from sora_studio.services.throttle import Throttle

if TYPE_CHECKING:
    from sora_studio.services.people.identity_provider import IdentityProvider

ATTEMPT_SECONDS = 600
"""How long a person may take at the provider."""

_PROVED_JUST_NOW = timedelta(seconds=120)
"""How old a proof may be that was asked for: a minute on the way back, and one that the clocks may differ."""

_PURPOSE = "log-in at an OpenID provider"


class SingleSignOn:
    """Use cases of log-in by an OpenID provider, if the studio has one."""

    def __init__(
        self,
        *,
        db: Database,
        accounts: AccountService,
        throttle: Throttle,
        provider: "IdentityProvider | None" = None,
        policy: SignOnPolicy | None = None,
    ) -> None:
        """Prepare it; the provider is first asked when somebody logs in.

        Args:
            db: Where accounts and identities are.
            accounts: Opens sessions.
            throttle: How often somebody may try.
            provider: Who knows the people; None: there is no single sign-on.
            policy: What the operator wants.
        """
        self._db, self._accounts, self._throttle = db, accounts, throttle
        self._provider, self.policy = provider, policy or SignOnPolicy()

    async def begin(self, then: str, origin: Origin, *, again: bool = False) -> tuple[str, str]:
        """Begin a log-in.

        Args:
            then: Where the person wants to go.
            origin: Where they are.
            again: Whether they prove who they are: the provider asks for it, although they are logged in.

        Returns:
            Where the browser goes, and what it keeps meanwhile: only the browser that began can end it.

        Raises:
            SignOnFailed: The provider does not answer, or there is none.
            LimitReached: Too many from there.
        """
        self._throttle.hit("single sign-on", origin.network)
        attempt = Attempt(
            state=secrets.token_urlsafe(32),
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48),
            next=then,
            again=again,
        )
        address = await self._known().address_of(attempt)
        return address, self._accounts.vault.seal(json.dumps(asdict(attempt)), _PURPOSE)

    async def finish(self, sealed: str, answer: dict[str, str], origin: Origin) -> tuple[SignedIn, str]:
        """End a log-in with what the provider's redirect brought.

        Returns:
            The session, and where the person wanted to go.

        Raises:
            SignOnFailed: It does not fit, cannot be verified, or names nobody whom the studio lets in.
            TwoFactorRequired: The account has a second factor, which is asked for here as well.
            AwaitingApproval: No admin has let them in yet.
            AccountDisabled: An admin has shut the account.
            LimitReached: Too many from there.
        """
        try:
            self._throttle.hit("single sign-on", origin.network)
            attempt = self._attempt(sealed, answer.get("state", ""))
            visitor = await self._visitor(attempt, answer)
            known = await self._account_of(visitor, origin)
            arrival = Arrival(self._accounts.vault.seal(visitor.id_token, FOR_LOG_OUT), visitor.proved_at)
            return await self._accounts.admit(known, arrival, origin), attempt.next
        except SoraStudioError:
            self._accounts.trail.count(Act.LOG_IN, Result.REFUSED, origin)
            raise

    def next_of(self, sealed: str) -> str:
        """Return where the person wanted to go who has begun a log-in; empty: nobody has."""
        return str(self._opened(sealed).get("next", ""))

    async def end_address(self, sealed_token: str, back_to: str) -> str | None:
        """Return where a browser goes to end its session at the provider; None: it has none there.

        Args:
            sealed_token: What the studio's session kept of its beginning.
            back_to: Where the provider sends it afterwards.
        """
        if self._provider is None:
            return None
        token = self._accounts.vault.unseal(sealed_token, FOR_LOG_OUT) or ""
        return await self._provider.end_address(token, back_to)

    async def end_sessions(self, token: str, origin: Origin) -> None:
        """End what has ended at the provider, which says so itself (back-channel log-out).

        What was opened after it said so stays: who has caught its token ends nothing by sending it again.

        Args:
            token: Its log-out token.
            origin: Where it came from.

        Raises:
            SignOnFailed: It is not the provider's, not for us, or out of date; or nobody can tell right now.
            LimitReached: Too many from there.
        """
        self._throttle.hit("log-out by a provider", origin.network)
        if self._provider is None:
            raise SignOnFailed(SignOnProblem.INVALID)  # of nobody whom we know, now or later
        notice = await self._provider.log_out_notice(token)
        opened_before = notice.issued_at + timedelta(seconds=1)  # it is cut to the second
        trail, lines = self._accounts.trail, list[AuditRow]()
        async with self._db.transaction() as tx:
            user_id = None
            if notice.subject is not None:
                user_id = await IdentityRepository(tx).find(notice.issuer, notice.subject)
                if user_id is None:
                    return  # nobody here
            ended = await SessionRepository(tx).end_at_provider(
                user_id, notice.session, self._accounts.clock(), opened_before=opened_before
            )
            for each in dict.fromkeys(ended):
                lines.append(trail.of(Act.SESSION_END, each, origin))
                lines[-1].about = "by the OpenID provider"
                await AuditRepository(tx).add(lines[-1])
        for line in lines:
            trail.tell(line)

    def _known(self) -> "IdentityProvider":
        if self._provider is None:
            raise SignOnFailed(SignOnProblem.UNAVAILABLE)
        return self._provider

    def _opened(self, sealed: str) -> dict[str, Any]:
        text = self._accounts.vault.unseal(sealed, _PURPOSE, seconds=ATTEMPT_SECONDS)
        return json.loads(text) if text else {}

    def _attempt(self, sealed: str, state: str) -> Attempt:
        kept = self._opened(sealed)
        if not kept or not hmac.compare_digest(str(kept["state"]).encode(), state.encode(errors="replace")):
            raise SignOnFailed(SignOnProblem.EXPIRED)
        return Attempt(**kept)

    async def _visitor(self, attempt: Attempt, answer: dict[str, str]) -> Visitor:
        provider = self._known()
        if "error" in answer or not answer.get("code"):
            raise SignOnFailed(SignOnProblem.REFUSED)
        claims, id_token = await provider.claims_of(answer["code"], attempt, answer.get("iss"))
        now, proved_at = self._accounts.clock(), proved_in(id_token)
        if attempt.again and proved_at < now - _PROVED_JUST_NOW:
            raise SignOnFailed(SignOnProblem.NOT_AGAIN)
        verified = claims.get("email_verified")
        return Visitor(
            issuer=provider.client.issuer,
            subject=str(claims["sub"]),
            email=str(claims.get("email") or ""),
            email_verified=verified if isinstance(verified, bool) else None,
            name=str(claims.get("name") or claims.get("preferred_username") or ""),
            is_admin=self.policy.makes_admin(claims),
            id_token=id_token,
            proved_at=min(proved_at, now),
        )

    async def _account_of(self, visitor: Visitor, origin: Origin) -> StoredPassword:
        """Find whose identity it is, link it or open an account, and give the role that its claims say."""
        trail, unknown = self._accounts.trail, await self._accounts.attempts.unknown()
        lines: list[AuditRow] = []
        async with self._db.transaction() as tx:
            users, identities = UserRepository(tx), IdentityRepository(tx)
            await users.lock_admins()  # of two first visits at once, the second finds what the first has made
            user_id = await identities.find(visitor.issuer, visitor.subject)
            if user_id is None:
                act, user_id = await self._welcome(tx, visitor, unknown)
                lines.append(trail.of(act, user_id, origin))
                await identities.add(visitor.issuer, visitor.subject, user_id, self._accounts.clock())
            if await _give_role(users, visitor, user_id):
                lines.append(trail.of(Act.ROLE_CHANGE, user_id, origin))
            for line in lines:
                line.about = f"single sign-on{', by a claim' if line.act == Act.ROLE_CHANGE else ''}"
                await AuditRepository(tx).add(line)
            known = await users.get(user_id)
        for line in lines:
            trail.tell(line)
        return known

    async def _welcome(self, tx: Transaction, visitor: Visitor, unknown: str) -> tuple[Act, UUID]:
        """Decide about an identity that nobody has: link it to an account, or open one.

        Raises:
            SignOnFailed: Neither is wanted, or the address does not allow it.
        """
        users, policy = UserRepository(tx), self.policy
        if not (policy.link_by_email or policy.auto_register):
            raise SignOnFailed(SignOnProblem.UNKNOWN)
        try:
            email = clean_email(visitor.email)
        except InvalidInput as error:
            raise SignOnFailed(SignOnProblem.NO_EMAIL) from error
        if visitor.email_verified is False:
            raise SignOnFailed(SignOnProblem.NO_EMAIL)
        if (there := await users.find(email)) is not None:
            if policy.link_by_email and visitor.email_verified:
                return Act.IDENTITY_LINK, there.account.id
            raise SignOnFailed(SignOnProblem.EMAIL_TAKEN)
        if not policy.auto_register:
            raise SignOnFailed(SignOnProblem.UNKNOWN)
        if not visitor.is_admin and await users.is_empty():
            raise SignOnFailed(SignOnProblem.EMPTY)
        user = UserRow(
            id=new_id(),
            email=email,
            display_name=_name_of(visitor.name, email),
            password_hash=unknown,
            has_password=False,
            created_at=self._accounts.clock(),
        )
        await users.add(user)
        return Act.SIGN_UP, user.id


async def _give_role(users: UserRepository, visitor: Visitor, user_id: UUID) -> bool:
    """Give the role that the claims say, if they say one; the last admin stays one.

    Returns:
        Whether it is another one than before.
    """
    if visitor.is_admin is None:
        return False
    wanted = Role.ADMIN if visitor.is_admin else Role.MEMBER
    role = (await users.get(user_id)).account.role
    if role is wanted or (wanted is Role.MEMBER and await users.is_last_admin(user_id)):
        return False
    await users.change(user_id, role=wanted)
    return True


def _name_of(said: str, email: str) -> str:
    try:
        return clean_name(said[:NAME_MAX])
    except InvalidInput:
        return email.partition("@")[0][:NAME_MAX]
