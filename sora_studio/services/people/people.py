"""What an admin does for and against accounts; never a look into what people make."""

from uuid import UUID

from sora_studio.db.engine import Database, Transaction, retry_on_deadlock
from sora_studio.db.models import AuditRow, UserRow
from sora_studio.db.people import PeopleRepository
from sora_studio.db.two_factor import TwoFactorRepository
from sora_studio.db.users import UserRepository
from sora_studio.domain.access_link import NewLink
from sora_studio.domain.account import Identity, Role, clean_name
from sora_studio.domain.audit import Act
from sora_studio.domain.errors import Conflict, LastAdmin, NotFound
from sora_studio.domain.ids import new_id
from sora_studio.domain.people import PeoplePage, PeopleQuery, PersonView, Standing
from sora_studio.services.people.accounts import AccountService, erase_account
from sora_studio.services.people.addresses import clean_email, spellings
from sora_studio.services.people.links import Links

_NOBODY = UUID(int=0)


class PeopleService:
    """Use cases of admins on other people's accounts, and on their own role."""

    def __init__(self, *, db: Database, accounts: AccountService, links: Links) -> None:
        """Prepare the service.

        Args:
            db: Where accounts are.
            accounts: Whose sessions, trail and clock are used.
            links: Makes the links that admins hand out.
        """
        self._db, self._links = db, links
        self._sessions, self._trail = accounts.sessions, accounts.trail
        self._attempts, self._clock = accounts.attempts, accounts.clock

    async def page(self, who: Identity, query: PeopleQuery) -> PeoplePage:
        """Return one page of people, the newest first.

        Raises:
            NotAllowed: Only an admin may see them.
            InvalidInput: `after` is nobody's id.
        """
        async with self._db.transaction() as tx:
            await self._sessions.require_admin(tx, who)
            return await PeopleRepository(tx).page(query)

    async def find(self, who: Identity, email: str) -> PersonView:
        """Return the person with an e-mail address.

        Raises:
            NotAllowed: Only an admin may look.
            NotFound: No account has it.
        """
        async with self._db.transaction() as tx:
            await self._sessions.require_admin(tx, who)
            known = await UserRepository(tx).find(*spellings(email))
            return await _person(tx, known.account.id if known else _NOBODY)

    async def get(self, who: Identity, user_id: UUID) -> PersonView:
        """Return one person.

        Raises:
            NotAllowed: Only an admin may see them.
            NotFound: There is no such account.
        """
        async with self._db.transaction() as tx:
            await self._sessions.require_admin(tx, who)
            return await _person(tx, user_id)

    async def change_role(self, who: Identity, user_id: UUID, role: Role) -> PersonView:
        """Make somebody an admin or a member.

        Raises:
            NotAllowed: Only an admin may.
            PasswordRequired: The admin's password was given too long ago.
            NotFound: There is no such account.
            LastAdmin: Nobody would be left who runs the studio.
        """
        async with self._trail.recording(Act.ROLE_CHANGE, who, role, user_id) as tx:
            await self._acting(tx, who, proven=True)
            if role is not Role.ADMIN:
                await _keep_one(tx, user_id)
            await UserRepository(tx).change(user_id, role=role)
            return await _person(tx, user_id)

    async def disable(self, who: Identity, user_id: UUID) -> PersonView:
        """Shut an account: its sessions end and its open pages are shut at once; nothing is deleted.

        Raises:
            NotAllowed: Only an admin may.
            NotFound: There is no such account.
            LastAdmin: Nobody would be left who runs the studio.
        """
        async with self._trail.recording(Act.ACCOUNT_DISABLING, who, subject=user_id) as tx:
            await self._acting(tx, who)
            await _keep_one(tx, user_id)
            await UserRepository(tx).change(user_id, disabled_at=self._clock(), awaits_approval=False)
            await self._sessions.close_all(tx, user_id)
            return await _person(tx, user_id)

    async def enable(self, who: Identity, user_id: UUID) -> PersonView:
        """Open an account again, or let somebody in who waits.

        Raises:
            NotAllowed: Only an admin may.
            NotFound: There is no such account.
        """
        line = self._trail.done(Act.ACCOUNT_ENABLING, who, subject=user_id)
        async with self._trail.adding(line) as tx:
            await self._acting(tx, who)
            if (await _person(tx, user_id)).standing is Standing.WAITING:
                line.act = Act.ACCOUNT_APPROVAL
            await UserRepository(tx).change(user_id, disabled_at=None, awaits_approval=False)
            return await _person(tx, user_id)

    async def reset_link(self, who: Identity, user_id: UUID) -> NewLink:
        """Make a link by which somebody sets a new password, once, within a day; the one before is void.

        Raises:
            NotAllowed: Only an admin may.
            PasswordRequired: The admin's password was given too long ago.
            NotFound: There is no such account.
        """
        async with self._trail.recording(Act.RESET_LINK, who, subject=user_id) as tx:
            await self._acting(tx, who, proven=True)
            await _person(tx, user_id)
            return await self._links.reset(tx, user_id, self._clock(), who)

    async def reset_two_factor(self, who: Identity, user_id: UUID) -> PersonView:
        """Take the second factor off somebody who has lost it; their password is asked for as before.

        Raises:
            NotAllowed: Only an admin may.
            PasswordRequired: The admin's password was given too long ago.
            NotFound: There is no such account.
            Conflict: It has no second factor.
        """
        async with self._trail.recording(Act.TWO_FACTOR_RESET, who, subject=user_id) as tx:
            await self._acting(tx, who, proven=True)
            await _person(tx, user_id)
            if not await TwoFactorRepository(tx).remove(user_id):
                message = "This account has no second factor."
                raise Conflict(message)
            return await _person(tx, user_id)

    async def add(self, who: Identity, email: str, name: str, role: Role) -> NewLink:
        """Open an account for somebody, and make the link by which they set its password.

        Raises:
            NotAllowed: Only an admin may.
            InvalidInput: The address or the name will not do.
            Conflict: The address has an account.
        """
        user = UserRow(
            id=new_id(),
            email=clean_email(email),
            display_name=clean_name(name),
            password_hash=await self._attempts.unknown(),
            created_at=self._clock(),
        )
        line = self._trail.done(Act.ACCOUNT_CREATION, who, role, user.id)
        async with self._trail.adding(line) as tx:
            await self._acting(tx, who, proven=True)
            user.role = Role.ADMIN if await UserRepository(tx).is_empty() else role
            line.about = user.role
            await UserRepository(tx).add(user)
            return await self._links.reset(tx, user.id, self._clock(), who)

    async def delete(self, who: Identity, user_id: UUID) -> None:
        """Delete an account with its videos; files, and jobs at providers, go with the next purge.

        Raises:
            NotAllowed: Only an admin may.
            PasswordRequired: The admin's password was given too long ago.
            NotFound: There is no such account.
            LastAdmin: Nobody would be left who runs the studio.
        """
        line = self._trail.done(Act.ACCOUNT_DELETION, who, subject=user_id)
        await self._erase(who, user_id, line)
        self._trail.tell(line)

    @retry_on_deadlock
    async def _erase(self, who: Identity, user_id: UUID, line: AuditRow) -> None:
        async with self._db.transaction() as tx:
            await self._acting(tx, who, proven=True)
            await _person(tx, user_id)
            await _keep_one(tx, user_id)
            await erase_account(tx, user_id, line)

    async def _acting(self, tx: Transaction, who: Identity, *, proven: bool = False) -> None:
        """Make sure that somebody is an admin, while nobody else changes who is."""
        await UserRepository(tx).lock_admins()
        await self._sessions.require_admin(tx, who, proven=proven)


async def _keep_one(tx: Transaction, user_id: UUID) -> None:
    if await UserRepository(tx).is_last_admin(user_id):
        raise LastAdmin


async def _person(tx: Transaction, user_id: UUID) -> PersonView:
    found = await PeopleRepository(tx).one(user_id)
    if found is None:
        message = "There is no such account."
        raise NotFound(message)
    return found
