"""What is measured of a studio that works, as Prometheus reads it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from sora_studio import metrics
from sora_studio.db.engine import Database
from sora_studio.db.metrics import _JOBS
from sora_studio.domain.instance import Instance
from sora_studio.domain.provider_health import ProviderHealth
from sora_studio.domain.video import Phase
from sora_studio.services.disk_space import DiskSpace
from sora_studio.services.health import HealthService
from sora_studio.services.metrics import MetricsService, Sources
from sora_studio.storage.local import LocalStorage
from tests.integration.jobs.conftest import Background
from tests.support.library import add_person, add_videos
from tests.support.promtool import promtool

Families = Mapping[str, Metric]

_NAMES = {
    *("http_request_duration_seconds", "event_duration_seconds", "websocket_connections", "jobs"),
    *("submit_duration_seconds", "render_seconds", "done_to_saved_seconds", "queue_wait_seconds"),
    *("provider_requests_total", "provider_circuit_open", "money_micros_total", "money_on_hold_micros"),
    *("budget_used_ratio", "storage_bytes", "disk_free_bytes", "webhook_deliveries_total", "build_info"),
    *("jobs_total", "instances"),
}


def service(db: Database, folder: Path, token: str | None = None) -> MetricsService:
    storage = LocalStorage(folder)
    health = HealthService(db=db, disk_space=DiskSpace(storage), last_run=lambda: 10.0**12)
    return MetricsService(
        Sources(
            db=db,
            health=health,
            storage=storage,
            providers={"fake": ProviderHealth, "away": lambda: ProviderHealth(is_open=True)},
            instances=lambda: [Instance()],
            last_backup=lambda: datetime(2026, 12, 1, tzinfo=UTC),
            version="1.2.3",
            build="abc",
        ),
        token,
    )


async def read(figures: MetricsService) -> Families:
    figures._looked_at = float("-inf")  # as if some seconds had passed
    said = text_string_to_metric_families((await figures.read()).decode())
    return {each.name if each.type != "counter" else f"{each.name}_total": each for each in said}


def value(families: Families, name: str, **labels: str) -> float:
    samples = [
        sample
        for family in families.values()
        for sample in family.samples
        if sample.name == f"sora_studio_{name}" and labels.items() <= sample.labels.items()
    ]
    return sum(sample.value for sample in samples)


async def test_the_life_of_a_video_is_counted(background: Background, mp4: bytes, tmp_path: Path):
    figures = service(background.db, tmp_path, "a token for the metrics")
    before = await read(figures)
    view = await background.wish()
    waiting = await read(figures)
    assert value(waiting, "jobs", phase="submitting", provider="fake") == 1
    assert value(waiting, "money_on_hold_micros") == view.price_micros
    await background.submit()
    background.provider.finish("remote-0", mp4)
    await background.refresh()
    await background.archive()
    assert (await background.look(view)).phase is Phase.COMPLETED
    after = await read(figures)
    for outcome in ("accepted", "completed"):
        counted = value(after, "jobs_total", outcome=outcome) - value(before, "jobs_total", outcome=outcome)
        assert counted == 1
    for name in ("submit_duration", "render", "done_to_saved", "queue_wait"):
        counted = value(after, f"{name}_seconds_count") - value(before, f"{name}_seconds_count")
        assert counted == 1, name
    assert value(after, "money_micros_total", kind="settled") == view.price_micros
    assert value(after, "money_on_hold_micros") == 0
    assert value(after, "jobs") == 0


async def test_the_names_are_those_that_dashboards_and_rules_use(database: Database, tmp_path: Path):
    """Prometheus' own tool has nothing to say about them."""
    for each in metrics.Instrument.every:
        if each.name.endswith("_total"):
            each.count(*("x" for _ in each.labels), by=0)
    await add_budget(database)
    figures = service(database, tmp_path)
    assert {name.removeprefix("sora_studio_") for name in await read(figures)} >= _NAMES
    said = (await figures.read()).decode()
    done = promtool("check", "metrics", text=said)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


async def test_money_is_counted_once_whatever_order_entries_come_in(background: Background, tmp_path: Path):
    """A number that was given early may be committed late."""
    figures = service(background.db, tmp_path)
    before = value(await read(figures), "money_micros_total", kind="settled")
    await background.sql(_ENTRY, id=10_000_002, micros=5)
    assert value(await read(figures), "money_micros_total", kind="settled") - before == 5
    await background.sql(_ENTRY, id=10_000_001, micros=7)
    for _ in range(2):
        assert value(await read(figures), "money_micros_total", kind="settled") - before == 12


async def test_the_fullest_budget_of_a_kind_is_shown(database: Database, tmp_path: Path):
    await add_budget(database)
    families = await read(service(database, tmp_path))
    assert value(families, "budget_used_ratio", budget="studio") == pytest.approx(0.9)


async def test_while_the_database_is_away_the_rest_is_told(tmp_path: Path):
    away = Database("postgresql://nobody@127.0.0.1:9/nothing")
    families = await read(service(away, tmp_path))
    assert value(families, "ready") == 0
    assert value(families, "problem", code="database_unreachable") == 1
    assert value(families, "disk_free_bytes") > 0
    assert "sora_studio_jobs" not in families
    assert value(families, "provider_circuit_open", provider="away") == 1
    await away.close()


async def test_videos_that_have_ended_are_not_read(database: Database):
    """However many there are: a scrape touches what is unfinished, by its index."""
    owner_id = await add_person(database)
    await add_videos(database, owner_id, *("a boat" for _ in range(2_000)))
    async with database.transaction() as tx:
        connection = await tx.connection()
        await connection.execute(text("ANALYZE job"))
        plan = "\n".join(
            row[0] for row in await connection.execute(text(f"EXPLAIN (ANALYZE, BUFFERS) {_JOBS.text}"))
        )
    assert "ix_job_pending" in plan, plan
    assert "Seq Scan on job" not in plan, plan


_ENTRY = """
INSERT INTO ledger_entry (id, job_id, kind, micros, reserved_at, provider, model, seconds)
OVERRIDING SYSTEM VALUE VALUES (:id, gen_random_uuid(), 'settle', :micros, now(), 'fake', 'm', 4)
"""


async def add_budget(database: Database) -> None:
    async with database.transaction() as tx:
        connection = await tx.connection()
        for spent in (900, 100):
            await connection.execute(
                text("""
                WITH made AS (
                    INSERT INTO budget (id, scope, scope_id, amount_micros, period, behaviour, thresholds,
                        created_at)
                    VALUES (gen_random_uuid(), 'studio', '', 1000, 'none', 'block', '{}', now())
                    RETURNING id
                )
                INSERT INTO budget_window (budget_id, starts_at, held, spent)
                SELECT id, now() - interval '1 day', 0, :spent FROM made"""),
                {"spent": spent},
            )
