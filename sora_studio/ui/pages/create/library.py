"""Where a new video goes, and whose budget pays for it."""

import reflex as rx

from sora_studio.ui.components.library_select import library_select
from sora_studio.ui.pages.create.composer_state import ComposerState
from sora_studio.ui.pages.create.funds import Funds
from sora_studio.ui.pages.create.funds_state import FundsState
from sora_studio.ui.pages.create.state import CreateState


def library() -> rx.Component:
    """Draw the choice, for somebody who is in a project, and what follows from it."""
    libraries = CreateState.libraries
    chosen = libraries.chosen
    funds = FundsState.at[ComposerState.selection.provider].to(Funds)
    return rx.cond(
        libraries.all.to(list).length() > 0,
        rx.el.div(
            library_select(libraries, CreateState.choose_library),
            rx.el.p(
                rx.cond(
                    chosen.may_make,
                    rx.fragment(chosen.audience, rx.cond(funds.source, " \u00b7 ", ""), funds.source),
                    "You can look at this project\u2019s videos, and make none. Choose another library.",
                ),
                class_name="muted",
            ),
            class_name="where",
            role="group",
            aria_label="Where the video goes",
        ),
    )
