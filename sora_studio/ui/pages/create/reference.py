"""The reference picture in the composer: add it, see how it will be cut, take it out again."""

import reflex as rx

from sora_studio.ui import routes
from sora_studio.ui.pages.create.composer_state import ComposerState
from sora_studio.ui.theme import SMALL_ICON, icon, style


def picture() -> rx.Component:
    """Show the uploaded picture as it will be cut."""
    chosen = ComposerState.reference
    return rx.fragment(
        rx.cond(
            chosen.id,
            rx.el.div(
                rx.el.img(
                    src=routes.upload(f"{chosen.id}"),
                    alt="The first frame",
                    custom_attrs=style(ar=ComposerState.selection.size.replace("x", " / ")),
                ),
                rx.el.span(rx.el.strong("First frame"), rx.el.span(chosen.fit), class_name="about"),
                rx.el.button(
                    icon("x", SMALL_ICON),
                    type="button",
                    on_click=ComposerState.detach,
                    aria_label="Remove the image",
                    class_name="button small bare",
                ),
                class_name="picture",
            ),
        ),
        rx.el.div(
            rx.el.span(class_name="bar"),
            rx.el.span("Uploading the image…"),
            class_name="picture uploading",
            role="status",
        ),
        # studio.js presses this when an upload has been answered.
        rx.el.button(
            type="button",
            hidden=True,
            tab_index=-1,
            data_attach="",
            aria_label="Use the uploaded image",
            on_click=ComposerState.attach(
                rx.Var("window.studio.uploaded.id").to(str),
                rx.Var("window.studio.uploaded.width").to(int),
                rx.Var("window.studio.uploaded.height").to(int),
            ),
        ),
    )


def add_picture() -> rx.Component:
    """Draw the button that opens the browser's file picker."""
    return rx.el.label(
        icon("image-plus"),
        rx.el.span("Image", class_name="wide-only"),
        rx.el.input(
            type="file",
            accept="image/png,image/jpeg,image/webp",
            class_name="sr",
            aria_label="Add an image",
            data_file="",
        ),
        class_name="button quiet add-picture",
        title="Add an image: it becomes the first frame. You can also drop or paste one.",
    )
