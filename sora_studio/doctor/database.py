"""Checks of the database."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from sora_studio.db.diagnosis import DatabaseFacts, StudioFacts
from sora_studio.db.engine import CONNECTIONS
from sora_studio.db.migrations import is_known
from sora_studio.doctor.finding import Finding, fine, problem, skipped, warning
from sora_studio.domain.instance import InstanceRole

OLDEST = 140_000
"""The oldest PostgreSQL that is tried: 14."""

_SKEW = timedelta(seconds=5)


def check_server(facts: DatabaseFacts, now: datetime, *, needed: int = CONNECTIONS) -> Iterator[Finding]:
    """Look at the server, and at what our role may do there.

    Args:
        facts: What the server says.
        now: By this machine's clock.
        needed: Connections for each instance.
    """
    if facts.number < OLDEST:
        text = f"PostgreSQL {facts.version} is older than what the studio is tried with."
        yield warning("database_version", text, f"Use PostgreSQL {OLDEST // 10_000} or newer.")
    else:
        yield fine("database_version", f"PostgreSQL {facts.version}.")
    if facts.encoding != "UTF8":
        text = f"The database is encoded in {facts.encoding}: it cannot hold every prompt."
        yield problem("database_encoding", text, "Make a new one: CREATE DATABASE … ENCODING 'UTF8'.")
    else:
        yield fine("database_encoding", "The database is encoded in UTF-8.")
    yield _role(facts)
    needed *= max(1, len(facts.studio.instances)) if facts.studio else 1
    free = facts.places - facts.taken
    if facts.places < needed:
        text = f"The server accepts {facts.places} connections, and a studio may need {needed}."
        yield problem("database_connections", text, "Raise max_connections.")
    elif free <= 0:
        yield problem("database_connections", f"All of its {facts.places} connections are taken.")
    else:
        yield fine("database_connections", f"{free} of {facts.places} connections are free.")
    skew = facts.now - now
    if abs(skew) > _SKEW:
        text = f"The clock of the database is {_ahead(skew)} this machine's."
        yield warning("database_clock", text, "Set both by NTP: leases and deadlines go by the database's.")
    else:
        yield fine("database_clock", "The clock of the database is right.")


def _role(facts: DatabaseFacts) -> Finding:
    if facts.read_only:
        text = "The database can be read and not be written: it is a replica, or was set so."
        return problem("database_role", text, "Point DATABASE_URL to the primary.")
    if not facts.may_create:
        text = "The role may not create tables: the next version could not migrate."
        return problem("database_role", text, "Make the role the owner of the database.")
    if facts.superuser:
        text = "The studio works as a superuser of the database: who breaks in has the whole server."
        return warning(
            "database_role", text, "Give it a role of its own that owns its database, and no more."
        )
    return fine("database_role", "The role may do what the studio needs, and no more.")


def check_schema(pending_from: str | None, studio: StudioFacts | None) -> Finding:
    """Look whether the tables are of this version.

    Args:
        pending_from: The revision from which a migration would start; None: nothing is to be done.
        studio: What is in them.
    """
    if studio is not None and not is_known(studio.revision):
        text = f"A newer version of the studio has used this database (revision {studio.revision})."
        return problem("schema", text, "Run that version, or restore a backup of before.")
    if pending_from is not None:
        text = f"The tables are of an older version (revision {pending_from})."
        return warning("schema", text, "The next start migrates them; so does sora-studio migrate.")
    return fine("schema", "The tables are of this version.")


def check_pooler(*, pooled: bool, direct: bool, heard: bool | None) -> Iterator[Finding]:
    """Look whether pages learn of changes, and backups can be made.

    Args:
        pooled: Whether connections go through a transaction pooler.
        direct: Whether a way past it is known.
        heard: Whether a word arrives where the studio listens; None: it could not be tried.
    """
    if pooled and not direct:
        text = "The database is reached through a transaction pooler alone."
        yield problem(
            "database_pooler",
            text,
            "Set DATABASE_DIRECT_URL: nothing is heard, and no backup made otherwise.",
        )
    else:
        yield fine("database_pooler", "There is a way past the pooler." if pooled else "There is no pooler.")
    if heard is None:
        yield skipped("database_listen", "It could not be tried whether announcements arrive.")
    elif heard:
        yield fine("database_listen", "Announcements arrive at once.")
    else:
        text = "Announcements do not arrive: pages are read again by the clock, and the database never rests."
        yield problem("database_listen", text, "Set DATABASE_DIRECT_URL to the database itself.")


def check_people(studio: StudioFacts) -> Finding:
    """Look whether somebody is in charge."""
    if studio.people and not studio.admins:
        remedy = "sora-studio user admin EMAIL; if need be, user enable and user reset."
        return problem("admin", "Nobody who can log in is an admin.", remedy)
    if not studio.people:
        remedy = "Open the studio, or sora-studio user add EMAIL."
        return warning("admin", "There is no account yet: who opens the first one runs the studio.", remedy)
    return fine("admin", f"{studio.people} people, {studio.admins} of them admins who can log in.")


def check_time_zone(zone: str, studio: StudioFacts) -> Finding:
    """Look whether days begin where the settings say."""
    stored = studio.zone or "UTC"
    if stored != zone:
        text = f"Sums are kept by the days of {stored}, and the settings say {zone}."
        return warning("time_zone", text, "The next start moves them.")
    return fine("time_zone", f"Days begin at midnight in {zone}.")


def check_instances(studio: StudioFacts) -> Finding:
    """Look whether those that serve the studio are of one build, and whether one of them works."""
    there = studio.instances
    if not there:
        return skipped("instances", "No instance is running.")
    named = ", ".join(f"{role} at {address}" for role, address, _ in there)
    if all(role == InstanceRole.WEB for role, _, _ in there):
        remedy = "Start one: sora-studio serve --role work."
        return problem("instances", f"Nobody does the background work, and wishes wait: {named}.", remedy)
    if len({build for _, _, build in there}) > 1:
        text = f"Instances of several builds are running: {named}."
        return warning("instances", text, "End the upgrade: replace those of before.")
    return fine("instances", f"{len(there)} running: {named}.")


def check_orphans(studio: StudioFacts, configured: Collection[str]) -> Finding:
    """Look for unfinished jobs whose provider is configured no longer."""
    lost = {name: jobs for name, jobs in studio.unfinished.items() if name not in configured}
    if lost:
        named = ", ".join(f"{jobs} at {name}" for name, jobs in sorted(lost.items()))
        text = f"Unfinished videos are with providers that are not configured: {named}."
        return problem("jobs", text, "Configure these providers again; what is paid for is saved then.")
    return fine(
        "jobs", f"{sum(studio.unfinished.values())} videos are unfinished, each with a known provider."
    )


def _ahead(skew: timedelta) -> str:
    seconds = round(abs(skew).total_seconds())
    return f"{seconds} s {'ahead of' if skew > timedelta() else 'behind'}"
