"""The studio's own settings in the database."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import select

from sora_studio.db.models import SettingRow
from sora_studio.db.repository import Repository
from sora_studio.domain.settings import SettingName, StoredSetting, Value


class SettingRepository(Repository):
    """Reads and writes settings inside one transaction."""

    async def all(self) -> dict[str, StoredSetting]:
        """Return what has been changed, by name."""
        rows = await self._tx.exec(select(SettingRow))
        return {row.name: StoredSetting(row.value, row.changed_at) for row in rows}

    async def store(self, name: SettingName, value: Value, now: datetime, by: UUID | None) -> None:
        """Change a setting."""
        new = {"value": value, "changed_at": now, "changed_by": by}
        statement = insert(SettingRow).values(name=name, **new)
        await self._do(statement.on_conflict_do_update(index_elements=["name"], set_=new))
