"""When to look again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from sora_studio.domain.ids import new_id
from sora_studio.domain.polling import (
    ERROR_CEILING,
    EVEN,
    FLOOR,
    HINT_CEILING,
    HINT_FLOOR,
    PROGRESS_CEILING,
    after_error,
    next_look,
    next_news,
)
from sora_studio.domain.video import Kind, Phase, VideoView

HISTORY = sorted(60.0 + number for number in range(100))  # evenly from 60 to 159 s
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def lookups(duration: float, history: list[float] | None = None) -> list[float]:
    """Return when a job without progress is looked at, up to the first look after its end."""
    times = [0.0]
    while times[-1] < duration:
        times.append(
            times[-1] + next_look(seconds(times[-1]), 0, None, history=history or ()).total_seconds()
        )
    return times[1:]


def test_with_progress_it_is_a_part_of_the_remainder():
    assert next_look(seconds(80), 80, None) == seconds(12)
    assert next_look(seconds(20), 50, None) == seconds(12)


def test_progress_halves_and_halves_the_wait_down_to_a_floor_and_up_to_a_ceiling():
    assert next_look(seconds(100), 99, None) == FLOOR
    assert next_look(seconds(100), 100, None) == FLOOR
    assert next_look(seconds(100), 10, None) == PROGRESS_CEILING
    assert next_look(seconds(4), 1, None) == seconds(8), "a first percent says little"


def test_progress_that_stands_still_tells_nothing():
    assert next_look(seconds(100), 50, None, moved=False) == next_look(seconds(100), 0, None)
    stalled = next_look(seconds(100), 50, None, moved=False, history=HISTORY)
    assert stalled == next_look(seconds(100), None, None, history=HISTORY)
    assert next_look(seconds(100), 98, None, moved=False) == FLOOR, "here a percent takes longer than a look"


def test_with_nothing_known_the_pace_is_even():
    assert lookups(61) == [5.0 * number for number in range(1, 14)]
    assert lookups(9, history=[3.0, 3.0, 3.0, 3.0]) == [5, 10], "four jobs are no history"


def test_with_a_history_the_looks_lie_where_the_ends_lie():
    times = lookups(110, HISTORY)
    assert times[0] == EVEN.total_seconds()
    assert [time for time in times if 5 < time < 60] == [35]
    among = [later - sooner for sooner, later in pairwise(times) if sooner >= 65]
    assert all(1 <= wait <= 6 for wait in among)
    assert times[-1] - 110 <= 6


def test_where_the_ends_lie_denser_it_looks_more_often():
    dense = sorted(100 + number / 20 for number in range(100))  # all within five seconds
    assert lookups(104, dense)[-1] - 104 <= 2
    assert len(lookups(104, dense)) <= 10
    short = [3.0] * 20
    assert lookups(2.9, short) == [3.0]


def test_what_outlasts_all_history_is_looked_at_evenly():
    assert next_look(seconds(160), 0, None, history=HISTORY) == EVEN


@pytest.mark.parametrize(("hint", "wait"), [(2.5, seconds(2.5)), (0, HINT_FLOOR), (1e9, HINT_CEILING)])
def test_the_servers_hint_comes_first(hint: float, wait: timedelta):
    assert next_look(seconds(100), 99, hint, history=HISTORY) == wait


@pytest.mark.parametrize("progress", [0, 50, 99])
@pytest.mark.parametrize("hint", [None, 2.0])
def test_a_stuck_job_is_looked_at_rarely(progress: int, hint: float | None):
    assert next_look(20 * HOUR, progress, hint, moved=False, history=HISTORY) == MINUTE
    assert next_look(HOUR, progress, hint, moved=False) >= seconds(19)


def test_no_wait_is_ever_negative_or_endless():
    for elapsed in (timedelta(), seconds(0.001), seconds(59), HOUR, 400 * DAY):
        for progress in (None, 0, 1, 50, 100):
            for history in ((), HISTORY, [0.0] * 9):
                assert seconds(1) <= next_look(elapsed, progress, None, history=history) <= MINUTE


def test_errors_back_off_up_to_a_ceiling():
    assert [after_error(failures).total_seconds() for failures in range(1, 7)] == [2, 4, 8, 16, 30, 30]
    assert after_error(10_000) == ERROR_CEILING


@pytest.mark.parametrize(
    ("phase", "accepted", "progress", "wait"),
    [
        (Phase.SUBMITTING, None, 0, 1.0),
        (Phase.QUEUED, 0, 0, 5.0),  # nothing is known
        (Phase.IN_PROGRESS, 10, 50, 5.0),  # six seconds until the studio looks: never more than five
        (Phase.IN_PROGRESS, 10, 90, 2.0),  # the studio looks no sooner
        (Phase.SAVING, 60, 99, 1.0),
        (Phase.NEEDS_ATTENTION, 60, 0, 30.0),
        (Phase.COMPLETED, 60, 100, None),
        (Phase.FAILED, 60, 0, None),
    ],
)
def test_who_waits_is_told_when_there_may_be_news(
    phase: Phase, accepted: float | None, progress: int, wait: float | None
):
    now = datetime(2026, 12, 1, tzinfo=UTC)
    view = replace(
        _view(now),
        phase=phase,
        progress=progress,
        progress_known=progress > 0,
        accepted_at=None if accepted is None else now - seconds(accepted),
    )
    assert next_news(view, now) == (None if wait is None else seconds(wait))


def _view(now: datetime) -> VideoView:
    return VideoView(
        id=new_id(),
        owner_id=new_id(),
        kind=Kind.CREATE,
        title="a boat",
        prompt="a boat",
        provider="fake",
        model="sora-2",
        size="1280x720",
        seconds="4",
        phase=Phase.QUEUED,
        progress=0,
        progress_known=False,
        created_at=now,
        completed_at=None,
        expires_at=None,
        parent_id=None,
        price_micros=None,
        charges=0,
        charged_micros=None,
        unclear=0,
        problem=None,
        remote_status=None,
    )
