"""An agent: the SDK's own client of the Model Context Protocol, with an API key."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from tests.support.waiting import PATIENCE


@asynccontextmanager
async def agent(url: str, key: str, **options: Any) -> AsyncIterator[Client]:
    """Connect to a studio's `/mcp`; the options are those of the SDK's client."""
    headers = {"Authorization": f"Bearer {key}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=PATIENCE, trust_env=False) as http,
        Client(streamable_http_client(f"{url}/mcp", http_client=http), **options) as client,
    ):
        yield client
