"""Reading Videos in every dialect that was seen in the wild."""

from datetime import UTC, datetime

import pytest

from sora_studio.domain.problem import Problem
from sora_studio.domain.video import Status
from sora_studio.providers.wire import (
    MalformedResponse,
    read_job,
    read_new_job,
    read_page,
    read_progress,
    read_seconds,
    read_size,
    read_time,
)

VIDEO = {
    "id": "video_68d7512d07848190b3e45da0ecbebcde004da08e1e0678d5",
    "object": "video",
    "created_at": 1_758_941_485,
    "status": "queued",
    "model": "sora-2",
    "prompt": "a dog",
    "progress": 0,
    "seconds": "4",
    "size": "1280x720",
}


def test_a_plain_video():
    job = read_new_job(VIDEO, "2500")
    assert job.remote_id == VIDEO["id"]
    assert (job.status, job.status_word, job.progress) == (Status.QUEUED, "queued", 0)
    assert job.created_at == datetime(2025, 9, 27, 2, 51, 25, tzinfo=UTC)
    assert (job.prompt, job.model, job.size, job.seconds) == ("a dog", "sora-2", "1280x720", "4")
    assert (job.expires_at, job.problem, job.poll_after) == (None, None, 2.5)


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("queued pending SUBMITTED not_start NOT-START preparing created starting unknown", Status.QUEUED),
        ("in_progress Processing running generating in-progress", Status.IN_PROGRESS),
        ("completed complete succeeded success DONE finished", Status.COMPLETED),
        ("failed failure error cancelled canceled expired deleted", Status.FAILED),
        ("paused post-processing 42", None),
    ],
)
def test_status_words(words, status):
    for word in words.split():
        job = read_job(VIDEO | {"status": word}, "x")
        assert (job.status, job.status_word) == (status, word)


def test_a_status_word_that_is_no_word_is_unknown():
    assert read_job(VIDEO | {"status": None}, "x").status is None
    assert read_job(VIDEO | {"status": ["queued"]}, "x").status is None


def test_the_id_we_asked_with_is_kept():
    """Gateways answer a fetch with another id than the create, one that cannot be fetched again."""
    assert read_job(VIDEO | {"id": "something-else"}, "the-create-id").remote_id == "the-create-id"


@pytest.mark.parametrize(
    ("raw", "progress"),
    [
        (45, 45),
        (45.9, 45),
        ("45", 45),
        ("45%", 45),
        (" 45.5 % ".strip(), 45),
        (150, 100),
        (-1, 0),
        (None, None),
        (True, None),
        ("half", None),
        (float("nan"), None),
        (float("inf"), None),
        ([45], None),
        (10**400, None),
    ],
)
def test_progress(raw, progress):
    assert read_progress(raw) == progress


@pytest.mark.parametrize(
    ("raw", "seconds"),
    [
        (1_758_941_485, 1_758_941_485),
        (1_758_941_485_000, 1_758_941_485),
        ("1758941485", 1_758_941_485),
        (1_758_941_485.7, 1_758_941_485.7),
        (None, None),
        (0, None),
        (-5, None),
        (1970, None),
        ("tomorrow", None),
        ({}, None),
        (1e300, None),
    ],
)
def test_times(raw, seconds):
    """Seconds, milliseconds, fillers such as 0, and garbage."""
    assert read_time(raw) == (None if seconds is None else datetime.fromtimestamp(seconds, UTC))


@pytest.mark.parametrize(
    ("raw", "size"),
    [
        ("1280x720", "1280x720"),
        ("1280X720", "1280x720"),
        ("1280*720", "1280x720"),
        ("1280:720", "1280x720"),
        ("1280 x 720", "1280x720"),
        ("16:9", None),
        ("auto", None),
        ("720P", None),
        (None, None),
        (720, None),
    ],
)
def test_sizes(raw, size):
    assert read_size(raw) == size


@pytest.mark.parametrize(
    ("raw", "seconds"),
    [
        ("4", "4"),
        (4, "4"),
        (4.0, "4"),
        ("4.04", "4"),
        (None, None),
        ("auto", None),
        (-4, None),
        ("1e9", None),
    ],
)
def test_seconds(raw, seconds):
    assert read_seconds(raw) == seconds


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        ({"code": "server_error", "message": "GPU fell off"}, Problem("server_error", "GPU fell off")),
        ({"message": "GPU fell off"}, Problem("provider_failed", "GPU fell off")),
        ({"code": 500, "message": "GPU fell off"}, Problem("provider_failed", "GPU fell off")),
        ("GPU fell off", Problem("provider_failed", "GPU fell off")),
        ({"code": "out_of_memory"}, Problem("out_of_memory", "The provider reported out_of_memory.")),
        ({"code": "sentinel_block", "message": "No."}, Problem("moderation_blocked", "No.")),
        (
            {
                "code": "400",
                "message": 'litellm.X: {"error": {"code": "moderation_blocked", "message": "No."}}',
            },
            Problem(
                "moderation_blocked", 'litellm.X: {"error": {"code": "moderation_blocked", "message": "No."}}'
            ),
        ),
        (None, Problem("provider_failed", "The provider reported a failure without saying why.")),
        ({}, Problem("provider_failed", "The provider reported a failure without saying why.")),
        ([1], Problem("provider_failed", "The provider reported a failure without saying why.")),
    ],
)
def test_problems_of_a_failed_job(error, problem):
    assert read_job(VIDEO | {"status": "failed", "error": error}, "x").problem == problem


@pytest.mark.parametrize(
    ("word", "code"), [("cancelled", "cancelled"), ("Canceled", "cancelled"), ("expired", "expired")]
)
def test_words_that_say_why_it_ended(word, code):
    problem = read_job(VIDEO | {"status": word}, "x").problem
    assert problem is not None
    assert problem.code == code
    assert read_job(VIDEO | {"status": word, "error": {"message": "m"}}, "x").problem == Problem(code, "m")


def test_texts_lose_only_what_cannot_be_stored():
    job = read_job(VIDEO | {"status": "failed", "error": {"message": "a\0b\ud800 <b>é</b>"}}, "x")
    assert job.problem == Problem("provider_failed", "ab <b>é</b>")


@pytest.mark.parametrize(
    "body", [None, "ok", [], {}, {"object": "list", "data": []}, {"id": "x"}, {"object": "image"}]
)
def test_what_is_no_video(body):
    with pytest.raises(MalformedResponse):
        read_job(body, "x")


def test_another_object_with_a_status_is_no_video():
    with pytest.raises(MalformedResponse):
        read_job(VIDEO | {"object": "response"}, "x")


@pytest.mark.parametrize(
    "remote_id", [None, "", 7, "x" * 1025, "é" * 513, "a\nb", "a\0b", "\ud800", ".", "..", ["x"]]
)
def test_a_new_job_needs_an_id_that_can_be_asked_for(remote_id):
    with pytest.raises(MalformedResponse):
        read_new_job(VIDEO | {"id": remote_id})


def test_a_page():
    page = read_page({"data": [VIDEO, VIDEO | {"id": "b"}], "has_more": True, "last_id": "b"}, 100)
    assert [job.remote_id for job in page.jobs] == [VIDEO["id"], "b"]
    assert (page.last_id, page.has_more) == ("b", True)


def test_a_page_without_last_id_goes_on_after_its_last_job():
    page = read_page({"data": [VIDEO, VIDEO | {"id": "b"}], "has_more": True}, 100)
    assert (page.last_id, page.has_more) == ("b", True)


def test_a_full_page_without_has_more_may_be_followed_by_another():
    """FastVideo sends nothing but `data`."""
    assert read_page({"data": [VIDEO]}, 1).has_more is True
    assert read_page({"data": [VIDEO, {"id": 7}]}, 2).has_more is True  # full, too, whatever is in it


def test_a_page_without_has_more_is_the_last_unless_it_is_full():
    assert read_page({"data": [VIDEO]}, 100).has_more is False
    assert read_page({"data": [], "has_more": None}, 100).last_id is None


def test_odd_entries_are_passed_over():
    assert [job.remote_id for job in read_page({"data": [None, 7, {}, VIDEO]}, 100).jobs] == [VIDEO["id"]]


@pytest.mark.parametrize("body", [None, [], {}, {"data": None}, {"data": {"a": 1}}, "<html>"])
def test_what_is_no_list(body):
    with pytest.raises(MalformedResponse):
        read_page(body, 100)


@pytest.mark.parametrize(
    "said",
    [
        {"url": "https://cdn/x.mp4"},
        {"urls": ["https://cdn/x.mp4", "https://cdn/y.mp4"]},
        {"video_url": " https://cdn/x.mp4\n"},
        {"output_url": "https://cdn/x.mp4"},
        {"unsigned_urls": ["https://cdn/x.mp4"]},
        {"data": [{"url": "https://cdn/x.mp4"}]},
        {"metadata": {"url": "https://cdn/x.mp4"}},
        {"url": "", "video_url": "https://cdn/x.mp4"},
    ],
)
def test_where_the_file_is_said_to_lie(said):
    assert read_job(VIDEO | said, "x").file_url == "https://cdn/x.mp4"


@pytest.mark.parametrize(
    "said", [{}, {"url": None}, {"url": "file:///etc/passwd"}, {"urls": []}, {"data": [{"b64_json": "AAAA"}]}]
)
def test_what_is_no_address_of_a_file(said):
    assert read_job(VIDEO | said, "x").file_url is None


@pytest.mark.parametrize(("said", "source"), [("video_1", "video_1"), (None, None), ("", None), (7, None)])
def test_what_it_was_made_from(said: object, source: str | None):
    assert read_job(VIDEO | {"remixed_from_video_id": said}, "x").source == source


def test_completed_with_an_error_has_failed():
    """LiteLLM says so of videos that Veo refused."""
    body = VIDEO | {"status": "completed", "error": {"code": 3, "message": "Unsafe."}}
    job = read_job(body, "x")
    assert (job.status, job.problem) == (Status.FAILED, Problem("provider_failed", "Unsafe."))
    assert read_job(body | {"url": "https://cdn/x.mp4"}, "x").status is Status.COMPLETED
    assert read_job(VIDEO | {"status": "completed", "error": {}}, "x").status is Status.COMPLETED


def test_an_id_may_be_called_task_id_and_a_time_created():
    told = {"task_id": "task_1", "status": "SUBMITTED", "created": 1_758_941_485}
    job = read_new_job(told)
    assert (job.remote_id, job.status) == ("task_1", Status.QUEUED)
    assert job.created_at is not None


def test_another_protocol_is_a_job_where_it_names_one():
    """OpenRouter's answer is one, xAI's is none."""
    job = read_new_job(
        {"id": "gen-vid-1", "polling_url": "https://x/api/v1/videos/gen-vid-1", "status": "pending"}
    )
    assert (job.remote_id, job.status) == ("gen-vid-1", Status.QUEUED)
    with pytest.raises(MalformedResponse):
        read_new_job({"request_id": "1"})


def test_an_error_within_an_error():
    body = VIDEO | {"status": "failed", "error": {"error": {"code": "no_gpu", "message": "No GPU."}}}
    assert read_job(body, "x").problem == Problem("no_gpu", "No GPU.")
