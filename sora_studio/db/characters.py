"""Characters as their owners see them."""

from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from sora_studio.db.models import CharacterRow
from sora_studio.db.repository import Repository, missing
from sora_studio.domain.character import CharacterView
from sora_studio.domain.errors import Conflict

_NO_CHARACTER = "There is no such character."


class CharacterRepository(Repository):
    """Reads and writes characters inside one transaction; every method takes the owner."""

    async def add(self, character: CharacterRow) -> None:
        """Write a character down.

        Raises:
            Conflict: It is there already, here or at the provider.
        """
        try:
            self._tx.add(character)
            await self._tx.flush()
        except IntegrityError as error:
            message = "This character already exists."
            raise Conflict(message) from error

    async def view(self, owner_id: UUID, character_id: UUID) -> CharacterView:
        """Return one character.

        Raises:
            NotFound: It is not there, or not the owner's.
        """
        row = await self._tx.get(CharacterRow, character_id)
        if row is None or row.owner_id != owner_id:
            raise missing(owner_id, character_id, _NO_CHARACTER)
        return to_view(row)

    async def requested(self, owner_id: UUID, character_id: UUID) -> tuple[CharacterView, str] | None:
        """Return a character with the hash of the request that made it, None when it is not there."""
        row = await self._tx.get(CharacterRow, character_id)
        return (to_view(row), row.request_sha256 or "") if row and row.owner_id == owner_id else None

    async def all(self, owner_id: UUID) -> tuple[CharacterView, ...]:
        """Return every character of an owner, oldest first."""
        query = select(CharacterRow).where(col(CharacterRow.owner_id) == owner_id)
        rows = await self._tx.exec(query.order_by(col(CharacterRow.created_at), col(CharacterRow.id)))
        return tuple(map(to_view, rows))

    async def remove(self, owner_id: UUID, character_id: UUID) -> None:
        """Forget a character.

        Raises:
            NotFound: It is not there, or not the owner's.
        """
        owned = (col(CharacterRow.id) == character_id, col(CharacterRow.owner_id) == owner_id)
        removed = await self._do(delete(CharacterRow).where(*owned))
        if removed.rowcount != 1:
            raise missing(owner_id, character_id, _NO_CHARACTER)


def to_view(row: CharacterRow) -> CharacterView:
    """Read a row."""
    return CharacterView(row.id, row.provider, row.remote_id, row.name, row.created_at)
