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
MOST_EXTENSIONS, LONGEST_SECONDS = 6, 120
LONGEST_NAME, MOST_CHARACTERS = 80, 2
CHARACTER_SECONDS = (2, 4)
LONGEST_PROMPT = 32_000

REFUSED_AT_ONCE = ("forbidden-test", "gore", "beheading", "porn", "pornographic", "nude", "swastika")
"""Words that make a create or remix fail with 400 `moderation_blocked`."""
REFUSED_LATER = (
    "forbidden-late-test",
    "mickey mouse",
    "pikachu",
    "darth vader",
    "spider-man",
    "taylor swift",
)
"""Words that are let in, and make the job itself end as failed with `moderation_blocked`."""
BLOCKED = "moderation_blocked", "Your request was blocked by our moderation system."


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
    if len(prompt) > LONGEST_PROMPT:
        text = (
            f"Invalid 'prompt': string too long. Expected a string with maximum length {LONGEST_PROMPT}, "
            f"but got a string with length {len(prompt)} instead."
        )
        raise ApiError(400, text, "string_above_max_length", "prompt")
    if _mentions(prompt, REFUSED_AT_ONCE):
        code, message = BLOCKED
        raise ApiError(400, message, code)
    return prompt


def check_form(model: object, size: object, seconds: object) -> tuple[str, str, str]:
    """Return an acceptable model, size and length; None means the default.

    Raises:
        ApiError: One of them is unknown, or the model does not offer the size.
    """
    chosen = _one_of("model", model, MODELS, DEFAULT_MODEL)
    return (
        chosen,
        _one_of("size", size, SIZES[chosen], DEFAULT_SIZE),
        _one_of("seconds", seconds, SECONDS, DEFAULT_SECONDS),
    )


def check_extension(seconds: int, more: int, extensions: int) -> int:
    """Return how long a video of `seconds` will be that has been extended so often before.

    Raises:
        ApiError: Too long, or extended too often.
    """
    if extensions >= MOST_EXTENSIONS:
        text = f"A video can be extended at most {MOST_EXTENSIONS} times."
        raise ApiError(400, text, "invalid_value", "video")
    if seconds + more > LONGEST_SECONDS:
        text = (
            f"The extended video would have {seconds + more} seconds; at most {LONGEST_SECONDS} are allowed."
        )
        raise ApiError(400, text, "invalid_value", "seconds")
    return seconds + more


def check_seconds(seconds: object) -> str:
    """Return an acceptable length; None means the default.

    Raises:
        ApiError: It is none.
    """
    return _one_of("seconds", seconds, SECONDS, DEFAULT_SECONDS)


def check_upload(model: object, width: int, height: int, seconds: float) -> tuple[str, str, str]:
    """Return the model, size and length for a film that somebody brings: the offered length next to its own.

    Raises:
        ApiError: The model does not offer its size.
    """
    nearest = min(SECONDS, key=lambda offered: abs(int(offered) - seconds))
    return check_form(model, f"{width}x{height}", nearest)


def refused_later(prompt: str) -> bool:
    """Tell whether moderation will stop this job while it runs."""
    return _mentions(prompt, REFUSED_LATER)


def pixels(size: str) -> tuple[int, int]:
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
    kind = _KINDS.get(type(value).__name__, "null")
    text = f"Invalid type for '{name}': expected a string, but got {kind} instead."
    return ApiError(400, text, "invalid_type", name)


_KINDS = {
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
