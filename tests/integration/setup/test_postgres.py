"""The embedded PostgreSQL outlives all accidents, reads older data, and has what search and backups need."""

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString

import psutil
import psycopg
import pytest
from psycopg.sql import SQL, Composed, Identifier

from sora_studio.config import ConfigError
from sora_studio.subprocesses import cluster, system_user
from sora_studio.subprocesses.cluster_server import ClusterServer
from sora_studio.subprocesses.postgres import embedded_postgres, running_postgres
from tests.support.cluster import as_superuser
from tests.support.source import ROOT
from tests.support.studio import fresh_data_dir
from tests.support.waiting import wait_until

_STUDIO = """
import asyncio, sys
from pathlib import Path
from sora_studio import log
from sora_studio.subprocesses.postgres import embedded_postgres, running_postgres

async def main():
    log.configure()
    async with embedded_postgres(Path(sys.argv[1])) as url:
        print(url, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""

_QUESTIONS: dict[str, LiteralString] = {
    "pg_trgm": "SELECT similarity('東京タワー', '東京') > 0.2",
    "unaccent": "SELECT unaccent('Élan') = 'Elan'",
    "btree_gin": "SELECT count(*) > 0 FROM pg_opclass WHERE opcname = 'uuid_ops'",
    "pg_stat_statements": "SELECT to_regproc('pg_stat_statements_reset') IS NOT NULL",
}
"""What is true only where an extension works."""


@pytest.fixture(scope="module")
def used_dir() -> Iterator[Path]:
    """Yield one data directory for all tests that need no fresh one: to set one up takes 1 s."""
    with fresh_data_dir() as path:
        yield path


async def test_it_serves_sql_and_keeps_what_was_written(data_dir: Path):
    async with embedded_postgres(data_dir) as url:
        _execute(url, "CREATE TABLE kept AS SELECT 'yes' AS word")

    async with embedded_postgres(data_dir) as url:
        assert _value(url, "SELECT word FROM kept") == "yes"


async def test_it_is_gone_with_the_block(used_dir: Path):
    async with embedded_postgres(used_dir):
        server = _postmaster(used_dir)

    assert not server.is_running()


async def test_it_listens_on_no_network_port(used_dir: Path):
    async with embedded_postgres(used_dir):
        server = _postmaster(used_dir)

        assert server.net_connections(kind="inet") == []


async def test_a_second_studio_is_refused_by_name_of_the_first(used_dir: Path):
    with (
        _another_studio(used_dir) as other,
        pytest.raises(ConfigError, match=rf"process {other.process.pid}\).*--data-dir"),
    ):
        async with embedded_postgres(used_dir):
            pass


async def test_it_ends_when_its_studio_is_killed(used_dir: Path):
    with _another_studio(used_dir) as other:
        server = _postmaster(used_dir)
        other.process.kill()

        wait_until(lambda: not server.is_running())


async def test_it_starts_again_after_everything_was_killed(used_dir: Path):
    with _another_studio(used_dir) as other:
        _execute(other.url, "CREATE TABLE kept AS SELECT 'yes' AS word")
        for process in (_postmaster(used_dir), psutil.Process(other.process.pid)):
            process.send_signal(signal.SIGKILL)

    async with embedded_postgres(used_dir) as url:
        assert _value(url, "SELECT word FROM kept") == "yes"


async def test_a_server_that_was_left_running_is_ended_first(used_dir: Path):
    async with embedded_postgres(used_dir):
        command = _postmaster(used_dir).cmdline()
    left_over = _start_as_owner(command, used_dir / "postgres")
    wait_until((used_dir / "postgres/postmaster.pid").exists)

    async with embedded_postgres(used_dir) as url:
        assert left_over.poll() is not None
        assert _value(url, "SELECT 1") == 1


async def test_a_pid_file_that_names_a_stranger_does_no_harm(used_dir: Path):
    """In a restarted container the old number often belongs to somebody else, here to ourselves."""
    async with embedded_postgres(used_dir):
        lines = (used_dir / "postgres/postmaster.pid").read_text().split("\n")
    (used_dir / "postgres/postmaster.pid").write_text("\n".join([str(os.getpid()), *lines[1:]]))

    async with embedded_postgres(used_dir) as url:
        assert _value(url, "SELECT 1") == 1


async def test_a_first_start_that_was_cut_short_is_begun_anew(data_dir: Path):
    (data_dir / "postgres.new").mkdir(parents=True)
    (data_dir / "postgres.new/PG_VERSION").write_text("18\n")

    async with embedded_postgres(data_dir) as url:
        assert _value(url, "SELECT 1") == 1


async def test_there_is_room_for_as_many_as_are_wanted(used_dir: Path):
    async with embedded_postgres(used_dir, 125) as url:
        assert _value(url, "SHOW max_connections") == "125"


async def test_a_path_too_long_for_a_socket_is_served_all_the_same(data_dir: Path):
    async with embedded_postgres(data_dir / ("long" * 30)) as url:
        assert _value(url, "SELECT 1") == 1


async def test_a_start_that_fails_says_what_the_server_said(data_dir: Path):
    async with embedded_postgres(data_dir):
        pass
    with (data_dir / "postgres/postgresql.conf").open("a") as settings:
        settings.write("no_such_setting = 1\n")

    with pytest.raises(ConfigError, match="no_such_setting"):
        async with embedded_postgres(data_dir):
            pass


@pytest.mark.parametrize(
    ("version", "way_out"), [("9.6", r"apt-get install postgresql-9\.6"), ("99", "run a newer studio")]
)
async def test_data_of_another_major_version_is_refused_with_the_way_out(
    data_dir: Path, version: str, way_out: str
):
    (data_dir / "postgres").mkdir(parents=True)
    (data_dir / "postgres/PG_VERSION").write_text(f"{version}\n")

    with pytest.raises(ConfigError, match=way_out):
        async with embedded_postgres(data_dir):
            pass

    assert [path.name for path in (data_dir / "postgres").iterdir()] == ["PG_VERSION"]


async def test_data_of_an_earlier_major_version_is_taken_over(data_dir: Path):
    """What our programs cannot read is dumped by those that wrote it; a start that is killed begins anew."""
    directory, log = data_dir / "postgres", data_dir / "postgres.log"
    programs = _make_older(directory)
    theirs = cluster.version_of(directory)
    user = cluster.prepare(directory, directory, log)
    async with ClusterServer(directory, directory, log, programs).serve(user) as url:
        _execute(url, "CREATE TABLE kept AS SELECT 'yes' AS word")
        assert running_postgres(data_dir) is None, "what a command writes there is not in the dump"
    (data_dir / "postgres.upgraded.partial").mkdir()  # of a start that was killed

    async with embedded_postgres(data_dir) as url:
        assert _value(url, "SELECT word FROM kept") == "yes"
        assert str(_value(url, "SHOW server_version")).startswith(cluster.our_version())

    kept = data_dir / f"postgres.{theirs}"
    assert cluster.version_of(kept) == theirs != cluster.our_version()
    assert {path.name for path in data_dir.glob("postgres*")} == {"postgres", "postgres.log", kept.name}
    directory.rename(data_dir / "postgres.upgraded")  # as between the last two steps
    (data_dir / "postgres.dump").touch()
    async with embedded_postgres(data_dir) as url:
        assert _value(url, "SELECT word FROM kept") == "yes"
    assert not (data_dir / "postgres.dump").exists()


async def test_data_of_earlier_studios_is_taken_along(data_dir: Path):
    """They left the character type at C, as is still done where the system has none of Unicode."""
    data_dir.mkdir()
    directory = data_dir / "postgres"
    cluster.prepare(directory, directory, data_dir / "postgres.log", character_types=["none.UTF-8", "C"])

    async with embedded_postgres(data_dir) as url:
        _execute(url, "CREATE TABLE kept AS SELECT 'yes' AS word")
    async with embedded_postgres(data_dir) as url:
        assert _value(url, "SELECT word FROM kept") == "yes"
        assert _value(url, "SELECT datctype FROM pg_database WHERE datname = current_database()") == "C"


async def test_the_studio_owns_its_database_and_nothing_else(used_dir: Path):
    async with embedded_postgres(used_dir) as url:
        assert (
            _value(url, "SELECT rolsuper OR rolcreatedb OR rolcreaterole FROM pg_roles WHERE rolname = user")
            is False
        )
        assert (
            _value(url, "SELECT datdba = user::regrole FROM pg_database WHERE datname = current_database()")
            is True
        )
        for foreign in ("postgres", "template1"):
            with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
                _execute(url.replace(f"/{cluster.ROLE}?", f"/{foreign}?"), "SELECT 1")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
async def test_as_root_it_runs_as_a_user_of_its_own_and_nobody_else_gets_in(used_dir: Path):
    async with embedded_postgres(used_dir) as url:
        assert _postmaster(used_dir).username() == system_user.NAME
        assert stat.S_IMODE(used_dir.stat().st_mode) == 0o710
        used_dir.chmod(0o777)
        (used_dir / "postgres").chmod(0o777)  # whatever becomes of the directories
        (used_dir / "postgres" / ".s.PGSQL.5432").chmod(0o777)
        for role in (cluster.ROLE, cluster.SUPERUSER):
            assert "Peer authentication failed" in _ask_as_nobody(url.replace(cluster.ROLE, role, 1))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root ever ran it as nobody")
async def test_a_cluster_of_an_earlier_studio_is_taken_along(data_dir: Path):
    """It was nobody's, and everything in it the superuser's, in the database that initdb makes."""
    async with embedded_postgres(data_dir) as url:
        _execute(url, "CREATE TABLE kept AS SELECT 'yes' AS word")
        _execute(
            url, "CREATE FUNCTION announce() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"
        )
        elsewhere = as_superuser(url).replace(f"/{cluster.ROLE}?", "/template1?")
        _execute(elsewhere, "DROP DATABASE postgres")
        _execute(elsewhere, "ALTER DATABASE sora_studio RENAME TO postgres")
        earlier = elsewhere.replace("/template1?", "/postgres?")
        _execute(earlier, "REASSIGN OWNED BY sora_studio TO postgres")
        _execute(earlier, "DROP OWNED BY sora_studio")
        _execute(elsewhere, "DROP ROLE sora_studio")
    for path in (data_dir / "postgres", *(data_dir / "postgres").rglob("*")):
        shutil.chown(path, "nobody")

    async with embedded_postgres(data_dir) as url:
        _execute(url, "ALTER TABLE kept ADD more text")
        _execute(url, "DROP FUNCTION announce")
        assert _value(url, "SELECT word FROM kept") == "yes"
        assert _postmaster(data_dir).username() == system_user.NAME


async def test_no_word_of_a_person_gets_into_its_log(used_dir: Path):
    async with embedded_postgres(used_dir) as url:
        _execute(url, "CREATE TABLE person (email text UNIQUE)")
        _execute(url, "INSERT INTO person VALUES ('ada@example.org')")
        with pytest.raises(psycopg.errors.UniqueViolation, match="ada@"):
            _execute(url, "INSERT INTO person VALUES ('ada@example.org')")
    log = used_dir / "postgres.log"
    assert "ada@" not in log.read_text()
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


@pytest.mark.parametrize("extension", _QUESTIONS)
def test_its_extensions_can_be_created(empty_database_url: str, extension: str):
    """The studio itself may create those that are trusted, which is all that it uses."""
    url = as_superuser(empty_database_url) if extension == "pg_stat_statements" else empty_database_url
    _execute(url, SQL("CREATE EXTENSION {}").format(Identifier(extension)))

    assert _value(empty_database_url, _QUESTIONS[extension]) is True


def test_its_own_programs_dump_and_restore_it(empty_database_url: str, tmp_path: Path):
    _execute(empty_database_url, "CREATE TABLE kept AS SELECT 'yes' AS word")
    dump = tmp_path / "studio.dump"

    _run("pg_dump", "--format=custom", f"--file={dump}", empty_database_url)
    _execute(empty_database_url, "DROP TABLE kept")
    _run("pg_restore", f"--dbname={empty_database_url}", str(dump))

    assert _value(empty_database_url, "SELECT word FROM kept") == "yes"


def _ask_as_nobody(url: str) -> str:
    """Ask a database something as the user nobody, and return what is said about it."""
    nobody = pwd.getpwnam("nobody")
    asked = subprocess.run(
        [cluster.programs() / "psql", url, "-c", "SELECT 1"],
        user=nobody.pw_uid,
        group=nobody.pw_gid,
        extra_groups=[],
        env={},
        check=False,
        capture_output=True,
        text=True,
    )
    return asked.stderr


def _run(program: str, *arguments: str) -> None:
    """Run one of the wheel's programs to its end."""
    subprocess.run([cluster.programs() / program, *arguments], check=True)


def _make_older(directory: Path) -> Path:
    """Make an empty cluster with programs of an earlier version, and return where these are."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    assert found, "There is no other PostgreSQL. Run: sh setup/system.sh"
    programs = found[0].parent
    directory.mkdir(parents=True, mode=0o700)
    user = system_user.user_for(directory) if os.geteuid() == 0 else None
    if user:
        os.chown(directory, *user)
    subprocess.run(
        [programs / "initdb", "--username=postgres", "--encoding=UTF8", "--locale=C", directory],
        user=user.id if user else None,
        group=user.group if user else None,
        cwd=directory,
        check=True,
        capture_output=True,
    )
    return programs


def _execute(url: str, statement: LiteralString | Composed) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def _value(url: str, query: LiteralString) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()
        return row and row[0]


def _postmaster(data_dir: Path) -> psutil.Process:
    return psutil.Process(int((data_dir / "postgres/postmaster.pid").read_text().split("\n")[0]))


def _start_as_owner(command: list[str], directory: Path) -> subprocess.Popen[bytes]:
    """Start a program in a directory as the user whose the directory is."""
    owner = directory.stat()
    return subprocess.Popen(
        command, cwd=directory, user=owner.st_uid, group=owner.st_gid, stderr=subprocess.DEVNULL
    )


@dataclass(frozen=True)
class _Another:
    process: subprocess.Popen[str]
    url: str


@contextmanager
def _another_studio(data_dir: Path) -> Iterator[_Another]:
    """Let another process hold the data directory for the block."""
    command = [sys.executable, "-c", _STUDIO, str(data_dir)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield _Another(process, process.stdout.readline().strip())
        finally:
            process.kill()
