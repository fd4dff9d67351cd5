"""How often somebody may do something."""

import threading

import pytest

from sora_studio.domain.errors import LimitReached
from sora_studio.services.rate_limit_storage import RateLimitStorage
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


def test_no_count_starts_a_thread():
    """An answer must not fail because the machine has no thread left."""
    before = threading.active_count()
    throttle = Throttle({"knock": "3 per 1 minute"})
    throttle.hit("knock", "ada")
    throttle.count("person", 60, "ada")
    assert threading.active_count() == before


def test_a_count_begins_anew_when_its_time_is_over_and_what_has_run_out_is_forgotten():
    now = 1000.0
    storage = RateLimitStorage(lambda: now)
    assert [storage.incr("ada", 60) for _ in range(3)] == [1, 2, 3]
    assert storage.acquire_entry("grace", limit=1, expiry=3600)
    assert storage.get_expiry("ada") == 1060
    now = 1060.0
    assert storage.get("ada") == 0
    assert not storage.acquire_entry("grace", limit=1, expiry=3600)
    now = 4600.0
    assert storage.incr("ada", 60) == 1
    assert storage.acquire_entry("grace", limit=1, expiry=3600)
    now = 8300.0
    storage.incr("alan", 60)
    assert storage.reset() == 1  # of alan alone
