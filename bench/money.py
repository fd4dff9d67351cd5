"""People and money in a studio of very many: the first page of each list, a search, a year's usage; a budget.

100,000 people, 10,000 projects, a ledger of 1,000,000 entries over two years, 300,000 lines of the trail.
"""

import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from bench.lab.crowd import END, Crowd, crowd
from bench.lab.lab import Lab
from bench.lab.metric import Metric, at_most, counted, percentile, time_at_most, time_ratio_at_most
from bench.lab.pairs import paired, repeated
from bench.lab.parts import video_service
from bench.lab.statements import Statement, touched, watched
from sora_studio.db.audit import AuditRepository
from sora_studio.db.budgets import BudgetRepository
from sora_studio.db.limits import LimitRepository
from sora_studio.db.people import PeopleRepository
from sora_studio.domain.audit import Act, AuditQuery
from sora_studio.domain.budget import Behaviour, Budget, BudgetScope, Period
from sora_studio.domain.ids import new_id
from sora_studio.domain.people import PeopleQuery
from sora_studio.domain.usage import Grouping, UsageQuery, UsageScope
from sora_studio.domain.video import VideoWish
from sora_studio.services.money.usage import UsageService
from sora_studio.services.videos.videos import VideoService
from tests.support.library import add_person

SAMPLES = 10
SHORT = time_at_most(100)
"""Milliseconds: a page comes at once."""

FEW = at_most(2_000)
"""Blocks of memory that a page of fifty may touch, with all that stands beside its lines."""

_YEAR = date(2025, 12, 1), date(2026, 11, 30)
_MONTH = date(2026, 11, 1), date(2026, 11, 30)
_PLENTY = 10**12  # micro-dollars

Read = Callable[[], Awaitable[object]]


async def measure(lab: Lab) -> list[Metric]:
    """Read the pages of an admin, and ask for videos with and without budgets."""
    studio = await crowd(await lab.database("crowd"))
    lab.stack.push_async_callback(studio.db.close)
    metrics = [await _page(studio, name, read) for name, read in _pages(studio).items()]
    metrics += [await _sum(name, read) for name, read in _sums(studio).items()]
    return [*metrics, *await _creating(studio, video_service(studio.db, lab.folder))]


def _pages(studio: Crowd) -> dict[str, Read]:
    async def people(query: PeopleQuery) -> None:
        async with studio.db.transaction() as tx:
            await PeopleRepository(tx).page(query)

    async def projects(words: str) -> None:
        async with studio.db.transaction() as tx:
            await LimitRepository(tx).projects(words, after=None, limit=50)

    async def audit(query: AuditQuery) -> None:
        async with studio.db.transaction() as tx:
            await AuditRepository(tx).page(query)

    usage = _usage(studio)
    return {
        "people.first": lambda: people(PeopleQuery()),
        "people.search": lambda: people(PeopleQuery("zoe")),
        "people.search.rare": lambda: people(PeopleQuery("lund98333")),
        "projects.first": lambda: projects(""),
        "audit.first": lambda: audit(AuditQuery()),
        "audit.filtered": lambda: audit(AuditQuery(act=Act.ROLE_CHANGE)),
        "ledger.first": lambda: usage.entries(studio.admin, limit=50),
        "ledger.deep": lambda: usage.entries(studio.admin, after=900_000, limit=50),
    }


def _sums(studio: Crowd) -> dict[str, Read]:
    usage, everybody = _usage(studio), UsageScope()

    def year(grouping: Grouping, scope: UsageScope = everybody) -> Read:
        return lambda: usage.usage(studio.admin, UsageQuery(scope, *_YEAR, grouping, limit=100))

    return {
        "usage.year.day": year(Grouping.DAY),
        "usage.year.model": year(Grouping.MODEL),
        "usage.year.user": year(Grouping.USER),
        "usage.year.project": year(Grouping.PROJECT),
        "usage.month.page": lambda: usage.report(
            studio.admin, UsageQuery(everybody, *_MONTH, Grouping.USER, limit=100)
        ),
        "usage.year.page": lambda: usage.report(
            studio.admin, UsageQuery(everybody, *_YEAR, Grouping.USER, limit=100)
        ),
    }


def _usage(studio: Crowd) -> UsageService:
    return UsageService(db=studio.db, zone=ZoneInfo("UTC"), clock=lambda: END)


async def _page(studio: Crowd, name: str, read: Read) -> Metric:
    """Count the memory that a page touches; how long it took stands beside it."""
    with watched(studio.db) as seen:
        await read()
    blocks = await touched(studio.db, _queries(seen))
    return counted(f"money.{name}.blocks", blocks.all, "blocks", FEW, ms=await _median(read))


async def _sum(name: str, read: Read) -> Metric:
    return Metric(f"money.{name}", await _median(read), "ms", SHORT, n=SAMPLES)


async def _median(read: Read) -> float:
    times: list[float] = []
    for _ in range(SAMPLES):
        began = time.perf_counter()
        await read()
        times.append((time.perf_counter() - began) * 1000)
    return percentile(times, 0.5)


def _queries(seen: Sequence[Statement]) -> list[Statement]:
    return [each for each in seen if each.sql.lstrip().upper().startswith(("SELECT", "WITH"))]


async def _creating(studio: Crowd, videos: VideoService) -> list[Metric]:
    """Ask for videos as somebody whom four budgets bound, and as somebody whom none does."""
    free, bound = await add_person(studio.db), await add_person(studio.db)

    def asking(user_id: UUID) -> Read:
        return lambda: videos.create(user_id, VideoWish("a paper boat"))

    async def statements(user_id: UUID) -> int:
        await asking(user_id)()  # what is made when first asked for
        with watched(studio.db) as seen:
            await asking(user_id)()
        return len(seen)

    without = await statements(free)
    async with studio.db.transaction() as tx:
        for period in (Period.DAY, Period.WEEK, Period.MONTH, Period.TOTAL):
            await BudgetRepository(tx).add(_budget(bound, period))
    added = await statements(bound) - without
    one, other = (repeated(asking(user_id), 5) for user_id in (free, bound))
    return [
        counted("money.budget.statements", added, "statements", at_most(2)),
        await paired("money.budget.create", "ms", time_ratio_at_most(1.3), one, other),
    ]


def _budget(user_id: UUID, period: Period) -> Budget:
    terms = (_PLENTY, period, Behaviour.BLOCK, (50, 80, 100), END)
    return Budget(new_id(), BudgetScope.USER, str(user_id), *terms)
