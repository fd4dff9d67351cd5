"""Model cards in files: the shipped ones, an operator's own, and broken ones."""

import re
from pathlib import Path

import pytest

from sora_studio.domain.profile import Operation
from sora_studio.providers import card_files
from sora_studio.providers.card_files import load_cards, shipped_cards
from sora_studio.providers.factory import profile_of
from sora_studio.providers.model_list import with_listed_models
from tests.unit.providers.test_factory import table

FOLDER = Path(card_files.__file__).parent / "models"
CARD = """
[[model]]
ids = ["*MyWan*"]
label = "My Wan"
hint = "Trained on our cats"
sizes = ["832x480"]
seconds = "2-5"
default_seconds = 5
fps = 16
frames = { rule = "4n+1", default = 81, most = 81 }
[model.fields]
seed = {}
num_inference_steps = { default = 30, maximum = 60 }
cat = { type = "choice", label = "Cat", choices = ["Tom", "Kitty"], sent_as = { sglang = "lora_name" } }

[[price]]
ids = ["*mywan*"]
valid_from = 2026-01-01
per_second = { "480p" = 0.01 }
"""


def test_every_family_has_cards_and_says_where_their_facts_are_from():
    cards, problems = card_files._read(sorted(FOLDER.glob("*.toml")))
    assert problems == []
    assert cards == shipped_cards()
    assert len(cards.cards) >= 25
    assert sum("*" not in model_id for price in cards.prices for model_id in price.ids) == 90
    for path in FOLDER.glob("*.toml"):
        about, *tables = path.read_text().split("\n\n")
        assert re.fullmatch(r"(# .+\n?)+", about), f"{path.name} does not begin with its sources"
        assert re.search(r"\w\.\w+/\w|\d+\.\d+\.\d+", about), f"{path.name} names neither page nor release"
        prices = [table for table in tables if "[[price]]" in table]
        assert all(re.match(r"# https://\S+\n", each) for each in prices), f"{path.name}: a price of nobody"


def test_no_pattern_stands_twice():
    for known in (shipped_cards().cards, shipped_cards().prices):
        ids = [each for one in known for each in one.ids]
        assert len(ids) == len({*ids})


def test_an_operator_adds_cards_in_files_of_their_own(tmp_path: Path):
    (tmp_path / "cats.toml").write_text(CARD)
    cards, problems = load_cards(tmp_path)
    card = cards.find("acme/MyWan-2.2")
    assert problems == ()
    assert card is not None
    assert (card.seconds, card.frames and card.frames.rule) == ((5, 2, 3, 4), "4n+1")
    fields = {each.name: each for each in card.fields_of("sglang")}
    steps, cat = fields["num_inference_steps"], fields["cat"]
    assert (steps.minimum, steps.maximum, steps.default, steps.sent_as["vllm-omni"]) == (
        1, 60, 30, "num_inference_steps",
    )  # fmt: skip
    assert (cat.choices, [each.name for each in card.fields_of("vllm-omni")]) == (
        ("Tom", "Kitty"),
        ["seed", "num_inference_steps"],
    )
    assert cards.find("veo-3.1") is not None, "the shipped ones are there, too"
    assert load_cards(tmp_path / "missing") == load_cards(tmp_path / "missing too")


@pytest.mark.parametrize(
    ("wrong", "right", "complaint"),
    [
        ('label = "My Wan"\n', "", "model[0].label Field required"),
        ('sizes = ["832x480"]', 'sizes = ["832"]', "model[0].sizes[0] must look like 1280x720"),
        ('"4n+1", default = 81', '"4n+1", default = 80', "model[0].frames default and most must fit 4n+1"),
        ("fps = 16\n", "", "model[0] frames need fps"),
        ("default_seconds = 5", "default_seconds = 9", "model[0] default_seconds must be one of seconds"),
        ("maximum = 60", "maximum = 0", "num_inference_steps minimum must not be greater than maximum"),
        ("default = 30", 'default = "many"', "must be a whole number from 1 to 60"),
        ("sglang =", "sgl =", "model[0].fields.cat.sent_as.sgl"),
        ('"480p"', '"480"', "must be a resolution such as 720p, 2k or 4k"),
        ("hint =", "hnit =", "model[0].hnit is not a key here"),
        ("[[price]]", "[[price]", "at line 16"),
        ("seed = {}", "seed = 3", "model[0].fields.seed"),
    ],
)  # fmt: skip
def test_a_broken_file_says_where_and_why_and_spoils_no_other(
    tmp_path: Path, wrong: str, right: str, complaint: str
):
    (tmp_path / "broken.toml").write_text(CARD.replace(wrong, right, 1))
    (tmp_path / "cats.toml").write_text(CARD)
    cards, problems = load_cards(tmp_path)
    found = cards.find("mywan")
    assert (found and found.label, len(cards.cards)) == ("My Wan", 1)
    assert all(problem.startswith("broken.toml: ") for problem in problems)
    assert any(complaint in problem for problem in problems), problems


def test_models_that_a_server_lists_are_as_on_their_cards():
    own = profile_of(table("sglang", "gpu-box"))
    profile = with_listed_models(own, {"data": [{"id": "Wan-AI/Wan2.2-TI2V-5B-Diffusers"}, {"id": "odd"}]})
    wan, odd = profile.models
    assert (wan.sizes, wan.seconds, wan.price("1280x704", "5")) == (
        ("1280x704", "704x1280"),
        (5, 1, 2, 3, 4),
        None,
    )
    assert (odd.sizes, odd.hint) == (own.models[0].sizes, "")
    assert profile.choose(wan.id, "1280x720", None) == (wan, "1280x704", "5")
    assert profile.choose("odd", "1280x720", "7") == (odd, "1280x720", "7")


def test_a_wan_server_offers_nothing_of_sora():
    for preset in ("videos-api", "litellm", "vllm-omni"):
        profile = with_listed_models(profile_of(table(preset)), {"data": [{"id": "Wan-AI/Wan2.2-T2V-A14B"}]})
        assert [model.id for model in profile.models] == ["Wan-AI/Wan2.2-T2V-A14B"]


def test_prices_are_those_of_who_sells_the_model_unless_the_table_says_otherwise():
    ids = ["gemini/veo-3.1-fast-generate-001", "runwayml/veo3.1_fast", "dashscope/wan3.0-video", "a-model"]
    fast, runway, wan, none = profile_of(table("litellm", models=ids)).models
    assert [fast.price(size, "8") for size in fast.sizes] == [800_000, 800_000, 960_000, 960_000]
    assert (runway.price("1920x1080", "8"), wan.price("832x480", "5")) == (1_200_000, 206_280)
    assert none.price("1280x720", "4") is None
    priced = {"id": "veo-3.1", "price_per_second": "0.5", "prices": {"1920x1080": "0.7"}}
    (own,) = profile_of(table("litellm", models=[priced])).models
    assert (own.price("1280x720", "4"), own.price("1920x1080", "4")) == (2_000_000, 2_800_000)
    seedance = profile_of(table("litellm", models=["fal_ai/bytedance/seedance-2.5/text-to-video"])).models[0]
    assert all(seedance.price(size, "5") for size in seedance.sizes), "a size that is not sold is offered"
    (self_hosted,) = profile_of(table("vllm-omni", models=["minimax/MiniMax-H3"])).models
    assert self_hosted.price("1344x768", "5") is None


def test_what_the_table_says_of_a_model_wins_over_its_card():
    wan = {"id": "Wan2.2-T2V-A14B", "sizes": ["960x544"], "seconds": [3, 8], "hint": "Ours"}
    profile = profile_of(table("sglang", models=[wan]))
    (model,) = profile.models
    assert (model.hint, model.sizes, model.seconds) == ("Ours", ("960x544",), (3, 8))
    assert profile.choose(None, "960x544", "8")[1:] == ("960x544", "8")
    assert profile.choose(None, "1280x720", "3")[1:] == ("960x544", "3")
    assert Operation.MODELS not in profile.operations
