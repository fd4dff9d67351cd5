"""Parts of the composer's form, as its State holds them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Character:
    """Somebody or something that can be named in the prompt."""

    id: str  # public
    name: str
    provider: str


@dataclass(frozen=True)
class Draft:
    """A wish put into the form from elsewhere; another key draws it anew."""

    text: str = ""
    key: str = ""  # the public id of the video whose wish it is
    characters: tuple[str, ...] = ()  # the public ids of those that are chosen


@dataclass(frozen=True)
class Answer:
    """What became of a click, told to the tile that stood in for it."""

    key: str = ""
    accepted: bool = False
    id: str = ""  # as one key may be answered several times
