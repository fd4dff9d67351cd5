"""Who may do what: one pure decision, which the services ask for."""

from collections.abc import Mapping
from enum import StrEnum
from uuid import UUID

from sora_studio.domain.account import Identity, KeyGrant, ProjectRole, Role, Scope
from sora_studio.domain.errors import InsufficientScope, NotAllowed, NotFound, TwoFactorSetupRequired


class Action(StrEnum):
    """What somebody may or may not do; whose thing it is done to is another question."""

    READ_VIDEOS = "read_videos"
    WRITE_VIDEOS = "write_videos"  # make and change
    DELETE_VIDEOS = "delete_videos"
    READ_USAGE = "read_usage"
    WRITE_WEBHOOKS = "write_webhooks"
    RUN_PROJECT = "run_project"  # its name and its members
    SIGN_IN = "sign_in"  # what leads to a full session: one's second factor, the password again
    OWN_ACCOUNT = "own_account"  # one's profile, password, sessions and keys
    RUN_STUDIO = "run_studio"  # people, invitations, settings, budgets, the audit


SCOPES: Mapping[Action, Scope] = {
    Action.READ_VIDEOS: Scope.VIDEOS_READ,
    Action.WRITE_VIDEOS: Scope.VIDEOS_WRITE,
    Action.DELETE_VIDEOS: Scope.VIDEOS_DELETE,
    Action.READ_USAGE: Scope.USAGE_READ,
    Action.WRITE_WEBHOOKS: Scope.WEBHOOKS_WRITE,
}
"""What an API key needs for an action; where none is named, no key is enough."""


_ALL = frozenset(ProjectRole)
PROJECT_ROLES: Mapping[Action, frozenset[ProjectRole]] = {
    Action.READ_VIDEOS: _ALL,
    Action.WRITE_VIDEOS: _ALL - {ProjectRole.VIEWER},
    Action.DELETE_VIDEOS: _ALL - {ProjectRole.VIEWER},
    Action.READ_USAGE: _ALL,
    Action.RUN_PROJECT: frozenset({ProjectRole.MANAGER}),
}
"""Who may do what in a project; in one's own library, everything is one's own."""

OUT_OF_REACH = "This API key is for one project, and reaches nothing outside of it."


def allowed(who: Identity, action: Action) -> bool:
    """Tell whether somebody may do such a thing at all: by the scopes of a key, by the role of an account.

    Who has to set up a second factor may do that and nothing else.
    """
    if who.key is not None:
        return SCOPES.get(action) in who.key.scopes
    if who.must_enrol:
        return action is Action.SIGN_IN
    return action != Action.RUN_STUDIO or who.role == Role.ADMIN


def require(who: Identity, action: Action) -> None:
    """Make sure that somebody may do something.

    Raises:
        InsufficientScope: The key that they came with may not.
        TwoFactorSetupRequired: They have to set up a second factor first.
        NotAllowed: Only an admin may.
    """
    if allowed(who, action):
        return
    if who.key is not None:
        scope = SCOPES.get(action)
        message = f"This needs an API key with the scope {scope}." if scope else "No API key can do this."
        raise InsufficientScope(message)
    if who.must_enrol:
        raise TwoFactorSetupRequired
    message = "Only an admin of this studio can do this."
    raise NotAllowed(message)


def require_reach(key: KeyGrant | None, project_id: UUID | None) -> None:
    """Make sure that the key that somebody came with, if any, works in a library.

    Args:
        key: None: a person, in a session.
        project_id: Whose library; None: somebody's own.

    Raises:
        NotFound: It is for another project. What a key does not reach is not there.
    """
    if key is None or key.reaches(project_id):
        return
    message = "There is no such project." if project_id else OUT_OF_REACH
    raise NotFound(message)


def project_within(key: KeyGrant | None, project_id: UUID | None) -> UUID | None:
    """Return in which project somebody works who may have named one: a key for one works in that.

    Raises:
        NotFound: The key is for another one.
    """
    if key is None or key.project_id is None:
        return project_id
    require_reach(key, project_id or key.project_id)
    return key.project_id
