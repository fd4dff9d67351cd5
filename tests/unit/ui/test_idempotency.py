"""When a form that was refused goes out under another key."""

import pytest

from sora_studio.domain import errors
from sora_studio.ui import idempotency


@pytest.mark.parametrize("problem", [errors.InvalidInput("Empty."), errors.IdempotencyKeyReused("Used.")])
def test_another_key_when_nothing_was_stored(problem: errors.SoraStudioError):
    assert idempotency.after("key", problem) not in {"key", ""}


@pytest.mark.parametrize("problem", [errors.Unavailable("lost"), errors.StorageError("ENOSPC")])
def test_the_same_key_when_it_may_have_been(problem: errors.SoraStudioError):
    assert idempotency.after("key", problem) == "key"
