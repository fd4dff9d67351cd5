"""The studio's own settings, for its admins."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from sora_studio.api.dependencies import IdentityDep
from sora_studio.container import services
from sora_studio.domain.settings import (
    IDLE_DAYS_MAX,
    SESSION_DAYS_MAX,
    STORAGE_GB_MAX,
    SettingName,
    SettingView,
)

router = APIRouter(prefix="/admin/settings", tags=["admin"])


class StudioSetting(BaseModel):
    """A setting as it counts now."""

    value: str | bool | int
    pinned: bool = Field(description="Whether the environment sets it, and wins.")
    changed_at: int | None = Field(description="Unix seconds; null: nobody has changed it.")

    @classmethod
    def of(cls, setting: SettingView) -> "StudioSetting":
        """Shape a setting."""
        at = setting.changed_at
        return cls(value=setting.value, pinned=setting.pinned, changed_at=int(at.timestamp()) if at else None)


class SettingChange(BaseModel):
    """What to change; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    sign_up: str | None = Field(
        None, description="`open`, `approve`, `domain:example.org`, `invite` or `closed`."
    )
    session_idle_days: int | None = Field(None, ge=1, le=IDLE_DAYS_MAX)
    session_days: int | None = Field(None, ge=1, le=SESSION_DAYS_MAX)
    require_two_factor: bool | None = Field(
        None, description="Whether everybody has to have a second factor."
    )
    storage_gb_per_person: int | None = Field(None, ge=0, le=STORAGE_GB_MAX, description="0: no limit.")
    storage_gb_per_project: int | None = Field(None, ge=0, le=STORAGE_GB_MAX, description="0: no limit.")


@router.get("")
async def read_settings(identity: IdentityDep) -> dict[SettingName, StudioSetting]:
    """Return every setting."""
    return _shaped(await services().settings.all(identity))


@router.patch("")
async def change_settings(identity: IdentityDep, change: SettingChange) -> dict[SettingName, StudioSetting]:
    """Change some settings, all of them or none; 409 for those that the environment sets."""
    values = {SettingName(name): value for name, value in change.model_dump(exclude_none=True).items()}
    return _shaped(await services().settings.change(identity, values))


def _shaped(settings: tuple[SettingView, ...]) -> dict[SettingName, StudioSetting]:
    return {each.name: StudioSetting.of(each) for each in settings}
