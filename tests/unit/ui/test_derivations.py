"""What the video page offers beside a remix, and how it shows the family."""

from dataclasses import replace

from sora_studio.domain.derivations import Derivations, Offer
from sora_studio.domain.ids import new_id
from sora_studio.domain.library import Family
from sora_studio.domain.video import Kind
from sora_studio.ui.pages.video.derivations_state import EXTEND, to_forms
from sora_studio.ui.pages.video.lines import to_generations
from tests.support.fakes import FakeVideos

FOUND = Derivations(
    remix=Offer("fake", 8, 800_000),
    edit=None,
    extensions=(Offer("sandbox", 4, 400_000), Offer("fake", 8, None)),
    character=False,
)


def test_every_length_says_what_it_adds_and_costs():
    forms = to_forms("video_1", FOUND)

    assert [(length.value, length.text) for length in forms.lengths] == [
        ("4 400000", "4 more seconds · $0.40 play\u00a0money"),
        ("8", "8 more seconds · price unknown"),
    ]
    assert (forms.remix.text, forms.remix.quote, forms.edit.text) == ("8 s · $0.80", "800000", "")
    assert (forms.id, forms.character) == ("video_1", False)
    assert (forms.again, forms.draft) == ("", "")


def test_a_wish_that_failed_fills_its_form_again():
    failed = FakeVideos().add(new_id(), "and on", kind=Kind.EXTEND)

    forms = to_forms("video_1", FOUND, failed)

    assert (forms.again, forms.draft) == (EXTEND, "and on")


def test_the_family_is_called_by_what_it_is():
    videos, owner = FakeVideos(), new_id()
    parent = videos.add(owner, "first")
    view = replace(videos.add(owner, "second"), kind=Kind.EXTEND, parent_id=parent.id)
    made = tuple(
        videos.add(owner, kind.value, kind=kind, parent_id=view.id)
        for kind in (Kind.EXTEND, Kind.REMIX, Kind.EDIT, Kind.REMIX)
    )

    family = to_generations(view, Family(parent, made), None)

    assert [(each.heading, len(each.cards)) for each in family] == [
        ("Extension of", 1),
        ("Remixes", 2),
        ("Edits", 1),
        ("Extensions", 1),
    ]
    assert to_generations(parent, Family(None, ()), None) == []
