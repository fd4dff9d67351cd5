"""Numbers as a person reads them."""

from datetime import timedelta
from typing import Any

import pytest

from sora_studio.domain.ids import new_id
from sora_studio.domain.video import Phase, VideoView
from sora_studio.ui import formatting
from tests.support.fakes import START, FakeVideos


def _view(phase: Phase, **more: Any) -> VideoView:
    return FakeVideos().add(new_id(), phase=phase, **more)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (42, "42 s"), (72, "1 m 12 s"), (3600, "1 h 0 m"), (7500, "2 h 5 m")]
)
def test_durations(seconds: float, text: str):
    assert formatting.took(timedelta(seconds=seconds)) == text


def test_lengths_are_written_as_players_do():
    assert [formatting.clock(seconds) for seconds in (4, 60, 75)] == ["0:04", "1:00", "1:15"]


@pytest.mark.parametrize(
    ("elapsed", "progress", "text"),
    [
        (1, 50, ""),  # too early to say
        (10, 4, ""),  # too little progress
        (10, 80, "a few seconds"),
        (20, 50, "about 20 s"),
        (22, 50, "about 20 s"),
        (43, 44, "about 55 s"),
        (60, 50, "about 1 min"),
        (300, 50, "about 5 min"),
    ],
)
def test_the_rest_is_guessed_from_the_progress(elapsed: float, progress: int, text: str):
    view = _view(Phase.IN_PROGRESS, progress=progress)

    assert formatting.remaining(view, START + timedelta(seconds=elapsed)) == text


def test_nothing_is_guessed_where_the_provider_tells_nothing():
    view = _view(Phase.IN_PROGRESS, progress=50, progress_known=False)

    assert formatting.remaining(view, START + timedelta(minutes=1)) == ""


def test_the_time_before_the_provider_took_it_does_not_count():
    view = _view(Phase.IN_PROGRESS, progress=50, accepted_at=START + timedelta(minutes=10))

    assert formatting.remaining(view, START + timedelta(minutes=10, seconds=20)) == "about 20 s"
