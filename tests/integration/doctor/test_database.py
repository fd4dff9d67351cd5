"""The doctor finds what is wrong with a database; each fault is planted in a real one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from sqlalchemy import text

from sora_studio.db.diagnosis import DatabaseFacts, StudioFacts, facts_of, hears
from sora_studio.db.engine import Database
from sora_studio.db.migrations import pending_from
from sora_studio.doctor import database as checks
from sora_studio.doctor.finding import Finding, Level
from sora_studio.domain.errors import Unavailable
from sora_studio.domain.instance import Instance, InstanceRole
from sora_studio.domain.video import Phase
from sora_studio.services.instances.assembly import membership
from sora_studio.subprocesses.cluster import ROLE
from tests.support.cluster import as_superuser
from tests.support.library import add_person, add_videos
from tests.support.pooler import running_pooler


def wrong(findings: Iterator[Finding]) -> dict[str, Level]:
    return {each.check: each.level for each in findings if each.level is not Level.OK}


async def server_faults(url: str, **options: int) -> dict[str, Level]:
    return wrong(checks.check_server(await facts_of(url), datetime.now(UTC), **options))


async def studio_facts(url: str) -> StudioFacts:
    facts = (await facts_of(url)).studio
    assert facts
    return facts


async def change(database: Database, statement: str) -> None:
    async with database.transaction() as tx:
        await (await tx.connection()).execute(text(statement))


async def test_nothing_is_wrong_with_the_embedded_one(database_url: str):
    assert await server_faults(database_url) == {}
    assert (await hears(database_url, None)) is True
    facts = await studio_facts(database_url)
    assert checks.check_schema(await pending_from(database_url), facts).level is Level.OK


async def test_a_database_that_is_not_there():
    with pytest.raises(Unavailable):
        await facts_of("postgresql://nobody@127.0.0.1:9/nothing")


@contextmanager
def latin_database(postgres: str) -> Iterator[str]:
    name = f"latin_{uuid4().hex}"
    with psycopg.connect(as_superuser(postgres), autocommit=True) as connection:
        connection.execute(
            SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'").format(
                Identifier(name), Identifier(ROLE)
            )
        )
        yield postgres.replace(f"/{ROLE}?", f"/{name}?")
        connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


async def test_an_encoding_that_cannot_hold_prompts(postgres: str):
    with latin_database(postgres) as url:
        assert await server_faults(url) == {"database_encoding": Level.PROBLEM}


async def test_a_role_that_may_do_everything(database_url: str):
    assert await server_faults(as_superuser(database_url)) == {"database_role": Level.WARNING}


async def test_a_database_that_cannot_be_written(database_url: str):
    url = f"{database_url}&options=-c%20default_transaction_read_only%3Don"
    assert await server_faults(url) == {"database_role": Level.PROBLEM}


async def test_a_role_that_may_make_no_tables(database_url: str):
    facts = replace(await facts_of(database_url), may_create=False)
    assert wrong(checks.check_server(facts, datetime.now(UTC))) == {"database_role": Level.PROBLEM}


async def test_a_server_with_too_few_connections(database_url: str):
    assert await server_faults(database_url, needed=10_000) == {"database_connections": Level.PROBLEM}


async def test_a_clock_that_is_wrong_and_a_server_that_is_old(database_url: str):
    facts: DatabaseFacts = replace(await facts_of(database_url), number=120_004)
    late = datetime.now(UTC) - timedelta(minutes=3)
    assert wrong(checks.check_server(facts, late)) == {
        "database_version": Level.WARNING,
        "database_clock": Level.WARNING,
    }


async def test_a_pooler_without_a_way_past_it(database_url: str):
    async with running_pooler(database_url, ignored="options") as url:
        assert await hears(url, database_url)
        heard = await hears(url, None, patience=0.3)
        found = {
            each.check: each.level for each in checks.check_pooler(pooled=True, direct=False, heard=heard)
        }
        assert found == {"database_pooler": Level.PROBLEM, "database_listen": Level.PROBLEM}


async def test_tables_of_another_version(database_url: str):
    facts = await studio_facts(database_url)
    assert checks.check_schema("0123456789ab", facts).level is Level.WARNING
    newer = replace(facts, revision="of_the_future")
    assert checks.check_schema(None, newer).level is Level.PROBLEM


async def test_an_empty_database_has_no_studio(empty_database_url: str):
    assert (await facts_of(empty_database_url)).studio is None


async def test_nobody_is_in_charge(database: Database, database_url: str):
    assert checks.check_people(await studio_facts(database_url)).level is Level.WARNING
    await add_person(database)
    assert checks.check_people(await studio_facts(database_url)).level is Level.PROBLEM
    await change(database, "UPDATE \"user\" SET role = 'admin', disabled_at = now()")
    assert checks.check_people(await studio_facts(database_url)).level is Level.PROBLEM
    await change(database, 'UPDATE "user" SET disabled_at = NULL')
    assert checks.check_people(await studio_facts(database_url)).level is Level.OK


async def test_days_that_begin_elsewhere(database: Database, database_url: str):
    await change(
        database,
        "INSERT INTO setting (name, value, changed_at) VALUES ('time_zone', '\"Asia/Tokyo\"', now())",
    )
    facts = await studio_facts(database_url)
    assert checks.check_time_zone("Europe/Berlin", facts).level is Level.WARNING
    assert checks.check_time_zone("Asia/Tokyo", facts).level is Level.OK


async def test_videos_whose_provider_is_gone(database: Database, database_url: str):
    owner_id = await add_person(database)
    await add_videos(database, owner_id, "a boat", phase=Phase.QUEUED, provider="gone")
    await add_videos(database, owner_id, "a kite", phase=Phase.COMPLETED, provider="long-gone")
    facts = await studio_facts(database_url)
    assert checks.check_orphans(facts, ["sandbox"]).level is Level.PROBLEM
    assert checks.check_orphans(facts, ["sandbox", "gone"]).level is Level.OK


async def test_who_serves_the_studio(database: Database, database_url: str):
    assert checks.check_instances(await studio_facts(database_url)).level is Level.SKIPPED
    web = Instance(role=InstanceRole.WEB, address="one:3001", build="a")
    async with membership(database, web):
        assert checks.check_instances(await studio_facts(database_url)).level is Level.PROBLEM
        async with membership(database, replace(web, id=uuid4(), role=InstanceRole.WORK)):
            assert await server_faults(database_url, needed=99) == {"database_connections": Level.PROBLEM}
            found = checks.check_instances(await studio_facts(database_url))
            assert (found.level, found.text) == (Level.OK, "2 running: web at one:3001, work at one:3001.")
        async with membership(database, Instance(installation=web.installation, build="b")):
            assert checks.check_instances(await studio_facts(database_url)).level is Level.WARNING
