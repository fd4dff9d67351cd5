"""What this process measures of itself, for Prometheus.

Nothing is counted, and the library is not loaded, before somebody asks for the first time (`start`): a studio
that nobody watches pays one comparison for each thing that it would count. Labels are the studio's own words
(routes, handlers, providers, models), never a person's, a video's or a text's; whatever comes, a metric has a
bounded number of them. Counting never raises: no job is lost for it.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar

import structlog

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Metric

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_OTHER = "other"
"""Stands for a name that comes when a metric is full."""

_MANY = frozenset({"route", "handler", "model"})
"""Labels of which there may be any number: what stands beside them is never folded."""

_QUICK = (0.005, 0.025, 0.1, 0.5, 2.5)  # seconds: answers, handlers
_CALLS = (0.1, 0.5, 2.5, 10.0, 30.0, 90.0)  # what others are asked
_LONG = (5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 900.0)  # what is waited for
_SAVING = (0.1, 0.2, 0.5, 1.0, 5.0, 30.0, 120.0)

_log = structlog.get_logger(__name__)


class _Kind(Enum):
    COUNTER = "Counter"
    HISTOGRAM = "Histogram"


class Instrument:
    """Something that is counted or timed, with labels, from `start` on."""

    every: ClassVar[list["Instrument"]] = []

    def __init__(
        self,
        kind: _Kind,
        name: str,
        text: str,
        labels: tuple[str, ...] = (),
        *,
        buckets: Sequence[float] = _QUICK,
        most: int = 50,
    ) -> None:
        """Describe it.

        Args:
            kind: How it adds up.
            name: With its unit.
            text: What is measured.
            labels: Their names.
            buckets: Of a histogram.
            most: How many routes, handlers or models are told apart; the rest is one.
        """
        self._kind, self.name, self._text, self.labels = kind, name, text, labels
        self._buckets, self._most = buckets, most
        self._live: Any = None
        self._seen: set[str] = set()
        self._has_failed = False
        Instrument.every.append(self)

    @property
    def on(self) -> bool:
        """True once somebody wants to know: what costs time to find out is worth it only then."""
        return self._live is not None

    def count(self, *labels: str, by: float = 1.0) -> None:
        """Add to a counter."""
        if self._live is not None:
            with self._harmless():
                self._of(labels).inc(by)

    def observe(self, seconds: float, *labels: str) -> None:
        """Add what something took to a histogram."""
        if self._live is not None:
            with self._harmless():
                self._of(labels).observe(max(0.0, seconds))

    @contextmanager
    def timed(self, *labels: str) -> Iterator[None]:
        """Observe what the block takes, however it ends."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.observe(time.perf_counter() - began, *labels)

    def begin(self, registry: "CollectorRegistry") -> None:
        """Count from now on."""
        import prometheus_client

        more = {"buckets": self._buckets} if self._kind is _Kind.HISTOGRAM else {}
        make = getattr(prometheus_client, self._kind.value)
        self._live = make(self.name, self._text, self.labels, registry=registry, **more)

    def _of(self, labels: tuple[str, ...]) -> Any:  # noqa: ANN401 -- the library's own
        if not labels:
            return self._live
        pairs = zip(self.labels, labels, strict=True)
        return self._live.labels(*(self._folded(each) if name in _MANY else each for name, each in pairs))

    def _folded(self, label: str) -> str:
        if label not in self._seen:
            if len(self._seen) >= self._most:
                return _OTHER
            self._seen.add(label)
        return label

    @contextmanager
    def _harmless(self) -> Iterator[None]:
        """Keep an error of the library's from those who only wanted something counted; it is told once."""
        try:
            yield
        except Exception:  # noqa: BLE001 -- whatever the library raises, a paid job goes on
            if not self._has_failed:
                self._has_failed = True  # first: the line is counted, too
                _log.exception("metric_failed", metric=self.name)


def _counter(name: str, text: str, *labels: str) -> Instrument:
    return Instrument(_Kind.COUNTER, f"sora_studio_{name}", text, labels)


def _histogram(
    name: str, text: str, *labels: str, buckets: Sequence[float] = _QUICK, most: int = 20
) -> Instrument:
    return Instrument(_Kind.HISTOGRAM, f"sora_studio_{name}", text, labels, buckets=buckets, most=most)


HTTP = _histogram(
    "http_request_duration_seconds",
    "From a request to the first byte of its answer; pages, scripts and styles are the route `site`.",
    *("route", "method", "status"),
    most=200,  # there are fewer routes
)
EVENTS = _histogram(
    "event_duration_seconds", "What handlers of pages took, by their State and name.", "handler", most=300
)
SUBMITS = _histogram(
    "submit_duration_seconds", "What a provider took to accept a job.", "provider", buckets=_CALLS
)
RENDERS = _histogram(
    "render_seconds",
    "From a provider's accepting a job to its having rendered it.",
    *("provider", "model"),
    buckets=_LONG,
)
DONE_TO_SAVED = _histogram(
    "done_to_saved_seconds", "From a video's being rendered to its file being here.", buckets=_SAVING
)
QUEUE_WAITS = _histogram(
    "queue_wait_seconds", "From a wish to the moment at which it is sent.", "provider", buckets=_LONG
)
JOBS = _counter("jobs_total", "Jobs that came to something, by what it was.", "provider", "model", "outcome")
PROVIDER_REQUESTS = _counter(
    "provider_requests_total", "Requests to providers.", "provider", "operation", "result"
)
WEBHOOKS = _counter(
    "webhook_deliveries_total", "Webhooks, in from providers and out to people.", "direction", "result"
)
TASK_RUNS = _counter("task_runs_total", "Runs of the background work.", "task", "result")
LOG_LINES = _counter(
    "log_lines_total", "Lines of the log, those that were counted instead of written included.", "level"
)
MONEY = _counter(
    "money_micros_total",
    "Money of the ledger in millionths of a dollar, since the first scrape; the same at each instance.",
    *("provider", "kind"),
)


class UpDown:
    """Something that goes up and down: it is known whether anybody asks or not."""

    def __init__(self) -> None:
        self.value = 0


WEBSOCKETS = UpDown()
"""Open websockets."""


@dataclass(frozen=True)
class Gauge:
    """What is found out when somebody asks."""

    name: str
    text: str
    labels: tuple[str, ...] = ()
    values: Mapping[tuple[str, ...], float] | None = None
    """By the values of its labels; None: nothing is known."""


class _Registry:
    """What is measured in this process, once that has begun."""

    def __init__(self) -> None:
        self.live: CollectorRegistry | None = None
        self.waiting: list[Callable[[], None]] = []


_registry = _Registry()


def start() -> None:
    """Measure from now on; a second time changes nothing."""
    if _registry.live is not None:
        return
    from prometheus_client import (
        CollectorRegistry,
        ProcessCollector,
        disable_created_metrics,
    )

    disable_created_metrics()
    _registry.live = CollectorRegistry()
    ProcessCollector(registry=_registry.live)
    for instrument in Instrument.every:
        instrument.begin(_registry.live)
    for callback in _registry.waiting:
        callback()


def when_started(callback: Callable[[], None]) -> None:
    """Have something done when measuring begins; at once when it has."""
    _registry.waiting.append(callback)
    if _registry.live is not None:
        callback()


def exposition(gauges: Iterable[Gauge]) -> bytes:
    """Write everything that has been measured, and what has just been found out, as Prometheus reads it."""
    from prometheus_client import generate_latest

    start()
    return generate_latest(_Everything([*gauges]))  # pyright: ignore[reportArgumentType] -- it only collects


class _Everything:
    def __init__(self, gauges: Sequence[Gauge]) -> None:
        self._gauges = gauges

    def collect(self) -> Iterator["Metric"]:
        """Yield it; the library calls this."""
        from prometheus_client.core import GaugeMetricFamily

        for gauge in self._gauges:
            if gauge.values is None:
                continue
            family = GaugeMetricFamily(gauge.name, gauge.text, labels=gauge.labels)
            for labels, value in gauge.values.items():
                family.add_metric(labels, value)
            yield family
        if _registry.live is not None:
            yield from _registry.live.collect()
