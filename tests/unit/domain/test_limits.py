"""Limits: what will do, and what counts."""

import pytest

from sora_studio.domain.errors import InvalidInput, StorageQuotaExceeded
from sora_studio.domain.limits import (
    GIGABYTE,
    NO_QUOTA,
    LimitChange,
    Limits,
    QuotaWord,
    StorageUse,
    quota_of,
)


@pytest.mark.parametrize(
    ("set_bytes", "usual_gb", "counts"),
    [
        (None, 0, None),
        (None, 20, 20 * GIGABYTE),
        (5, 20, 5),
        (0, 20, 0),
        (NO_QUOTA, 20, None),
        (5, 0, 5),
    ],
)
def test_what_is_set_for_one_comes_before_what_is_usual(
    set_bytes: int | None, usual_gb: int, counts: int | None
):
    assert quota_of(set_bytes, usual_gb) == counts


@pytest.mark.parametrize("wanted", [*QuotaWord, 0, 7 * GIGABYTE])
def test_a_quota_is_read_as_it_was_set(wanted: int | QuotaWord):
    stored = LimitChange(storage_quota=wanted).values()["storage_quota_bytes"]
    assert Limits(storage_quota_bytes=None if stored is None else int(stored)).storage_quota == wanted


@pytest.mark.parametrize(
    "change",
    [
        LimitChange(),
        LimitChange(queue_weight=0.0),
        LimitChange(queue_weight=float("nan")),
        LimitChange(storage_quota=-1),
        LimitChange(storage_quota=10**30),
    ],
)
def test_what_will_not_do_is_refused(change: LimitChange):
    with pytest.raises(InvalidInput):
        change.values()


def test_a_change_is_told_in_the_trail():
    assert LimitChange(2.0, QuotaWord.UNLIMITED).told() == "queue_weight = 2, storage_quota_bytes = unlimited"
    assert LimitChange(storage_quota=0).told() == "storage_quota_bytes = 0"


@pytest.mark.parametrize(
    ("used", "quota", "more", "fits"),
    [
        (0, None, 10**15, True),
        (0, 100, 0, True),
        (99, 100, 0, True),
        (99, 100, 1, True),
        (99, 100, 2, False),
        (100, 100, 0, False),
        (0, 0, 0, False),
        (500, 100, 0, False),
    ],
)
def test_there_is_room_below_the_quota(used: int, quota: int | None, more: int, fits: bool):
    use = StorageUse(used, quota)
    if fits:
        use.require_room(more, of_project=False)
    else:
        with pytest.raises(StorageQuotaExceeded):
            use.require_room(more, of_project=False)


@pytest.mark.parametrize(
    ("used", "quota", "part"), [(5, None, 0), (0, 100, 0), (50, 100, 50), (300, 100, 100), (0, 0, 100)]
)
def test_a_bar_is_full_at_most(used: int, quota: int | None, part: int):
    assert StorageUse(used, quota).part == part
