"""A search among 100,000 videos: a rare word costs little, and a common one not much more."""

from bench.lab import rows
from bench.lab.lab import Lab
from bench.lab.metric import Metric, counted, time_ratio_at_most
from bench.lab.pages import most_touched, reading
from bench.lab.pairs import paired
from sora_studio.domain.library import LibraryQuery

WORDS = {
    "absent": rows.ABSENT,
    "rare": rows.RARE,
    "some": rows.SOME,
    "half": rows.HALF,
    "common": rows.COMMON,
    "old": rows.OLD,
}


async def measure(lab: Lab) -> list[Metric]:
    """Measure the first page of results for six words."""
    library = await lab.library()
    queries = {name: LibraryQuery(search=word) for name, word in WORDS.items()}
    costs = [
        counted(f"search.{name}.blocks", (await most_touched(library, query)).all, "blocks")
        for name, query in queries.items()
    ]
    times = {name: reading(library, query) for name, query in queries.items()}
    first = reading(library, LibraryQuery())
    return [
        *costs,
        await paired("search.rare", "ms", time_ratio_at_most(25), first, times["rare"]),
        await paired("search.absent", "ms", time_ratio_at_most(25), first, times["absent"]),
        await paired("search.common", "ms", time_ratio_at_most(10), times["rare"], times["common"]),
        await paired("search.old", "ms", time_ratio_at_most(10), times["rare"], times["old"]),
    ]
