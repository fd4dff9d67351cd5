"""Extensions: a video that goes on where it ended. The limits are the API's own, whatever the model."""

from sora_studio.domain.errors import InvalidInput

ADDED = (4, 8, 12, 16, 20)
"""Seconds that one extension may add."""

TOTAL_MAX = 120
"""Seconds of a video with everything that was added to it."""

MOST = 6
"""Extensions in a line of ancestors, the new one included."""


def lengths(seconds: str, before: int) -> tuple[int, ...]:
    """Return how many seconds may be added, shortest first; none: it cannot go on any more.

    Args:
        seconds: Of the video that goes on.
        before: Extensions among it and its ancestors.
    """
    if before >= MOST:
        return ()
    return tuple(added for added in ADDED if int(seconds) + added <= TOTAL_MAX)


def check_added(added: str, seconds: str, before: int) -> int:
    """Read how many seconds are to be added to a video.

    Raises:
        InvalidInput: Not a length that can be added, or one too many.
    """
    possible = lengths(seconds, before)
    if before >= MOST:
        message = f"This video has been extended {before} times; {MOST} is the most."
        raise InvalidInput(message, "video")
    if added not in map(str, ADDED):
        message = f"An extension adds {', '.join(map(str, ADDED))} seconds, not {added[:40]!r}."
        raise InvalidInput(message, "seconds")
    if int(added) not in possible:
        message = f"With {added} more seconds it would be longer than {TOTAL_MAX} seconds, which is the most."
        raise InvalidInput(message, "seconds")
    return int(added)
