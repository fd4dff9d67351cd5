"""What goes in beside the prompt, for each model at each kind of server: in tables."""

import pytest

from sora_studio.domain.errors import InvalidInput
from sora_studio.domain.inputs import FRAMES, REFERENCES, Form, Role, input_fields, places
from sora_studio.domain.profile import Preset, Profile
from sora_studio.providers.card_files import shipped_cards
from sora_studio.providers.factory import profile_of
from tests.unit.providers.test_factory import table

H3, WAN, SEEDANCE = "MiniMaxAI/MiniMax-H3", "Wan2.2-T2V-A14B", "seedance-2.0"
FIRST, LAST, PICTURE, FILM, SOUND = [*Role][:5]
ONE = {FIRST: 1}
MANY = {FIRST: 1, LAST: 1, PICTURE: 9, FILM: 3, SOUND: 3}
SOURCES = {Role.EDIT: 1, Role.EXTEND: 1}


def profile(kind: str, model: str) -> Profile:
    return profile_of(table(kind, models=[model]))


@pytest.mark.parametrize(
    ("kind", "model", "takes"),
    [
        ("vllm-omni", H3, MANY),
        ("sglang", H3, {FIRST: 1, FILM: 1}),
        ("litellm", H3, {FIRST: 1, LAST: 1, PICTURE: 9}),
        ("litellm", SEEDANCE, {FIRST: 1, LAST: 1, PICTURE: 9}),
        *((kind, H3, ONE) for kind in ("fastvideo", "unsloth", "new-api", "bifrost", "videos-api")),
        ("vllm-omni", WAN, {}),
        ("vllm-omni", "an-odd-one", ONE),
        ("sandbox", "sora-2", ONE | SOURCES),
    ],
)
def test_a_model_takes_what_its_server_takes_of_it(kind: str, model: str, takes: dict[Role, int]):
    assert profile(kind, model).takes(model) == takes


@pytest.mark.parametrize("kind", Preset)
def test_whatever_is_taken_has_a_place(kind: Preset):
    """Every card at every kind of server: each thing that a form offers is sent somewhere."""
    for card in shipped_cards().cards:
        takes = profile(kind, card.ids[0].replace("*", "")).takes(card.ids[0].replace("*", ""))
        for roles in ([*FRAMES & {*takes}], [*REFERENCES & {*takes}], *([role] for role in takes)):
            assert len(places(kind, roles)) == len(roles), card.label


@pytest.mark.parametrize(
    ("kind", "roles", "sent"),
    [
        ("vllm-omni", [FIRST], [("input_reference", Form.FILE)]),
        ("vllm-omni", [FIRST, LAST], [("input_references", Form.FILE)] * 2),
        ("vllm-omni", [PICTURE, FILM, SOUND], [("input_references", Form.FILE)] * 3),
        ("sglang", [FIRST, FILM], [("input_reference", Form.FILE), ("video_reference", Form.FILE)]),
        ("litellm", [FIRST], [("input_reference", Form.FILE)]),
        ("litellm", [FIRST, LAST], [("frame_images", Form.FRAME)] * 2),
        ("litellm", [PICTURE, PICTURE], [("input_references", Form.IMAGE)] * 2),
        ("openai", [Role.EDIT], [("video", Form.FILE)]),
    ],
)
def test_each_server_looks_for_them_in_its_own_place(kind: str, roles: list[Role], sent: list[object]):
    assert [(place.name, place.form) for place in places(kind, roles)] == sent


def test_images_alone_are_told_apart_from_frames():
    assert input_fields("vllm-omni", [PICTURE, PICTURE]) == {"extra_params": '{"task": "ref2va"}'}
    for kind, roles in (("vllm-omni", [FIRST, LAST]), ("vllm-omni", [PICTURE, FILM]), ("litellm", [PICTURE])):
        assert input_fields(kind, roles) == {}


@pytest.mark.parametrize(
    ("kind", "model", "roles", "param", "words"),
    [
        ("vllm-omni", WAN, [FIRST], "input_reference", "takes no first frame"),
        ("sglang", H3, [FIRST, LAST], "last_frame", "takes no last frame"),
        ("sglang", H3, [FILM, FILM], "films", "takes one reference video here, not 2"),
        ("litellm", H3, [PICTURE] * 10, "pictures", "takes 9 reference images here, not 10"),
        ("litellm", H3, [SOUND], "sounds", "takes no reference sound"),
        ("litellm", H3, [LAST], "input_reference", "needs a first frame"),
        ("litellm", H3, [FIRST, PICTURE], "pictures", "either frames or references"),
        ("vllm-omni", H3, [FIRST, SOUND], "sounds", "either frames or references"),
        ("vllm-omni", "Wan2.2-I2V-A14B", [], "input_reference", "makes nothing without a first frame"),
        ("sandbox", "sora-2", [Role.EDIT, FIRST], "input_reference", "Nothing else goes in"),
        ("vllm-omni", H3, [Role.EDIT], "video", "takes no video to edit"),
    ],
)
def test_what_is_not_taken_is_refused_by_the_fields_name(
    kind: str, model: str, roles: list[Role], param: str, words: str
):
    with pytest.raises(InvalidInput, match=words) as refused:
        profile(kind, model).require_inputs(model, roles)
    assert refused.value.param == param


def test_what_goes_together_is_taken():
    profile("vllm-omni", H3).require_inputs(H3, [FIRST, LAST])
    profile("vllm-omni", H3).require_inputs(H3, [PICTURE, PICTURE, FILM, SOUND])
    profile("sglang", H3).require_inputs(H3, [FIRST, FILM])


@pytest.mark.parametrize(
    ("kind", "model", "words"),
    [
        (
            "sglang",
            "Wan2.2-TI2V-5B",
            (
                "Wan 2.2 TI2V 5B; Apache-2.0; 4n+1 frames at 24 fps; takes 1 first frame; can be told seed, "
                "negative_prompt, num_inference_steps, guidance_scale, flow_shift"
            ),
        ),
        (
            "videos-api",
            H3,
            ("MiniMax-H3; at 24 fps, with sound; takes 1 first frame; can be told nothing more"),
        ),
        ("vllm-omni", "an-odd-one", ""),
    ],
)
def test_a_card_in_a_line(kind: str, model: str, words: str):
    assert profile(kind, model).says_of(model) == words
