"""What the composer's form holds beside its text, as the browser keeps it: it outlives this process."""

import json
from dataclasses import asdict, dataclass
from uuid import UUID

NO_PICTURE = ("", 0, 0)
_LONGEST = 10_000  # characters; it comes from a browser


@dataclass(frozen=True)
class KeptForm:
    """The form of one person, filled for one purpose."""

    owner: str  # hexadecimal: nobody else's form is filled with it
    edited: str = ""  # the public id of the video whose wish it was filled with
    choice: tuple[str, str, str] = ("", "", "")  # `provider/model`, size, seconds
    picture: tuple[str, int, int] = NO_PICTURE  # id, width, height
    characters: tuple[str, ...] = ()  # public ids

    def written(self) -> str:
        """Return the text that a browser keeps."""
        return json.dumps(asdict(self))


def read(text: str, owner_id: UUID, edited: str) -> KeptForm | None:
    """Read what a browser has kept; None when it is somebody else's, for another purpose, or nonsense."""
    try:
        kept = json.loads(text) if len(text) <= _LONGEST else {}
        model, size, seconds = map(str, kept["choice"])
        picture_id, width, height = kept["picture"]
        characters = tuple(map(str, kept["characters"]))
        picture = str(picture_id), int(width), int(height)
        form = KeptForm(kept["owner"], kept["edited"], (model, size, seconds), picture, characters)
    except (ValueError, TypeError, KeyError):
        return None
    return form if (form.owner, form.edited) == (owner_id.hex, edited) else None
