"""A page of a library of 100,000 videos: it costs the same at any depth and under any filter."""

from bench.lab.lab import Lab
from bench.lab.metric import Metric, at_most, counted, ratio_at_most, time_ratio_at_most
from bench.lab.pages import deep_places, most_touched, reading
from bench.lab.pairs import paired
from sora_studio.domain.library import LibraryQuery, SortOrder
from sora_studio.domain.video import Status

FIND = 40
"""Blocks of table `video` that a page of 24 may touch: 25 rows somewhere, and the way down an index."""

SHOW = 260
"""Blocks of all tables: beside each of 25 videos stands its job, 4 blocks each, and what finds them."""


async def measure(lab: Lab) -> list[Metric]:
    """Measure first, deep and filtered pages for fifty owners."""
    library = await lab.library()
    first, deep = LibraryQuery(), deep_places(library)
    top, bottom = await most_touched(library, first), await most_touched(library, first, deep)
    failed = LibraryQuery(statuses=(Status.FAILED,))
    filtered = await most_touched(library, failed)
    return [
        counted("library.first.blocks.video", top.video, "blocks", at_most(FIND)),
        counted("library.first.blocks", top.all, "blocks", at_most(SHOW)),
        counted("library.deep.blocks", bottom.all, "blocks", ratio_at_most(1.2), baseline=top.all),
        counted("library.filtered.blocks", filtered.all, "blocks", ratio_at_most(1.2), baseline=top.all),
        await paired(
            "library.deep",
            "ms",
            time_ratio_at_most(2),
            reading(library, first),
            reading(library, first, deep),
        ),
        await paired(
            "library.filtered",
            "ms",
            time_ratio_at_most(2),
            reading(library, first),
            reading(library, failed),
        ),
        await paired(
            "library.oldest",
            "ms",
            time_ratio_at_most(2),
            reading(library, first),
            reading(library, LibraryQuery(order=SortOrder.OLDEST)),
        ),
    ]
