"""Nonsense for every event handler: it is answered, it breaks nothing, it never reaches another's things."""

import inspect
import random
from typing import Any

import pytest
from reflex_base.registry import RegistrationContext

from tests.integration.authorisation.conftest import SECRET, Stage, errors
from tests.integration.authorisation.test_events import answered, cookie, registered
from tests.support.studio import RunningStudio
from tests.support.tab import open_tab

TIMES = 100


@pytest.mark.parametrize("name", sorted(name for _, name in registered()))
async def test_nonsense_breaks_nothing(stage: Stage, studio: RunningStudio, name: str):
    chance = random.Random(name)  # noqa: S311 -- the same nonsense every time
    before, lines = await stage.belongings(), len(studio.log.read_text().splitlines())
    async with open_tab(stage.url, cookie=cookie(stage.stranger), path=f"/video/{stage.ready}") as tab:
        for _ in range(TIMES):
            await tab.send(name, **nonsense(chance, name, stage))
        await answered(tab)
        assert SECRET not in str(tab.frames)
    assert await stage.belongings() == before
    assert errors(studio, after=lines) == []


def nonsense(chance: random.Random, name: str, stage: Stage) -> dict[str, Any]:
    """Make a payload: mostly the right names, rarely the right values."""
    parameters = list(
        inspect.signature(RegistrationContext.ensure_context().event_handlers[name].handler.fn).parameters
    )[1:]
    payload = {parameter: value(chance, stage) for parameter in parameters if chance.random() < 0.9}
    if chance.random() < 0.1:
        payload[chance.choice(["self", "state", "owner_id", "_user_id", "args", "", "ä"])] = value(
            chance, stage
        )
    return payload


def value(chance: random.Random, stage: Stage, depth: int = 0) -> Any:
    """Make a value of any kind that JSON knows."""
    kinds = [
        lambda: chance.choice([stage.ready, stage.refused, stage.upload, stage.ready.removeprefix("video_")]),
        lambda: chance.choice([None, True, False, 0, -1, 2**63, 10**400, 1.5, -0.0, 1e308]),
        lambda: chance.choice(
            [
                *("", " ", "0", "a" * 40_000, "\0", "\ud800", "\u202e", "<script>", "'; --", "../..", "%s%n"),
                *("0001-01", "9999-12"),
            ]
        ),
        lambda: "".join(chr(chance.randrange(0x20, 0xD7FF)) for _ in range(chance.randrange(30))),
    ]
    if depth < 3:
        kinds += [
            lambda: [value(chance, stage, depth + 1) for _ in range(chance.randrange(4))],
            lambda: {
                chance.choice(
                    [
                        "prompt",
                        "title",
                        "email",
                        "display_name",
                        "inputs",
                        "idempotency_key",
                        "password",
                        "current",
                        "new",
                        "x",
                    ]
                ): value(chance, stage, depth + 1)
                for _ in range(chance.randrange(6))
            },
        ]
    return chance.choice(kinds)()
