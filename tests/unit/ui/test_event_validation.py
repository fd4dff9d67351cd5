"""What handlers get to see of what is sent to them."""

from typing import Any

import pytest
from reflex.event import Event
from reflex.state import State

from sora_studio.ui.event_validation import fits
from sora_studio.ui.pages.create.composer_state import ComposerState
from sora_studio.ui.pages.video.derivations_state import DerivationsState
from sora_studio.ui.pages.video.state import VideoState

STORED = f"{ComposerState.get_full_name()}.last_rx_state_"


def event(state: type[State], handler: str, payload: dict[str, Any]) -> Event:
    return Event(name=f"{state.get_full_name()}.{handler}", payload=payload)


@pytest.mark.parametrize(
    ("state", "handler", "payload"),
    [
        (VideoState, "load", {}),
        (VideoState, "rename", {"video_id": "video_0", "title": "🦊 \u202e\0"}),
        (DerivationsState, "remix", {"data": {"prompt": ["whatever", {"a": None}]}}),
        (ComposerState, "attach", {"file": {"id": "x", "width": 10**30}}),
        (State, "hydrate_and_load", {}),
        (State, "hydrate_and_load", {"vars": None, "hashes": ["a"]}),
        (State, "hydrate_and_load", {"vars": {STORED: "[]"}}),
        (State, "set_is_hydrated", {"value": True}),
    ],
)
def test_what_pages_send_fits(state: type[State], handler: str, payload: dict[str, Any]):
    assert fits(event(state, handler, payload))


@pytest.mark.parametrize(
    ("state", "handler", "payload"),
    [
        (VideoState, "load", {"owner_id": "x"}),
        (VideoState, "load", {"self": None}),
        (VideoState, "rename", {"video_id": "video_0"}),
        (VideoState, "rename", {"video_id": "video_0", "title": None}),
        (VideoState, "rename", {"video_id": "video_0", "title": "half a fox \ud83e"}),
        (DerivationsState, "remix", {"data": ["prompt"]}),
        (DerivationsState, "remix", {"data": {"\ud800": ""}}),
        (VideoState, "setvar", {"var_name": "missing", "value": "x"}),
        (State, "setvar", {"var_name": "is_hydrated", "value": True}),
        (ComposerState, "attach", {"file": ["x"]}),
        (ComposerState, "attach", {"file": "x"}),
        (State, "set_is_hydrated", {"value": 1}),
        (State, "hydrate_and_load", {"vars": {"nowhere.at.all": "x"}}),
        (State, "hydrate_and_load", {"vars": {"": "x"}}),
        (State, "hydrate_and_load", {"vars": {STORED: 1}}),
    ],
)
def test_what_no_page_sends_does_not(state: type[State], handler: str, payload: dict[str, Any]):
    assert not fits(event(state, handler, payload))
