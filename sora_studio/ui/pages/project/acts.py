"""What is done to a project, and the words for it."""

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

from sora_studio.container import services
from sora_studio.domain.account import Identity, ProjectRole
from sora_studio.domain.errors import InvalidInput, NotFound

Act = Callable[[Identity, UUID, str, str], Awaitable[str]]
"""Takes who acts, the project, to whom or what, and as what; returns what is said when it is done."""


def _person(word: str) -> UUID:
    try:
        return UUID(word)
    except ValueError as error:
        message = "This person is not in the project."
        raise NotFound(message) from error


def _role(word: str) -> ProjectRole:
    try:
        return ProjectRole(word)
    except ValueError as error:
        message = f"A role is one of {', '.join(ProjectRole)}."
        raise InvalidInput(message, "role") from error


async def _rename(who: Identity, project_id: UUID, name: str, _: str) -> str:
    await services().projects.rename(who, project_id, name)
    return "Saved."


async def _add(who: Identity, project_id: UUID, email: str, role: str) -> str:
    member = await services().projects.add_member(who, project_id, email, _role(role))
    return f"\u2068{member.display_name}\u2069 is in the project now."


async def _change(who: Identity, project_id: UUID, user_id: str, role: str) -> str:
    await services().projects.put_member(who, project_id, _person(user_id), _role(role))
    return "The role was changed."


async def _take_out(who: Identity, project_id: UUID, user_id: str, _: str) -> str:
    await services().projects.remove_member(who, project_id, _person(user_id))
    return "They are no longer in the project. What they made stays."


async def _hand_over(who: Identity, project_id: UUID, user_id: str, _: str) -> str:
    await services().projects.hand_over(who, project_id, _person(user_id))
    return "The project is in other hands. You are an editor of it now."


async def _leave(who: Identity, project_id: UUID, *_: str) -> str:
    await services().projects.remove_member(who, project_id, who.user_id)
    return "You have left the project. What you made in it stays there."


async def _remove(who: Identity, project_id: UUID, *_: str) -> str:
    await services().projects.remove(who, project_id)
    return "The project was deleted."


ACTS: Mapping[str, Act] = {
    "rename": _rename,
    "add": _add,
    "change": _change,
    "take_out": _take_out,
    "hand_over": _hand_over,
    "leave": _leave,
    "remove": _remove,
}
