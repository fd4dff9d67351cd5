"""When backups are made, where, and how many stay."""

import re
from dataclasses import dataclass
from datetime import time
from pathlib import Path

_KEEP = re.compile(r"[1-9][0-9]{0,3}")
_AT = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


@dataclass(frozen=True)
class BackupPlan:
    """One backup a day."""

    to: Path | None = None  # None: `backups` in the data directory
    keep: int = 14
    at: time = time(2)  # in the studio's time zone

    def __str__(self) -> str:
        """Write it as it is read."""
        return " ".join((*([f"to={self.to}"] if self.to else []), f"keep={self.keep}", f"at={self.at:%H:%M}"))


def backup_plan(said: BackupPlan | str | None) -> BackupPlan | None:
    """Read `to=/mnt/backups keep=14 at=02:00`, each of which can be left out; None for `off`.

    Raises:
        ValueError: It is something else.
    """
    if not isinstance(said, str):
        return said
    if said.strip() == "off":
        return None
    values: dict[str, str] = {}
    for word in re.split(r"[\s,]+(?=\w+=)", said.strip()):
        name, _, value = word.partition("=")
        if name not in {"to", "keep", "at"} or not value or name in values:
            raise ValueError(_MESSAGE)
        values[name] = value
    keep, at = _KEEP.fullmatch(values.get("keep", "14")), _AT.fullmatch(values.get("at", "02:00"))
    to = Path(values["to"]) if "to" in values else None
    if keep is None or at is None or (to and not to.is_absolute()):
        raise ValueError(_MESSAGE)
    return BackupPlan(to, int(keep[0]), time(int(at[1]), int(at[2])))


_MESSAGE = "must be off, or some of to=/an/absolute/path keep=14 at=02:00"
