"""Who serves the studio beside this process; one that does not fit is not let in."""

import hmac
import socket
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from sora_studio.config import ConfigError
from sora_studio.db.engine import Database
from sora_studio.db.instances import InstanceRepository
from sora_studio.domain.instance import LIVES, Instance

_SHOWN = 16  # characters


class Instances:
    """Knows the instances that are there, this one first of all."""

    def __init__(self, db: Database, own: Instance) -> None:
        """Know nobody yet.

        Args:
            db: Where all of them say that they are there.
            own: This one.
        """
        self._db, self.own = db, own
        self.others: tuple[Instance, ...] = ()
        self._divide: Callable[[int], None] | None = None

    async def join(self) -> None:
        """Be one of them.

        Raises:
            ConfigError: One of them differs in what all must share.
            Unavailable: The database is away.
        """
        async with self._db.transaction() as tx:
            instances = InstanceRepository(tx)
            await instances.one_at_a_time()
            living = await instances.living()
            # Those of this data directory are of its last run, or were started with the same settings.
            strangers = [each for each in living if each.installation != self.own.installation]
            if problems := [*_complaints(self.own, strangers)]:
                raise ConfigError(*problems)
            await instances.here(self.own, fresh=True)
            self._know(living)

    async def beat(self) -> None:
        """Say that this one is there, and see who else is."""
        async with self._db.transaction() as tx:
            instances = InstanceRepository(tx)
            await instances.here(self.own)
            self._know(await instances.living())

    async def leave(self) -> None:
        """Be there no longer.

        Raises:
            Unavailable: The database is away; others forget it by themselves.
        """
        async with self._db.transaction() as tx:
            await InstanceRepository(tx).gone(self.own.id)

    def all(self) -> tuple[Instance, ...]:
        """Return those that are there, as far as is known."""
        return (self.own, *self.others)

    def has_others(self) -> bool:
        """Tell whether there is somebody else."""
        return bool(self.others)

    def has_strangers(self) -> bool:
        """Tell whether somebody is there that was not started together with this one."""
        return any(each.installation != self.own.installation for each in self.others)

    def has_worker(self) -> bool:
        """Tell whether somebody takes wishes to providers."""
        return any(each.works for each in self.all())

    def share(self, divide: Callable[[int], None]) -> None:
        """Have what providers accept divided by the number of instances that work, now and from now on."""
        self._divide = divide
        self._know(self.others)

    def _know(self, living: Iterable[Instance]) -> None:
        self.others = tuple(each for each in living if each.id != self.own.id)
        if self._divide:
            self._divide(max(1, sum(each.works for each in self.all())))


def fingerprints(signing_key: bytes) -> tuple[str, ...]:
    """Return what tells keys apart, first that of the one which signs, and says nothing about them."""
    keys = filter(None, map(bytes.strip, signing_key.split(b",")))
    return tuple(hmac.digest(key, b"which key is this", "sha256").hex()[:_SHOWN] for key in keys)


def own_address(port: int, number: int | None = None) -> str:
    """Return where this process listens, for operators of several machines.

    Args:
        port: Where.
        number: Its own among several that share the port.
    """
    return f"{socket.gethostname()}:{port}" + (f" ({number + 1})" if number is not None else "")


def _complaints(own: Instance, others: Iterable[Instance]) -> Iterable[str]:
    for other in others:
        for difference in own.differences(other):
            seen = other.seen_at or datetime.now(UTC)
            ago = max(0, round((datetime.now(UTC) - seen).total_seconds()))
            yield (
                f"An instance of this studio is at {other.address or 'no port'} (seen {ago} s ago), and "
                f"{difference}. One that has ended counts for {LIVES.total_seconds():.0f} s at most."
            )
