"""Whatever is announced, an instance goes on hearing."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import cast
from uuid import uuid4

import pytest

from sora_studio.db.engine import Database
from sora_studio.domain.errors import Unavailable
from sora_studio.services.announcements import Announcements
from sora_studio.services.instances.messages import MARK, Messages
from tests.support.waiting import eventually


class Line:
    """Says some words, and then waits or fails."""

    def __init__(self, *words: str, end: Exception | None = None) -> None:
        self.words, self.end, self.listened = words, end, 0

    async def listen(self) -> AsyncIterator[str]:
        self.listened += 1
        for word in self.words:
            yield word
        if self.end:
            raise self.end
        await asyncio.Event().wait()


async def _heard_after(line: Line, heard: int) -> Announcements:
    """Listen until so many changes were heard, or the listening has ended."""
    announcements, changes = Announcements(line), list[None]()
    messages = Messages(cast("Database", None), uuid4(), lambda: False)
    running = asyncio.create_task(announcements.run(lambda: changes.append(None), messages.hear))
    await eventually(lambda: len(changes) >= heard or running.done())
    assert not running.done()
    running.cancel()
    return announcements


@pytest.mark.parametrize(
    "message",
    [
        "",
        "{",
        "[]",
        "1",
        "{}",
        '{"from":"x","wake":1}',
        '{"from":"x","wake":[{}]}',
        '{"from":"x","counts":[[1]]}',
    ],
)
async def test_a_message_that_is_not_understood_makes_nobody_deaf(message: str):
    line = Line(MARK + message, "somebody")
    announcements = await _heard_after(line, 1)
    assert (announcements.is_heard(), line.listened) == (True, 1)


@pytest.mark.parametrize(
    "end", [Unavailable("away"), json.JSONDecodeError("no", "", 0)], ids=["away", "other"]
)
async def test_however_listening_ends_it_begins_again(end: Exception):
    line = Line("somebody", end=end)
    await _heard_after(line, 4)
    assert line.listened >= 2
