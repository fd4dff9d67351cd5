"""The library: search, status, order, and the grid."""

import reflex as rx

from sora_studio.domain.library import SortOrder
from sora_studio.ui import layout, routes
from sora_studio.ui.components import feedback, tile
from sora_studio.ui.components.library_select import library_select
from sora_studio.ui.filters import DECIDING
from sora_studio.ui.libraries import MINE
from sora_studio.ui.news import NewsState
from sora_studio.ui.pages.library.selection import selection_bar
from sora_studio.ui.pages.library.state import LibraryState
from sora_studio.ui.theme import SMALL_ICON, icon, live

_SHAPES = (1.7778, 1.7778, 0.5625, 1.7778, 1.0, 1.7778, 0.5625, 1.7778, 1.7778, 0.5625, 1.7778, 1.7778)
_CHIPS = {
    "": "All",
    DECIDING: "Your decision",
    "coming": "In progress",
    "completed": "Ready",
    "failed": "Failed",
}


_STARRED = "stars:>=1"


def page() -> rx.Component:
    """Draw the page."""
    return layout.frame(
        rx.el.header(
            rx.el.h1("Library", class_name="sr"),
            rx.el.div(_search(), _libraries(), class_name="row find"),
            selection_bar(LibraryState.matching.until),
            rx.el.div(
                rx.el.div(
                    *(_chip(name, text) for name, text in _CHIPS.items()),
                    _starred(),
                    class_name="chips",
                    role="group",
                    aria_label="Filters",
                ),
                _order(),
                class_name="row between",
            ),
            class_name="head library-head",
        ),
        feedback.problem(LibraryState.problem),
        rx.el.section(
            rx.cond(
                LibraryState.ready,
                rx.cond(LibraryState.libraries.chosen.id == "", _no_project(), _found()),
                tile.skeletons(_SHAPES, dense=True),
            ),
            class_name="stream",
            aria_label="Videos",
            tab_index=-1,
            custom_attrs={"id": "found"},
        ),
        name="library",
        skip=("found", "Skip to the videos"),
        ready=LibraryState.ready,
    )


def _libraries() -> rx.Component:
    """Draw the way to the libraries of one's projects, and to the project itself."""
    chosen = LibraryState.libraries.chosen
    return rx.cond(
        LibraryState.libraries.all.to(list).length() > 0,
        rx.el.div(
            library_select(LibraryState.libraries, LibraryState.ask, parameter="project"),
            rx.cond(
                _is_project(),
                rx.el.a(
                    icon("users", SMALL_ICON),
                    rx.el.span("Project", class_name="sr"),
                    href=routes.project(f"{chosen.id}"),
                    title="Members of the project",
                    class_name="button quiet",
                ),
            ),
            class_name="row",
        ),
    )


def _here() -> str:
    return routes.library(f"{LibraryState.libraries.chosen.id}")


def _is_project() -> rx.Var[bool]:
    chosen = LibraryState.libraries.chosen
    return (chosen.id != MINE) & (chosen.id != "")


def _search() -> rx.Component:
    return rx.el.label(
        icon("search"),
        rx.el.input(
            key=LibraryState.visit.to_string(),
            type="search",
            name="q",
            default_value=LibraryState.search,
            on_change=LibraryState.ask.debounce(180),
            placeholder="Search titles, prompts, #tags",
            aria_label="Search",
            auto_complete="off",
            dir="auto",
            data_search="",
        ),
        rx.el.kbd("/", aria_hidden="true"),
        class_name="search",
    )


def _chip(name: str, text: str) -> rx.Component:
    """Draw a filter; the one for decisions is there as long as there is something to decide."""
    chip = rx.el.button(
        *([rx.el.i(class_name="dot")] if name == DECIDING else []),
        rx.el.span(text),
        live(rx.cond(LibraryState.ready, LibraryState.matching.counts.to(dict)[name], "…").to(str)),
        type="button",
        on_click=LibraryState.ask,
        data_ask=f"status={name}",
        aria_pressed=rx.cond(LibraryState.status == name, "true", "false"),
        class_name="chip",
    )
    if name != DECIDING:
        return chip
    return rx.cond((LibraryState.status == name) | (NewsState.deciding > 0), chip)


def _starred() -> rx.Component:
    """Draw the filter for stars: it writes what a person could type."""
    return rx.el.button(
        icon("star", SMALL_ICON),
        "Starred",
        type="button",
        on_click=LibraryState.ask,
        data_word=_STARRED,
        aria_pressed=rx.cond(LibraryState.search.contains(_STARRED), "true", "false"),
        class_name="chip",
    )


def _order() -> rx.Component:
    newest, oldest = SortOrder.NEWEST.value, SortOrder.OLDEST.value
    return rx.el.button(
        icon("arrow-down-up", SMALL_ICON),
        rx.el.span(rx.cond(LibraryState.order == newest, "Newest first", "Oldest first")),
        type="button",
        on_click=LibraryState.ask,
        data_ask=rx.cond(LibraryState.order == newest, f"order={oldest}", "order="),
        class_name="button quiet order",
    )


def _found() -> rx.Component:
    return rx.fragment(
        tile.grid(LibraryState.cards, LibraryState.progress, LibraryState.stars, dense=True, selectable=True),
        rx.cond(
            LibraryState.cards.length() == 0,
            rx.cond(
                (LibraryState.search != "") | (LibraryState.status != ""), _nothing_found(), _nothing_yet()
            ),
        ),
        rx.cond(
            LibraryState.has_more,
            rx.el.button(
                "Show more",
                type="button",
                on_click=LibraryState.more,
                class_name="button quiet all",
                data_more="",
            ),
        ),
    )


def _nothing_found() -> rx.Component:
    return rx.el.div(
        icon("search-x", 28),
        rx.el.h2("Nothing matches"),
        rx.el.p(
            "Each word matches the beginning of a word in a title or prompt, #client a tag, and stars:>=4 "
            "a rating.",
            class_name="muted",
        ),
        rx.el.a(
            "Show everything",
            href=rx.cond(_is_project(), _here(), routes.LIBRARY),
            class_name="button",
        ),
        class_name="empty",
    )


def _nothing_yet() -> rx.Component:
    libraries = LibraryState.libraries
    return rx.cond(
        _is_project(),
        rx.el.div(
            icon("clapperboard", 28),
            rx.el.h2("Nothing has been made here yet"),
            rx.el.p(libraries.chosen.audience, ".", class_name="muted"),
            rx.cond(
                libraries.chosen.may_make,
                rx.el.a(
                    "Create a video here",
                    href=routes.create_in(f"{libraries.chosen.id}"),
                    class_name="button primary",
                ),
            ),
            class_name="empty",
        ),
        rx.el.div(
            icon("clapperboard", 28),
            rx.el.h2("Your library is empty"),
            rx.el.p("Every video that you make is kept here until you delete it.", class_name="muted"),
            rx.el.a("Create your first video", href=routes.HOME, class_name="button primary"),
            class_name="empty",
        ),
    )


def _no_project() -> rx.Component:
    return rx.el.div(
        icon("folder-x", 28),
        rx.el.h2("You are not in this project"),
        rx.el.p("It was deleted, or a manager has taken you out.", class_name="muted"),
        rx.el.a("My library", href=routes.LIBRARY, class_name="button primary"),
        class_name="empty",
    )
