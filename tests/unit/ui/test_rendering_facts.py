"""What the video's page says of its rendering."""

import pytest

from sora_studio.domain.facts import NO_FACTS, Facts
from sora_studio.ui.pages.video.lines import Fact, to_facts


@pytest.mark.parametrize(
    ("facts", "shown"),
    [
        (NO_FACTS, []),
        (Facts(revised_prompt="It stands with the prompt."), []),
        (Facts(seed=0), [Fact("Seed", "0")]),
        (
            Facts(seed=42, inference_seconds=72.4, peak_memory_mb=24_576.0, cost_micros=400_000),
            [
                Fact("Seed", "42"),
                Fact("Inference", "1 m 12 s"),
                Fact("Peak memory", "24.0 GB"),
                Fact("Cost by the provider", "$0.40"),
            ],
        ),
        (Facts(cost_micros=0), [Fact("Cost by the provider", "free")]),
    ],
)
def test_only_what_was_reported_is_shown(facts: Facts, shown: list[Fact]):
    assert to_facts(facts) == shown


def test_facts_are_stored_without_what_is_missing():
    facts = Facts(seed=42, cost_micros=0)
    assert facts.told() == {"seed": 42, "cost_micros": 0}
    assert Facts.stored(facts.told() | {"of_a_later_version": 1}) == facts
    assert Facts.stored(None) == NO_FACTS
