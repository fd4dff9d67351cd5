"""Work on pictures and films without processes of its own."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from sora_studio.services.worker_pool import WorkerPool

T = TypeVar("T")


class InlineWorkers(WorkerPool):
    """Does the work in threads of this process: starting another one takes longer than most tests."""

    async def _try(self, place: int, work: Callable[[], T]) -> T:
        del place
        return await asyncio.to_thread(work)
