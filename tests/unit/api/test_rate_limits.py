"""How many requests are left, in the words of two families of headers."""

import pytest

from sora_studio.api.rate_limits import duration, headers_of
from sora_studio.services.throttle import Quota, Throttle


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (0.2, "1s"), (59, "59s"), (59.5, "1m0s"), (360, "6m0s"), (3600, "1h0m0s"), (3725, "1h2m5s")],
)
def test_times_are_written_as_openai_does(seconds: float, text: str):
    assert duration(seconds) == text


def test_several_quotas_are_all_told_and_the_tightest_in_openais_headers():
    person = Quota("person", 1000, 60, 900, 12.1, exceeded=False)
    key = Quota("key", 20, 60, 3, 59.9, exceeded=False)
    assert headers_of([person, key]) == {
        "x-ratelimit-limit-requests": "20",
        "x-ratelimit-remaining-requests": "3",
        "x-ratelimit-reset-requests": "1m0s",
        "RateLimit-Policy": '"person";q=1000;w=60, "key";q=20;w=60',
        "RateLimit": '"person";r=900;t=13, "key";r=3;t=60',
    }


def test_a_quota_is_used_up_by_its_owner_alone():
    throttle = Throttle()
    counted = [throttle.count("person", 2, "ada") for _ in range(3)]
    assert [(each.remaining, each.exceeded) for each in counted] == [(1, False), (0, False), (0, True)]
    assert all(0 < each.reset <= 60 for each in counted)
    assert throttle.count("person", 2, "grace").remaining == 1
    assert throttle.count("key", 2, "ada").remaining == 1
