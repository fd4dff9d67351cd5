"""What reaches the database: the statements that some code sends, and the memory each touches."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import event

from sora_studio.db.engine import Database


@dataclass(frozen=True)
class Statement:
    """One statement as the driver got it."""

    sql: str
    parameters: Any


@contextmanager
def watched(db: Database) -> Iterator[list[Statement]]:
    """Collect every statement that is sent in the block."""
    seen: list[Statement] = []

    def note(_connection: object, _cursor: object, sql: str, parameters: object, *_: object) -> None:
        seen.append(Statement(sql, parameters))

    engine = db.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


@dataclass(frozen=True)
class Touched:
    """So many 8 KB blocks of memory were looked at, cached or not."""

    all: int
    video: int  # of table `video` and its indexes: what finding the right rows costs

    def __add__(self, other: "Touched") -> "Touched":
        """Add another statement's."""
        return Touched(self.all + other.all, self.video + other.video)


async def touched(db: Database, statements: list[Statement]) -> Touched:
    """Run queries once more and count the blocks they touch."""
    total = Touched(0, 0)
    async with db.transaction() as tx:
        connection = await tx.connection()
        for statement in statements:
            explained = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement.sql}"
            rows = await connection.exec_driver_sql(explained, statement.parameters)
            plan: dict[str, Any] = rows.scalar_one()[0]["Plan"]
            total += Touched(_blocks(plan), sum(_of_video(plan)))
    return total


def _of_video(node: dict[str, Any]) -> Iterator[int]:
    if node.get("Relation Name") == "video":
        yield _blocks(node)
        return
    for child in node.get("Plans", []):
        yield from _of_video(child)


def _blocks(node: dict[str, Any]) -> int:
    return int(node["Shared Hit Blocks"] + node["Shared Read Blocks"])
