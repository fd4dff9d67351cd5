"""What people set of a model's own fields: checked, kept, sent, and part of what makes a request the same."""

from dataclasses import replace
from typing import Any

import pytest

from sora_studio.domain.errors import IdempotencyKeyReused, InvalidInput
from sora_studio.domain.profile import Operation, Preset, Profile
from sora_studio.domain.video import VideoView, VideoWish
from sora_studio.providers.card_files import shipped_cards
from tests.integration.jobs.conftest import Background
from tests.support.inputs import first_frame

SMALL, T2V, I2V = "Wan2.2-TI2V-5B", "Wan2.2-T2V-A14B", "Wan2.2-I2V-A14B"


def with_wan(background: Background, **more: Any) -> Background:
    """Return work with a server of three Wans, which remixes nothing by itself."""
    plain: dict[str, Any] = {"kind": Preset.SGLANG, "any_size": True, "any_seconds": True, **more}
    profile: Profile = replace(background.provider.profile, cards=shipped_cards(), **plain)
    operations = profile.operations - {Operation.REMIX} | {Operation.REFERENCE}
    models = tuple(profile.plain(model) for model in (SMALL, T2V, I2V))
    background.provider.profile = replace(profile, models=models, operations=operations)
    return Background(
        background.db, background.provider, background.storage, background.worker_pool, background.owner_id
    )


async def ask(
    work: Background, model: str = SMALL, *, key: str | None = None, **options: object
) -> VideoView:
    wish = VideoWish("a kite", model, "1280x720", "5", options=options)
    return await work.videos.create(work.owner_id, wish, idempotency_key=key)


async def test_a_wish_is_kept_and_sent_as_it_will_be_made(background: Background):
    work = with_wan(background)
    view = await ask(work, seed="7", guidance_scale=3.5, negative_prompt="rain")
    options = {"seed": 7, "guidance_scale": 3.5, "negative_prompt": "rain"}
    assert (view.size, dict(view.options)) == ("1280x704", options)
    assert dict((await work.videos.get(work.owner_id, view.id)).options) == options
    await work.submit()
    (sent,) = work.provider.orders
    assert (sent.size, dict(sent.options)) == ("1280x704", options)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("seed", -1, "a whole number from 0 to 4294967295"),
        ("seed", 1.5, "whole number"),
        ("seed", True, "whole number"),
        ("seed", 10**400, "whole number"),
        ("num_inference_steps", 201, "from 1 to 200"),
        ("guidance_scale", float("nan"), "a number from 0 to 20"),
        ("guidance_scale", "much", "a number from 0 to 20"),
        ("negative_prompt", "x" * 2001, "at most 2,000 characters"),
        ("negative_prompt", "a\0b", "cannot be stored"),
        ("negative_prompt", ["rain"], "a text"),
        ("n", 2, "has no option 'n'"),
        ("sead", 7, "It takes seed"),
    ],
)
async def test_what_a_model_does_not_take_is_refused_by_its_name(
    background: Background, field: str, value: Any, words: str
):
    work = with_wan(background)
    with pytest.raises(InvalidInput, match=words) as refused:
        await ask(work, **{field: value})
    assert refused.value.param == field
    assert await work.read("SELECT count(*) FROM video") == (0,)


async def test_a_server_of_another_kind_does_not_take_them(background: Background):
    for more in ({"kind": Preset.VIDEOS_API}, {"kind": Preset.SANDBOX}):
        with pytest.raises(InvalidInput, match="takes no options here"):
            await ask(with_wan(background, **more), seed=7)


async def test_other_options_are_another_request(background: Background):
    work = with_wan(background)
    first = await ask(work, key="k", seed=7, guidance_scale=2)
    assert (await ask(work, key="k", guidance_scale=2, seed=7)).id == first.id
    with pytest.raises(IdempotencyKeyReused):
        await ask(work, key="k", seed=8, guidance_scale=2)


async def test_a_remix_that_is_a_new_video_keeps_the_seed(background: Background):
    work = with_wan(background)
    parent = await ask(work, seed=7)
    await background.sql(
        "UPDATE video SET phase = 'completed', size = '1280x720' WHERE id = :id", id=parent.id
    )
    view = await work.derivations.remix(work.owner_id, parent.id, "at night")
    assert (view.size, dict(view.options)) == ("1280x704", {"seed": 7})


@pytest.mark.parametrize(
    ("model", "pictured", "words"),
    [(T2V, True, "takes no first frame"), (I2V, False, "makes nothing without a first frame")],
)
async def test_a_model_gets_the_inputs_that_it_takes(
    background: Background, model: str, pictured: bool, words: str
):
    work = with_wan(background)
    wish = VideoWish("a kite", model, inputs=(first_frame(b"not looked at"),) if pictured else ())
    with pytest.raises(InvalidInput, match=words) as refused:
        await work.videos.create(work.owner_id, wish)
    assert refused.value.param == "input_reference"
