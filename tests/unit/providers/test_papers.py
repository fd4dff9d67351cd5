"""docs/providers.md is in step with what providers.toml may say."""

import re

import pytest

from sora_studio.config import ProviderSettings
from sora_studio.config.providers import ModelSettings, RateLimitSettings
from sora_studio.domain.profile import Operation
from sora_studio.providers.presets import PRESETS
from tests.support.source import ROOT

_PAPER = (ROOT / "docs/providers.md").read_text()


def test_every_key_is_written_down():
    keys = {*ProviderSettings.model_fields} - {"name"} | {"api_key_env", "api_key_file"}
    rows = re.findall(r"(?m)^\| ((?:`[a-z_]+`(?:, )?)+) \|", _PAPER.split("## Presets")[0])

    assert {key for row in rows for key in re.findall(r"`([a-z_]+)`", row)} == keys


@pytest.mark.parametrize("name", [*ModelSettings.model_fields, *RateLimitSettings.model_fields, *Operation])
def test_every_key_of_a_key_is_written_down(name: str):
    assert re.search(rf"\b{name}\b", _PAPER.split("## Presets")[0])


def test_every_preset_is_written_down():
    section = _PAPER.split("## Presets")[1].split("\n## ")[0]

    assert set(re.findall(r"(?m)^\| `([a-z-]+)` \|", section)) == PRESETS.keys()


def test_every_row_of_the_dialects_is_answered():
    section = _PAPER.split("## What servers do differently")[1]

    assert re.findall(r"(?m)^\| (\d+) \|", section) == [str(number) for number in range(1, 25)]
