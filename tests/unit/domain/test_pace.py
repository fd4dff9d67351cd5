"""How much may be asked, and when a provider is left alone."""

import pytest

from sora_studio.domain.pace import CAREFUL, FAILURES, PROBE_CEILING, PROBE_FIRST, Budget, Circuit
from sora_studio.domain.profile import Pace

PACE = Pace(per_second=4, burst=20)


def sent_in(budget: Budget, begin: float, seconds: float) -> int:
    """Ask as often as the budget lets, for so long."""
    now, sent = begin, 0
    while (now := now + budget.wait(now)) < begin + seconds:
        budget.take(now)
        sent += 1
    return sent


def test_a_rested_budget_has_a_burst_and_then_its_rate():
    budget = Budget(PACE, at=0, tokens=20)
    assert sent_in(budget, 0, 10) == 59
    assert sent_in(budget, 100, 10) == 59
    assert sent_in(budget, 110, 10) == 40


def test_what_is_taken_ahead_of_time_makes_the_next_wait():
    budget = Budget(PACE, at=0, tokens=1)
    waits = []
    for _ in range(4):
        waits.append(budget.wait(0))
        budget.take(0)
    assert waits == pytest.approx([0, 0.25, 0.5, 0.75])


def test_after_a_refusal_the_first_ten_seconds_carry_what_the_rate_allows():
    for pause in (0.0, 10.0, 120.0):
        budget = Budget(PACE, at=0, tokens=20)
        budget.refused(0)
        assert sent_in(budget, pause, 10) <= 1.2 * 10 * PACE.per_second
    assert sent_in(budget, CAREFUL + 200, 10) == 59, "in time it dares bursts again"


def failed(circuit: Circuit, now: float, times: int = FAILURES) -> Circuit:
    for _ in range(times):
        circuit.asked()
        circuit.failed(now)
    return circuit


def test_a_circuit_opens_after_some_failures_in_a_row():
    circuit = failed(Circuit(), 0, FAILURES - 1)
    assert circuit.wait(0) == 0
    circuit.answered()
    assert failed(circuit, 0, FAILURES - 1).wait(0) == 0
    assert failed(circuit, 0, 1).wait(0) == PROBE_FIRST


def test_an_open_circuit_lets_one_probe_through():
    circuit = failed(Circuit(), 0)
    assert circuit.wait(PROBE_FIRST - 0.5) == 0.5
    assert circuit.wait(PROBE_FIRST) == 0
    circuit.asked()
    assert circuit.wait(PROBE_FIRST) > 0
    circuit.answered()
    assert circuit.wait(PROBE_FIRST) == 0
    circuit.asked()
    assert circuit.wait(PROBE_FIRST) == 0, "closed again, it lets several through at a time"


def test_a_probe_that_is_cut_off_leaves_its_place():
    circuit = failed(Circuit(), 0)
    circuit.asked()
    circuit.given_up()
    assert circuit.wait(PROBE_FIRST) == 0


def test_probes_become_rarer_and_stay_frequent_enough():
    circuit, waits, now = failed(Circuit(), 0), [], 0.0
    for _ in range(6):
        waits.append(circuit.wait(now))
        now += waits[-1]
        failed(circuit, now, 1)
    assert waits == [2, 4, 8, PROBE_CEILING, PROBE_CEILING, PROBE_CEILING]


def test_failures_of_what_was_asked_before_it_opened_count_no_more():
    circuit = failed(Circuit(), 0)
    for _ in range(20):
        circuit.failed(0)
    assert circuit.wait(0) == PROBE_FIRST
