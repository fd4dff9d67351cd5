"""What agents get from every tool and resource: one row each, over a real server."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError

from sora_studio.api.mcp.resources import KINDS
from sora_studio.api.mcp.tools import TOOLS
from sora_studio.domain.account import Scope
from tests.integration.authorisation.conftest import CHEAP, SECRET, Stage, make_key
from tests.support.agent import agent
from tests.support.person import join

READ, WRITE, USAGE = Scope.VIDEOS_READ, Scope.VIDEOS_WRITE, Scope.USAGE_READ
READY = "{ready}"  # the owner's finished video
REFUSED, GONE, DONE = "insufficient_scope", "not_found", ""


@dataclass(frozen=True)
class Row:
    """A tool, or a resource, and what becomes of a stranger who calls it with every scope."""

    name: str
    key: Scope
    stranger: str
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def __str__(self) -> str:
        return self.name


TABLE = [
    Row("create_video", WRITE, DONE, {"prompt": "forbidden-test"}),
    Row("remix_video", WRITE, GONE, {"video_id": READY, "prompt": CHEAP}),
    Row("get_video", READ, GONE, {"video_id": READY}),
    Row("list_videos", READ, DONE, {"q": SECRET}),
    Row("list_models", READ, DONE),
    Row("get_usage", USAGE, DONE),
    *(Row(kind.name, READ, GONE) for kind in KINDS),
]


def test_every_tool_and_resource_has_a_row():
    assert [row.name for row in TABLE] == [*TOOLS, *(kind.name for kind in KINDS)]


async def ask(client: Client, row: Row, ready: str) -> tuple[str, str]:
    """Return the code of what went wrong, empty if nothing did, and everything that was said."""
    if row.name not in TOOLS:
        try:
            read = await client.read_resource(f"sora-studio://videos/{ready}/{row.name}")
        except MCPError as error:
            return error.error.data["error"]["code"], str(error)
        return "", str(read)
    arguments = {name: ready if value == READY else value for name, value in row.arguments.items()}
    answer = await client.call_tool(row.name, arguments)
    return answer.structured_content["error"]["code"] if answer.is_error else "", str(answer)


@pytest.mark.parametrize("row", TABLE, ids=str)
async def test_everybody_gets_their_own_and_nothing_else(stage: Stage, row: Row):
    eve = await join(stage.url, "Eve")  # what she makes is no part of the stage
    others = (await make_key(eve, *Scope, name="hers"))["key"]
    await eve.http.aclose()
    before = await stage.belongings()
    async with agent(stage.url, others) as stranger:
        code, said = await ask(stranger, row, stage.ready)
        assert (code, SECRET in said) == (row.stranger, False)
    async with agent(stage.url, stage.bound) as elsewhere:  # for a project in which none of it is
        code, said = await ask(elsewhere, row, stage.ready)
        assert (code, SECRET in said) == (row.stranger, False)
    without, fit = stage.keys[row.key]
    async with agent(stage.url, without) as client:
        code, said = await ask(client, row, stage.ready)
        assert (code, SECRET in said) == (REFUSED, False)
    assert await stage.belongings() == before
    async with agent(stage.url, fit) as client:
        assert (await ask(client, row, stage.ready))[0] == DONE
