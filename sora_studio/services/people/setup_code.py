"""The code for setting a studio up from another machine: the person who can read its log runs it."""

import asyncio
import hmac
import os
import secrets
from contextlib import suppress
from pathlib import Path

import structlog

_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: none is taken for another
_GROUPS, _IN_A_GROUP = 4, 5  # 100 bits
_AS_TYPED = str.maketrans({"O": "0", "I": "1", "L": "1"})

_log = structlog.get_logger(__name__)


class SetupCode:
    """A code in a file that only the studio's user may read; it is there as long as there is no account."""

    def __init__(self, path: Path, key: bytes | None = None) -> None:
        """Keep a code in a file.

        Args:
            path: The file.
            key: The studio's secret, which all of its instances have: they make the same code of it. Of two
                with a comma, by the one that signs.
        """
        self._path, self._key = path, key and key.partition(b",")[0].strip()

    async def announce(self) -> None:
        """Make the code unless there is one, and say it in the log."""
        code = await asyncio.to_thread(self._made)
        _log.warning("setup_code", code=code, file=str(self._path), page="/setup")

    async def fits(self, typed: str) -> bool:
        """Tell whether somebody knows the code, in the same time whatever they typed."""
        code = await asyncio.to_thread(self._made)
        return hmac.compare_digest(_bare(typed).encode(), _bare(code).encode())

    async def forget(self) -> None:
        """Remove the code: the studio is somebody's."""
        await asyncio.to_thread(self._path.unlink, missing_ok=True)

    def _made(self) -> str:
        """Return the code; of two processes that make one, both use the same."""
        with suppress(FileNotFoundError):
            return self._path.read_text(encoding="ascii").strip()
        fresh = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_text(_code_of(self._key or secrets.token_bytes()), encoding="ascii")
        with suppress(FileExistsError):
            os.link(fresh, self._path)
        fresh.unlink()
        return self._path.read_text(encoding="ascii").strip()


def readable_code(groups: int, in_a_group: int) -> str:
    """Make a random code that people can copy by hand: five bits a letter."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(in_a_group)) for _ in range(groups))


def _code_of(key: bytes) -> str:
    """Return the code that goes with a key; nobody finds the key by it."""
    digest = hmac.digest(key, b"set-up code", "sha256")
    letters = "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest[: _GROUPS * _IN_A_GROUP])
    return "-".join(letters[at : at + _IN_A_GROUP] for at in range(0, len(letters), _IN_A_GROUP))


def _bare(code: str) -> str:
    return "".join(char for char in code.upper().translate(_AS_TYPED) if char.isalnum())
