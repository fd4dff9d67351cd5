"""Who is let in: the first one, somebody with an invitation, or whom the policy admits."""

from dataclasses import dataclass

from sora_studio.db.access_links import AccessLinkRepository
from sora_studio.db.engine import Transaction
from sora_studio.db.users import UserRepository
from sora_studio.domain.access_link import LinkKind
from sora_studio.domain.account import NewAccount, Origin, Role
from sora_studio.domain.errors import SetupCodeRequired, SignUpClosed
from sora_studio.domain.ports import Clock
from sora_studio.domain.sign_up import SignUpMode
from sora_studio.services.people.links import token_hash
from sora_studio.services.people.setup_code import SetupCode
from sora_studio.services.people.studio_settings import StudioSettings
from sora_studio.services.throttle import Throttle

_UNKNOWN_LINK = "This invitation has been used, has run out or was taken back. Ask for another one."
_BY_INVITATION = "Accounts of this studio are opened by invitation. Ask the person who runs it for one."


@dataclass(frozen=True)
class Admission:
    """As what somebody is let in."""

    role: Role = Role.MEMBER
    waits: bool = False  # until an admin approves
    is_first: bool = False
    how: str = ""  # for the trail


class Door:
    """Decides about everybody who wants an account."""

    def __init__(
        self, *, settings: StudioSettings, setup_code: SetupCode | None, throttle: Throttle, clock: Clock
    ) -> None:
        """Prepare it.

        Args:
            settings: Hold the policy.
            setup_code: What the first one has to know who is not on this machine; None: nobody can.
            throttle: How often a code may be guessed.
            clock: The time of invitations.
        """
        self._settings, self._setup_code = settings, setup_code
        self._throttle, self._clock = throttle, clock

    async def look(self, tx: Transaction, wish: NewAccount, origin: Origin) -> None:
        """Turn away whom `admit` would turn away, before anything that takes time.

        Raises:
            SignUpClosed: They are not let in.
            SetupCodeRequired: Theirs would be the first account, and they do not know the code.
            LimitReached: They have guessed too often.
        """
        await self._decide(tx, wish, origin)

    async def admit(self, tx: Transaction, wish: NewAccount, origin: Origin) -> Admission:
        """Let somebody in, in the transaction that opens the account; of two first ones, the second waits.

        Raises:
            SignUpClosed: They are not let in.
            SetupCodeRequired: As above.
            LimitReached: As above.
        """
        if await UserRepository(tx).is_empty():
            await UserRepository(tx).lock_admins()
        admission = await self._decide(tx, wish, origin)
        if wish.invitation and not admission.is_first:
            used = await AccessLinkRepository(tx).use(
                LinkKind.INVITATION, token_hash(wish.invitation), self._clock()
            )
            if not used:  # somebody else was faster
                raise SignUpClosed(_UNKNOWN_LINK)
        return admission

    async def shut(self) -> None:
        """Forget the set-up code: the first account is open."""
        if self._setup_code is not None:
            await self._setup_code.forget()

    async def _decide(self, tx: Transaction, wish: NewAccount, origin: Origin) -> Admission:
        policy = await self._settings.sign_up(tx)
        if policy.mode is SignUpMode.CLOSED:
            raise SignUpClosed
        if await UserRepository(tx).is_empty():
            await self._check_code(wish.setup_code, origin)
            return Admission(Role.ADMIN, is_first=True, how="first account")
        if wish.invitation:
            token = token_hash(wish.invitation)
            link = await AccessLinkRepository(tx).find(LinkKind.INVITATION, token, self._clock())
            if link is None:
                raise SignUpClosed(_UNKNOWN_LINK)
            return Admission(Role(link.role), how=f"invitation {link.id.hex}")
        if not policy.admits(wish.email):
            raise SignUpClosed(_BY_INVITATION if policy.mode is SignUpMode.INVITE else SignUpClosed().message)
        return Admission(waits=policy.mode is SignUpMode.APPROVE)

    async def _check_code(self, typed: str, origin: Origin) -> None:
        if origin.is_local:
            return
        if not typed or self._setup_code is None:
            raise SetupCodeRequired
        self._throttle.check("setup code", origin.network)
        if not await self._setup_code.fits(typed):
            self._throttle.hit("setup code", origin.network)
            message = "That is not the set-up code in the studio's log."
            raise SetupCodeRequired(message)
