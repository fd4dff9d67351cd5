"""The files in the composer's form: what each is for, and how it fits the chosen model. All of it is pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sora_studio.domain.inputs import FRAMES, REFERENCES, SOURCES, Medium, Role, Takes
from sora_studio.domain.video import Size
from sora_studio.ui import formatting

_NAMES = {
    Role.FIRST_FRAME: "First frame",
    Role.LAST_FRAME: "Last frame",
    Role.PICTURE: "Reference image",
    Role.FILM: "Reference video",
    Role.SOUND: "Reference sound",
    Role.EDIT: "Video to edit",
    Role.EXTEND: "Video to extend",
}
_ACCEPTED = {
    Medium.PICTURE: "image/png,image/jpeg,image/webp",
    Medium.FILM: "video/mp4",
    Medium.SOUND: "audio/mpeg,audio/wav",
}
_LARGEST = 100_000.0  # pixels or seconds
_PLURALS = {Medium.PICTURE: "images", Medium.FILM: "videos", Medium.SOUND: "sounds"}


@dataclass(frozen=True)
class Attached:
    """One file of the form, as the browser keeps it."""

    id: str
    role: str
    content_type: str = "image/png"
    width: int = 0
    height: int = 0
    seconds: float = 0.0

    @property
    def medium(self) -> Medium:
        """Return what it is."""
        kind = self.content_type.partition("/")[0]
        return {"video": Medium.FILM, "audio": Medium.SOUND}.get(kind, Medium.PICTURE)


def uploaded(answer: Mapping[str, object]) -> Attached:
    """Read the API's answer to an upload, as a browser hands it on; nonsense is an empty file.

    Who owns it is checked when the wish goes out.
    """
    width, height, seconds = (_number(answer.get(name)) for name in ("width", "height", "seconds"))
    return Attached(
        str(answer.get("id", ""))[:64],
        Role.FIRST_FRAME,
        str(answer.get("content_type", ""))[:40],
        int(width),
        int(height),
        seconds,
    )


def _number(value: object) -> float:
    number = float(value) if isinstance(value, int | float) and abs(value) <= _LARGEST else 0.0
    return max(0.0, number)


@dataclass(frozen=True)
class RoleOption:
    """One of the things that a file may be for."""

    value: str
    text: str


@dataclass(frozen=True)
class InputTile:
    """One file as the form draws it."""

    id: str
    medium: str
    role: str
    name: str
    about: str  # how it fits, or why it does not
    roles: tuple[RoleOption, ...]  # none: there is no choice
    framed: bool = False  # it is cut to the size of the video
    movable: bool = False  # there is one before it of the same role


@dataclass(frozen=True)
class Files:
    """Everything that the form shows of files."""

    tiles: tuple[InputTile, ...] = ()
    sent: str = "[]"  # as the form sends them: `[[role, id], …]`
    most: int = 0  # of those that may be added at a time
    several: bool = False
    accept: str = ""
    words: str = ""  # for the button; none: nothing may be added
    said: str = ""  # what an act on the files came to, for who cannot see it


def shown(files: Sequence[Attached], takes: Takes, model: str, size: str) -> Files:
    """Say what a form shows of its files for a model, and what may be added."""
    media = [medium for medium in Medium if any(role.medium is medium for role in takes)]
    most = sum(takes[role] for role in takes if role not in SOURCES) or min(1, len(takes))
    plural = " or ".join(_PLURALS[medium] for medium in media)
    words = "Add an image" if [*takes] == [Role.FIRST_FRAME] else f"Add {plural}"
    return Files(
        tiles=tuple(_tiles(files, takes, model, size)),
        sent=json.dumps([(each.role, each.id) for each in in_order(files)]),
        most=most,
        several=most > 1,
        accept=",".join(_ACCEPTED[medium] for medium in media),
        words=words if media else "",
    )


def said(files: Files) -> Files:
    """Say aloud what is attached now."""
    words = "; ".join(f"{tile.name}: {tile.about}" for tile in files.tiles)
    return replace(files, said=words or "No files attached.")


def add(files: Sequence[Attached], new: Attached, takes: Takes) -> tuple[Attached, ...]:
    """Put a file into a form, in the first role that has room for it; else in place of the last such file."""
    fitting = [role for role in Role if role.medium is new.medium]
    for role in fitting:
        if sum(each.role == role for each in files) < takes.get(role, 0):
            return (*files, replace(new, role=role))
    taken = [role for role in fitting if role in takes] or fitting
    new = replace(new, role=taken[0])
    others = [each for each in files if each.medium is new.medium]
    if not others:
        return (*files, new)
    return tuple(replace(new, role=others[-1].role) if each is others[-1] else each for each in files)


def assign(files: Sequence[Attached], file_id: str, role: str) -> tuple[Attached, ...]:
    """Give a file another role; one that has a role of which there can be only one changes with it."""
    before = next((each.role for each in files if each.id == file_id), role)
    single = role in FRAMES | SOURCES
    return tuple(
        replace(each, role=role)
        if each.id == file_id
        else replace(each, role=before)
        if single and each.role == role
        else each
        for each in files
    )


def move(files: Sequence[Attached], file_id: str) -> tuple[Attached, ...]:
    """Put a file before the one before it of the same role."""
    order = [*files]
    place = next((place for place, each in enumerate(order) if each.id == file_id), 0)
    before = [other for other in range(place) if order[other].role == order[place].role]
    if before:
        order[before[-1]], order[place] = order[place], order[before[-1]]
    return tuple(order)


def in_order(files: Sequence[Attached]) -> tuple[Attached, ...]:
    """Return files as they are sent: by role, and within one as they were put."""
    roles = [*map(str, Role)]
    return tuple(sorted(files, key=lambda each: roles.index(each.role) if each.role in roles else 0))


def fit(files: Sequence[Attached], takes: Takes) -> tuple[Attached, ...]:
    """Give files whose role a model does not take another one that it does, where there is room."""
    fitted: list[Attached] = []
    for place, each in enumerate(files):
        others = [*fitted, *files[place + 1 :]]
        free = (
            role
            for role in takes
            if role.medium is each.medium and sum(other.role == role for other in others) < takes[role]
        )
        fitted.append(each if each.role in takes else replace(each, role=next(free, each.role)))
    return tuple(fitted)


def source(files: Sequence[Attached], takes: Takes) -> Attached | None:
    """Return the film that is worked on, None when a new video is asked for."""
    return next((each for each in files if each.role in SOURCES and each.role in takes), None)


def _tiles(files: Sequence[Attached], takes: Takes, model: str, size: str) -> list[InputTile]:
    shown: list[InputTile] = []
    for each in in_order(files):
        place = sum(tile.role == each.role for tile in shown)
        options = [role for role in takes if role.medium is each.medium]
        name = _NAMES.get(Role(each.role), "File")
        numbered = each.role in REFERENCES and takes.get(Role(each.role), 0) > 1
        shown.append(
            InputTile(
                each.id,
                each.medium,
                each.role,
                f"{name} {place + 1}" if numbered else name,
                _about(each, takes, model, size, place),
                tuple(RoleOption(role, _NAMES[role]) for role in options) if len(options) > 1 else (),
                framed=each.role in FRAMES,
                movable=place > 0,
            )
        )
    return shown


def _about(file: Attached, takes: Takes, model: str, size: str, place: int) -> str:
    role = Role(file.role)
    if role not in takes:
        return f"{model} takes no {role.spoken}: remove it, or choose another model."
    if place >= takes[role]:
        return f"{model} takes {takes[role]} of these: remove this one."
    if role in FRAMES:
        return fitting(file.width, file.height, size)
    length = f"{file.seconds:.1f} s" if file.seconds else ""
    frame = formatting.frame(f"{file.width}x{file.height}") if file.width else ""
    return ", ".join(filter(None, (frame, length)))


def fitting(width: int, height: int, size: str) -> str:
    """Say what happens to a picture of this many pixels when it fills the frame."""
    frame = Size.parse(size)
    wide, tall = width * frame.height, height * frame.width
    if wide == tall:
        return f"Fits {formatting.frame(size)} exactly."
    if wide > tall:
        return f"Fills {formatting.frame(size)}; {_share(1 - tall / wide)} of its width is cropped."
    return f"Fills {formatting.frame(size)}; {_share(1 - wide / tall)} of its height is cropped."


def _share(part: float) -> str:
    return f"{max(1, round(part * 100))}%"
