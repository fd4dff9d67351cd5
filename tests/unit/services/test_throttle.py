"""How often somebody may do something."""

import pytest

from sora_studio.domain.errors import LimitReached
from sora_studio.services.throttle import LIMITS, Throttle


def test_one_too_many_is_refused_and_told_when_to_return():
    throttle = Throttle({"knock": "3 per 1 minute"})
    for _ in range(3):
        throttle.hit("knock", "ada")
    with pytest.raises(LimitReached) as refusal:
        throttle.hit("knock", "ada")
    assert 50 < refusal.value.retry_after <= 60
    throttle.hit("knock", "grace")  # others are not concerned


def test_checking_counts_nothing():
    throttle = Throttle({"knock": "1 per 1 minute"})
    for _ in range(5):
        throttle.check("knock", "ada")
    throttle.hit("knock", "ada")
    with pytest.raises(LimitReached):
        throttle.check("knock", "ada")


def test_forgiving_starts_again_for_that_key_alone():
    throttle = Throttle({"knock": "1 per 1 minute", "ring": "1 per 1 minute"})
    throttle.hit("knock", "ada", "door")
    throttle.hit("ring", "ada", "door")
    throttle.forgive("knock", "ada", "door")
    throttle.hit("knock", "ada", "door")
    with pytest.raises(LimitReached):
        throttle.hit("ring", "ada", "door")


def test_the_window_moves():
    throttle = Throttle({"knock": "2 per 1 second"})
    throttle.hit("knock")
    throttle.hit("knock")
    with pytest.raises(LimitReached) as refusal:
        throttle.hit("knock")
    assert refusal.value.retry_after == 1.0


def test_every_limit_can_be_read():
    throttle = Throttle()
    for name in LIMITS:
        throttle.check(name, "anybody")
