"""The page of usage: figures, a chart with its table, budgets, what was dearest."""

import reflex as rx

from sora_studio.ui import layout
from sora_studio.ui.components.feedback import problem
from sora_studio.ui.pages.usage.chart import HEIGHT, WIDTH, Bar, Line, Series
from sora_studio.ui.pages.usage.state import MINE, STUDIO, DearLine, Figure, Limit, UsageState
from sora_studio.ui.theme import SMALL_ICON, icon, plain_link


def page() -> rx.Component:
    """Draw the page."""
    return layout.frame(
        rx.el.header(rx.el.h1("Usage"), _scopes(), class_name="head"),
        problem(UsageState.problem),
        _months(),
        rx.cond(UsageState.ready, _month()),  # all at once, so that nothing pushes anything down
        name="usage",
        ready=UsageState.ready,
    )


def _month() -> rx.Component:
    return rx.fragment(
        rx.el.dl(rx.foreach(UsageState.figures, _figure), class_name="figures"),
        rx.cond(
            UsageState.limits.length() > 0,
            rx.el.section(
                rx.el.h2("Budgets"), rx.el.ul(rx.foreach(UsageState.limits, _limit), class_name="limits")
            ),
        ),
        _days(),
        rx.cond(
            UsageState.dearest.length() > 0,
            rx.el.section(
                rx.el.h2("The dearest"),
                rx.el.ol(rx.foreach(UsageState.dearest, _dear), class_name="dearest"),
            ),
        ),
    )


def _scopes() -> rx.Component:
    return rx.cond(
        UsageState.runs_studio,
        rx.el.div(
            _scope("Mine", MINE),
            _scope("The studio", STUDIO),
            role="group",
            aria_label="Whose usage",
            class_name="scopes",
        ),
    )


def _scope(name: str, scope: str) -> rx.Component:
    return rx.el.button(
        name,
        type="button",
        on_click=UsageState.show_scope(scope),
        aria_pressed=rx.cond(UsageState.shown.scope == scope, "true", "false"),
        class_name="button small",
    )


def _months() -> rx.Component:
    return rx.el.div(
        rx.el.button(
            icon("chevron-left", SMALL_ICON),
            type="button",
            on_click=UsageState.show_month(UsageState.shown.before),
            aria_label="The month before",
            class_name="button small",
        ),
        rx.el.h2(UsageState.shown.name, aria_live="polite"),
        rx.el.button(
            icon("chevron-right", SMALL_ICON),
            type="button",
            disabled=UsageState.shown.after == "",
            on_click=UsageState.show_month(UsageState.shown.after),
            aria_label="The month after",
            class_name="button small",
        ),
        class_name="months",
    )


def _figure(figure: rx.vars.ObjectVar[Figure]) -> rx.Component:
    return rx.el.div(
        rx.el.dt(figure.name),
        rx.el.dd(figure.value, class_name="num"),
        rx.cond(figure.note, rx.el.dd(figure.note, class_name="muted num")),
        key=figure.name,
    )


def _limit(limit: rx.vars.ObjectVar[Limit]) -> rx.Component:
    return rx.el.li(
        rx.el.p(rx.el.bdi(limit.name), rx.el.span(limit.left, class_name="num")),
        rx.el.progress(
            value=limit.part.to_string(),
            max="100",
            aria_label=limit.name,
            class_name=rx.cond(limit.alerted, "near", ""),
        ),
        key=limit.name,
    )


def _days() -> rx.Component:
    chart = UsageState.chart
    return rx.el.section(
        rx.el.h2("Day by day"),
        rx.cond(
            chart.bars.to(list).length() > 0,
            rx.fragment(
                rx.el.figure(
                    rx.el.svg(
                        rx.el.line(
                            x1="0", x2=str(WIDTH), y1=str(HEIGHT), y2=str(HEIGHT), class_name="ground"
                        ),
                        rx.foreach(chart.bars.to(list[Bar]), _bar),
                        view_box=f"0 0 {WIDTH} {HEIGHT + 1}",
                        custom_attrs={"preserveAspectRatio": "none"},
                        role="img",
                        aria_label="What each day took; the table below has the same numbers.",
                        class_name="bars",
                    ),
                    rx.el.figcaption(
                        rx.el.span(chart.first),
                        rx.el.span("Highest day ", chart.top, class_name="num"),
                        rx.el.span(chart.last),
                        class_name="muted",
                    ),
                    class_name="chart",
                ),
                rx.el.ul(rx.foreach(chart.series.to(list[Series]), _series), class_name="series"),
                _table(),
            ),
            rx.el.p("Nothing was spent in this month.", class_name="muted"),
        ),
    )


def _bar(bar: rx.vars.ObjectVar[Bar]) -> rx.Component:
    return rx.el.rect(
        rx.el.title(bar.title),
        x=bar.x,
        y=bar.y,
        width=bar.width,
        height=bar.height,
        class_name=bar.tone.to(str),
        key=bar.title,
    )


def _series(series: rx.vars.ObjectVar[Series]) -> rx.Component:
    return rx.el.li(
        rx.el.i(class_name="key " + series.tone.to(str), aria_hidden="true"),
        rx.el.bdi(series.name),
        rx.el.span(series.total, class_name="num muted"),
        key=series.name,
    )


def _table() -> rx.Component:
    chart = UsageState.chart
    return rx.el.details(
        rx.el.summary("The same as a table"),
        rx.el.div(
            rx.el.table(
                rx.el.thead(
                    rx.el.tr(
                        rx.el.th("Day", scope="col"),
                        rx.foreach(
                            chart.series.to(list[Series]),
                            lambda series: rx.el.th(rx.el.bdi(series.name), scope="col"),
                        ),
                        rx.el.th("Together", scope="col"),
                    )
                ),
                rx.el.tbody(rx.foreach(chart.lines.to(list[Line]), _line)),
            ),
            class_name="table",
            tab_index=0,
            role="region",
            aria_label="Usage by day",
        ),
        plain_link(
            icon("download", SMALL_ICON),
            "CSV",
            href=UsageState.shown.sheet,
            class_name="button small",
            download="usage.csv",
        ),
    )


def _line(line: rx.vars.ObjectVar[Line]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(line.day, scope="row"),
        rx.foreach(line.cells.to(list[str]), lambda cell: rx.el.td(cell, class_name="num")),
        rx.el.td(line.total, class_name="num"),
        key=line.day,
    )


def _dear(line: rx.vars.ObjectVar[DearLine]) -> rx.Component:
    title = rx.el.bdi(line.title)
    return rx.el.li(
        rx.cond(line.href, rx.el.a(title, href=line.href.to(str)), title),
        rx.el.span(line.note, class_name="muted"),
        rx.el.span(line.price, class_name="num"),
    )
