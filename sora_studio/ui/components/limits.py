"""What a library stores, and the limits of a person or a project, drawn."""

from typing import Any

import reflex as rx
from reflex.event import EventType

from sora_studio.domain.limits import QuotaWord
from sora_studio.ui.components.form import field, text_field
from sora_studio.ui.storage_lines import OWN, LimitsForm, StorageLine

_QUOTAS = {
    QuotaWord.DEFAULT.value: "As the studio's settings say",
    OWN: "So many gigabytes",
    QuotaWord.UNLIMITED.value: "No limit",
}


def storage_bar(storage: rx.vars.ObjectVar[StorageLine], label: rx.Var[str] | str) -> rx.Component:
    """Draw how much a library stores, and how much of its quota that is."""
    return rx.el.div(
        rx.el.p(rx.el.span(storage.used, " used", class_name="num")),
        rx.cond(
            storage.bounded,
            rx.el.progress(
                value=storage.part.to_string(),
                max="100",
                aria_label=label,
                class_name=rx.cond(storage.near, "near", ""),
            ),
        ),
        class_name="limits storage",
    )


def limits_form(
    limits: rx.vars.ObjectVar[LimitsForm],
    name: rx.Var[str],
    library_id: rx.Var[str],
    busy: rx.Var[bool],
    save: EventType[dict[str, Any]],
) -> rx.Component:
    """Draw what opens a form of the limits of a person or a project.

    Args:
        limits: What counts now.
        name: Whose they are.
        library_id: Their id: the form sends it.
        busy: Whether something is on its way.
        save: What the form does.
    """
    return rx.el.details(
        rx.el.summary("Limits…", class_name="button small", aria_label="Limits of " + name.to(str)),
        rx.el.form(
            rx.el.input(type="hidden", name="library_id", value=library_id, read_only=True),
            field(
                "Storage",
                rx.el.select(
                    *(rx.el.option(words, value=each) for each, words in _QUOTAS.items()),
                    name="quota",
                    default_value=limits.quota,
                    class_name="input",
                ),
            ),
            text_field(
                "Gigabytes",
                "gigabytes",
                default_value=limits.gigabytes,
                input_mode="decimal",
                placeholder="20",
                max_length=20,
                auto_complete="off",
            ),
            text_field(
                "Weight in queues: 1 is usual, 2 gets twice as much while others wait, too",
                "weight",
                default_value=limits.weight,
                input_mode="decimal",
                required=True,
                max_length=20,
                auto_complete="off",
            ),
            rx.el.button("Save", type="submit", disabled=busy, class_name="button"),
            on_submit=save,
            method="post",
            class_name="form",
        ),
        key=f"{limits.quota} {limits.gigabytes} {limits.weight}",
        class_name="unfold",
    )
