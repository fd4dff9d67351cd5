"""Errors, reported to Sentry or what speaks its protocol: what failed, where, and its ids in the log.

No text of anybody's leaves the studio with them. A report has the type of an error, the places in our code
and the name of the event; the words of an error, local variables, requests and everything else that may
repeat a prompt, a name or a secret stay in the log. Nothing of the SDK is installed into the program: it
hears what the log hands on, and only that.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sentry_sdk import Client
    from sentry_sdk.types import Event

_IDS = ("request_id", "reference", "task", "video_id", "job_id", "provider")
_PLAIN = re.compile(r"[\w.:-]{1,200}")
_PATIENCE = 2.0  # seconds for what is on its way when the studio ends


class ErrorReports:
    """Sends reports from a thread of its own; one that cannot be sent is dropped."""

    def __init__(self, dsn: str, release: str) -> None:
        """Send nothing yet.

        Args:
            dsn: The address of the project.
            release: Which version and build this is.
        """
        self._client = _client(dsn, release)

    def send(self, name: str, error: BaseException | None, fields: Mapping[str, Any]) -> None:
        """Report that something went wrong.

        Args:
            name: Of the event, or who says so: our own word.
            error: What was raised, if anything was.
            fields: What is known besides; ids are sent along.
        """
        from sentry_sdk.utils import event_from_exception

        event: Event = {"level": "error", "message": name}
        if error is not None:
            event, _ = event_from_exception(error, self._client.options)
        event["logger"] = name
        event["tags"] = {
            key: text for key in _IDS if (text := str(fields.get(key, ""))) and _PLAIN.fullmatch(text)
        } | {"event": name}
        self._client.capture_event(event)

    def close(self) -> None:
        """Send what is on its way, for a moment, and nothing after it."""
        self._client.close(timeout=_PATIENCE)


def _client(dsn: str, release: str) -> "Client":
    from sentry_sdk import Client

    return Client(
        dsn,
        release=release,
        integrations=[],
        default_integrations=False,  # they would take requests, arguments and the whole log along
        auto_enabling_integrations=False,
        auto_session_tracking=False,
        send_client_reports=False,
        include_local_variables=False,
        include_source_context=False,
        server_name="",
        max_request_body_size="never",
        max_breadcrumbs=0,
        enable_backpressure_handling=False,
        enable_metrics=False,
        before_send=_without_words,
        shutdown_timeout=_PATIENCE,
    )


def _without_words(event: "Event", _hint: object) -> "Event":
    """Take the words of errors out: they may be anybody's."""
    for value in event.get("exception", {}).get("values", []):
        value["value"] = ""
    return event
