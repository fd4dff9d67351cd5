"""Reading refusals: whatever the envelope, the provider's own words come out."""

import httpx2
import pytest

from sora_studio.providers.error_body import read_error_body


def refusal(status=400, **answer):
    return read_error_body(httpx2.Response(status, **answer))


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (
            {"error": {"message": "Bad size", "type": "invalid_request_error", "code": "bad_size"}},
            "bad_size",
            "Bad size",
        ),
        (
            {"error": {"message": "Bad size", "type": "invalid_request_error"}},
            "invalid_request_error",
            "Bad size",
        ),
        ({"error": {"message": "Bad size", "code": 400}}, "http_400", "Bad size"),
        ({"error": "Bad size"}, "http_400", "Bad size"),
        ({"error": "Bad size", "code": "bad_size"}, "bad_size", "Bad size"),
        ({"detail": "Bad size"}, "http_400", "Bad size"),
        ({"detail": {"message": "Bad size", "code": "bad_size"}}, "bad_size", "Bad size"),
        (
            {"detail": [{"loc": ["body", "size"], "msg": "bad"}, {"msg": "worse"}]},
            "http_400",
            "size: bad; worse",
        ),
        ({"code": "bad_size", "message": "Bad size", "data": None}, "bad_size", "Bad size"),
        (
            {"error": {"message": 'litellm: {"code": "moderation_blocked"}', "code": "400"}},
            "moderation_blocked",
            None,
        ),
        ({"is_bifrost_error": True, "error": {"message": "Bad size"}}, "http_400", "Bad size"),
        ("Bad size", "http_400", "Bad size"),
        ({}, "http_400", "The provider answered 400 Bad Request."),
        ([], "http_400", "The provider answered 400 Bad Request."),
        ({"error": None}, "http_400", "The provider answered 400 Bad Request."),
        ({"error": {"message": {"text": "no"}}}, "http_400", "The provider answered 400 Bad Request."),
    ],
)
def test_envelopes(body, code, message):
    read = refusal(json=body)
    assert read.code == code
    assert message is None or read.message == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("slow down", "slow down"),
        ("<html><h1>502</h1>", "The provider answered 502 Bad Gateway."),
        ("", "The provider answered 502 Bad Gateway."),
        ("{broken", "The provider answered 502 Bad Gateway."),
        ("[" * 200_000, "The provider answered 502 Bad Gateway."),
        ("x" * 10_000, "x" * 500),
    ],
)
def test_bodies_that_are_no_json(text, message):
    assert refusal(502, text=text).message == message


def test_a_status_without_a_name():
    assert refusal(599).message == "The provider answered 599."


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "2"}, 2),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "-3"}, 0),
        ({"retry-after": "1e300"}, 86_400),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after": "Mon, 23 Nov 2026 12:00:07 GMT", "date": "Mon, 23 Nov 2026 12:00:00 GMT"}, 7),
        ({"retry-after": "Mon, 23 Nov 2020 12:00:00 GMT"}, 0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({}, None),
    ],
)
def test_retry_after(headers, seconds):
    """Dates are read by the server's own clock, so that a wrong clock here does no harm."""
    assert refusal(429, headers=headers).retry_after == seconds
