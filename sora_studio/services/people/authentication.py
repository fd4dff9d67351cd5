"""Who sends a request to the API, by whatever it signs in with, and whether it may do what it is for."""

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from sora_studio.db.engine import Database, Transaction
from sora_studio.db.projects import ProjectRepository
from sora_studio.db.videos import VideoRepository
from sora_studio.domain.access import OUT_OF_REACH, PROJECT_ROLES, Action, require
from sora_studio.domain.account import Identity, Origin
from sora_studio.domain.api_key import PREFIX, is_key, sha256_of
from sora_studio.domain.errors import LimitReached, NotFound, NotSignedIn
from sora_studio.services.people.accounts import AccountService
from sora_studio.services.people.keys import KeyService, unknown_key
from sora_studio.services.throttle import Quota, Throttle


@dataclass(frozen=True)
class PresentedKey:
    """A key that came with a request, as the database knows it."""

    sha256: str
    origin: Origin


def _nobody(_: tuple[Quota, ...]) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class About:
    """What an act is done to, as far as it matters to a key for one project: by itself, nothing in it."""

    video_id: UUID | None = None  # it is done to this video
    narrows: bool = False  # what does it keeps to the project of the key by itself

    async def require_within(self, tx: Transaction, user_id: UUID, project_id: UUID) -> None:
        """Make sure that somebody's key for a project reaches it.

        Raises:
            NotFound: It is not in the project, or in none.
        """
        if self.video_id is not None:
            await VideoRepository(tx).require_in(user_id, project_id, self.video_id)
        elif not self.narrows:
            raise NotFound(OUT_OF_REACH)


@dataclass(frozen=True)
class AccessRequest:
    """What a request signs in with and what it is for; nothing of it has been verified."""

    credential: Identity | PresentedKey  # an identity that a token of ours names
    action: Action | None  # None: only who it is; what they may do is asked once it is known what they want
    about: About = About()
    tell: Callable[[tuple[Quota, ...]], None] = field(default=_nobody, compare=False)
    """Hears how many requests are left, once it is known whose they are."""


class Authenticator:
    """The one gate of the API: who it is, how often they have come, what they may do."""

    def __init__(
        self,
        *,
        db: Database,
        accounts: AccountService,
        keys: KeyService,
        throttle: Throttle,
        requests_per_minute: int,
    ) -> None:
        """Prepare the gate.

        Args:
            db: Where sessions and keys are.
            accounts: Read tokens, and have sessions verified.
            keys: Verify keys.
            throttle: Counts requests, and wrong keys.
            requests_per_minute: Of one person.
        """
        self._db, self._accounts, self._keys, self._throttle = db, accounts, keys, throttle
        self._per_minute = requests_per_minute

    def read(self, token: str, origin: Origin, *, is_bearer: bool) -> Identity | PresentedKey:
        """Read what came, without asking the database.

        Args:
            token: A session's token; as a bearer also an API key.
            origin: Where it came from.
            is_bearer: Whether it stood in the Authorization header: a cookie never carries a key.

        Raises:
            NotSignedIn: It is neither.
            LimitReached: Too many wrong keys came from there.
        """
        if not (is_bearer and token.startswith(PREFIX)):
            return self._accounts.named(token, origin)
        presented = PresentedKey(sha256_of(token), origin)
        for limit in _limits_of(presented):
            self._throttle.check(*limit)
        if not is_key(token):
            self._count_wrong(presented)
            raise unknown_key()
        return presented

    async def verify(self, request: AccessRequest) -> Identity:
        """Return who it is, when they may do that. Costs one indexed SELECT most times.

        Raises:
            NotSignedIn: The session has ended, or the key opens nothing.
            LimitReached: They have sent too many requests.
            NotAllowed: They may not.
            NotFound: The key is for one project, and does not reach it.
        """
        async with self._db.reading() as tx:
            return await self.verify_in(tx, request)

    async def verify_in(self, tx: Transaction, request: AccessRequest) -> Identity:
        """Do the same in the transaction that answers the request.

        Raises:
            NotSignedIn: The session has ended, or the key opens nothing.
            LimitReached: They have sent too many requests.
            NotAllowed: They may not.
            NotFound: The key is for one project, and does not reach it.
        """
        identity = await self._identify(tx, request.credential)
        quotas = self._count(identity)
        request.tell(quotas)
        if spent := [quota for quota in quotas if quota.exceeded]:
            message = f"Too many requests: {spent[0].limit} a minute are allowed."
            raise LimitReached(message, retry_after=max(1.0, *(quota.reset for quota in spent)))
        if request.action is not None:
            await _admit(tx, identity, request.action, request.about)
        return identity

    async def admit(self, identity: Identity, action: Action, about: About) -> None:
        """Make sure that somebody who has been verified may do something, now that it is known what.

        Raises:
            NotAllowed: They may not.
            NotFound: Their key is for one project, and does not reach it.
        """
        if identity.key is None or identity.key.project_id is None:
            require(identity, action)
            return
        async with self._db.reading() as tx:
            await _admit(tx, identity, action, about)

    async def _identify(self, tx: Transaction, credential: Identity | PresentedKey) -> Identity:
        if isinstance(credential, Identity):
            return await self._accounts.sessions.verify_in(tx, credential)
        try:
            return await self._keys.verify_in(tx, credential.sha256, credential.origin)
        except NotSignedIn:
            self._count_wrong(credential)
            raise

    def _count(self, identity: Identity) -> tuple[Quota, ...]:
        """Count a request for its person, and for its key where that has a limit of its own."""
        quotas = [self._throttle.count("person", self._per_minute, identity.user_id.hex)]
        if (key := identity.key) is not None and key.requests_per_minute is not None:
            quotas.append(self._throttle.count("key", key.requests_per_minute, key.key_id.hex))
        return tuple(quotas)

    def _count_wrong(self, key: PresentedKey) -> None:
        for limit in _limits_of(key):
            self._throttle.hit(*limit)


async def _admit(tx: Transaction, identity: Identity, action: Action, about: About) -> None:
    """Decide, for a key for one project by its person's role there and by what it is done to, too."""
    require(identity, action)
    if identity.key and (project_id := identity.key.project_id):
        if action not in PROJECT_ROLES:
            raise NotFound(OUT_OF_REACH)
        await ProjectRepository(tx).require(identity.user_id, project_id, action)
        await about.require_within(tx, identity.user_id, project_id)


def _limits_of(key: PresentedKey) -> tuple[tuple[str, ...], ...]:
    network = key.origin.network
    return (("wrong API key", network, key.sha256), ("wrong API keys from an address", network))
