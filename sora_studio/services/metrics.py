"""What operators watch: figures that are found out when they ask, beside what this process has counted."""

import asyncio
import hmac
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sora_studio import metrics
from sora_studio.db.engine import Database
from sora_studio.db.metrics import Figures, MetricsRepository
from sora_studio.domain.errors import StorageError, Unavailable
from sora_studio.domain.instance import Instance
from sora_studio.domain.ledger import EntryKind
from sora_studio.domain.ports import Storage
from sora_studio.domain.provider_health import ProviderHealth
from sora_studio.metrics import Gauge
from sora_studio.services.health import HealthService

_FRESH = 5.0  # seconds for which what was found out holds: several may ask
_OVERLAP = 60.0  # seconds after which no entry of the ledger with a lower number is committed
_KINDS = {EntryKind.SETTLE: "settled", EntryKind.RELEASE: "released"}


@dataclass(frozen=True)
class Sources:
    """Where it is looked."""

    db: Database
    health: HealthService
    storage: Storage
    providers: Mapping[str, Callable[[], ProviderHealth]]
    instances: Callable[[], Iterable[Instance]]
    last_backup: Callable[[], datetime | None] | None  # None: there are none
    version: str
    build: str


class MetricsService:
    """Finds out what is watched, every few seconds at most."""

    def __init__(self, sources: Sources, token: str | None) -> None:
        """Look at nothing yet; with a token, count from now on.

        Args:
            sources: Where it is looked.
            token: What opens the figures; None: they are for this machine.
        """
        self._on, self._token = sources, token
        self._looking = asyncio.Lock()
        self._looked_at, self._gauges = -_FRESH, list[Gauge]()
        self._money = _Money()
        if token:
            metrics.start()

    def opens(self, token: str | None, *, is_local: bool) -> bool:
        """Tell whether somebody may read: with the token where there is one, from this machine otherwise."""
        if self._token is None:
            return is_local
        return token is not None and hmac.compare_digest(token.encode(), self._token.encode())

    async def read(self) -> bytes:
        """Return everything, as Prometheus reads it; while the database is away, without its figures."""
        metrics.start()
        async with self._looking:
            if time.monotonic() - self._looked_at >= _FRESH:
                self._gauges = await self._look()
                self._looked_at = time.monotonic()
        return metrics.exposition(self._gauges)

    async def _look(self) -> list[Gauge]:
        health = await self._on.health.look()
        figures = await self._figures()
        disk = await asyncio.to_thread(self._disk)
        circuits = {(name,): float(health_of().is_open) for name, health_of in self._on.providers.items()}
        return [
            Gauge(
                "sora_studio_build_info",
                "The version and build that runs.",
                ("version", "build"),
                {(self._on.version, self._on.build): 1},
            ),
            _gauge("ready", "Whether the studio can serve; `/readyz` has the reasons.", not health.reasons),
            Gauge(
                "sora_studio_problem",
                "What keeps the studio from serving, or slows it down: the codes of `/readyz`.",
                ("code",),
                {(each.code,): 1 for each in (*health.reasons, *health.complaints)},
            ),
            Gauge(
                "sora_studio_instances",
                "Instances that are there, by what they do; the same at each of them.",
                ("role",),
                {(role,): many for role, many in Counter(each.role for each in self._on.instances()).items()},
            ),
            _gauge("websocket_connections", "Open websockets.", metrics.WEBSOCKETS.value),
            Gauge(
                "sora_studio_provider_circuit_open",
                "Whether a provider is left alone because it does not answer.",
                ("provider",),
                circuits,
            ),
            *_of_database(figures),
            *disk,
            *await asyncio.to_thread(self._backup),
        ]

    async def _figures(self) -> Figures | None:
        try:
            async with self._on.db.transaction() as tx:
                repository = MetricsRepository(tx)
                await self._money.look(repository)
                return await repository.figures()
        except Unavailable:
            return None

    def _disk(self) -> list[Gauge]:
        try:
            free, size = self._on.storage.free_bytes(), self._on.storage.size_bytes()
        except (StorageError, OSError):
            return []
        return [
            _gauge("disk_free_bytes", "What is left on the disk of the videos.", free),
            _gauge("disk_size_bytes", "How large that disk is.", size),
        ]

    def _backup(self) -> list[Gauge]:
        if self._on.last_backup is None:
            return []
        last = self._on.last_backup()
        text = "When the newest backup was made; 0: there is none that can be read."
        return [_gauge("last_backup_timestamp_seconds", text, last.timestamp() if last else 0)]


class _Money:
    """Counts the ledger's entries from the first look on, each once.

    Numbers are given before entries are committed, so lower ones may come later: those of the last minute
    are remembered one by one.
    """

    def __init__(self) -> None:
        self._floor: int | None = None  # everything up to it has been counted
        self._known: dict[int, float] = {}  # beyond it: when each was counted

    async def look(self, repository: MetricsRepository) -> None:
        if self._floor is None:
            self._floor = await repository.last_entry()
            return
        now = time.monotonic()
        for entry in await repository.entries(self._floor, self._known):
            self._known[entry.id] = now
            if kind := _KINDS.get(EntryKind(entry.kind)):
                metrics.MONEY.count(entry.provider, kind, by=entry.micros)
        old = [number for number, at in self._known.items() if now - at > _OVERLAP]
        self._floor = max([self._floor, *old])
        self._known = {number: at for number, at in self._known.items() if number > self._floor}


def _gauge(name: str, text: str, value: float) -> Gauge:
    return Gauge(f"sora_studio_{name}", text, (), {(): value})


def _of_database(figures: Figures | None) -> list[Gauge]:
    if figures is None:
        return []
    return [
        Gauge(
            "sora_studio_jobs",
            "Unfinished jobs; the same at each instance.",
            ("phase", "provider"),
            figures.jobs,
        ),
        _gauge("money_on_hold_micros", "What is reserved, in millionths of a dollar.", figures.held_micros),
        Gauge(
            "sora_studio_budget_used_ratio",
            "The used part of the fullest budget of a scope; 1 is all of it.",
            ("budget",),
            {(scope,): used for scope, used in figures.budgets.items()},
        ),
        Gauge(
            "sora_studio_storage_bytes",
            "How much is kept.",
            ("kind",),
            {("database",): figures.database_bytes, ("media",): figures.media_bytes},
        ),
    ]
