"""The form for a variation of the video."""

import reflex as rx

from sora_studio.domain.video import PROMPT_MAX
from sora_studio.ui.cards import READY
from sora_studio.ui.components.form import error
from sora_studio.ui.pages.video.derivations import wish_fields
from sora_studio.ui.pages.video.derivations_state import REMIX, DerivationsState
from sora_studio.ui.pages.video.state import VideoState
from sora_studio.ui.theme import SMALL_ICON, icon

_video = VideoState.video
_ID = f"{_video.id}"


def remix() -> rx.Component:
    """Draw the form of a finished video, filled with its prompt or with an earlier wish."""
    forms = DerivationsState.forms
    refusal = DerivationsState.refusal
    return rx.cond(
        (_video.look == READY) & (forms.id == _video.id) & (forms.remix.text != ""),
        rx.el.section(
            rx.el.h2("Remix"),
            rx.el.p("Describe what should be different. The original stays as it is.", class_name="muted"),
            rx.el.form(
                *wish_fields(forms.remix.quote),
                rx.el.textarea(
                    key=f"{_ID} {forms.again}",
                    default_value=rx.cond(forms.again == REMIX, forms.draft, _video.prompt),
                    name="prompt",
                    rows=3,
                    data_longest=str(PROMPT_MAX),
                    aria_label="Remix prompt",
                    dir="auto",
                    class_name="input",
                    data_remix="",
                    data_draft=REMIX,
                ),
                error(rx.cond(refusal.form == REMIX, refusal.text, "").to(str)),
                rx.el.div(
                    rx.el.span(_video.model, " · ", forms.remix.text, class_name="muted num"),
                    rx.el.button(
                        icon("shuffle", SMALL_ICON),
                        "Remix",
                        type="submit",
                        disabled=DerivationsState.sending != "",
                        class_name="button primary",
                    ),
                    class_name="row between",
                ),
                on_submit=DerivationsState.remix,
                class_name="stack",
            ),
            custom_attrs={"id": "remix"},
            class_name="card",
        ),
    )
