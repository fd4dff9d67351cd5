"""What an admin does with invitations, and what somebody does with a link that they were given."""

from uuid import UUID

from sora_studio.db.access_links import AccessLinkRepository
from sora_studio.db.engine import Database
from sora_studio.db.users import UserRepository
from sora_studio.domain.access_link import (
    INVITED_DAYS_MAX,
    NOTE_MAX,
    USES_MAX,
    Invitation,
    InvitationWish,
    LinkKind,
    NewLink,
)
from sora_studio.domain.account import Identity, Origin, Role
from sora_studio.domain.audit import Act, Result
from sora_studio.domain.errors import Conflict, InvalidInput, LimitReached
from sora_studio.domain.sign_up import SignUpMode
from sora_studio.services.people.accounts import AccountService
from sora_studio.services.people.links import Links, token_hash
from sora_studio.services.people.passwords import check_length
from sora_studio.services.throttle import Throttle


class InvitationService:
    """Use cases on links that admins hand out."""

    def __init__(self, *, db: Database, accounts: AccountService, links: Links, throttle: Throttle) -> None:
        """Prepare the service.

        Args:
            db: Where links are.
            accounts: Whose sessions, trail and clock are used.
            links: Makes them.
            throttle: How often a link may be tried.
        """
        self._db, self._links, self._throttle = db, links, throttle
        self._sessions, self._trail, self._settings = accounts.sessions, accounts.trail, accounts.settings
        self._attempts, self._clock = accounts.attempts, accounts.clock

    async def invite(self, who: Identity, wish: InvitationWish) -> NewLink:
        """Make an invitation; its address is shown this once.

        Raises:
            NotAllowed: Only an admin may.
            PasswordRequired: It makes admins, and the admin's password was given too long ago.
            InvalidInput: A number or the note will not do.
            Conflict: This studio opens no accounts at all.
        """
        _check(wish)
        line = self._trail.done(Act.INVITATION, who)
        async with self._trail.adding(line) as tx:
            await self._sessions.require_admin(tx, who, proven=wish.role is Role.ADMIN)
            if (await self._settings.sign_up(tx)).mode is SignUpMode.CLOSED:
                message = "Sign-up is closed, for invited people, too. Set it to “invite” first."
                raise Conflict(message)
            link = await self._links.invite(tx, wish, self._clock(), who)
            line.about = f"{link.id.hex} {wish.role} x {wish.uses}"
        return link

    async def all_open(
        self, who: Identity, *, after: UUID | None = None, limit: int = 50
    ) -> tuple[Invitation, ...]:
        """Return the invitations that can be used, the newest first.

        Raises:
            NotAllowed: Only an admin may see them.
        """
        async with self._db.transaction() as tx:
            await self._sessions.require_admin(tx, who)
            return await AccessLinkRepository(tx).invitations(self._clock(), after, limit)

    async def revoke(self, who: Identity, invitation_id: UUID) -> None:
        """Take an invitation back.

        Raises:
            NotAllowed: Only an admin may.
            NotFound: There is no such invitation.
        """
        async with self._trail.recording(Act.INVITATION_END, who, invitation_id.hex) as tx:
            await self._sessions.require_admin(tx, who)
            await AccessLinkRepository(tx).remove(LinkKind.INVITATION, invitation_id, who.user_id)

    async def reset_password(self, token: str, password: str, origin: Origin) -> None:
        """Set a new password by a link that an admin handed out; every session of the account ends.

        Raises:
            InvalidInput: The link cannot be used (`invalid_link`), or the password will not do.
            LimitReached: Too many tries from there, or too many people wait.
        """
        check_length(password)
        hashed, now = token_hash(token), self._clock()
        try:
            self._throttle.hit("password reset", origin.network)
            async with self._db.transaction() as tx:
                link = await AccessLinkRepository(tx).find(LinkKind.RESET, hashed, now)
                user_id = link.user_id if link else None
                known = await UserRepository(tx).get(user_id) if user_id else None
            if known is None:
                self._trail.count(Act.PASSWORD_RESET, Result.REFUSED, origin)
                raise _no_link()
            about = known.account.email, known.account.display_name
            password_hash = await self._attempts.hash_new(password, origin.network, *about)
        except LimitReached:
            self._trail.count(Act.PASSWORD_RESET, Result.THROTTLED, origin)
            raise
        line = self._trail.of(Act.PASSWORD_RESET, known.account.id, origin)
        async with self._trail.adding(line) as tx:
            if not await AccessLinkRepository(tx).use(LinkKind.RESET, hashed, now):
                raise _no_link()
            await UserRepository(tx).change(known.account.id, password_hash=password_hash, has_password=True)
            await self._sessions.close_all(tx, known.account.id)


def _check(wish: InvitationWish) -> None:
    """Raise an error where a wish is out of its bounds."""
    for name, value, most in (("uses", wish.uses, USES_MAX), ("days", wish.days, INVITED_DAYS_MAX)):
        if not 1 <= value <= most:
            message = f"This must be a number from 1 to {most}."
            raise InvalidInput(message, name)
    if len(wish.note) > NOTE_MAX or not wish.note.isprintable():
        message = f"A note is one line of at most {NOTE_MAX} characters."
        raise InvalidInput(message, "note")


def _no_link() -> InvalidInput:
    message = "This link has been used or has run out. Ask for another one."
    return InvalidInput(message, "token", "invalid_link")
