"""The form of limits: it holds what counts, and what is typed into it is read or refused."""

import pytest

from sora_studio.domain.errors import InvalidInput
from sora_studio.domain.limits import GIGABYTE, NO_QUOTA, LimitChange, Limits, QuotaWord, StorageUse
from sora_studio.ui.storage_lines import OWN, limit_change, to_limits_form, to_storage_line


@pytest.mark.parametrize(
    "limits", [Limits(), Limits(2.5), Limits(1.0, 0), Limits(0.5, 3 * GIGABYTE // 2), Limits(1.0, NO_QUOTA)]
)
def test_a_form_that_is_sent_as_it_was_changes_nothing(limits: Limits):
    form = to_limits_form(limits)
    data = {"quota": form.quota, "gigabytes": form.gigabytes, "weight": form.weight}
    assert limit_change(data) == LimitChange(limits.queue_weight, limits.storage_quota)


def test_a_comma_is_a_point_and_a_choice_without_gigabytes_needs_none():
    own = {"quota": OWN, "gigabytes": "1,5", "weight": "2"}
    assert limit_change(own) == LimitChange(2.0, 3 * GIGABYTE // 2)
    assert limit_change({"quota": "default", "weight": "1"}) == LimitChange(1.0, QuotaWord.DEFAULT)


@pytest.mark.parametrize("written", ["", "many", "nan", "inf", "-1", "1e99"])
def test_what_is_no_number_is_refused(written: str):
    with pytest.raises(InvalidInput):
        limit_change({"quota": OWN, "gigabytes": written, "weight": "1"})
    with pytest.raises(InvalidInput):
        limit_change({"quota": "default", "weight": written})


def test_a_bar_says_how_much_of_what_is_used():
    assert to_storage_line(StorageUse(1_200_000_000, None)).used == "1.2 GB"
    line = to_storage_line(StorageUse(16_000_000_000, 20_000_000_000))
    assert (line.used, line.part, line.near, line.bounded) == ("16 GB of 20 GB", 80, True, True)
