"""Stretches of days, cut into whole months and the days beside them."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sora_studio.domain.usage import UsageQuery, UsageScope, month_of, spans

DAYS = st.dates(date(2024, 1, 1), date(2026, 12, 31))


def test_months_that_are_whole_are_taken_as_such():
    assert spans(date(2026, 10, 31), date(2026, 12, 1)) == [
        ("day", date(2026, 10, 31)),
        ("month", date(2026, 11, 1)),
        ("day", date(2026, 12, 1)),
    ]


@given(first=DAYS, length=st.integers(0, 1100))
def test_every_day_is_in_one_of_them_and_few_are_needed(first: date, length: int):
    last = first + timedelta(days=length)
    query = UsageQuery(UsageScope(), first, last)
    covered = [
        day
        for span, starts in spans(first, last)
        for day in (UsageQuery(UsageScope(), *month_of(starts)).days() if span == "month" else [starts])
    ]
    assert covered == query.days()
    assert len(spans(first, last)) <= 2 * 30 + length // 28
