"""The sandbox's dialects beside the servers that they imitate: the same statuses and fields."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import httpx
import pytest

from sora_studio.domain.profile import Preset
from tests.support.sandbox import Box, running_sandbox
from tests.support.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.timeout(1200)  # its packages may have to be fetched first


@pytest.fixture(scope="module")
def dialect(kind: Preset, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the sandbox as a server of this kind, and return its address."""
    with running_sandbox(tmp_path_factory.mktemp("dialect"), dialect=kind, faults=True) as box:
        box.fault(job="instant")
        yield box.base_url


def test_our_dialect_answers_as_the_server_itself(box: Box, dialect: str, kind: Preset):
    real, ours = _answers(box.base_url), _answers(dialect)
    if kind is Preset.VLLM_OMNI:  # errors are written by vLLM, which is not there
        real, ours = _without_errors(real), _without_errors(ours)
    assert ours == real


def _answers(base_url: str) -> dict[str, Any]:
    """Ask a server everything once, and return statuses and fields."""
    with httpx.Client(base_url=base_url, timeout=PATIENCE) as http:
        form = {"prompt": (None, "a kite"), "seconds": (None, "4"), "size": (None, "1280x720")}
        created = http.post("/videos", files=form)
        path = f"/videos/{created.json()['id']}"
        wait_until(lambda: http.get(path).json()["status"] == "completed")
        said = {
            "models": http.get("/models"),
            "health": http.get(f"{base_url.removesuffix('/v1')}/health"),
            "create": created,
            "look": http.get(path),
            "list": http.get("/videos", params={"limit": 1}),
            "list of none": http.get("/videos", params={"limit": 0}),
            "list after nobody": http.get("/videos", params={"after": "nobody"}),
            "file": http.get(f"{path}/content"),
            "thumbnail": http.get(f"{path}/content", params={"variant": "thumbnail"}),
            "remix": http.post(f"{path}/remix", json={"prompt": "b"}),
            "edit": http.post("/videos/edits", json={"prompt": "b"}),
            "no prompt": http.post("/videos", files={"seconds": (None, "4")}),
            "no number": http.post("/videos", files=form | {"seconds": (None, "four")}),
            "delete": http.delete(path),
            "delete again": http.delete(path),
            "look at nobody's": http.get("/videos/nobody"),
            "no such address": http.get("/nowhere"),
        }
    return {name: (answer.status_code, _fields(answer)) for name, answer in said.items()}


def _fields(answer: httpx.Response) -> Any:
    if not answer.headers["content-type"].startswith("application/json"):
        return answer.headers["content-type"]
    return _shape(answer.json())


def _shape(body: Any) -> Any:
    """Return the names of fields, and what an error says in words."""
    if isinstance(body, dict):
        return {
            name: value if name == "detail" and isinstance(value, str) else _shape(value)
            for name, value in body.items()
        }
    return [_shape(each) for each in body[:1]] if isinstance(body, list) else None


def _without_errors(answers: dict[str, Any]) -> dict[str, Any]:
    return {name: said for name, said in answers.items() if said[0] == HTTPStatus.OK}
