"""The short table at the end."""

from collections.abc import Sequence

from bench.lab.history import History
from bench.lab.metric import Metric

HEAD = ("metric", "value", "baseline", "ratio", "target", "before", "")


def table(metrics: Sequence[Metric], history: History) -> str:
    """Write metrics as a table for people."""
    rows = [HEAD, *(_row(metric, history) for metric in metrics)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _row(metric: Metric, history: History) -> tuple[str, ...]:
    change = history.change(metric)
    return (
        metric.id,
        f"{metric.value:.4g} {metric.unit}",
        "" if metric.baseline is None else f"{metric.baseline:.4g}",
        "" if metric.ratio is None else f"{metric.ratio:.2f}x",
        str(metric.limit or ""),
        "" if change is None else f"{change:.2f}x",
        _verdict(metric, worse=history.is_worse(metric)),
    )


def _verdict(metric: Metric, *, worse: bool) -> str:
    if worse:
        return "WORSE"
    if metric.ok is None and metric.limit:
        return "inconclusive"
    if metric.needs_margin:
        return "in the margin"
    return {True: "ok", False: "MISSED", None: ""}[metric.ok]
