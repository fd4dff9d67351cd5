"""Where in an answer the job is: at the top, or one level down in one of the wrappers."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sora_studio.providers.reading import names
from sora_studio.providers.wire import Json, as_list, as_object, read_id

T = TypeVar("T")


@dataclass(frozen=True)
class Layers:
    """The objects of an answer in which a job's fields may be: the one that names it first."""

    job: Json
    rest: Sequence[Json]  # the outermost first
    remote_id: str | None
    is_wrapped: bool  # the job is inside, and what stands outside may speak of the request

    @property
    def all(self) -> tuple[Json, ...]:
        """Return the layers in the order in which they are asked."""
        return (self.job, *self.rest)

    def first(self, fields: Sequence[str], read: Callable[[object], T | None]) -> T | None:
        """Return the first value under one of the names that can be read, of the job's own layer first."""
        return first(self.all, fields, read)


def layers_of(body: object) -> Layers:
    """Find the job in an answer, of several the first; one that is no object has an empty one."""
    outer = _only(body)
    found = [outer, *(layer for name in names.WRAPPERS if (layer := _only(outer.get(name))))]
    for tried in (names.IDS, names.TRACE_IDS):
        if tried is names.TRACE_IDS and says_no(body):
            break
        for place, layer in enumerate(found):
            remote_id = first((layer,), tried, read_id)
            if remote_id is not None:
                return Layers(layer, [*found[:place], *found[place + 1 :]], remote_id, is_wrapped=place > 0)
    place = next((place for place, layer in enumerate(found) if _has_status(layer)), 0)
    return Layers(found[place], [*found[:place], *found[place + 1 :]], None, is_wrapped=place > 0)


def first(layers: Iterable[Json], fields: Sequence[str], read: Callable[[object], T | None]) -> T | None:
    """Return the first value in the layers under one of the names that can be read."""
    for layer in layers:
        for name in fields:
            if name in layer:
                value = read(layer[name])
                if value is not None:
                    return value
    return None


def says_no(body: object) -> bool:
    """Tell whether an answer is the request's error: an error object, or an envelope's code and message."""
    outer = as_object(body)
    return any(is_error(outer.get(name)) for name in names.REFUSALS) or _is_error_envelope(outer)


def is_error(value: object) -> bool:
    """Tell whether a field for errors holds one: `null`, an empty one and `{"code": 0}` are none."""
    if isinstance(value, str):
        return value.strip().lower() not in names.NO_ERROR
    if isinstance(value, list):
        return any(map(is_error, as_list(value)))
    fields = as_object(value)
    told = [fields[name] for name in (*names.MESSAGES, *names.CODES, *names.KINDS) if name in fields]
    return any(map(_is_told, told)) and not _is_well(fields)


def _is_error_envelope(outer: Json) -> bool:
    """Tell whether `{code, message}` or `{success: false, message}` refuses."""
    if not any(isinstance(outer.get(name), str) and outer[name] for name in names.MESSAGES):
        return False
    codes = [outer[name] for name in names.CODES if _is_told(outer.get(name))]
    return (
        outer.get("success") is False or outer.get("object") == "error" or bool(codes and not _is_well(outer))
    )


def _is_well(fields: Json) -> bool:
    """Tell whether an object gives a code, and one that says that all is well."""
    codes = [str(fields[name]).lower() for name in names.CODES if _is_told(fields.get(name))]
    return bool(codes) and all(code in names.NO_ERROR for code in codes)


def _is_told(value: object) -> bool:
    return value is not None and value is not False and value not in ("", [], {})


def _has_status(layer: Json) -> bool:
    return any(isinstance(layer.get(name), str) for name in names.STATUSES)


def _only(value: object) -> Json:
    """Return an object, or the one that a list holds."""
    several = as_list(value)
    return as_object(several[0]) if several else as_object(value)
