"""What it takes to read an answer of a provider: a look, a page of a hundred, a refusal in a sentence.

The baseline is what decoding the same answer as JSON takes. Each figure is the best of several rounds.
"""

import json
import timeit
from collections.abc import Callable

from bench.lab.lab import Lab
from bench.lab.metric import Metric, time_at_most
from sora_studio.providers.reading.error import read_error
from sora_studio.providers.reading.job import read_job
from sora_studio.providers.reading.page import read_page

_ROUNDS, _MOMENT = 15, 0.02  # seconds of each round
_MICROSECONDS = 1e6

_VIDEO = {
    "id": "video_68d7512d07848190b3e45da0ecbebcde004da08e1e0678d5",
    "object": "video",
    "created_at": 1_758_941_485,
    "status": "in_progress",
    "model": "sora-2",
    "prompt": "a paper boat on a river, " * 20,
    "progress": 45,
    "seconds": "4",
    "size": "1280x720",
}
_WRAPPED = {
    "code": "success",
    "message": "",
    "data": {"task_id": "t1", "output": {"video_url": "https://cdn/x.mp4"}},
}
_REFUSED = {"error": {"message": "litellm.BadRequestError: X - " + json.dumps({"error": {"message": "No."}})}}


async def measure(_lab: Lab) -> list[Metric]:
    """Read each of them over and over."""
    page = {"object": "list", "data": [_VIDEO] * 100, "has_more": True}
    return [
        _metric("reading.job", _VIDEO, lambda body: read_job(body, "x"), 200),
        _metric("reading.wrapped", _WRAPPED, lambda body: read_job(body, "x"), 200),
        _metric("reading.refusal", _REFUSED, read_error, 200),
        _metric("reading.page", page, lambda body: read_page(body, 100), 20_000),
    ]


def _metric(name: str, body: object, read: Callable[[object], object], most: float) -> Metric:
    """Compare reading an answer with decoding it, in microseconds of this process."""
    text = json.dumps(body)
    took, decoding = _best(lambda: read(body)), _best(lambda: json.loads(text))
    return Metric(name, took, "us", time_at_most(most), decoding, took / decoding, n=_ROUNDS)


def _best(work: Callable[[], object]) -> float:
    once = min(timeit.repeat(work, repeat=3, number=1))
    times = max(1, round(_MOMENT / once))
    return min(timeit.repeat(work, repeat=_ROUNDS, number=times)) / times * _MICROSECONDS
