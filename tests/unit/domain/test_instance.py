"""What instances of one studio must have in common."""

from dataclasses import replace
from itertools import pairwise
from uuid import uuid4

import pytest

from sora_studio.domain.instance import Instance, InstanceRole, ProcessInfo

ONE = Instance(signing_keys=("a",), providers={"x": "http://x/v1#1"}, storage="s", time_zone="UTC")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, None),
        ({"providers": {"x": "http://x/v1#another-key", "y": "http://y/v1"}}, None),
        ({"storage": ""}, None),
        ({"signing_keys": ("b", "a")}, "first old,new, then new,old"),
        ({"providers": {"x": "http://z/v1#1"}}, "provider x is at http://z/v1"),
        ({"providers": {"x": "sandbox:1"}}, "only one can have a sandbox"),
        ({"providers": {"x": "http://z/v1#1"}, "role": InstanceRole.WEB}, None),
        ({"storage": "t"}, "SORA_STUDIO_S3_ENDPOINT of both"),
        ({"time_zone": "Europe/Berlin"}, "days begin in Europe/Berlin"),
    ],
    ids=["equal", "key", "unknown", "half-way", "address", "sandbox", "sends nothing", "storage", "zone"],
)
def test_what_differs_is_said_in_a_sentence(changed: dict[str, object], said: str | None):
    found = [*ONE.differences(replace(ONE, **changed))]
    assert len(found) == bool(said)
    assert said is None or said in found[0]


def test_a_key_is_replaced_without_an_end_to_sessions():
    """Old, then both with the old one signing, then both with the new one, then the new one alone."""
    steps = [("old",), ("old", "new"), ("new", "old"), ("new",)]
    for before, after in pairwise(steps):
        ours, theirs = replace(ONE, signing_keys=before), replace(ONE, signing_keys=after)
        assert [*ours.differences(theirs)] == [*theirs.differences(ours)] == []


def test_the_workers_of_one_place_hold_jobs_under_ids_of_their_own():
    installation = uuid4()
    names = [ProcessInfo(number=number).name_in(installation) for number in (None, 0, 1, 2)]
    assert names[0] == names[1] == installation
    assert len({*names}) == 3
    assert ProcessInfo(InstanceRole.WEB, number=1).name_in(installation) == names[2]
