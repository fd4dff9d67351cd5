"""What happens too often is said once and counted."""

from structlog.testing import capture_logs

from sora_studio.security_log import SecurityLog
from tests.support.waiting import eventually


async def test_the_first_is_said_at_once_and_the_others_with_a_count():
    security_log = SecurityLog(every=0.05)
    with capture_logs() as log:
        for number in range(585):
            security_log.note("foreign_origin", "refused", address=f"192.0.2.{number}")
        security_log.note("unknown_id", "refused", who="ada")
        assert [(line["act"], line["count"]) for line in log] == [("foreign_origin", 1), ("unknown_id", 1)]
        assert log[0]["address"] == "192.0.2.0"
        await eventually(lambda: len(log) > 2)
        assert [(line["act"], line["count"]) for line in log[2:]] == [("foreign_origin", 584)]
        security_log.note("foreign_origin", "refused")
        assert log[-1]["count"] == 1  # another minute


async def test_people_are_counted_apart_until_they_are_too_many():
    security_log = SecurityLog(every=0.05)
    with capture_logs() as log:
        for number in range(3_000):
            security_log.note("unknown_id", "refused", who=str(number % 1_500))
        assert len(log) == 1_001
