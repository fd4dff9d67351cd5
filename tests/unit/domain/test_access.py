"""Who may do what, every action by everybody."""

from uuid import uuid4

import pytest

from sora_studio.domain.access import SCOPES, Action, allowed, project_within, require, require_reach
from sora_studio.domain.account import Identity, KeyGrant, Role, Scope
from sora_studio.domain.errors import InsufficientScope, NotAllowed, NotFound


def person(role: Role, *scopes: Scope) -> Identity:
    key = KeyGrant(uuid4(), frozenset(scopes)) if scopes else None
    return Identity(uuid4(), uuid4(), role=role, key=key)


@pytest.mark.parametrize("action", Action)
def test_an_admin_may_do_everything_and_a_member_all_but_run_the_studio(action: Action):
    assert allowed(person(Role.ADMIN), action)
    assert allowed(person(Role.MEMBER), action) == (action != Action.RUN_STUDIO)


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("scope", Scope)
def test_a_key_may_do_what_its_scope_says_whoever_made_it(action: Action, scope: Scope):
    for role in Role:
        assert allowed(person(role, scope), action) == (SCOPES.get(action) == scope)


def test_no_key_opens_accounts_or_runs_the_studio():
    everything = person(Role.ADMIN, *Scope)
    for action in (Action.OWN_ACCOUNT, Action.RUN_STUDIO):
        with pytest.raises(InsufficientScope, match="No API key"):
            require(everything, action)


def test_a_refusal_says_what_is_missing():
    with pytest.raises(InsufficientScope, match="videos:write"):
        require(person(Role.MEMBER, Scope.VIDEOS_READ), Action.WRITE_VIDEOS)
    with pytest.raises(NotAllowed, match="admin"):
        require(person(Role.MEMBER), Action.RUN_STUDIO)


def test_a_key_for_one_project_works_there_and_nowhere_else():
    here, elsewhere = uuid4(), uuid4()
    key, free = KeyGrant(uuid4(), frozenset(), project_id=here), KeyGrant(uuid4(), frozenset())
    assert [project_within(key, named) for named in (None, here)] == [here, here]
    for who in (None, free):
        assert [project_within(who, named) for named in (None, here)] == [None, here]
        require_reach(who, None)
    require_reach(key, here)
    for named in (elsewhere, None):
        with pytest.raises(NotFound):
            require_reach(key, named)
    with pytest.raises(NotFound, match="no such project"):
        project_within(key, elsewhere)
