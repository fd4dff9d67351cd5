"""Between the two steps of a log-in: what stands for a password that was right a moment ago."""

import hashlib
from contextlib import suppress
from uuid import UUID

from sora_studio.db.engine import Database
from sora_studio.db.users import StoredPassword, UserRepository
from sora_studio.domain.errors import LogInExpired, NotFound
from sora_studio.services.people.vault import Vault

CHALLENGE_SECONDS = 300
"""How long a person may look for the code."""

_PURPOSE = "second step of a log-in"


class Challenges:
    """Sealed, so that they say nothing to who holds them; another password makes them void."""

    def __init__(self, *, db: Database, vault: Vault) -> None:
        self._db, self._vault = db, vault

    def issue(self, known: StoredPassword) -> str:
        """Return what stands for the first step."""
        return self._vault.seal(f"{known.account.id.hex} {_print_of(known)}", _PURPOSE)

    async def read(self, challenge: str) -> StoredPassword:
        """Return whose first step it stands for.

        Raises:
            LogInExpired: It is none, or too old, or the password has changed, or the account is gone.
        """
        user_id, _, fingerprint = (
            self._vault.unseal(challenge, _PURPOSE, seconds=CHALLENGE_SECONDS) or ""
        ).partition(" ")
        if user_id:
            with suppress(NotFound):
                async with self._db.transaction() as tx:
                    known = await UserRepository(tx).get(UUID(hex=user_id))
                if _print_of(known) == fingerprint:
                    return known
        raise LogInExpired


def _print_of(known: StoredPassword) -> str:
    return hashlib.sha256(known.password_hash.encode()).hexdigest()
