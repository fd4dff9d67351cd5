"""One measured figure, the limit it has to keep, and whether it does."""

from collections.abc import Sequence
from dataclasses import dataclass, field

TIMED_MARGIN = 1.3
"""A limit on a time is missed only beyond this: clocks on shared machines are soft."""

STEADY = 0.90, 1.10
"""Where the baseline against itself has to lie; outside, the machine was too restless to tell anything."""


@dataclass(frozen=True)
class Limit:
    """What a figure may be at most (`<=`) or has to be at least (`>=`)."""

    sign: str
    bound: float
    of: str = "value"  # or ratio
    counted: bool = True  # counts are hard gates, times are soft ones

    def __str__(self) -> str:
        """Write it as `ratio <= 3`."""
        subject = "ratio " if self.of == "ratio" else ""
        return f"{subject}{self.sign} {self.bound:g}"

    def kept_by(self, figure: float, *, margin: float = 1.0) -> bool:
        """Tell whether a figure keeps the limit, widened by a margin."""
        return figure <= self.bound * margin if self.sign == "<=" else figure >= self.bound / margin


@dataclass(frozen=True)
class Metric:
    """One figure."""

    id: str
    value: float
    unit: str
    limit: Limit | None = None
    baseline: float | None = None
    ratio: float | None = None
    spread: tuple[float, float] | None = None  # lowest and highest ratio of a pair
    guard: float | None = None  # the baseline against itself, median ratio; or how busy the machine was
    n: int = 1
    details: dict[str, float | str] = field(default_factory=dict[str, float | str])

    @property
    def ok(self) -> bool | None:
        """Tell whether the limit is kept; None without a limit, or when the run was inconclusive.

        A ratio from a restless run tells nothing; a time that is short enough on a busy machine does.
        """
        if self.limit is None:
            return None
        kept = self.limit.kept_by(self.limited, margin=1.0 if self.limit.counted else TIMED_MARGIN)
        return kept if self.steady or (kept and self.limit.of == "value") else None

    @property
    def needs_margin(self) -> bool:
        """Tell whether a time keeps its limit only by the margin."""
        return bool(self.ok and self.limit and not self.limit.kept_by(self.limited))

    @property
    def limited(self) -> float:
        """Return the figure that the limit is about."""
        about_ratio = self.limit is not None and self.limit.of == "ratio"
        return self.ratio if about_ratio and self.ratio is not None else self.value

    @property
    def steady(self) -> bool:
        """Tell whether the machine was calm enough, as far as that was watched."""
        return self.guard is None or STEADY[0] <= self.guard <= STEADY[1]

    @property
    def is_missed_gate(self) -> bool:
        """Tell whether a hard gate is missed."""
        return self.ok is False and self.limit is not None and self.limit.counted

    def record(self) -> dict[str, object]:
        """Return what is written down."""
        return {
            "id": self.id,
            "value": _short(self.value),
            "unit": self.unit,
            "baseline": _short(self.baseline),
            "ratio": _short(self.ratio),
            "range": self.spread and [*map(_short, self.spread)],
            "aa": _short(self.guard),
            "target": str(self.limit) if self.limit else None,
            "ok": self.ok,
            "n": self.n,
            **{
                name: _short(each) if isinstance(each, float) else each for name, each in self.details.items()
            },
        }


def at_most(bound: float) -> Limit:
    """Limit a count from above: a hard gate."""
    return Limit("<=", bound)


def at_least(bound: float) -> Limit:
    """Limit a count from below: a hard gate."""
    return Limit(">=", bound)


def ratio_at_most(bound: float) -> Limit:
    """Limit a ratio of counts from above: a hard gate."""
    return Limit("<=", bound, "ratio")


def time_at_most(bound: float) -> Limit:
    """Limit a time from above: a soft gate, for what must not be out of all proportion."""
    return Limit("<=", bound, counted=False)


def time_ratio_at_most(bound: float) -> Limit:
    """Limit a ratio of times from above: a soft gate."""
    return Limit("<=", bound, "ratio", counted=False)


def counted(
    name: str,
    value: float,
    unit: str,
    limit: Limit | None = None,
    *,
    baseline: float | None = None,
    **details: float | str,
) -> Metric:
    """Build a metric from a count, which is the same however busy the machine is."""
    ratio = value / baseline if baseline else None
    return Metric(name, value, unit, limit, baseline, ratio, details=details)


def percentile(figures: Sequence[float], share: float) -> float:
    """Return the smallest figure that `share` (0..1) of all do not exceed."""
    return sorted(figures)[max(0, min(len(figures) - 1, round(share * len(figures) + 0.5) - 1))]


def _short(figure: float | None) -> float | None:
    return None if figure is None else float(f"{figure:.4g}")
