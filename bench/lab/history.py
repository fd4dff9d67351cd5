"""Earlier results, to see what a change of the code did to a figure."""

import json
from pathlib import Path
from typing import Any

from bench.lab.metric import Metric

TOLERANCE = 1.15
"""A count that grew beyond this, from one commit to another, is a regression."""


class History:
    """The lines of bench/results.jsonl."""

    def __init__(self, path: Path, sha: str, rows: int) -> None:
        """Read what other commits gave for so many rows; what comes is written under this commit's name."""
        self._path, self._sha, self._rows = path, sha, rows
        lines = path.read_text().splitlines() if path.exists() else []
        records: list[dict[str, Any]] = [*map(json.loads, lines)]
        self._before = {
            record["id"]: record for record in records if record["sha"] != sha and record["rows"] == rows
        }

    def write(self, metric: Metric) -> dict[str, object]:
        """Append a metric; return what was written."""
        record = {**metric.record(), "sha": self._sha, "rows": self._rows}
        with self._path.open("a") as file:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
        return record

    def change(self, metric: Metric) -> float | None:
        """Return by which factor a figure differs from the last one of another commit."""
        before = self._before.get(metric.id, {}).get("value")
        return metric.value / before if before else None

    def is_worse(self, metric: Metric) -> bool:
        """Tell whether a counted figure, of which less is better, has grown too much."""
        change = self.change(metric)
        shrinks = metric.limit is not None and metric.limit.counted and metric.limit.sign == "<="
        return shrinks and change is not None and change > TOLERANCE
