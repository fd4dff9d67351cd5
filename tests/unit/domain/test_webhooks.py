"""Who may tell us that a video has changed."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from sora_studio.domain.errors import InvalidInput, NotAllowed
from sora_studio.domain.webhooks import Delivery, check, key_of, remote_id_of

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
# The example of the Standard Webhooks specification.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"test": 2432232314}'


def sign(secret: str, delivery_id: str, timestamp: str, body: bytes) -> str:
    signed = f"{delivery_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key_of(secret), signed, hashlib.sha256).digest()).decode()


def delivery(*, secret: str = SECRET, at: datetime = NOW, **changed: object) -> Delivery:
    stamp = str(int(at.timestamp()))
    fields = {
        "id": "msg_1",
        "timestamp": stamp,
        "signatures": sign(secret, "msg_1", stamp, BODY),
        "body": BODY,
    }
    return Delivery(**(fields | changed))  # type: ignore[arg-type] -- fields of a table


def test_the_specifications_own_example():
    example = Delivery(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "1614265330",
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        BODY,
    )
    check(example, [key_of(SECRET)], datetime.fromtimestamp(1614265330, UTC))


def test_one_right_signature_and_one_right_key_are_enough():
    other = "whsec_" + base64.b64encode(b"another secret of 24 byte").decode()
    signatures = f"v1,AAAA v2,zzz nonsense {delivery().signatures}"
    check(delivery(signatures=signatures), [key_of(other), key_of(SECRET)], NOW)


@pytest.mark.parametrize(
    "changed",
    [
        {"id": ""},
        {"id": "msg_2"},
        {"id": "x" * 256},
        {"timestamp": ""},
        {"timestamp": "nan"},
        {"timestamp": "-1"},
        {"timestamp": "1e9"},
        {"timestamp": "9" * 30},
        {"timestamp": "²"},
        {"signatures": ""},
        {"signatures": "v1"},
        {"signatures": "v1,"},
        {"signatures": "v1,%%%"},
        {"signatures": "v1,AAAA"},
        {"signatures": delivery().signatures.replace("v1", "v2")},
        {"signatures": delivery().signatures.removeprefix("v1,")},
        {"signatures": delivery().signatures[:-4]},
        {"body": BODY + b" "},
        {"body": b""},
        {"at": NOW - timedelta(seconds=301)},
        {"at": NOW + timedelta(seconds=301)},
        {"secret": "whsec_" + base64.b64encode(b"x" * 24).decode()},
        {"secret": "whsec_"},
    ],
)
def test_everything_else_is_refused(changed: dict[str, object]):
    with pytest.raises(NotAllowed):
        check(delivery(**changed), [key_of(SECRET)], NOW)  # type: ignore[arg-type] -- fields of a table


def test_without_a_key_nothing_is_right():
    with pytest.raises(NotAllowed):
        check(delivery(), [], NOW)


def test_what_an_event_is_about():
    event = b'{"id": "evt_1", "type": "video.completed", "data": {"id": "video_7"}}'
    assert remote_id_of(event) == "video_7"
    for other in (
        b"{}",
        b'{"type": "batch.completed", "data": {"id": "b"}}',
        b'{"type": "video.failed", "data": []}',
    ):
        assert remote_id_of(other) is None
    for broken in (b"", b"[]", b"{", b"\xff", b"[" * 99_999):
        with pytest.raises(InvalidInput):
            remote_id_of(broken)
