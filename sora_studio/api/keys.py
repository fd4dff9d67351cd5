"""API keys: what scripts sign in with."""

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from sora_studio.api.dependencies import IdentityDep
from sora_studio.container import services
from sora_studio.domain.account import NAME_MAX, Scope
from sora_studio.domain.api_key import (
    LIFETIME_DAYS,
    LIFETIME_DAYS_MAX,
    OVERLAP_HOURS,
    OVERLAP_HOURS_MAX,
    REQUESTS_MAX,
    ApiKeyView,
    FreshKey,
    KeyWish,
    budget_of,
    clean_rate,
    clean_scopes,
    confirmation_limit,
    lifetime_of,
    overlap_of,
)
from sora_studio.domain.ids import parse_key_id, public_key_id
from sora_studio.domain.money import decimal

router = APIRouter(prefix="/keys", tags=["keys"])


class NewKey(BaseModel):
    """What is wanted of a key."""

    name: str = Field(description=f"1 to {NAME_MAX} characters.")
    scopes: list[str] = Field(description=f"Some of {', '.join(Scope)}.")
    expires_in_days: int | None = Field(
        LIFETIME_DAYS, description=f"1 to {LIFETIME_DAYS_MAX}; null: it never expires."
    )
    requests_per_minute: int | None = Field(
        None, description=f"1 to {REQUESTS_MAX}; null: it shares those of its person."
    )
    confirm_above_usd: str | None = Field(
        None,
        description="Dollars, such as 0.50: a video that costs more is made only once a person has confirmed "
        "its price, which /mcp asks for; null: any price will do.",
    )
    project_id: UUID | None = Field(
        None,
        description="The one project that it reaches, by its person's role there; null: all that its person "
        "does.",
    )
    budget_usd: str | None = Field(
        None, description="Dollars that it may spend in all, such as 12.50; null: what its person may."
    )

    def to_wish(self) -> KeyWish:
        """Read it.

        Raises:
            InvalidInput: A value will not do.
        """
        return KeyWish(
            name=self.name,
            scopes=clean_scopes(self.scopes),
            lifetime=lifetime_of(self.expires_in_days),
            requests_per_minute=clean_rate(self.requests_per_minute),
            confirm_above_micros=confirmation_limit(self.confirm_above_usd),
            project_id=self.project_id,
            budget_micros=budget_of(self.budget_usd),
        )


class KeyChange(BaseModel):
    """What becomes different about a key."""

    budget_usd: str | None = Field(
        description="Dollars that it may spend in all; what it has spent counts. null: what its person may."
    )


class Rotation(BaseModel):
    """How a key is replaced."""

    overlap_hours: int = Field(
        OVERLAP_HOURS, description=f"0 to {OVERLAP_HOURS_MAX}: for how long the one before works, too."
    )


class ApiKey(BaseModel):
    """A key without its secret."""

    id: str
    object: Literal["api_key"] = "api_key"
    name: str
    last4: str
    scopes: list[Scope]
    project_id: UUID | None = Field(description="null: it reaches all that its person does.")
    budget_usd: str | None = Field(description="That its person has set; null: none.")
    requests_per_minute: int | None
    confirm_above_usd: str | None
    created_at: int = Field(description="Unix seconds.")
    expires_at: int | None = Field(description="Unix seconds; null: never.")
    last_used_at: int | None = Field(description="Unix seconds, to within a minute; null: never.")
    last_used_address: str
    overlap_until: int | None = Field(
        description="Unix seconds: until when what it was before its rotation works, too."
    )

    @classmethod
    def of(cls, view: ApiKeyView) -> Self:
        """Shape a key."""
        limit = view.confirm_above_micros
        return cls(
            id=public_key_id(view.id),
            name=view.name,
            last4=view.last4,
            scopes=[*view.scopes],
            project_id=view.project_id,
            budget_usd=decimal(view.budget.budget.amount_micros) if view.budget else None,
            requests_per_minute=view.requests_per_minute,
            confirm_above_usd=None if limit is None else decimal(limit),
            created_at=int(view.created_at.timestamp()),
            expires_at=_unix(view.expires_at),
            last_used_at=_unix(view.last_used_at),
            last_used_address=view.last_used_address,
            overlap_until=_unix(view.overlap_until),
        )


class ShownKey(ApiKey):
    """A key with its secret, the one time that it is shown."""

    key: str

    @classmethod
    def made(cls, fresh: FreshKey) -> Self:
        """Shape a key that was just made."""
        return cls(**ApiKey.of(fresh.view).model_dump(), key=fresh.key)


class KeyList(BaseModel):
    """Every key of a person."""

    object: Literal["list"] = "list"
    data: list[ApiKey]


@router.post("", status_code=201)
async def create(identity: IdentityDep, wish: NewKey) -> ShownKey:
    """Make a key; it is in this answer and in no other. Asks for the password again after ten minutes."""
    return ShownKey.made(await services().keys.create(identity, wish.to_wish()))


@router.get("")
async def list_keys(identity: IdentityDep) -> KeyList:
    """Return one's keys, the newest first; those that were revoked are not among them."""
    return KeyList(data=[ApiKey.of(view) for view in await services().keys.all_of(identity)])


@router.post("/{key_id}/rotate")
async def rotate(identity: IdentityDep, key_id: str, rotation: Rotation | None = None) -> ShownKey:
    """Replace a key by another one with the same id, scopes and limits, for as long again.

    Asks for the password again after ten minutes.
    """
    overlap = overlap_of(rotation.overlap_hours if rotation else OVERLAP_HOURS)
    return ShownKey.made(await services().keys.rotate(identity, parse_key_id(key_id), overlap))


@router.patch("/{key_id}")
async def change(identity: IdentityDep, key_id: str, wanted: KeyChange) -> ApiKey:
    """Give a key another budget, or none; one that an admin has made for it stays."""
    limit = budget_of(wanted.budget_usd)
    return ApiKey.of(await services().keys.set_budget(identity, parse_key_id(key_id), limit))


@router.delete("/{key_id}", status_code=204)
async def revoke(identity: IdentityDep, key_id: str) -> None:
    """Revoke a key: it opens nothing from now on."""
    await services().keys.revoke(identity, parse_key_id(key_id))


def _unix(at: datetime | None) -> int | None:
    return int(at.timestamp()) if at else None
