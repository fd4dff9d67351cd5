"""From a video to its tile."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sora_studio.domain.ids import new_id, public_id
from sora_studio.domain.video import Phase
from sora_studio.ui.cards import Progress, ratio, to_card, to_progress
from tests.support.fakes import START, FakeVideos


def test_a_finished_video():
    view = FakeVideos().add(new_id(), "a paper boat", size="720x1280", seconds="12")

    card = to_card(view)

    assert (card.id, card.title, card.look, card.word) == (
        public_id(view.id),
        "a paper boat",
        "ready",
        "Ready",
    )
    assert (card.ratio, card.duration, card.cost) == (0.5625, "0:12", "")


@pytest.mark.parametrize(
    ("phase", "look"),
    [
        (Phase.SUBMITTING, "coming"),
        (Phase.SUBMIT_UNKNOWN, "coming"),
        (Phase.QUEUED, "coming"),
        (Phase.IN_PROGRESS, "coming"),
        (Phase.SAVING, "coming"),
        (Phase.COMPLETED, "ready"),
        (Phase.FAILED, "failed"),
        (Phase.NEEDS_ATTENTION, "attention"),
    ],
)
def test_how_each_phase_is_drawn(phase: Phase, look: str):
    assert to_card(FakeVideos().add(new_id(), phase=phase)).look == look


@pytest.mark.parametrize("taken", [1, 0])
def test_only_what_may_not_have_been_taken_can_be_sent_again(taken: int):
    assert to_card(FakeVideos().add(new_id(), phase=Phase.NEEDS_ATTENTION, charges=taken)).unsent is not bool(
        taken
    )


@pytest.mark.parametrize(
    ("phase", "more", "stake"),
    [
        (Phase.SUBMITTING, {}, ""),
        (Phase.IN_PROGRESS, {"charges": 1}, "You still pay $0.40 for it."),
        (
            Phase.IN_PROGRESS,
            {"charges": 1, "provider": "sandbox"},
            "You still pay $0.40 play\u00a0money for it.",
        ),
        (Phase.SUBMIT_UNKNOWN, {"unclear": 1}, "You may still have to pay $0.40 for it."),
        (
            Phase.NEEDS_ATTENTION,
            {"unclear": 1, "price_micros": None},
            "You may still have to pay for it;",
        ),
        (Phase.IN_PROGRESS, {"charges": 1, "price_micros": 0}, ""),
        (Phase.COMPLETED, {"charges": 1}, ""),
    ],
)
def test_what_a_video_costs_although_it_is_deleted_is_said(phase: Phase, more: dict[str, Any], stake: str):
    said = to_card(FakeVideos().add(new_id(), phase=phase, **more)).stake

    assert said.startswith(stake)
    assert bool(said) == bool(stake)


def test_a_tick_of_progress_changes_no_card():
    view = FakeVideos().add(new_id(), phase=Phase.IN_PROGRESS, progress=41)

    assert to_card(view) == to_card(replace(view, progress=42))


def test_a_video_that_has_not_begun_shows_a_number_one_that_tells_nothing_does_not():
    videos = FakeVideos()

    assert to_card(videos.add(new_id(), phase=Phase.QUEUED, progress_known=False)).known
    assert not to_card(videos.add(new_id(), phase=Phase.IN_PROGRESS, progress_known=False)).known


def test_progress_is_kept_of_those_alone_that_are_coming():
    videos, owner_id = FakeVideos(), new_id()
    coming = videos.add(owner_id, phase=Phase.IN_PROGRESS, progress=50)
    videos.add(owner_id, phase=Phase.COMPLETED)
    videos.add(owner_id, phase=Phase.FAILED)

    progress = to_progress(videos.kept.values(), START + timedelta(seconds=20))

    assert progress == {public_id(coming.id): Progress(50, "about 20 s")}


def test_ratios_are_short_to_send():
    assert [ratio(size) for size in ("1280x720", "1024x1024", "1024x1792")] == [1.7778, 1.0, 0.5714]
