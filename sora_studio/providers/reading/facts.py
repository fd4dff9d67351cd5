"""What a server reports about a rendering beside the film: kept, since nobody else knows it afterwards."""

from sora_studio.domain.facts import Facts
from sora_studio.domain.money import MICROS_PER_DOLLAR
from sora_studio.providers.reading import names
from sora_studio.providers.reading.layers import Layers, first
from sora_studio.providers.wire import as_list, as_object, read_number, read_text

_SEED_MAX = 2**64
_SECONDS_MAX, _MEGABYTES_MAX, _DOLLARS_MAX = 1e6, 1e8, 1e6
_TICKS_PER_MICRO = 10_000  # xAI counts ten thousand million to the dollar


def read_facts(layers: Layers) -> Facts:
    """Read what an answer tells of them."""
    revised = layers.first(names.REVISED_PROMPTS, read_text)
    return Facts(
        revised_prompt=revised,
        seed=layers.first(names.SEEDS, _seed),
        inference_seconds=layers.first(names.INFERENCE_SECONDS, lambda each: _positive(each, _SECONDS_MAX)),
        peak_memory_mb=layers.first(names.PEAK_MEMORY, lambda each: _positive(each, _MEGABYTES_MAX)),
        cost_micros=_cost(layers),
    )


def _seed(value: object) -> int | None:
    """Read a whole number, or the first of several: one for each output."""
    one = (as_list(value) or [value])[0]
    if isinstance(one, str) and one.isascii() and one.isdecimal():
        one = int(one[:40])
    return one if isinstance(one, int) and not isinstance(one, bool) and 0 <= one < _SEED_MAX else None


def _cost(layers: Layers) -> int | None:
    """Read what it cost, in micro-dollars: of the job itself, or in its usage."""
    usages = [as_object(layer.get(name)) for layer in layers.all for name in names.USAGES]
    places = (*layers.all, *usages)
    ticks = first(places, names.TICKS, lambda each: _positive(each, _DOLLARS_MAX * 1e10))
    if ticks is not None:
        return round(ticks / _TICKS_PER_MICRO)
    dollars = first(places, names.DOLLARS, lambda each: _not_negative(each, _DOLLARS_MAX))
    return None if dollars is None else round(dollars * MICROS_PER_DOLLAR)


def _positive(value: object, most: float) -> float | None:
    number = _not_negative(value, most)
    return number or None  # 0 stands for what was not measured


def _not_negative(value: object, most: float) -> float | None:
    number = read_number(value)
    return number if number is not None and 0 <= number <= most else None
