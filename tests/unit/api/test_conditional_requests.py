"""Which answer, and which bytes, a request for a file gets: by the words of RFC 9110."""

from datetime import UTC, datetime

import pytest

from sora_studio.api.conditional_requests import Version, asked_parts, early_answer

HAVE = Version('"abc"', datetime(2026, 11, 1, 12, tzinfo=UTC))
NOW = "Sun, 01 Nov 2026 12:00:00 GMT"
BEFORE = "Sun, 01 Nov 2026 11:59:59 GMT"
LATER = "Sun, 01 Nov 2026 12:00:01 GMT"


@pytest.mark.parametrize(
    ("headers", "answer"),
    [
        ({}, None),
        ({"if-none-match": '"abc"'}, 304),
        ({"if-none-match": 'W/"abc"'}, 304),
        ({"if-none-match": '"x", "abc"'}, 304),
        ({"if-none-match": "*"}, 304),
        ({"if-none-match": '"x"'}, None),
        ({"if-none-match": ""}, None),
        ({"if-match": '"abc"'}, None),
        ({"if-match": "*"}, None),
        ({"if-match": 'W/"abc"'}, 412),
        ({"if-match": '"x"'}, 412),
        ({"if-modified-since": NOW}, 304),
        ({"if-modified-since": LATER}, 304),
        ({"if-modified-since": BEFORE}, None),
        ({"if-modified-since": "yesterday"}, None),
        ({"if-modified-since": "Sun, 01 Nov 99999999999 12:00:00 GMT"}, None),
        ({"if-unmodified-since": "Sun, 01 Nov 2026 12:00:00 +9999999999999"}, None),
        ({"if-unmodified-since": BEFORE}, 412),
        ({"if-unmodified-since": NOW}, None),
        ({"if-unmodified-since": "yesterday"}, None),
        # the tag is the better witness: beside it, the date does not count
        ({"if-none-match": '"x"', "if-modified-since": LATER}, None),
        ({"if-match": '"abc"', "if-unmodified-since": BEFORE}, None),
        # what must not go wrong comes before what may be left out
        ({"if-match": '"x"', "if-none-match": '"abc"'}, 412),
    ],
    ids=str,
)
def test_conditions(headers: dict[str, str], answer: int | None):
    assert early_answer(headers, HAVE) == answer


@pytest.mark.parametrize(
    ("asked", "parts"),
    [
        ("bytes=0-0", [(0, 1)]),
        ("bytes=0-", [(0, 1000)]),
        ("bytes=999-", [(999, 1000)]),
        ("bytes=10-19", [(10, 20)]),
        ("bytes=990-5000", [(990, 1000)]),
        ("bytes=-1", [(999, 1000)]),
        ("bytes=-5000", [(0, 1000)]),
        ("Bytes = 1-2 , 4-5", [(1, 3), (4, 6)]),
        ("bytes=1-2,,4-5,", [(1, 3), (4, 6)]),
        ("bytes=0-1,5000-", [(0, 2)]),
        ("bytes=1000-", []),
        ("bytes=5000-6000", []),
        ("bytes=-0", []),
        ("bytes=5-4", None),
        ("bytes=a-b", None),
        ("bytes=1-2,x", None),
        ("bytes=-", None),
        ("bytes=", None),
        ("bytes", None),
        ("bytes=1", None),
        ("bytes=+1-2", None),
        ("bytes=\uff11-2", None),
        ("bytes=" + "9" * 5000 + "-", None),
        ("pages=1-2", None),
        ("", None),
        ("bytes=-1,0-0", [(0, 1), (999, 1000)]),
        ("bytes=5-9,0-5", [(0, 10)]),
        ("bytes=0-4,5-9", [(0, 10)]),
        ("bytes=0-99,10-19", [(0, 100)]),
        ("bytes=" + ",".join(["0-"] * 100), [(0, 1000)]),
        ("bytes=" + ",".join(["0-"] * 101), None),
    ],
    ids=lambda value: str(value)[:30],
)
def test_ranges(asked: str, parts: list[tuple[int, int]] | None):
    assert asked_parts({"range": asked}, HAVE, 1000) == parts


@pytest.mark.parametrize(
    ("only_if", "counts"),
    [('"abc"', True), (NOW, True), ('W/"abc"', False), ('"x"', False), (BEFORE, False), (LATER, False)],
)
def test_a_range_of_another_version_is_not_sent(only_if: str, counts: bool):
    parts = asked_parts({"range": "bytes=0-1", "if-range": only_if}, HAVE, 1000)
    assert parts == ([(0, 2)] if counts else None)
