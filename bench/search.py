"""A search among 100,000 videos: a rare word costs little, and no other one much more."""

from collections.abc import Iterator, Mapping

from bench.lab import rows
from bench.lab.lab import Lab
from bench.lab.metric import Metric, counted, ratio_at_most, time_ratio_at_most
from bench.lab.pages import most_touched, most_touched_by_counts, reading
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
    """Measure what a search shows, for six words: the first page of results, and how many there are."""
    library = await lab.library()
    queries = {name: LibraryQuery(search=word) for name, word in WORDS.items()}
    blocks = {
        name: (await most_touched(library, queries[name])).all
        + (await most_touched_by_counts(library, word)).all
        for name, word in WORDS.items()
    }
    times = {name: reading(library, query) for name, query in queries.items()}
    first = reading(library, LibraryQuery())
    return [
        *_costs(blocks),
        await paired("search.rare", "ms", time_ratio_at_most(25), first, times["rare"]),
        await paired("search.absent", "ms", time_ratio_at_most(25), first, times["absent"]),
        await paired("search.common", "ms", time_ratio_at_most(10), times["rare"], times["common"]),
        await paired("search.old", "ms", time_ratio_at_most(10), times["rare"], times["old"]),
    ]


def _costs(blocks: Mapping[str, int]) -> Iterator[Metric]:
    """Compare every word with the rare one, which is all that an index can help with."""
    for word, cost in blocks.items():
        limit = None if word == "rare" else ratio_at_most(10)
        yield counted(f"search.{word}.blocks", cost, "blocks", limit, baseline=blocks["rare"])
