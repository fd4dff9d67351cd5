"""Databases of studios that come one after the other: what one has compiled, the next need not compile again.

Each studio has connections of its own; they are closed with it.
"""

from collections import defaultdict
from typing import Any

from sora_studio.db.engine import Database

_free: dict[tuple[Any, ...], list[Database]] = defaultdict(list)


class _Kept(Database):
    def __init__(self, key: tuple[Any, ...]) -> None:
        url, pool_size, access = key
        super().__init__(url, pool_size, **dict(access))
        self._key = key

    async def close(self) -> None:
        await super().close()
        _free[self._key].append(self)


def kept_database(url: str, pool_size: int, **access: Any) -> Database:
    """Return a database that no open studio uses: to compile what one says takes a quarter of its life."""
    key = url, pool_size, tuple(sorted(access.items()))
    return _free[key].pop() if _free[key] else _Kept(key)
