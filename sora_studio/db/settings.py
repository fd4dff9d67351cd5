"""The studio's own settings in the database."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import select

from sora_studio.db.models import SettingRow
from sora_studio.db.repository import Repository
from sora_studio.domain.settings import SettingName, Value


class SettingRepository(Repository):
    """Reads and writes settings inside one transaction."""

    async def all(self) -> dict[str, SettingRow]:
        """Return what has been changed, by name."""
        return {row.name: row for row in await self._tx.exec(select(SettingRow))}

    async def store(self, name: SettingName, value: Value, now: datetime, by: UUID | None) -> None:
        """Change a setting."""
        new = {"value": value, "changed_at": now, "changed_by": by}
        statement = insert(SettingRow).values(name=name, **new)
        await self._do(statement.on_conflict_do_update(index_elements=["name"], set_=new))
