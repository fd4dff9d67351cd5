"""The chart of usage and its table: the same numbers, each day in its place."""

from datetime import date

from sora_studio.domain.usage import DayPart, month_of, pace
from sora_studio.ui.pages.usage.chart import HEIGHT, SERIES, draw

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)


def a_part(day: int, key: str, micros: int) -> DayPart:
    return DayPart(date(2026, 11, day), key, micros)


def test_a_day_is_stacked_by_what_is_dearest():
    chart = draw(
        [a_part(1, "cheap", 100_000), a_part(1, "dear", 300_000), a_part(30, "dear", 200_000)],
        FIRST,
        LAST,
        {},
    )
    assert [(bar.title, float(bar.height)) for bar in chart.bars] == [
        ("1 November: dear $0.30", 0.75 * HEIGHT),
        ("1 November: cheap $0.10", 0.25 * HEIGHT),
        ("30 November: dear $0.20", 0.5 * HEIGHT),
    ]
    tops = [float(bar.y) for bar in chart.bars]
    assert tops == [0.25 * HEIGHT, 0, 0.5 * HEIGHT]  # each stands on the one below it
    assert [(line.day, line.cells, line.total) for line in chart.lines] == [
        ("1 November", ("$0.30", "$0.10"), "$0.40"),
        ("30 November", ("$0.20", "$0.00"), "$0.20"),
    ]
    assert [(each.name, each.total) for each in chart.series] == [("dear", "$0.50"), ("cheap", "$0.10")]
    assert (chart.top, chart.first, chart.last) == ("$0.40", "1 November", "30 November")


def test_what_has_no_colour_of_its_own_is_added_up():
    parts = [a_part(1, f"model {number}", 1_000 * number) for number in range(1, SERIES + 4)]
    chart = draw(parts, FIRST, LAST, {"model 8": "Eight"})
    assert [each.name for each in chart.series] == [
        "Eight",
        "model 7",
        "model 6",
        "model 5",
        "model 4",
        "Others",
    ]
    assert chart.series[-1].total == "$0.006"
    assert len({bar.tone for bar in chart.bars}) == SERIES + 1


def test_nothing_is_no_chart():
    assert draw([], FIRST, LAST, {}).bars == draw([a_part(1, "free", 0)], FIRST, LAST, {}).bars == ()


def test_what_a_month_will_have_cost():
    assert pace(10_000_000, date(2026, 11, 10)) == 30_000_000
    assert month_of(date(2028, 2, 9)) == (date(2028, 2, 1), date(2028, 2, 29))
