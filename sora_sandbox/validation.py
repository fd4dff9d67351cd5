"""What the sandbox accepts: models, sizes, lengths, words. Error texts follow the hosted Videos API."""

import re

from sora_sandbox.wire import ApiError

SECONDS = ("4", "8", "12", "16", "20")
SIZES = {
    "sora-2": ("720x1280", "1280x720"),
    "sora-2-pro": ("720x1280", "1280x720", "1024x1792", "1792x1024", "1080x1920", "1920x1080"),
}
MODELS = tuple(SIZES)
DEFAULT_MODEL, DEFAULT_SIZE, DEFAULT_SECONDS = "sora-2", "720x1280", "4"
MAX_PROMPT_LENGTH = 32_000
MAX_EXTENSIONS, MAX_SECONDS = 6, 120
MAX_NAME_LENGTH, MAX_CHARACTERS = 80, 2
CHARACTER_SECONDS = (2, 4)
_TOLERANCE = 0.05
"""Seconds: frames do not end exactly at whole ones."""

BLOCKED_WORDS = ("forbidden-test", "gore", "beheading", "porn", "pornographic", "nude", "swastika")
"""Words that make a create or remix fail with 400 `moderation_blocked`."""
LATE_BLOCKED_WORDS = (
    "forbidden-late-test",
    "mickey mouse",
    "pikachu",
    "darth vader",
    "spider-man",
    "taylor swift",
)
"""Words that are accepted, and make the job itself fail with `moderation_blocked`."""
SLOW_WORDS = ("slow-test",)
"""Words that make the job take at least SLOW_SECONDS, whatever the speed of the sandbox."""
SLOW_SECONDS = 8
MODERATION_BLOCKED = "moderation_blocked", "Your request was blocked by our moderation system."


def check_prompt(prompt: object) -> str:
    """Return an acceptable prompt.

    Raises:
        ApiError: It is missing, no text, empty, too long, or refused by moderation.
    """
    if prompt is None:
        raise ApiError(400, "Missing required parameter: 'prompt'.", "missing_required_parameter", "prompt")
    if not isinstance(prompt, str):
        raise _wrong_type(prompt, "prompt")
    if not prompt:
        text = (
            "Invalid 'prompt': string too short. "
            "Expected a string with minimum length 1, but got an empty string instead."
        )
        raise ApiError(400, text, "string_below_min_length", "prompt")
    if len(prompt) > MAX_PROMPT_LENGTH:
        text = (
            f"Invalid 'prompt': string too long. Expected a string with maximum length {MAX_PROMPT_LENGTH}, "
            f"but got a string with length {len(prompt)} instead."
        )
        raise ApiError(400, text, "string_above_max_length", "prompt")
    if _mentions(prompt, BLOCKED_WORDS):
        code, message = MODERATION_BLOCKED
        raise ApiError(400, message, code)
    return prompt


def check_parameters(model: object, size: object, seconds: object) -> tuple[str, str, str]:
    """Return an acceptable model, size and length; None means the default.

    Raises:
        ApiError: One of them is unknown, or the model does not offer the size.
    """
    chosen = _one_of("model", model, MODELS, DEFAULT_MODEL)
    return chosen, _one_of("size", size, SIZES[chosen], DEFAULT_SIZE), check_seconds(seconds)


def check_seconds(seconds: object) -> str:
    """Return an acceptable length; None means the default.

    Raises:
        ApiError: It is not one of SECONDS.
    """
    return _one_of("seconds", seconds, SECONDS, DEFAULT_SECONDS)


def check_extension(seconds: int, more: int, extensions: int) -> int:
    """Return the length of a video of `seconds` once it is extended by `more`.

    Raises:
        ApiError: That is too long, or the video has been extended too often: `extensions` times.
    """
    if extensions >= MAX_EXTENSIONS:
        text = f"A video can be extended at most {MAX_EXTENSIONS} times."
        raise ApiError(400, text, "invalid_value", "video")
    if seconds + more > MAX_SECONDS:
        text = f"The extended video would be {seconds + more} seconds long; the maximum is {MAX_SECONDS}."
        raise ApiError(400, text, "invalid_value", "seconds")
    return seconds + more


def check_uploaded_film(model: object, width: int, height: int, seconds: float) -> tuple[str, str, str]:
    """Return the model, size and length for an uploaded film; the length is the nearest that is offered.

    Raises:
        ApiError: The model does not offer its size.
    """
    nearest = min(SECONDS, key=lambda offered: abs(int(offered) - seconds))
    return check_parameters(model, f"{width}x{height}", nearest)


def check_character_film(seconds: float) -> None:
    """Refuse a film from which no character can be made.

    Raises:
        ApiError: It is too short or too long.
    """
    least, most = CHARACTER_SECONDS
    if not least - _TOLERANCE <= seconds <= most + _TOLERANCE:
        text = f"A character's video must be {least} to {most} seconds long, not {seconds:.1f}."
        raise ApiError(400, text, "invalid_value", "video")


def is_blocked_later(prompt: str) -> bool:
    """Tell whether moderation will stop this job while it runs."""
    return _mentions(prompt, LATE_BLOCKED_WORDS)


def is_slow(prompt: str) -> bool:
    """Tell whether this job shall take long enough for its progress to be watched."""
    return _mentions(prompt, SLOW_WORDS)


def parse_size(size: str) -> tuple[int, int]:
    """Read "1280x720" as (1280, 720)."""
    width, height = size.split("x")
    return int(width), int(height)


def _one_of(name: str, value: object, known: tuple[str, ...], default: str) -> str:
    if value is None:
        return default
    if not isinstance(value, str):
        raise _wrong_type(value, name)
    if value not in known:
        listed = ", ".join(f"'{item}'" for item in known[:-1]) + f" and '{known[-1]}'"
        raise ApiError(
            400, f"Invalid value: '{value[:64]}'. Supported values are: {listed}.", "invalid_value", name
        )
    return value


def _wrong_type(value: object, name: str) -> ApiError:
    kind = _TYPE_NAMES.get(type(value).__name__, "null")
    text = f"Invalid type for '{name}': expected a string, but got {kind} instead."
    return ApiError(400, text, "invalid_type", name)


_TYPE_NAMES = {
    "bool": "a boolean",
    "int": "an integer",
    "float": "a decimal number",
    "list": "an array",
    "dict": "an object",
    "UploadFile": "a file",
}


def _mentions(prompt: str, words: tuple[str, ...]) -> bool:
    text = " ".join(prompt.lower().split())
    return any(re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text) for word in words)
