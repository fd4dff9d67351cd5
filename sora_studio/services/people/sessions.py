"""Sessions: how long a log-in lasts, and what a person may see and end of it."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from sora_studio.db.engine import Database, Transaction
from sora_studio.db.models import SessionRow
from sora_studio.db.sessions import SessionRepository
from sora_studio.domain.access import Action, require
from sora_studio.domain.account import OPERATOR, Identity, Origin, SessionView
from sora_studio.domain.audit import Act
from sora_studio.domain.errors import PasswordRequired
from sora_studio.domain.ids import new_id, public_session_id
from sora_studio.domain.ports import Clock
from sora_studio.services.people.studio_settings import SessionPolicy, StudioSettings
from sora_studio.services.people.tokens import no_session
from sora_studio.services.people.trail import Trail

_SEEN_EVERY = timedelta(minutes=1)
"""How exactly the last use of a session is known: more often would cost a write for each request."""


_PROOF_LASTS = timedelta(minutes=10)
"""How long a password that was given counts for what asks for one."""


class SessionService:
    """Use cases on one's own sessions, and what `AccountService` opens, checks and ends."""

    def __init__(self, *, db: Database, trail: Trail, settings: StudioSettings, clock: Clock) -> None:
        self._db, self._trail, self._settings, self._clock = db, trail, settings, clock

    @property
    def policy(self) -> SessionPolicy:
        """Return how long sessions last."""
        return self._settings.session_policy

    async def all_open(self, identity: Identity) -> tuple[SessionView, ...]:
        """Return one's open sessions, the last used first."""
        now = self._clock()
        async with self._db.reading() as tx:
            return await SessionRepository(tx).all_open(identity, now, now - self.policy.idle)

    async def end(self, identity: Identity, session_id: UUID) -> None:
        """End a session of one's own; its tabs are shut at once.

        Raises:
            NotFound: It is not open, or somebody else's.
        """
        async with self._trail.recording(Act.SESSION_END, identity, public_session_id(session_id)) as tx:
            await SessionRepository(tx).end(identity.user_id, session_id, self._clock())

    async def end_others(self, identity: Identity) -> None:
        """End every session of one's own but this one."""
        async with self._trail.recording(Act.SESSION_END, identity, "all others") as tx:
            await self.close_others(tx, identity)

    async def verify(self, identity: Identity) -> Identity:
        """Make sure that a session stands, note that it is in use, and add the role that its person has now.

        Costs one indexed SELECT most times.

        Raises:
            NotSignedIn: It has ended, or the account is disabled.
        """
        async with self._db.reading() as tx:
            return await self.verify_in(tx, identity)

    async def verify_in(self, tx: Transaction, identity: Identity) -> Identity:
        """Do the same in the transaction that answers the request.

        Raises:
            NotSignedIn: It has ended, or the account is disabled.
        """
        await self._settings.keep_fresh(tx)
        sessions, now = SessionRepository(tx), self._clock()
        found = await sessions.find_open(identity, now, now - self.policy.idle)
        if found is None:
            raise no_session()
        if found.last_seen_at < now - _SEEN_EVERY:
            await sessions.touch(identity.session_id, now, unless_since=now - _SEEN_EVERY)
        must_enrol = self._settings.requires_two_factor and not found.has_two_factor
        return replace(identity, role=found.role, must_enrol=must_enrol)

    async def require_admin(self, tx: Transaction, who: Identity, *, proven: bool = False) -> None:
        """Make sure that somebody is an admin of the studio now, as the transaction sees it.

        Args:
            tx: In which they act.
            who: They; the operator at the command line is one.
            proven: Whether the password must have been given within the last ten minutes.

        Raises:
            NotSignedIn: Their session has ended.
            NotAllowed: They are no admin.
            PasswordRequired: The password was given too long ago.
        """
        if who is OPERATOR:
            return
        require(await self.verify_in(tx, who), Action.RUN_STUDIO)
        if proven:
            await self.require_proof(tx, who)

    async def require_proof(self, tx: Transaction, who: Identity) -> None:
        """Make sure that the person of a session has given their password within the last ten minutes.

        Raises:
            PasswordRequired: They have not.
        """
        if await SessionRepository(tx).proved_at(who) < self._clock() - _PROOF_LASTS:
            raise PasswordRequired

    async def note_proof(self, tx: Transaction, who: Identity) -> None:
        """Note that somebody has just given their password."""
        await SessionRepository(tx).note_proof(who, self._clock())

    async def close_all(self, tx: Transaction, user_id: UUID) -> None:
        """End every session of a person; their open pages are shut at once."""
        await SessionRepository(tx).end_all(user_id, self._clock())

    def new(self, user_id: UUID, origin: Origin) -> SessionRow:
        """Make a session, to be opened."""
        now = self._clock()
        return SessionRow(
            id=new_id(),
            user_id=user_id,
            created_at=now,
            last_seen_at=now,
            proved_at=now,
            expires_at=now + self.policy.lifetime,
            address=origin.address,
            user_agent=origin.user_agent,
        )

    async def open(self, tx: Transaction, session: SessionRow, before: Identity | None = None) -> None:
        """Open a session in a transaction; the one that its browser had before, if it is told, ends.

        That of somebody else does not: a tab of theirs may be open, and says who is logged in now.
        """
        sessions, now = SessionRepository(tx), session.created_at
        if before is not None and before.user_id == session.user_id:
            await sessions.end_if_open(before, now)
        await sessions.add(session, idle_since=now - self.policy.idle, most=self.policy.most)

    async def close(self, tx: Transaction, identity: Identity) -> str | None:
        """End the session that asks for it; return what it kept of its beginning at an OpenID provider."""
        await SessionRepository(tx).end_if_open(identity, self._clock())
        return await SessionRepository(tx).id_token(identity)

    async def close_others(self, tx: Transaction, identity: Identity) -> None:
        """End every session of a person but the one that asks for it."""
        await SessionRepository(tx).end_others(identity, self._clock())
