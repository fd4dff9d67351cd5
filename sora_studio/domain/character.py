"""Characters: somebody or something made at a provider from a short film, to appear in videos by name."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sora_studio.domain.errors import InvalidInput
from sora_studio.domain.media import MediaFacts
from sora_studio.domain.text import check_storable, is_blank
from sora_studio.domain.video import Size

NAME_MAX = 80  # characters, from the API's own limit
MOST = 2
"""Characters in one video."""

_SHORTEST, _LONGEST = 2, 4  # seconds
_TOLERANCE = 0.1  # seconds: encoders round to whole pictures
_SIDES = range(720, 1081)  # pixels, the shorter side
_WIDE, _TOO_FAR = 16 / 9, 0.02


@dataclass(frozen=True)
class CharacterView:
    """One character as its owner sees it."""

    id: UUID
    provider: str
    remote_id: str
    name: str
    created_at: datetime


def clean_name(text: str) -> str:
    """Return a name as it will be written in prompts.

    Raises:
        InvalidInput: Nothing to be seen, or longer than 80 characters.
    """
    check_storable(text, "name")
    name = " ".join(text.split())
    if is_blank(name) or len(name) > NAME_MAX:
        message = f"A character's name must have 1 to {NAME_MAX} characters."
        raise InvalidInput(message, "name")
    return name


def check_film(facts: MediaFacts) -> None:
    """Make sure that a film is what a character can be made from.

    Raises:
        InvalidInput: Too short or long, too small or large, or another shape.
    """
    if not fits(Size(facts.width, facts.height), facts.seconds):
        wanted = f"{_SHORTEST} to {_LONGEST} seconds, 16:9 or 9:16, 720p to 1080p"
        has = f"{facts.seconds:.1f} seconds, {facts.width}x{facts.height}"
        message = f"A character is made from a video of {wanted}; this one has {has}."
        raise InvalidInput(message, "video", "invalid_file")


def fits(size: Size, seconds: float) -> bool:
    """Tell whether a film of this size and length can become a character."""
    shorter, longer = sorted((size.width, size.height))
    return (
        _SHORTEST - _TOLERANCE <= seconds <= _LONGEST + _TOLERANCE
        and shorter in _SIDES
        and abs(longer / shorter - _WIDE) < _TOO_FAR
    )


def check_cast(characters: Sequence[CharacterView], prompt: str, provider: str) -> None:
    """Make sure that characters can appear in a video.

    Raises:
        InvalidInput: Too many, of another provider, or not named in the prompt.
    """
    message = ""
    if len(characters) > MOST:
        message = f"A video has at most {MOST} characters."
    for character in characters:
        if character.provider != provider:
            message = f"{character.name} was made at another provider and can appear only there."
        elif character.name not in prompt:
            message = f"Name every character in the prompt: “{character.name}” is not in it."
    if message:
        raise InvalidInput(message, "characters")
