"""What is left to spend, beside the price of a wish."""

from dataclasses import dataclass
from uuid import UUID

from sora_studio.container import services
from sora_studio.domain.budget import rest, tightest
from sora_studio.domain.money import as_amount

NO_LIMIT = -1


@dataclass(frozen=True)
class Funds:
    """What a person may still spend at one provider."""

    left: str = ""  # `$11.20 left`; empty: there is no limit
    micros: int = NO_LIMIT  # of the budgets that block
    words: str = ""  # `$0.10 is left of your budget of $5.00 a month. …`


async def read_funds(owner_id: UUID) -> dict[str, Funds]:
    """Say what a person may still spend at each provider.

    Raises:
        Unavailable: No database.
    """
    budgets = services().budgets
    names = [profile.name for profile in services().videos.profiles()]
    bounding = await budgets.bounding(owner_id, names)
    found = dict.fromkeys(names, Funds())
    for name, statuses in bounding.items():
        worst = tightest([each for each in statuses if each.blocks])
        if worst:
            left = worst.left_micros
            found[name] = Funds(f"{as_amount(left)} left", left, rest(worst, budgets.zone))
    return found
