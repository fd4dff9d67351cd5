"""The lines of a video's activity."""

from datetime import timedelta

import pytest

from sora_studio.domain.activity import Activity, ActivityKind
from sora_studio.domain.ids import new_id
from sora_studio.ui.pages.video.activity_lines import Line, to_lines
from tests.support.fakes import START, FakeVideos


def test_the_line_begins_with_the_wish():
    view = FakeVideos().add(new_id())

    assert to_lines(view, []) == [Line("2026-11-01T12:00:00.000+00:00", "Requested")]


@pytest.mark.parametrize("kind", ActivityKind)
def test_every_kind_has_words(kind: ActivityKind):
    view = FakeVideos().add(new_id())
    late = START + timedelta(seconds=1.5)

    line = to_lines(view, [Activity(late, kind, "502 <b>")])[-1]

    assert (line.at, line.note) == ("2026-11-01T12:00:01.500+00:00", "502 <b>")
    assert line.text
