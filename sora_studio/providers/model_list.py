"""The models that a server lists, joined with those of its profile."""

from collections.abc import Iterator
from dataclasses import replace
from typing import cast

from sora_studio.domain.profile import Profile
from sora_studio.providers.wire import as_object, as_text

_MOST_MODELS = 100


def with_listed_models(profile: Profile, body: object) -> Profile:
    """Add the models of a `GET /v1/models` answer that the profile does not know, as on their cards.

    What the server lists comes first, so that the form's default is a model that it has. Models that
    the profile only guesses give way to the listed ones.
    """
    known = {model.id: model for model in profile.models}
    listed = dict.fromkeys(_ids(body))
    ours = [model for model in profile.models if model.id in listed]
    theirs = [profile.plain(model_id) for model_id in listed if model_id not in known]
    silent = [model for model in profile.models if model.id not in listed]
    if listed and profile.guesses_models:
        silent = []
    return replace(profile, models=(*ours, *theirs[:_MOST_MODELS], *silent))


def _ids(body: object) -> Iterator[str]:
    data = as_object(body).get("data")
    for entry in cast("list[object]", data) if isinstance(data, list) else []:
        model_id = as_text(as_object(entry).get("id"), 200).strip()
        if model_id.isprintable() and model_id:
            yield model_id
