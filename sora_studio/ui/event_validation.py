"""Whether what a tab sends along fits the handler that it names: handlers see nothing else."""

import inspect
import json
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from reflex.event import Event
from reflex.state import EventHandlerSetVar, State
from reflex_base.registry import RegistrationContext


def fits(event: Event) -> bool:
    """Tell whether an event names its handler's arguments, each with a value of its type.

    Reflex passes on whatever was sent. No event sets a var by its name, as Reflex offers for every State.
    """
    handler = RegistrationContext.ensure_context().event_handlers[event.name].handler
    if isinstance(handler, EventHandlerSetVar) or not _is_text(event.payload):
        return False
    try:
        inspect.signature(handler.fn).bind(None, **event.payload)  # None: the State
    except TypeError:
        return False
    kinds = get_type_hints(handler.fn)
    arguments = event.payload.items()
    return all(_is_a(value, kinds[name]) for name, value in arguments) and _is_stored(
        event.payload.get("vars")
    )


def _is_a(value: object, kind: Any) -> bool:  # noqa: ANN401 -- an annotation
    """Compare a value that came as JSON with an annotation, as deep as handlers rely on it."""
    if kind is Any:
        return True
    if get_origin(kind) in {Union, UnionType}:
        return any(_is_a(value, each) for each in get_args(kind))
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, get_origin(kind) or kind)


def _is_stored(values: dict[str, Any] | None) -> bool:
    """Tell whether these are values out of a browser's storage: texts, each for a State that there is."""
    return all(isinstance(value, str) and _has_state(name) for name, value in (values or {}).items())


def _has_state(var: str) -> bool:
    try:
        State.get_class_substate(var.rpartition(".")[0])
    except ValueError:
        return False
    return True


def _is_text(payload: dict[str, Any]) -> bool:
    """Tell whether everything in a payload can be written down: half a character cannot, nor be sent back."""
    try:
        json.dumps(payload, ensure_ascii=False).encode()
    except (UnicodeEncodeError, RecursionError):
        return False
    return True
