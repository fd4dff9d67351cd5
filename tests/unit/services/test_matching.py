"""Which listed jobs answer which lost submits, above all where the list tells no prompt."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from sora_studio.domain.job import ClaimedJob
from sora_studio.domain.model_card import Frames, ModelCard
from sora_studio.domain.ports import RemoteJob
from sora_studio.domain.video import Kind, Phase, Status
from sora_studio.services.jobs.matching import match, may_answer

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

JOB = ClaimedJob(
    id=UUID(int=1),
    video_id=UUID(int=2),
    owner_id=UUID(int=3),
    provider="gpu",
    remote_id=None,
    phase=Phase.SUBMIT_UNKNOWN,
    fence=1,
    progress=0,
    failures=0,
    lookups=0,
    created_at=NOW,
    submit_started_at=NOW,
    accepted_at=None,
    rendered_at=None,
    remote_expires_at=None,
    kind=Kind.CREATE,
    prompt="a dog",
    model="wan",
    size="1280x720",
    seconds="4",
    parent_remote_id=None,
    parent_seconds=None,
    characters=(),
    inputs=(),
    now=NOW + MINUTE,
)
MUTE = RemoteJob(
    remote_id="remote-1",
    status=Status.QUEUED,
    status_word="queued",
    progress=0,
    created_at=NOW + timedelta(seconds=2),
    expires_at=None,
    problem=None,
    prompt=None,
    model=None,
    size="1280x720",
    seconds="4",
)
OTHER = replace(JOB, id=UUID(int=9), prompt="a cat")


def test_a_job_without_words_is_adopted_where_it_can_be_nothing_else():
    assert match([JOB], [JOB], [MUTE]) == {JOB.id: MUTE}


@pytest.mark.parametrize(
    "told",
    [
        {"size": None},
        {"size": "720x1280"},
        {"seconds": None},
        {"seconds": "8"},
        {"model": "another"},
        {"created_at": None},
        {"created_at": NOW - timedelta(seconds=30)},
        {"created_at": NOW + 3 * MINUTE},
    ],
    ids=str,
)
def test_one_that_tells_less_or_something_else_is_not(told: dict[str, object]):
    assert match([JOB], [JOB], [replace(MUTE, **told)]) == {}


def test_nor_where_it_may_be_the_answer_to_other_words():
    """Still on its way, undecided, or given up a moment ago: whichever it is, nobody can tell."""
    assert match([JOB], [JOB, OTHER], [MUTE]) == {}
    assert match([JOB, OTHER], [JOB, OTHER], [MUTE, replace(MUTE, remote_id="remote-2")]) == {}


def test_nor_where_only_a_wrong_clock_would_rule_the_other_one_out():
    """By a clock that is a minute slow, another wish's job was made before that was asked for."""
    later = replace(OTHER, submit_started_at=NOW + MINUTE)
    assert match([JOB, later], [JOB, later], [MUTE]) == {}
    much_later = replace(OTHER, submit_started_at=NOW + 3 * MINUTE)
    assert match([JOB, much_later], [JOB, much_later], [MUTE]) == {JOB.id: MUTE}


def test_nor_where_there_are_more_than_were_asked_for():
    """Somebody else uses the server, too."""
    assert match([JOB], [JOB], [MUTE, replace(MUTE, remote_id="remote-2")]) == {}


def test_equal_wishes_without_words_are_interchangeable():
    twin = replace(JOB, id=UUID(int=8))
    pairs = match([JOB, twin], [JOB, twin], [MUTE, replace(MUTE, remote_id="remote-2")])
    assert {remote.remote_id for remote in pairs.values()} == {"remote-1", "remote-2"}


def test_a_wish_of_another_size_is_in_nobodys_way():
    wide = replace(OTHER, size="720x1280")
    assert match([JOB, wide], [JOB, wide], [MUTE]) == {JOB.id: MUTE}


@pytest.mark.parametrize(
    ("told", "adopted"),
    [
        ({"size": "1280x704", "seconds": "5"}, True),
        ({"size": "1280x720", "seconds": "20"}, True),
        ({"size": "1280x720", "seconds": "4"}, False),
        ({"size": "832x480", "seconds": "5"}, False),
    ],
    ids=str,
)
def test_a_job_may_be_listed_by_what_was_sent(told: dict[str, str], adopted: bool):
    """What the model makes of a wish, by its card: the nearest size, and as many frames as it can."""
    card = ModelCard(
        ids=("wan*",),
        label="Wan",
        hint="",
        sizes=("1280x704",),
        seconds=(5,),
        fps=24.0,
        frames=Frames(4, 1, 121, 121),
    )
    wish = replace(JOB, seconds="20")
    remote = replace(MUTE, **told)
    assert match([wish], [wish], [remote], lambda _model: card) == ({wish.id: remote} if adopted else {})


def test_options_change_what_was_sent_and_with_it_the_length():
    """The rate that a person set decides how many seconds the frames are shown as."""
    card = ModelCard(
        ids=("wan*",),
        label="Wan",
        hint="",
        sizes=("1280x720",),
        seconds=(5,),
        fps=16.0,
        frames=Frames(4, 1, 81, 81),
    )
    wish = replace(JOB, seconds="20", options={"fps": 8})
    remote = replace(MUTE, seconds="10")
    assert match([wish], [wish], [remote], lambda _model: card) == {wish.id: remote}


def test_our_own_words_are_never_ruled_out_by_a_clock():
    """It is the clock of the server that made the job, and may be wrong by years: then a person is asked."""
    old = replace(MUTE, prompt=JOB.prompt, created_at=NOW - 60 * 24 * MINUTE)
    assert may_answer(old, JOB)
    assert match([JOB], [JOB], [old]) == {}
    assert not may_answer(replace(old, prompt=None), JOB)
    assert not may_answer(replace(old, prompt="a cat"), JOB)
