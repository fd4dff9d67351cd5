"""What is left to spend, beside the price of a wish."""

from dataclasses import dataclass
from uuid import UUID

from sora_studio.container import services
from sora_studio.domain.budget import name_of, rest, tightest
from sora_studio.domain.money import as_amount

NO_LIMIT = -1


@dataclass(frozen=True)
class Funds:
    """What a person may still spend at one provider."""

    left: str = ""  # `$11.20 left`; empty: there is no limit
    micros: int = NO_LIMIT  # of the budgets that block
    source: str = ""  # `$11.20 left of this project's budget of $20.00 a month`
    words: str = ""  # `$0.10 is left of your budget of $5.00 a month. …`


async def read_funds(owner_id: UUID, project_id: UUID | None) -> dict[str, Funds]:
    """Say what a person may still spend at each provider, in a project or for their own library.

    Raises:
        Unavailable: No database.
    """
    budgets = services().budgets
    names = [profile.name for profile in services().videos.profiles()]
    bounding = await budgets.bounding(owner_id, names, project_id)
    found = dict.fromkeys(names, Funds())
    for name, statuses in bounding.items():
        worst = tightest([each for each in statuses if each.blocks])
        if worst:
            left, words = worst.left_micros, f"{as_amount(worst.left_micros)} left"
            source = f"{words} of {name_of(worst.budget)}"
            found[name] = Funds(words, left, source, rest(worst, budgets.zone))
    return found
