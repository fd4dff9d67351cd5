"""What a provider reported about a rendering: kept with the attempt, since nobody else knows it later."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True)
class Facts:
    """The facts of one rendering; None is what was not told."""

    revised_prompt: str | None = None  # the words that it was made from
    seed: int | None = None
    inference_seconds: float | None = None  # at work on it
    peak_memory_mb: float | None = None  # of the device
    cost_micros: int | None = None  # what the provider says that it cost, in micro-dollars

    def told(self) -> dict[str, str | int | float]:
        """Return what was told, as it is stored."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    @classmethod
    def stored(cls, told: Mapping[str, Any] | None) -> "Facts":
        """Read what `told` wrote; what a later version added is left out."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in (told or {}).items() if name in known})


NO_FACTS = Facts()
