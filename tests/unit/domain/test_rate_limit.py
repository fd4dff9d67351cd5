"""How much may be asked, and when a provider is left alone."""

from collections import Counter

import pytest

from sora_studio.domain.profile import RateLimit
from sora_studio.domain.rate_limit import (
    CAREFUL,
    FAILURES,
    FLOORS,
    PROBE_CEILING,
    PROBE_FIRST,
    SUBMITS_AT_MOST,
    CircuitBreaker,
    Share,
    TokenBucket,
    Turns,
)

PACE = RateLimit(per_second=4, burst=20)


def sent_in(bucket: TokenBucket, begin: float, seconds: float) -> int:
    """Ask as often as the budget lets, for so long."""
    now, sent = begin, 0
    while (now := now + bucket.wait(now)) < begin + seconds:
        bucket.take(now)
        sent += 1
    return sent


def test_a_rested_budget_has_a_burst_and_then_its_rate():
    bucket = TokenBucket(PACE, at=0, tokens=20)
    assert sent_in(bucket, 0, 10) == 59
    assert sent_in(bucket, 100, 10) == 59
    assert sent_in(bucket, 110, 10) == 40


def test_what_is_taken_ahead_of_time_makes_the_next_wait():
    bucket = TokenBucket(PACE, at=0, tokens=1)
    waits = []
    for _ in range(4):
        waits.append(bucket.wait(0))
        bucket.take(0)
    assert waits == pytest.approx([0, 0.25, 0.5, 0.75])


def test_after_a_refusal_the_first_ten_seconds_carry_what_the_rate_allows():
    for pause in (0.0, 10.0, 120.0):
        bucket = TokenBucket(PACE, at=0, tokens=20)
        bucket.refused(0)
        assert sent_in(bucket, pause, 10) <= 1.2 * 10 * PACE.per_second
    assert sent_in(bucket, CAREFUL + 200, 10) == 59, "in time it dares bursts again"


def served(waiting: dict[Share, int], seconds: float, rate_limit: RateLimit = PACE) -> Counter[Share]:
    """Let so many of each kind always wait, and return how many of each went."""
    turns, now, went = Turns(TokenBucket(rate_limit, at=0, tokens=0)), 0.0, Counter[Share]()
    queue = [turns.join(share) for share, many in waiting.items() for _ in range(many)]
    while now < seconds:
        turn = min(queue, key=lambda turn: turns.wait(turn, now))
        if wait := turns.wait(turn, now):
            now += wait
            continue
        turns.take(turn, now)
        queue.remove(turn)
        queue.append(turns.join(turn.share))
        went[turn.share] += 1
    return went


@pytest.mark.parametrize("rate_limit", [PACE, RateLimit(per_second=0.5, burst=1)], ids=["4/s", "0.5/s"])
def test_each_kind_has_its_floor(rate_limit: RateLimit):
    """Whatever the others want, but for the rounding to whole turns."""
    went = served(dict.fromkeys(Share, 3), 400, rate_limit)
    assert went.total() <= 400 * rate_limit.per_second + 1
    for share, floor in FLOORS.items():
        assert went[share] >= 0.75 * floor * 400 * rate_limit.per_second


def test_what_one_kind_does_not_use_is_the_others():
    for share in (Share.LOOK, Share.FILE, Share.OTHER):
        assert served({share: 9}, 100)[share] == pytest.approx(400, rel=0.05)


def test_submits_leave_room_for_the_looks_and_files_that_follow_them():
    assert served({Share.SUBMIT: 9}, 100)[Share.SUBMIT] == pytest.approx(
        400 * SUBMITS_AT_MOST + PACE.burst / 2, rel=0.05
    )


@pytest.mark.parametrize("share", Share)
def test_the_first_of_a_kind_waits_no_longer_than_it_says(share: Share):
    turns, now = Turns(TokenBucket(PACE, at=0, tokens=0)), 0.0
    turns.take(turns.join(share), now)
    queue = [turns.join(other) for other in Share if other is not share for _ in range(200)]
    ours = turns.join(share)
    while turns.wait(ours, now):
        first = min([*queue, ours], key=lambda turn: turns.wait(turn, now))
        if wait := turns.wait(first, now):
            now += wait
        else:
            turns.take(first, now)
            queue.remove(first)
    assert now <= turns.longest(share) + 1e-3


def failed(breaker: CircuitBreaker, now: float, times: int = FAILURES) -> CircuitBreaker:
    for _ in range(times):
        breaker.asked()
        breaker.failed(now)
    return breaker


def test_a_circuit_opens_after_some_failures_in_a_row():
    breaker = failed(CircuitBreaker(), 0, FAILURES - 1)
    assert breaker.wait(0) == 0
    breaker.answered()
    assert failed(breaker, 0, FAILURES - 1).wait(0) == 0
    assert failed(breaker, 0, 1).wait(0) == PROBE_FIRST


def test_an_open_circuit_lets_one_probe_through():
    breaker = failed(CircuitBreaker(), 0)
    assert breaker.wait(PROBE_FIRST - 0.5) == 0.5
    assert breaker.wait(PROBE_FIRST) == 0
    breaker.asked()
    assert breaker.wait(PROBE_FIRST) > 0
    breaker.answered()
    assert breaker.wait(PROBE_FIRST) == 0
    breaker.asked()
    assert breaker.wait(PROBE_FIRST) == 0, "closed again, it lets several through at a time"


def test_a_probe_that_is_cut_off_leaves_its_place():
    breaker = failed(CircuitBreaker(), 0)
    breaker.asked()
    breaker.given_up()
    assert breaker.wait(PROBE_FIRST) == 0


def test_probes_become_rarer_and_stay_frequent_enough():
    breaker, waits, now = failed(CircuitBreaker(), 0), [], 0.0
    for _ in range(6):
        waits.append(breaker.wait(now))
        now += waits[-1]
        failed(breaker, now, 1)
    assert waits == [2, 4, 8, PROBE_CEILING, PROBE_CEILING, PROBE_CEILING]


def test_failures_of_what_was_asked_before_it_opened_count_no_more():
    breaker = failed(CircuitBreaker(), 0)
    for _ in range(20):
        breaker.failed(0)
    assert breaker.wait(0) == PROBE_FIRST
