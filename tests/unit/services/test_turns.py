"""Whose turn it is."""

import asyncio

import pytest

from sora_studio.domain.errors import LimitReached
from sora_studio.services.people.turns import Turns


class Work:
    """Work that ends when a test says so."""

    def __init__(self, turns: Turns) -> None:
        self.turns, self.began = turns, list[str]()
        self._ends = list[asyncio.Event]()
        self.tasks = list[asyncio.Task[None]]()

    async def add(self, lane: str, *, known: bool = False) -> asyncio.Task[None]:
        self.tasks.append(asyncio.create_task(self._do(lane, known=known)))
        await settle()
        return self.tasks[-1]

    async def end_one(self) -> None:
        """End the piece that began first."""
        self._ends.pop(0).set()
        await settle()

    async def _do(self, lane: str, *, known: bool) -> None:
        async with self.turns.of(lane, known=known):
            self.began.append(lane)
            end = asyncio.Event()
            self._ends.append(end)
            await end.wait()


async def settle() -> None:
    """Let everything run that can."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_so_much_at_once_and_the_rest_in_turn():
    work = Work(Turns(2))
    for _ in range(8):
        await work.add("guesser")
    await work.add("ada")
    await work.add("grace")
    assert work.began == ["guesser"] * 2
    for _ in range(4):
        await work.end_one()
    assert work.began[2:] == ["guesser", "ada", "grace", "guesser"]
    for _ in range(6):
        await work.end_one()
    assert len(work.began) == 10
    await work.add("late")
    assert work.began[-1] == "late"  # no place was lost


async def test_who_sends_too_many_is_told_at_once_and_nobody_else():
    work = Work(Turns(1, in_a_lane=2))
    for _ in range(3):
        await work.add("guesser")
    refused = await work.add("guesser")
    with pytest.raises(LimitReached) as refusal:
        await refused
    assert refusal.value.retry_after >= 1
    await work.add("ada")
    await work.end_one()
    await work.end_one()
    assert work.began == ["guesser", "guesser", "ada"]


async def test_a_crowd_of_strangers_does_not_shut_out_who_is_known():
    work = Work(Turns(1, in_all=3))
    for number in range(4):
        await work.add(f"stranger {number}")
    with pytest.raises(LimitReached):
        await (await work.add("stranger 5"))
    await work.add("ada", known=True)
    for _ in range(4):
        await work.end_one()
    assert work.began[-1] == "ada"


@pytest.mark.parametrize("when", ["waiting", "called"])
async def test_who_goes_away_takes_no_place_along(when: str):
    work = Work(Turns(1))
    first = await work.add("first")
    gone = await work.add("gone")
    await work.add("last")
    if when == "called":
        work._ends[0].set()
        await first  # the turn has been handed on, and not begun yet
    gone.cancel()
    await settle()
    if when == "waiting":
        await work.end_one()
    assert work.began[-1] == "last"


async def test_work_that_fails_gives_its_place_back():
    turns = Turns(1)
    for _ in range(3):
        with pytest.raises(ValueError, match="broken"):
            async with turns.of("ada"):
                raise ValueError("broken")
