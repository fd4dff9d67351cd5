"""The words for a video in every phase and for every reason: what happens, what it cost, what to do."""

from datetime import timedelta
from typing import Any

import pytest

from sora_studio.domain.ids import new_id
from sora_studio.domain.problem import Problem
from sora_studio.domain.video import Phase, VideoView
from sora_studio.ui import status_text
from tests.support.fakes import START, FakeVideos

TAKEN = {"charges": 1}
UNCLEAR = {"unclear": 1}
SENT = UNCLEAR | {"sent": True}  # its POST has begun
WHY = "So"
WISH = "Your request is stored and on its way to the provider."
IF_TAKEN = "You are charged only if the provider accepts it."
IF_IT_TOOK = "You are charged only if the provider accepted it without saying so."
FOR_EACH = "You are charged for each attempt that the provider accepts."
ANOTHER = "Another attempt may be charged, too."
UNKNOWN = "Whether you were charged is not known."
CHARGES = (IF_TAKEN, IF_IT_TOOK, FOR_EACH, ANOTHER, UNKNOWN, "not charged", "Nothing", "twice", "It cost")


def _view(phase: Phase, code: str = "", *, message: str = WHY, **more: Any) -> VideoView:
    problem = Problem(code, message) if code else None
    return FakeVideos().add(new_id(), phase=phase, problem=problem, **more)


ROWS = [
    (Phase.SUBMITTING, "", {}, "Sending",
     f"{WISH} {IF_TAKEN}"),
    (Phase.SUBMITTING, "no_place", {}, "Waiting for a free slot",
     f"So. Your request is sent as soon as a slot is free. {IF_TAKEN}"),
    (Phase.SUBMITTING, "provider_busy", {}, "Waiting",
     f"The provider is busy: So. Your request is sent as soon as it is free. {IF_TAKEN}"),
    (Phase.SUBMITTING, "provider_unreachable", {}, "Waiting",
     f"So. Your request is sent as soon as the provider answers. {IF_TAKEN}"),
    (Phase.SUBMITTING, "no_room", {}, "Waiting",
     f"The disk is full: So. Your request is sent as soon as there is space. {IF_TAKEN}"),
    (Phase.SUBMITTING, "news", {}, "Waiting",
     f"Your request has not been sent yet: So. We keep trying. {IF_TAKEN}"),
    (Phase.SUBMITTING, "", SENT, "Sending", f"{WISH} {IF_TAKEN}"),
    (Phase.SUBMITTING, "provider_busy", SENT, "Sending", f"{WISH} {IF_TAKEN}"),
    (Phase.SUBMITTING, "", {"provider": "sandbox"}, "Sending", f"{WISH} Nothing has been charged."),
    (Phase.SUBMIT_UNKNOWN, "", {}, "Checking",
     ("The server did not answer; we are checking whether it accepted the job. "
      "You have not been charged twice.")),
    (Phase.SUBMIT_UNKNOWN, "news", {}, "Checking",
     ("The provider answered “So.” We are checking whether it accepted the job. "
      "You have not been charged twice.")),
    (Phase.QUEUED, "", TAKEN, "In the queue",
     "The provider has accepted the job and will start it soon. It costs $0.40."),
    (Phase.QUEUED, "news", TAKEN, "In the queue",
     "The provider has the job, but its status cannot be read: So. We keep checking. It costs $0.40."),
    (Phase.QUEUED, "", TAKEN | {"remote_status": "warming"}, "In the queue",
     "The provider reports the status “warming”. We keep checking. It costs $0.40."),
    (Phase.IN_PROGRESS, "", TAKEN, "Rendering", "The provider is rendering your video. It costs $0.40."),
    (Phase.IN_PROGRESS, "", TAKEN | {"provider": "sandbox"}, "Rendering",
     "The sandbox is drawing your video. The sandbox counts $0.40 and charges nothing."),
    (Phase.IN_PROGRESS, "news", TAKEN | {"provider": "sandbox"}, "Rendering",
     ("The provider has the job, but its status cannot be read: So. We keep checking. "
      "The sandbox counts $0.40 and charges nothing.")),
    (Phase.IN_PROGRESS, "", TAKEN | {"remote_status": "warming"}, "Rendering",
     "The provider reports the status “warming”. We keep checking. It costs $0.40."),
    (Phase.SAVING, "", TAKEN, "Saving",
     "Rendered. The file is being copied into your library. It costs $0.40."),
    (Phase.SAVING, "saving_delayed", TAKEN, "Not saved yet",
     "Rendered, but not saved yet: So. We keep trying. It costs $0.40."),
    (Phase.SAVING, "no_room", TAKEN, "Not saved yet",
     ("Rendered, but not saved yet: So. We keep trying. It costs $0.40. "
      "Tell the person who runs this studio.")),
    (Phase.COMPLETED, "", TAKEN, "Ready", "Ready, and kept in your library. It cost $0.40."),
    (Phase.NEEDS_ATTENTION, "submit_unknown", UNCLEAR, "Decision needed",
     ("So. Whether you were charged is not known. "
      "Check again; or submit it again, which costs again if it accepted this one; or give up.")),
    (Phase.NEEDS_ATTENTION, "not_saved", TAKEN, "Decision needed",
     "So. It costs $0.40. Check again, or give up."),
    (Phase.NEEDS_ATTENTION, "no_end", TAKEN, "Decision needed",
     "So. It costs $0.40. Check again, or give up."),
    (Phase.NEEDS_ATTENTION, "lost_at_provider", TAKEN, "Decision needed",
     "So. It costs $0.40. We keep checking, and save it if it turns up. Or give up."),
    (Phase.IN_PROGRESS, "provider_elsewhere", TAKEN, "Rendering",
     "So. It goes on when that server is set up again. It costs $0.40."),
    (Phase.FAILED, "moderation_blocked", {}, "Refused",
     ("Refused by the provider's moderation: “So.” You were not charged. "
      "Edit the prompt and submit it again.")),
    (Phase.FAILED, "lost_at_provider", TAKEN, "Lost",
     "So. It cost $0.40. Check again whether it is there after all; submitting it again costs again."),
    (Phase.FAILED, "content_unavailable", TAKEN, "Lost",
     "So. It cost $0.40. Check again whether it is there after all; submitting it again costs again."),
    (Phase.FAILED, "expired", {}, "Expired",
     "So. You were not charged. You can submit it again."),
    (Phase.FAILED, "cancelled", {}, "Cancelled",
     "So. You were not charged. You can submit it again."),
    (Phase.FAILED, "given_up", TAKEN, "Given up", "So. It cost $0.40."),
    (Phase.FAILED, "given_up", UNCLEAR, "Given up", f"So. {IF_IT_TOOK}"),
    (Phase.FAILED, "given_up", UNCLEAR | {"provider": "sandbox"}, "Given up", "So. You were not charged."),
    (Phase.FAILED, "provider_retired", {}, "Failed", "So. You were not charged."),
    (Phase.FAILED, "provider_missing", {}, "Failed",
     "So. You were not charged. Tell the person who runs this studio."),
    (Phase.FAILED, "invalid_api_key", {}, "Failed",
     ("The provider refused the studio itself: So. You were not charged. "
      "Tell the person who runs this studio.")),
    (Phase.FAILED, "insufficient_quota", {}, "Failed",
     ("The provider refused the studio itself: So. You were not charged. "
      "Tell the person who runs this studio.")),
    (Phase.FAILED, "server_error", TAKEN, "Failed",
     "So. It cost $0.40. You can submit it again."),
    (Phase.FAILED, "", {}, "Failed",
     "The provider gave no reason. You were not charged. You can submit it again."),
]  # fmt: skip


@pytest.mark.parametrize(("phase", "code", "more", "word", "sentence"), ROWS)
def test_every_situation_has_its_words(
    phase: Phase, code: str, more: dict[str, Any], word: str, sentence: str
):
    view = _view(phase, code, **more)

    assert (status_text.word(view), status_text.sentence(view)) == (word, sentence)


@pytest.mark.parametrize(
    ("phase", "code", "more", "charge"),
    [
        (Phase.SUBMITTING, "", {"unclear": 1}, FOR_EACH),
        (Phase.SUBMITTING, "", {"unclear": 2, "sent": True}, FOR_EACH),
        (Phase.SUBMITTING, "", {"charges": 1}, f"It costs $0.40. {ANOTHER}"),
        (Phase.SUBMIT_UNKNOWN, "", {"unclear": 2}, FOR_EACH),
        (Phase.SUBMIT_UNKNOWN, "", {"charges": 1, "unclear": 1}, f"It costs $0.40. {ANOTHER}"),
        (Phase.IN_PROGRESS, "", {"charges": 1, "unclear": 1}, f"It costs $0.40. {ANOTHER}"),
        (Phase.IN_PROGRESS, "", {"charges": 2}, "It costs $0.80."),
        (Phase.COMPLETED, "", {"charges": 1, "unclear": 1}, f"It cost $0.40. {ANOTHER}"),
        (Phase.NEEDS_ATTENTION, "submit_unknown", {"unclear": 2}, UNKNOWN),
        (Phase.FAILED, "moderation_blocked", {"unclear": 1}, IF_IT_TOOK),
        (Phase.FAILED, "moderation_blocked", {"charges": 1}, "It cost $0.40."),
        (Phase.FAILED, "given_up", {"charges": 1, "unclear": 1}, f"It cost $0.40. {ANOTHER}"),
    ],
)
def test_the_charge_of_a_video_that_was_sent_again(
    phase: Phase, code: str, more: dict[str, Any], charge: str
):
    """Every attempt counts, and no more is said than is known."""
    sentence = status_text.sentence(_view(phase, code, **more))

    assert charge in sentence
    assert [words for words in CHARGES if words in sentence] == [
        words for words in CHARGES if words in charge
    ]


def test_every_phase_is_told():
    assert {row[0] for row in ROWS} == set(Phase)


@pytest.mark.parametrize("words", ["{0.__class__}", "{reason} {", "No. Never!", "50 % of {charge}…"])
def test_the_providers_words_are_told_verbatim(words: str):
    assert words in status_text.sentence(_view(Phase.FAILED, "server_error", message=words))


def test_words_from_right_to_left_do_not_turn_ours_around():
    view = _view(Phase.FAILED, "server_error", message="خطأ 500")

    assert status_text.sentence(view).startswith("\u2068خطأ 500.\u2069 You were")


@pytest.mark.parametrize(
    ("phase", "code", "brief"),
    [
        (Phase.FAILED, "server_error", f"{WHY}."),
        (Phase.NEEDS_ATTENTION, "submit_unknown", f"{WHY}."),
        (Phase.FAILED, "moderation_blocked", f"The provider says: “{WHY}.”"),
        (Phase.NEEDS_ATTENTION, "not_saved", f"{WHY}."),
        (Phase.SAVING, "saving_delayed", ""),
        (Phase.COMPLETED, "", ""),
    ],
)
def test_what_a_tile_has_room_for(phase: Phase, code: str, brief: str):
    assert status_text.brief(_view(phase, code)) == brief


@pytest.mark.parametrize(
    ("micros", "charge"),
    [(400_000, "It cost $0.40."), (0, "It is free."), (None, "What it cost is not known.")],
)
def test_what_a_video_has_cost(micros: int | None, charge: str):
    assert charge in status_text.sentence(_view(Phase.COMPLETED, price_micros=micros))


@pytest.mark.parametrize(
    ("phase", "more", "cost"),
    [
        (Phase.FAILED, TAKEN, "$0.40"),
        (Phase.FAILED, {}, "not charged"),
        (Phase.FAILED, UNCLEAR, "may be charged"),
        (Phase.FAILED, UNCLEAR | {"provider": "sandbox"}, "not charged"),
        (Phase.FAILED, UNCLEAR | {"price_micros": 0}, "not charged"),
        (Phase.SUBMITTING, {}, "$0.40"),
        (Phase.SUBMITTING, TAKEN, "$0.40 or more"),
        (Phase.COMPLETED, {"charges": 2}, "$0.80"),
        (Phase.COMPLETED, TAKEN | UNCLEAR, "$0.40 or more"),
        (Phase.COMPLETED, TAKEN | UNCLEAR | {"price_micros": None}, "price unknown"),
    ],
)
def test_the_cost_among_the_facts(phase: Phase, more: dict[str, Any], cost: str):
    assert status_text.cost(_view(phase, **more)) == cost


@pytest.mark.parametrize(
    ("phase", "code", "counts"),
    [
        (Phase.SAVING, "saving_delayed", True),
        (Phase.SAVING, "no_room", True),
        (Phase.SAVING, "", False),
        (Phase.NEEDS_ATTENTION, "not_saved", True),
        (Phase.NEEDS_ATTENTION, "file_too_large", True),
        (Phase.NEEDS_ATTENTION, "no_end", False),
        (Phase.IN_PROGRESS, "news", False),
        (Phase.FAILED, "content_unavailable", False),
    ],
)
def test_time_is_counted_only_for_a_file_that_could_not_be_saved(phase: Phase, code: str, counts: bool):
    until = START + timedelta(minutes=42)

    assert status_text.kept_until(_view(phase, code, expires_at=until)) == (until if counts else None)


def test_the_end_of_jobs_is_said_by_their_titles_or_counted():
    ready, refused = _view(Phase.COMPLETED), _view(Phase.FAILED, "moderation_blocked")
    waiting = _view(Phase.NEEDS_ATTENTION, "submit_unknown")

    assert status_text.announcement([]) == ""
    assert status_text.announcement([ready]) == f"“\u2068{ready.title}\u2069” is ready."
    assert status_text.announcement([refused]).endswith(f": refused. The provider says: “{WHY}.”")
    assert status_text.announcement([ready, ready, refused, waiting]) == (
        "Videos: 2 ready, 1 failed, 1 waiting for your decision."
    )
