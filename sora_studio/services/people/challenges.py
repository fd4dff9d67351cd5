"""Between the two steps of a log-in: what stands for a password that was right a moment ago."""

import hashlib
from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID

from sora_studio.db.engine import Database
from sora_studio.db.users import StoredPassword, UserRepository
from sora_studio.domain.errors import LogInExpired, NotFound
from sora_studio.domain.single_sign_on import Arrival
from sora_studio.services.people.vault import Vault

CHALLENGE_SECONDS = 300
"""How long a person may look for the code."""

_COOKIE_MOST = 2_500
"""Characters: browsers drop a cookie of more than 4,096. What is cut off opens nothing, and is not missed."""

_PURPOSE = "second step of a log-in"


class Challenges:
    """Sealed, so that they say nothing to who holds them; another password makes them void."""

    def __init__(self, *, db: Database, vault: Vault) -> None:
        self._db, self._vault = db, vault

    def issue(self, known: StoredPassword, arrival: Arrival | None = None) -> str:
        """Return what stands for the first step, at an OpenID provider with what the session keeps of it."""
        first = f"{known.account.id.hex} {_print_of(known)}"
        if arrival is not None:
            first += f" {arrival.id_token[:_COOKIE_MOST]} {int(arrival.proved_at.timestamp())}"
        return self._vault.seal(first, _PURPOSE)

    async def read(self, challenge: str) -> tuple[StoredPassword, Arrival | None]:
        """Return whose first step it stands for, and what its session keeps.

        Raises:
            LogInExpired: It is none, or too old, or the password has changed, or the account is gone.
        """
        said = self._vault.unseal(challenge, _PURPOSE, seconds=CHALLENGE_SECONDS)
        if said is not None:
            user_id, fingerprint, *kept = said.split(" ")
            with suppress(NotFound):
                async with self._db.transaction() as tx:
                    known = await UserRepository(tx).get(UUID(hex=user_id))
                if _print_of(known) == fingerprint:
                    return known, _arrival(*kept) if kept else None
        raise LogInExpired


def _arrival(id_token: str, proved_at: str = "0") -> Arrival:
    return Arrival(id_token, datetime.fromtimestamp(int(proved_at), UTC))


def _print_of(known: StoredPassword) -> str:
    return hashlib.sha256(known.password_hash.encode()).hexdigest()
