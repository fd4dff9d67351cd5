"""How long what took, and what went wrong."""

from collections import Counter, defaultdict

from bench.lab.metric import percentile


class Stopwatch:
    """Times by route, and errors by what they are."""

    def __init__(self) -> None:
        self.times = defaultdict[str, list[float]](list)
        self.errors = Counter[tuple[str, str]]()

    def report(self) -> list[str]:
        """Return a table in lines."""
        lines = [f"{'':26}{'count':>7}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}  errors"]
        for name in sorted(self.times.keys() | {name for name, _ in self.errors}):
            times = [1000 * each for each in self.times[name]] or [0.0]
            shares = "".join(f"{percentile(times, share):9.0f}" for share in (0.50, 0.95, 0.99))
            wrong = ", ".join(
                f"{many} {what}" for (where, what), many in sorted(self.errors.items()) if where == name
            )
            lines.append(f"{name:26}{len(self.times[name]):7}{shares}  {wrong}")
        return lines
