"""How much of the studio a person or a project may take."""

from dataclasses import dataclass

from sora_studio.domain.errors import InvalidInput
from sora_studio.domain.fair_queue import check_weight


@dataclass(frozen=True)
class Limits:
    """What counts for a person or a project."""

    queue_weight: float = 1.0


USUAL = Limits()
"""What counts where nobody has said anything."""


@dataclass(frozen=True)
class LimitChange:
    """What to change; None stays as it is."""

    queue_weight: float | None = None

    def values(self) -> dict[str, float]:
        """Return what is stored.

        Raises:
            InvalidInput: A value will not do, or there is none.
        """
        if self.queue_weight is None:
            message = "Say what to change."
            raise InvalidInput(message)
        return {"queue_weight": check_weight(self.queue_weight)}

    def told(self) -> str:
        """Say it for the trail."""
        return f"queue_weight = {self.queue_weight:g}"
