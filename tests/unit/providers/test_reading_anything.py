"""Whatever a server writes, it can be read: nothing raises, no id is dropped, no refusal is in doubt."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sora_studio.domain.ports import RemoteJob
from sora_studio.providers.reading import names
from sora_studio.providers.reading.error import RefusedInBody, read_error
from sora_studio.providers.reading.file import read_file_url
from sora_studio.providers.reading.job import read_job, read_new_job
from sora_studio.providers.reading.page import read_page
from sora_studio.providers.wire import Json, MalformedResponse

_IDS = (*names.IDS, *names.TRACE_IDS)
_TELL_ERRORS = {*names.REFUSALS, *names.MESSAGES, *names.CODES, "success", "object"}
_FIELDS = sorted(
    {value for table in vars(names).values() if isinstance(table, tuple) for value in table}
    | {"object", "success", "thumbnail_url", "quality"}
)
_LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**25), 10**25),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(
        [*names.WORDS, "", "video", "45%", "1280x720", "https://cdn/x.mp4", "\0", "\ud800", "1e999"]
    ),
)
_ANYTHING = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_FIELDS), inner, max_size=5),
    max_leaves=8,
)
_BODIES = st.dictionaries(st.sampled_from(_FIELDS), _ANYTHING, max_size=8)
_NO_IDS = st.dictionaries(
    st.sampled_from([name for name in _FIELDS if name not in {*_IDS, *names.WRAPPERS, *_TELL_ERRORS}]),
    _ANYTHING,
    max_size=5,
)
_PLAUSIBLE = st.one_of(
    st.integers(1, 10**18),
    st.text(
        st.characters(min_codepoint=33, max_codepoint=0x2FF, categories=["L", "N"]), min_size=1, max_size=60
    ),
    st.sampled_from(["video_" + "0" * 48, "a/b:c=", "x" * 1024]),
)
_WORDS = st.text(st.characters(categories=["L", "Zs"]), min_size=1, max_size=40).filter(
    lambda text: text.strip().lower() not in names.NO_ERROR
)
_ENVELOPES = (
    lambda words: {"error": {"message": words, "code": "no"}},
    lambda words: {"error": words},
    lambda words: {"error": {"error": {"message": words}}, "request_id": "r1"},
    lambda words: {"code": "no", "message": words, "data": None},
    lambda words: {"detail": words},
    lambda words: {"detail": [{"loc": ["body", "size"], "msg": words}]},
    lambda words: {"errors": [{"message": words}], "data": []},
    lambda words: {"error": {"message": json.dumps({"error": {"message": words, "code": "no"}})}},
)

_cheap = settings(max_examples=40, deadline=None, derandomize=True, database=None)


def read_new(body: object) -> RemoteJob | None:
    """Return the job; None where the answer is in doubt."""
    try:
        return read_new_job(body)
    except MalformedResponse:
        return None


@_cheap
@given(_BODIES | _ANYTHING)
def test_nothing_that_a_server_writes_raises_anything_else(body: object):
    for read in (read_new_job, lambda said: read_job(said, "x"), lambda said: read_page(said, 100)):
        try:
            read(body)
        except (MalformedResponse, RefusedInBody):
            continue
    read_file_url(body)
    assert read_error(body).message.encode() is not None


@_cheap
@given(
    _PLAUSIBLE, st.sampled_from(_IDS), st.sampled_from(["", *names.WRAPPERS]), st.booleans(), _NO_IDS, _NO_IDS
)
def test_no_id_is_dropped_whatever_stands_around_it(
    remote_id: str | int, name: str, wrapper: str, listed: bool, around: Json, beside: Json
):
    """Renamed, as a number, wrapped, in a list, with anything beside and around it."""
    job = {**beside, name: remote_id}
    body = {**around, wrapper: [job] if listed else job} if wrapper else job
    if name in names.TRACE_IDS and "error" in str(body):  # what only names the request is no job then
        return
    found = read_new(body)
    assert found is not None
    assert found.remote_id == str(remote_id)


@_cheap
@given(st.sampled_from(_ENVELOPES), _WORDS, _NO_IDS)
def test_a_refusal_stays_one_whatever_stands_beside_it(envelope, words: str, beside: Json):
    with pytest.raises(RefusedInBody) as caught:
        read_new_job(beside | envelope(words))
    assert words.strip() in caught.value.said.message


@_cheap
@given(st.sampled_from(_ENVELOPES), _WORDS, _PLAUSIBLE, st.sampled_from(names.IDS), _NO_IDS)
def test_an_error_beside_an_id_is_no_refusal(
    envelope, words: str, remote_id: str | int, name: str, beside: Json
):
    """Something was made, and may be paid for: it is looked at, and fails when it is said to have failed."""
    found = read_new(beside | envelope(words) | {name: remote_id})
    assert found is not None
    assert found.remote_id == str(remote_id)


@_cheap
@given(st.sampled_from(_ENVELOPES), _WORDS, st.data())
def test_a_text_that_is_cut_off_anywhere_still_says_something(envelope, words: str, data: st.DataObject):
    text = "litellm.APIError: " + json.dumps(envelope(words))
    cut = text[: data.draw(st.integers(1, len(text)))]
    assert read_error({"error": {"message": cut}}).message
