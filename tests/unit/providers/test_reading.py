"""Reading Videos in every dialect that was seen in the wild."""

from datetime import UTC, datetime

import pytest

from sora_studio.domain.facts import Facts
from sora_studio.domain.problem import Problem
from sora_studio.domain.video import Status
from sora_studio.providers.reading.error import RefusedInBody, read_error
from sora_studio.providers.reading.job import read_job, read_new_job
from sora_studio.providers.reading.page import read_page
from sora_studio.providers.wire import (
    MalformedResponse,
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
        ("2025-09-27T02:51:25Z", 1_758_941_485),
        ("2025-09-27T04:51:25+02:00", 1_758_941_485),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
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
            Problem("moderation_blocked", "No."),
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
    "remote_id",
    [None, "", " ", -7, 0, 7.5, True, "x" * 1025, "é" * 513, "a\nb", "a\0b", "\ud800", ".", "..", ["x"]],
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
        {"output": {"video_url": "https://cdn/x.mp4"}},
        {"output": "https://cdn/x.mp4"},
        {"output": ["https://cdn/x.mp4", "https://cdn/y.mp4"]},
        {"video": {"url": "https://cdn/x.mp4"}},
        {"content": {"video_url": "https://cdn/x.mp4"}},
        {"data": {"task_result": {"videos": [{"url": "https://cdn/x.mp4"}]}}},
        {"remixed_from_video_id": "https://cdn/x.mp4"},
        {"urls": [None, "https://cdn/x.mp4"]},
    ],
)
def test_where_the_file_is_said_to_lie(said):
    assert read_job(VIDEO | said, "x").file_url == "https://cdn/x.mp4"


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"url": None},
        {"url": "file:///etc/passwd"},
        {"url": "pending"},
        {"url": "/"},
        {"url": "javascript:alert(1)"},
        {"url": "data:text/html;base64,AAAA"},
        {"url": "https://cdn/" + "x" * 8_192},
        {"output": "outputs/x.mp4"},
        {"urls": []},
        {"urls": {"get": "https://api/x", "cancel": "https://api/x/cancel"}},
        {"data": [{"b64_json": "AAAA"}]},
        {"file_path": "/srv/outputs/x.mp4"},
        {"data": {"data": {"data": {"data": {"url": "https://cdn/x.mp4"}}}}},
    ],
)
def test_what_is_no_address_of_a_file(said):
    assert read_job(VIDEO | said, "x").file_url is None


def test_a_film_in_the_answer_is_one_in_an_address():
    film = "AAAAIGZ0eXBpc29tAAACAGlzb21pc28yYXZjMW1wNDE="
    said = {"data": [{"url": None, "b64_json": film}]}
    assert read_job(VIDEO | said, "x").file_url == f"data:video/mp4;base64,{film}"


@pytest.mark.parametrize(
    "url", ["/files/x.mp4", "outputs/x.mp4", "//cdn/x.mp4", "/x?sig=a%2Fb", "data:video/mp4;base64,AAAA"]
)
def test_a_file_may_be_at_the_server_itself_or_in_the_address(url: str):
    assert read_job(VIDEO | {"url": url}, "x").file_url == url


@pytest.mark.parametrize(
    ("said", "source"),
    [("video_1", "video_1"), ("https://cdn/x.mp4", None), (None, None), ("", None), (7, None)],
)
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
    """OpenRouter's answer, and xAI's, whose only id is the request's."""
    job = read_new_job(
        {"id": "gen-vid-1", "polling_url": "https://x/api/v1/videos/gen-vid-1", "status": "pending"}
    )
    assert (job.remote_id, job.status) == ("gen-vid-1", Status.QUEUED)
    assert read_new_job({"request_id": "1"}).remote_id == "1"


def test_an_error_within_an_error():
    body = VIDEO | {"status": "failed", "error": {"error": {"code": "no_gpu", "message": "No GPU."}}}
    assert read_job(body, "x").problem == Problem("no_gpu", "No GPU.")


NAMED: list[tuple[object, str]] = [
    ({"task_id": "4326"}, "4326"),
    ({"code": "success", "message": "", "data": {"task_id": "t1"}}, "t1"),
    ({"code": 200, "message": "ok", "data": {"task_id": "t1", "status": "submitted"}}, "t1"),
    ({"status": "success", "data": {"id": "t1"}}, "t1"),
    ({"output": {"task_id": "t1", "task_status": "PENDING"}, "request_id": "r1"}, "t1"),
    ({"result": {"videoId": "t1"}}, "t1"),
    ({"data": [{"id": "t1"}]}, "t1"),
    ({"id": 4326, "object": "video"}, "4326"),
    ({"id": None, "video_id": "t1"}, "t1"),
    ({"id": "t1", "object": "generation"}, "t1"),
    ({"id": "t1", "status": "failed", "error": {"message": "No."}}, "t1"),
    ({"id": "t1", "error": {"message": "No."}}, "t1"),
    ({"id": "t1", "code": 0, "message": "ok"}, "t1"),
    ({"request_id": "t1"}, "t1"),
]


@pytest.mark.parametrize(("body", "remote_id"), NAMED)
def test_any_one_id_is_kept(body: object, remote_id: str):
    """What it is called and where it stands does not matter: the job behind it is paid for."""
    job = read_new_job(body)
    assert job.remote_id == remote_id
    assert job.status is not Status.COMPLETED, "an envelope's success is not the job's"


REFUSALS: list[tuple[object, str, str]] = [
    (
        {"error": {"code": "insufficient_quota", "message": "Top up first."}},
        "insufficient_quota",
        "Top up first.",
    ),
    ({"error": "Top up first."}, "", "Top up first."),
    ({"code": "quota", "message": "Top up first.", "data": None}, "quota", "Top up first."),
    ({"code": 1102, "message": "Top up first.", "request_id": "r1"}, "", "Top up first."),
    ({"error": {"message": "Top up first."}, "request_id": "r1"}, "", "Top up first."),
    ({"success": False, "message": "Top up first."}, "", "Top up first."),
    ({"object": "error", "message": "Top up first."}, "", "Top up first."),
    ({"detail": [{"loc": ["body", "size"], "msg": "Bad."}]}, "", "size: Bad."),
    ({"errors": [{"message": "Bad."}, {"message": "Worse."}]}, "", "Bad.; Worse."),
    ({"error": "Bad Request", "message": "Top up first.", "statusCode": 400}, "", "Top up first."),
]


@pytest.mark.parametrize(("body", "code", "message"), REFUSALS)
def test_an_error_that_names_no_job_is_a_refusal(body: object, code: str, message: str):
    for read in (lambda: read_new_job(body), lambda: read_job(body, "x")):
        with pytest.raises(RefusedInBody) as caught:
            read()
        assert (caught.value.said.code, caught.value.said.message) == (code, message)


@pytest.mark.parametrize(
    "body", [{}, {"code": 0, "message": "ok"}, {"message": "Hello."}, {"error": {}}, "<html>"]
)
def test_what_says_neither_yes_nor_no_is_unclear(body: object):
    with pytest.raises(MalformedResponse):
        read_new_job(body)


def test_a_bare_error_status_is_the_requests_and_no_end_of_a_job():
    with pytest.raises(RefusedInBody, match="No route"):
        read_job({"status": "error", "message": "No route.", "code": "no_route"}, "x")
    assert read_job({"id": "x", "status": "error", "message": "OOM."}, "x").status is Status.FAILED


@pytest.mark.parametrize(
    ("text", "message", "code"),
    [
        (
            'litellm.X: Y - {"error": {"message": "No.", "code": "moderation_blocked"}}',
            "No.",
            "moderation_blocked",
        ),
        ("Error code: 400 - {'error': {'message': \"It's no.\", 'code': 'bad'}}", "It's no.", "bad"),
        ('{"message": "{\\"error\\": {\\"message\\": \\"No.\\", \\"code\\": \\"bad\\"}}"}', "No.", "bad"),
        ('cut off: {"error": {"message": "No.", "code": "bad", "par', "No.", "bad"),
        ('"No."', "No.", ""),
        ("The size {1280x720} is not made.", "The size {1280x720} is not made.", ""),
        ("{" * 100_000, "{" * 40_000, ""),
    ],
)
def test_the_innermost_message_is_found(text: str, message: str, code: str):
    """LiteLLM's moderation refusal: the words that count are JSON in a sentence."""
    for error in (text, {"message": text}, {"error": {"message": text, "code": "400"}}):
        said = read_error(error)
        assert (said.message, said.code) == (message, code)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"status": "done", "video": {"url": "https://cdn/x.mp4", "id": "asset"}}, Status.COMPLETED),
        ({"video": {"url": "https://cdn/x.mp4"}}, Status.COMPLETED),
        ({"output": {"task_id": "t", "task_status": "RUNNING"}, "request_id": "r"}, Status.IN_PROGRESS),
        ({"code": 0, "data": {"task_id": "t", "task_status": "succeed"}}, Status.COMPLETED),
        ({"status": "success", "data": {"id": "t"}}, None),
        ({"state": "SUCCEEDED", "id": "t"}, Status.COMPLETED),
    ],
)
def test_where_a_job_says_how_it_goes(body: object, status: Status | None):
    assert read_job(body, "x").status is status


@pytest.mark.parametrize(
    "body",
    [
        [VIDEO],
        {"videos": [VIDEO]},
        {"data": {"items": [VIDEO], "has_more": False}},
        {"data": [VIDEO, {"id": "gpt", "object": "model"}, {"error": "No."}]},
    ],
)
def test_lists_by_other_names(body: object):
    assert [job.remote_id for job in read_page(body, 100).jobs] == [VIDEO["id"]]


@pytest.mark.parametrize(
    ("said", "facts"),
    [
        ({"revised_prompt": "A dog, at dusk."}, Facts(revised_prompt="A dog, at dusk.")),
        ({"seed": 42}, Facts(seed=42)),
        ({"seed": [7, 8]}, Facts(seed=7)),
        ({"seed": "42"}, Facts(seed=42)),
        (
            {"inference_time_s": 12.5, "peak_memory_mb": 24_000.0},
            Facts(inference_seconds=12.5, peak_memory_mb=24_000.0),
        ),
        ({"peak_memory_mb": 0.0, "inference_time_s": None}, Facts()),
        ({"cost": 0.4}, Facts(cost_micros=400_000)),
        ({"usage": {"cost": "0.25"}}, Facts(cost_micros=250_000)),
        ({"usage": {"cost_in_usd_ticks": 4_000_000_000}}, Facts(cost_micros=400_000)),
        ({"costInUsdTicks": 400_000_000}, Facts(cost_micros=40_000)),
        ({"seed": -1, "cost": "much", "usage": [1], "revised_prompt": 7}, Facts()),
        ({"seed": True, "cost": -1}, Facts()),
    ],
)
def test_what_is_told_of_a_rendering(said: dict[str, object], facts: Facts):
    assert read_job(VIDEO | said, "x").facts == facts
