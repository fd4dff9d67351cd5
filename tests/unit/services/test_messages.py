"""What instances tell each other: counted by all of them, and once."""

from typing import cast
from uuid import uuid4

import pytest

from sora_studio.db.engine import Database
from sora_studio.domain.errors import LimitReached, Unavailable
from sora_studio.domain.tasks import TaskName
from sora_studio.services.instances.messages import Messages
from sora_studio.services.rate_limit_storage import Count
from sora_studio.services.throttle import Throttle
from tests.support.waiting import eventually


class Air:
    """Carries what is announced to everybody; while it is broken, nothing."""

    is_broken = False

    def __init__(self) -> None:
        self.members: list[Member] = []
        self.said: list[str] = []

    async def announce(self, _channel: str, word: str) -> None:
        self.said.append(word)
        if self.is_broken:
            raise Unavailable
        for member in self.members:
            member.messages.hear(word)


class Member:
    """An instance's throttle and its messages."""

    def __init__(self, air: Air) -> None:
        self.throttle, self.woken = Throttle({"knock": "5 per 1 minute"}), list[TaskName]()
        self.messages = Messages(cast("Database", air), uuid4(), lambda: len(air.members) > 1)
        self.messages.on_counts = self.throttle.share(self.messages.count)
        self.messages.on_wake = self.woken.append
        air.members.append(self)


async def _said(air: Air, many: int) -> None:
    await eventually(lambda: len(air.said) >= many)


async def test_what_one_counts_all_count():
    air = Air()
    one, other = Member(air), Member(air)
    for _ in range(3):
        one.throttle.hit("knock", "ada")
    await _said(air, 1)
    for _ in range(2):
        other.throttle.hit("knock", "ada")
    with pytest.raises(LimitReached):
        other.throttle.hit("knock", "ada")
    await _said(air, 2)
    with pytest.raises(LimitReached):
        one.throttle.hit("knock", "ada")
    other.throttle.hit("knock", "grace")
    assert "ada" not in "".join(air.said)


async def test_requests_are_counted_together_and_what_is_forgiven_by_all():
    air = Air()
    one, other = Member(air), Member(air)
    one.throttle.count("person", 60, "ada")
    one.throttle.hit("knock", "ada")
    await _said(air, 1)
    assert other.throttle.count("person", 60, "ada").remaining == 58
    await _said(air, 2)
    assert one.throttle.count("person", 60, "ada").remaining == 57
    for _ in range(4):
        other.throttle.hit("knock", "ada")
    one.throttle.forgive("knock", "ada")
    await _said(air, 3)
    await eventually(lambda: other.throttle.allows("knock", "ada"))


async def test_who_is_alone_says_nothing_and_nobody_hears_oneself():
    air = Air()
    one = Member(air)
    one.throttle.hit("knock", "ada")
    one.messages.wake(TaskName.SUBMIT)
    other = Member(air)
    one.messages.wake(TaskName.PURGE)
    await _said(air, 1)
    assert (one.woken, other.woken) == ([], [TaskName.PURGE])
    assert len(air.said) == 1


async def test_a_newer_version_may_say_more():
    air = Air()
    member = Member(air)
    member.messages.hear('!{"from":"x","wake":["dance","submit"],"song":1}')
    assert member.woken == [TaskName.SUBMIT]


async def test_what_cannot_be_told_is_bounded_and_is_no_news_later():
    air = Air()
    one, other = Member(air), Member(air)
    air.is_broken = True
    for number in range(6_000):
        one.messages.count(Count(str(number), 1e12, 1, moves=False))
    assert one.messages.waiting == 5_000
    await _said(air, 1)
    air.is_broken = False
    one.messages.wake(TaskName.PURGE)
    await eventually(lambda: other.woken)
    assert "counts" not in air.said[-1]
