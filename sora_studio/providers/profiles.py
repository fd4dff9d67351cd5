"""The shipped profiles: what providers can do, as data.

Prices are OpenAI's former list prices (until 2026-09-24). The sandbox quotes them as play money, so
that budgets and price tags can be lived with before they count.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import cast

from sora_studio.domain.profile import Model, Operation, Profile
from sora_studio.providers.wire import as_object, as_text

_LANDSCAPE_AND_PORTRAIT = ("1280x720", "720x1280")
_LARGER = ("1792x1024", "1024x1792", "1920x1080", "1080x1920")
_SECONDS = (4, 8, 12, 16, 20)
_DOLLAR = 1_000_000  # micro-dollars
_MOST_MODELS = 100

SORA_2 = Model(
    id="sora-2",
    hint="Fast; for trying ideas.",
    sizes=_LANDSCAPE_AND_PORTRAIT,
    seconds=_SECONDS,
    micros_per_second=_DOLLAR // 10,
)
SORA_2_PRO = Model(
    id="sora-2-pro",
    hint="Finer and larger; slower, costs more.",
    sizes=_LANDSCAPE_AND_PORTRAIT + _LARGER,
    seconds=_SECONDS,
    micros_per_second=3 * _DOLLAR // 10,
    micros_by_size={
        "1792x1024": _DOLLAR // 2,
        "1024x1792": _DOLLAR // 2,
        "1920x1080": 7 * _DOLLAR // 10,
        "1080x1920": 7 * _DOLLAR // 10,
    },
)

SANDBOX = Profile(
    name="sandbox",
    label="Sandbox",
    models=(SORA_2, SORA_2_PRO),
    operations=frozenset(Operation),
    note="The sandbox draws moving pictures on this machine. It is no AI model, and nothing is charged.",
    list_is_complete=True,
    honours_idempotency_key=True,
)

VIDEOS_API = Profile(
    name="videos-api",
    label="Videos API",
    models=(SORA_2, SORA_2_PRO),
    operations=frozenset({Operation.LIST, Operation.DELETE, Operation.REMIX, Operation.MODELS}),
    note="Prices are OpenAI's former list prices; this server may charge otherwise, or nothing.",
    any_size=True,
    any_seconds=True,
)


def with_listed_models(profile: Profile, body: object) -> Profile:
    """Add the models of a `GET /v1/models` answer that the profile does not know; their price is unknown.

    What the server lists comes first, so that the form's default is a model that it has.
    """
    known = {model.id: model for model in profile.models}
    listed = dict.fromkeys(_ids(body))
    ours = [model for model in profile.models if model.id in listed]
    theirs = [Model(id=model_id) for model_id in listed if model_id not in known]
    silent = [model for model in profile.models if model.id not in listed]
    return replace(profile, models=(*ours, *theirs[:_MOST_MODELS], *silent))


def _ids(body: object) -> Iterator[str]:
    data = as_object(body).get("data")
    for entry in cast("list[object]", data) if isinstance(data, list) else []:
        model_id = as_text(as_object(entry).get("id"), 200).strip()
        if model_id.isprintable() and model_id:
            yield model_id
