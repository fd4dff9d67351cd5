"""Files in the composer: add them, see how they are used, say what each is for, take them out again."""

import reflex as rx

from sora_studio.ui import routes
from sora_studio.ui.pages.create.attached import InputTile, RoleOption
from sora_studio.ui.pages.create.composer_state import ComposerState
from sora_studio.ui.theme import SMALL_ICON, icon, style

_frame = ComposerState.selection.size.replace("x", " / ")


def tray() -> rx.Component:
    """Show the attached files as they will be used."""
    return rx.fragment(
        rx.cond(
            ComposerState.files.tiles.length() > 0,
            rx.el.ul(
                rx.foreach(ComposerState.files.tiles, _tile), class_name="inputs", aria_label="Attached files"
            ),
        ),
        rx.el.p(ComposerState.files.said, class_name="sr", role="status"),
        rx.el.div(
            rx.el.span(class_name="bar"),
            rx.el.span("Uploading…"),
            class_name="picture uploading",
            role="status",
        ),
        # studio.js presses this when an upload has been answered.
        rx.el.button(
            type="button",
            hidden=True,
            tab_index=-1,
            data_attach="",
            aria_label="Use the uploaded file",
            on_click=ComposerState.attach(rx.Var("window.studio.uploaded").to(dict)),
        ),
    )


def add_files() -> rx.Component:
    """Draw the button that opens the browser's file picker; it offers what the chosen model takes."""
    adding = ComposerState.files
    return rx.cond(
        adding.words,
        rx.el.label(
            icon("image-plus"),
            rx.el.span(rx.cond(adding.several, "Files", "Image"), class_name="wide-only"),
            rx.el.input(
                type="file",
                accept=adding.accept,
                multiple=adding.several,
                class_name="sr",
                aria_label=adding.words,
                data_file="",
                data_most=f"{adding.most}",
            ),
            class_name="button quiet add-picture",
            title=f"{adding.words}. You can also drop or paste.",
        ),
    )


def _tile(tile: rx.vars.ObjectVar[InputTile]) -> rx.Component:
    return rx.el.li(
        rx.match(
            tile.medium,
            (
                "film",
                rx.el.video(src=routes.upload(f"{tile.id}"), preload="metadata", muted=True, tab_index=-1),
            ),
            ("sound", icon("audio-lines")),
            rx.el.img(
                src=routes.upload(f"{tile.id}"),
                alt=tile.name,
                custom_attrs=style(ar=rx.cond(tile.framed, _frame, "auto")),
            ),
        ),
        rx.el.span(
            rx.cond(tile.roles.length() > 0, _role(tile), rx.el.strong(tile.name)),
            rx.el.span(tile.about),
            class_name="about",
        ),
        rx.cond(
            tile.movable,
            rx.el.button(
                icon("arrow-up", SMALL_ICON),
                type="button",
                on_click=ComposerState.move(tile.id),
                aria_label=f"Move {tile.name} up",
                class_name="button small bare",
            ),
        ),
        rx.el.button(
            icon("x", SMALL_ICON),
            type="button",
            on_click=ComposerState.detach(tile.id),
            aria_label=f"Remove {tile.name}",
            class_name="button small bare",
        ),
        key=tile.id,
        class_name="picture",
    )


def _role(tile: rx.vars.ObjectVar[InputTile]) -> rx.Component:
    return rx.el.label(
        rx.el.span(tile.name, icon("chevron-down", SMALL_ICON), aria_hidden="true"),
        rx.el.select(
            rx.foreach(tile.roles, _option),
            value=tile.role,
            on_change=lambda role: ComposerState.choose_role(tile.id, role),
            aria_label=f"What {tile.name} is for",
        ),
        class_name="role select",
    )


def _option(option: rx.vars.ObjectVar[RoleOption]) -> rx.Component:
    return rx.el.option(option.text, value=option.value)
