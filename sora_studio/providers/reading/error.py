"""What a server says went wrong: its innermost message and its code, out of every envelope seen.

Gateways put the first server's error, code and all, into the text of their own: as JSON, as what Python
prints of a dict, cut off, several times over.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from sora_studio.domain.problem import Problem, ProblemCode
from sora_studio.domain.video import Status
from sora_studio.providers.reading import names
from sora_studio.providers.reading.layers import Layers, is_error
from sora_studio.providers.wire import as_list, as_object, as_text, read_number

_DEEPEST = 8  # errors within errors
_MOST = 10  # of a list
_STARTS = 4  # places in a text at which JSON is looked for
_CODE = re.compile(r"""['"]code['"]\s*:\s*['"]([A-Za-z][\w.-]{2,60})['"]""")
_MESSAGE = re.compile(r"""['"]message['"]\s*:\s*(?:'((?:[^'\\]|\\.)+)'|"((?:[^"\\]|\\.)+)")""")
_WORD = re.compile(r"[A-Za-z][\w.-]{0,99}")
_STATUSES = range(400, 600)

_CANCELLED = Problem(ProblemCode.CANCELLED, "The provider cancelled this video.")
_ENDED = {
    "cancelled": _CANCELLED,
    "canceled": _CANCELLED,
    "expired": Problem(ProblemCode.EXPIRED, "This video expired at the provider."),
    "deleted": Problem(ProblemCode.DELETED, "This video was deleted at the provider."),
}
_SILENT = Problem(ProblemCode.PROVIDER_FAILED, "The provider reported a failure without saying why.")


class RefusedInBody(Exception):
    """An answer with HTTP status 2xx that is an error all the same, and names no job."""

    def __init__(self, said: "Said") -> None:
        """Take what it says."""
        super().__init__(said.message)
        self.said = said


@dataclass(frozen=True)
class Said:
    """What a server said went wrong; a field that it did not say is empty."""

    message: str = ""
    code: str = ""  # a word: numbers say nothing that the HTTP status does not
    kind: str = ""  # a coarser word
    status: int | None = None  # an HTTP status that stands in the place of a code


def read_error(value: object) -> Said:
    """Read an error in any of its shapes: text, object, list, one in another's text."""
    said = _read(value, 0)
    return replace(said, code=names.MODERATED) if said.code.lower() in names.MODERATION else said


def read_problem(layers: Layers, status: Status | None, word: str) -> Problem | None:
    """Read why a job failed; one that failed always has a problem.

    Args:
        layers: The answer.
        status: Where the job is. What may say anything is read only where it has failed.
        word: The server's own word for that, in lower case: `cancelled` is a reason by itself.
    """
    tried = (*names.ERRORS, *names.LATE_ERRORS) if status is Status.FAILED else names.ERRORS
    found = (layer[name] for layer in layers.all for name in tried if name in layer)
    said = next((said for value in found if is_error(value) and _says((said := read_error(value)))), Said())
    silent = _ENDED.get(word, _SILENT)
    if _says(said):
        return Problem(said.code or silent.code, said.message or f"The provider reported {said.code}.")
    return silent if status is Status.FAILED else None


def _says(said: Said) -> bool:
    return bool(said.message or said.code)


def _read(value: object, depth: int) -> Said:
    if depth > _DEEPEST:
        return Said()
    if isinstance(value, str):
        return _of_text(as_text(value).strip(), depth)
    if isinstance(value, list):
        return _joined(_read(each, depth + 1) for each in as_list(value)[:_MOST])
    return _of_object(value, depth)


def _of_object(value: object, depth: int) -> Said:
    """Take the error within, or else the first message; of its codes what the one within does not say."""
    fields = as_object(value)
    within = [fields[name] for name in names.REFUSALS if isinstance(fields.get(name), dict | list)]
    told = [*within, *(fields[name] for name in names.MESSAGES if name in fields)]
    inner = next((said for each in told if _says(said := _read(each, depth + 1))), Said())
    own = [fields[name] for name in names.CODES if name in fields]
    return Said(
        _placed(fields.get("loc"), inner.message),
        inner.code or _first_word(own),
        inner.kind or _first_word(fields[name] for name in names.KINDS if name in fields),
        inner.status or _status(own),
    )


def _of_text(text: str, depth: int) -> Said:
    """Look for JSON in a text; where it is broken, for what would be its message."""
    whole = _decoded(text, 0) if text[:1] in {"[", '"'} else None
    starts = [found.start() for found in re.finditer(r"\{", text)][:_STARTS]
    for inner in [whole, *(_decoded(text, start) for start in starts)]:
        said = _read(inner, depth + 1) if inner is not None else Said()
        if said.message:
            return said
    code, message = _CODE.search(text), _MESSAGE.search(text)
    words = re.sub(r"\\(.)", r"\1", message[1] or message[2]) if message else text
    return Said(words, code[1] if code else "")


def _decoded(text: str, start: int) -> object:
    try:
        return json.JSONDecoder().raw_decode(text, start)[0]
    except (ValueError, RecursionError):
        return None


def _joined(each: Iterable[Said]) -> Said:
    several = [said for said in each if _says(said)]
    lines = "; ".join(said.message for said in several if said.message)
    return replace(several[0], message=lines) if several else Said()


def _placed(place: object, message: str) -> str:
    """Put the field's name before what FastAPI says of it."""
    field = as_list(place)[-1:]
    return f"{as_text(str(field[0]), 80)}: {message}" if field and message else message


def _first_word(values: Iterable[object]) -> str:
    """Return the first code that is a word."""
    words = (as_text(value, 100).strip() for value in values)
    return next((word for word in words if _WORD.fullmatch(word)), "")


def _status(codes: Iterable[object]) -> int | None:
    numbers = (read_number(code) for code in codes)
    return next((int(number) for number in numbers if number is not None and number in _STATUSES), None)
