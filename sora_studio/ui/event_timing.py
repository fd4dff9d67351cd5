"""What handlers of pages take, as Reflex tells those who ask by OpenTelemetry's interface."""

from opentelemetry.metrics import Histogram, Meter, NoOpHistogram, NoOpMeter, NoOpMeterProvider
from opentelemetry.util.types import Attributes
from reflex_base import otel

from sora_studio import metrics


def enable() -> None:
    """Have handlers timed from now on."""
    otel.enable(meter_provider=_Provider())


class _Provider(NoOpMeterProvider):
    def get_meter(self, *_: object, **__: object) -> Meter:
        return _Meter("reflex")


class _Meter(NoOpMeter):
    def create_histogram(self, name: str, *_: object, **__: object) -> Histogram:
        return _Events(name) if name == otel.METRIC_EVENT_DURATION else NoOpHistogram(name)


class _Events(NoOpHistogram):
    def record(self, amount: float, attributes: Attributes = None, context: object = None) -> None:
        del context
        name = str((attributes or {}).get(otel.ATTR_EVENT_NAME, ""))
        metrics.EVENTS.observe(amount, _short(name))


def _short(name: str) -> str:
    """Return a handler's State and name, without the modules in which they stand."""
    state, _, handler = name.rpartition(".")
    return f"{state.rpartition('____')[2].rpartition('.')[2]}.{handler}"
