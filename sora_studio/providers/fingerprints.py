"""By what servers are known: one table, read in the servers' own sources or seen on the wire.

A kind of server is a preset. Gateways come first: some pass on what the server behind them says of itself.
Nothing in here makes a video, and no kind that is found this way lets a lost submit be sent again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import cast

from sora_studio.domain.profile import Preset
from sora_studio.providers.error_body import ErrorBody
from sora_studio.providers.wire import as_object, as_text

MODELS, VIDEOS = "/models", "/videos"
"""The paths of the protocol, below the address; all others are below the server's root."""


@dataclass(frozen=True)
class Answer:
    """What a server said at one path; nothing at all when it did not answer."""

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict[str, str])  # lower-case names
    body: object = None  # the decoded JSON
    error: ErrorBody | None = None  # the same, read as what went wrong


LIVELINESS = "/health/liveliness"
Answers = Mapping[str, Answer]
_NOTHING = Answer()


@dataclass(frozen=True)
class Fingerprint:
    """One kind of server: how it is told from others, and where it says its version and what is behind it."""

    kind: Preset
    fits: Callable[[Answers], bool]
    version: Callable[[Answers], str] = lambda _: ""
    behind: Callable[[Answers], tuple[str, ...]] = lambda _: ()  # the servers that a gateway passes jobs to
    more: tuple[str, ...] = ()  # paths that are asked once it is known


def _said(answers: Answers, path: str) -> dict[str, object]:
    return dict(as_object(answers.get(path, _NOTHING).body))


def _word(answers: Answers, path: str, name: str) -> str:
    return as_text(_said(answers, path).get(name), 60)


def _header(answers: Answers, name: str) -> str:
    return next((each.headers[name][:60] for each in answers.values() if name in each.headers), "")


def listed(answers: Answers) -> list[Mapping[str, object]]:
    """Return the models of the list, as the server writes them."""
    data = _said(answers, MODELS).get("data")
    return [as_object(each) for each in cast("list[object]", data)] if isinstance(data, list) else []


def _owned_by(answers: Answers, *owners: str) -> bool:
    """Tell whether all of the listed models, and at least one, belong to these owners."""
    return bool(listed(answers)) and all(each.get("owned_by") in owners for each in listed(answers))


def _each_has(answers: Answers, *names: str) -> bool:
    return bool(listed(answers)) and all(all(name in each for name in names) for each in listed(answers))


def _release(version: str) -> str:
    """Return the first two parts of a version."""
    return ".".join(version.split(".")[:2])


def _upstreams(answers: Answers) -> tuple[str, ...]:
    """Return the providers that LiteLLM's models are routed to."""
    data = _said(answers, "/model/info").get("data")
    rows = [as_object(each) for each in cast("list[object]", data)] if isinstance(data, list) else []
    routes = [as_object(row.get("litellm_params")) for row in rows]
    names = (
        as_text(route.get("custom_llm_provider"), 60) or as_text(route.get("model"), 200).partition("/")[0]
        for route in routes
    )
    return tuple(dict.fromkeys(name for name in names if name))


def _prefixes(answers: Answers) -> tuple[str, ...]:
    """Return the providers that Bifrost's models are named after: `provider/model`."""
    ids = (as_text(each.get("id"), 200) for each in listed(answers))
    return tuple(dict.fromkeys(each.partition("/")[0] for each in ids if "/" in each))


def is_litellm(answers: Answers) -> bool:
    """Tell it by what it says of its life, or by the headers that it puts on everything else."""
    named = any(name.startswith("x-litellm-") for each in answers.values() for name in each.headers)
    return named or answers.get(LIVELINESS, _NOTHING).body == "I'm alive!"


def is_surely_not_litellm(answers: Answers) -> bool:
    """Tell whether that path was answered as by a server without it; a gate in front proves nothing."""
    return not is_litellm(answers) and answers.get(LIVELINESS, _NOTHING).status in _WITHOUT_LIVELINESS


_WITHOUT_LIVELINESS = frozenset({200, 404, 405})  # 200: a site that shows its page at every path


FINGERPRINTS = (
    # litellm 1.110.2, proxy/health_endpoints/_health_endpoints.py: this sentence, as JSON, to everybody.
    # The version comes with answers about videos only, and the list asks no upstream.
    Fingerprint(
        Preset.LITELLM,
        is_litellm,
        lambda said: _header(said, "x-litellm-version"),
        _upstreams,
        (VIDEOS, "/model/info"),
    ),
    # new-api, middleware/: the header on every answer; dto of the list: the field in every model.
    Fingerprint(
        Preset.NEW_API,
        lambda said: (
            bool(_header(said, "x-new-api-version"))
            or _each_has(said, "owned_by", "supported_endpoint_types")
        ),
        lambda said: _header(said, "x-new-api-version"),
    ),
    # bifrost, transports/bifrost-http/handlers/health.go; core/schemas/models.go: `extra_fields` in the list.
    Fingerprint(
        Preset.BIFROST,
        lambda said: (
            "db_pings" in as_object(_said(said, "/health").get("components"))
            or ("extra_fields" in _said(said, MODELS) and "data" in _said(said, MODELS))
        ),
        lambda said: as_text(said.get("/api/version", _NOTHING).body, 60).removeprefix("v"),
        _prefixes,
        ("/api/version",),
    ),
    # unsloth studio, backend/main.py.
    Fingerprint(
        Preset.UNSLOTH,
        lambda said: _word(said, "/api/health", "service") == "Unsloth UI Backend",
        lambda said: _word(said, "/api/health", "version"),
    ),
    # sglang 0.5.23, multimodal_gen/runtime/entrypoints/openai/common_api.py: the fields of a diffusion model,
    # since its language models have the same owner; http_server.py: the version.
    Fingerprint(
        Preset.SGLANG,
        lambda said: _owned_by(said, "sglang") and _each_has(said, "task_type", "num_gpus"),
        lambda said: _word(said, "/server_info", "version"),
        more=("/server_info",),
    ),
    # fastvideo 0.2.1, entrypoints/openai/common_api.py; it tells no version.
    Fingerprint(Preset.FASTVIDEO, lambda said: _owned_by(said, "fastvideo")),
    # vllm-omni 0.30, entrypoints/openai/api_server.py: vLLM itself answers /health with an empty body. The
    # version is that of vLLM; version.py warns when the first two parts differ from its own.
    Fingerprint(
        Preset.VLLM_OMNI,
        lambda said: (
            _owned_by(said, "vllm", "vllm-omni")
            and _word(said, "/health", "status") in {"healthy", "unhealthy"}
        ),
        lambda said: _release(_word(said, "/version", "version")),
        more=("/version",),
    ),
)
"""Who it is, the first that fits."""

HEALTH = ("/health", "/api/health")
"""What every server is asked but LiteLLM, whose `/health` has each model make a video, which is paid for."""
