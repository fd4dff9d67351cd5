"""The people of a studio, for its admins."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from sora_studio.api.dependencies import IdentityDep
from sora_studio.api.users import User
from sora_studio.container import services
from sora_studio.domain.access_link import NewLink
from sora_studio.domain.account import Role
from sora_studio.domain.errors import InvalidInput
from sora_studio.domain.ids import parse_user_id
from sora_studio.domain.limits import LimitChange, QuotaWord
from sora_studio.domain.people import PAGE_MAX, PeoplePage, PeopleQuery, PersonView, Standing

router = APIRouter(prefix="/admin/users", tags=["admin"])


class Person(User):
    """An account as admins see it."""

    status: Standing
    disabled: bool
    last_seen_at: int | None = Field(description="Unix seconds, to within a minute.")
    storage_bytes: int = Field(description="Of their own library.")
    storage_quota_bytes: int | None = Field(description="That counts for it; null: there is none.")
    storage_quota: int | QuotaWord = Field(description="As it is set.")
    two_factor: bool = Field(description="Whether they have a second factor.")
    queue_weight: float

    @classmethod
    def seen(cls, person: PersonView) -> "Person":
        """Shape a person."""
        seen, quotas = person.last_seen_at, services().limits.quotas
        return cls(
            **User.of(person.account).model_dump(),
            status=person.standing,
            disabled=person.standing is not Standing.ACTIVE,
            last_seen_at=int(seen.timestamp()) if seen else None,
            storage_bytes=person.storage_bytes,
            storage_quota_bytes=quotas.of_person(person.limits),
            storage_quota=person.limits.storage_quota,
            two_factor=person.has_two_factor,
            queue_weight=person.limits.queue_weight,
        )


class PersonList(BaseModel):
    """One page of people."""

    object: Literal["list"] = "list"
    data: list[Person]
    first_id: str | None
    last_id: str | None
    has_more: bool

    @classmethod
    def of(cls, page: PeoplePage) -> "PersonList":
        """Shape a page."""
        data = [*map(Person.seen, page.people)]
        first, last = (data[0].id, data[-1].id) if data else (None, None)
        return cls(data=data, first_id=first, last_id=last, has_more=page.has_more)


class PersonChange(BaseModel):
    """What to change; what is left out stays."""

    role: Role | None = None
    disabled: bool | None = Field(None, description="false also approves an account that waits.")
    queue_weight: float | None = Field(None, description="Of their wishes in queues; 1 is usual.")
    storage_quota_bytes: int | QuotaWord | None = Field(
        None, description="Of their own library: bytes, `default` or `unlimited`."
    )

    @property
    def limits(self) -> LimitChange | None:
        """Return what changes of the limits; None: nothing."""
        change = LimitChange(self.queue_weight, self.storage_quota_bytes)
        return None if change == LimitChange() else change


class Link(BaseModel):
    """A link; its address is shown this once."""

    id: str
    url: str
    expires_at: int = Field(description="Unix seconds.")

    @classmethod
    def of(cls, link: NewLink) -> "Link":
        """Shape a link."""
        return cls(id=link.id.hex, url=link.url, expires_at=int(link.expires_at.timestamp()))


def _user_id(user_id: str) -> UUID:
    return parse_user_id(user_id)


UserId = Annotated[UUID, Depends(_user_id)]


@router.get("")
async def list_people(
    identity: IdentityDep,
    *,
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 50,
    after: Annotated[str | None, Query(description="The last id of the page before.")] = None,
    q: Annotated[
        str, Query(max_length=200, description="Words that begin words of the name or address.")
    ] = "",
    status: Annotated[Standing | None, Query(description="Only those.")] = None,
) -> PersonList:
    """List people, the newest account first."""
    query = PeopleQuery(search=q, standing=status, after=parse_user_id(after) if after else None, limit=limit)
    return PersonList.of(await services().people.page(identity, query))


@router.patch("/{user_id}")
async def change_person(identity: IdentityDep, user_id: UserId, change: PersonChange) -> Person:
    """Change a role, limits, shut an account or open it again; one of these at a time."""
    people = services().people
    match change:
        case PersonChange(role=None, disabled=None, limits=LimitChange() as limits):
            await services().limits.change_person(identity, user_id, limits)
            return Person.seen(await people.get(identity, user_id))
        case PersonChange(role=Role() as role, disabled=None, limits=None):
            return Person.seen(await people.change_role(identity, user_id, role))
        case PersonChange(role=None, disabled=True, limits=None):
            return Person.seen(await people.disable(identity, user_id))
        case PersonChange(role=None, disabled=False, limits=None):
            return Person.seen(await people.enable(identity, user_id))
        case _:
            message = "Send either role, disabled, or limits (queue_weight, storage_quota_bytes)."
            raise InvalidInput(message)


@router.post("/{user_id}/reset_link", status_code=201)
async def make_reset_link(identity: IdentityDep, user_id: UserId) -> Link:
    """Make a link by which somebody sets a new password, once, within 24 hours."""
    return Link.of(await services().people.reset_link(identity, user_id))


@router.delete("/{user_id}/two_factor", status_code=204)
async def reset_two_factor(identity: IdentityDep, user_id: UserId) -> None:
    """Take the second factor off somebody who has lost it."""
    await services().people.reset_two_factor(identity, user_id)


@router.delete("/{user_id}", status_code=204)
async def delete_person(identity: IdentityDep, user_id: UserId) -> None:
    """Delete an account with all its videos and their files."""
    await services().people.delete(identity, user_id)
