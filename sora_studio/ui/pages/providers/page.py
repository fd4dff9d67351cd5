"""The page of the providers: who they are, what they offer, how they are doing."""

import reflex as rx

from sora_studio.ui import layout
from sora_studio.ui.components.feedback import problem
from sora_studio.ui.pages.providers.lines import ModelLine, ProviderLines
from sora_studio.ui.pages.providers.state import ProvidersState
from sora_studio.ui.theme import SMALL_ICON, icon


def page() -> rx.Component:
    """Draw the page."""
    return layout.frame(
        rx.el.header(
            rx.el.h1("Providers"),
            layout.studio_places("providers"),
            rx.el.button(
                icon("refresh-cw", SMALL_ICON),
                "Look again",
                type="button",
                on_click=ProvidersState.load,
                class_name="button",
            ),
            class_name="head",
        ),
        problem(ProvidersState.problem),
        rx.el.div(rx.foreach(ProvidersState.providers, _provider), class_name="providers-list"),
        name="providers",
        ready=ProvidersState.ready,
    )


def _provider(provider: rx.vars.ObjectVar[ProviderLines]) -> rx.Component:
    return rx.el.section(
        rx.el.header(
            rx.el.h2(rx.el.bdi(provider.label)),
            rx.el.p(rx.el.bdi(provider.name), class_name="muted"),
        ),
        rx.el.dl(
            _fact("Server", provider.found),
            rx.el.div(
                rx.el.dt("Status"),
                rx.el.dd(rx.el.i(class_name="light " + provider.tone.to(str)), rx.el.bdi(provider.status)),
            ),
            _fact("Queue", provider.queue),
            _fact("Response times", provider.times),
            rx.cond(
                provider.error,
                rx.el.div(
                    rx.el.dt("Last error"),
                    rx.el.dd(
                        rx.el.bdi(provider.error),
                        " · ",
                        rx.el.time(
                            key=provider.error_at,
                            date_time=provider.error_at,
                            data_ago="",
                            class_name="muted num",
                        ),
                    ),
                ),
            ),
            _fact("Note", provider.note),
        ),
        rx.cond(
            provider.models.to(list).length() > 0,
            rx.fragment(
                rx.el.h3("Models"), rx.el.ul(rx.foreach(provider.models, _model), class_name="models")
            ),
        ),
        rx.cond(provider.more, rx.el.p(provider.more, class_name="muted")),
        key=provider.name,
        class_name="provider",
    )


def _fact(name: str, value: rx.Var[str]) -> rx.Component:
    return rx.cond(value, rx.el.div(rx.el.dt(name), rx.el.dd(rx.el.bdi(value))))


def _model(model: rx.vars.ObjectVar[ModelLine]) -> rx.Component:
    return rx.el.li(
        rx.el.bdi(model.name, class_name="model-name"),
        rx.cond(model.hint, rx.el.p(rx.el.bdi(model.hint), class_name="muted")),
        rx.el.p(rx.el.bdi(model.makes), class_name="muted num"),
        rx.el.p(rx.el.bdi(model.price), class_name="muted num"),
        rx.cond(model.card, rx.el.p(rx.el.bdi(model.card), class_name="muted num")),
        key=model.name,
    )
