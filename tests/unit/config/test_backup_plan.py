"""When backups are made, where, and how many stay."""

from datetime import time
from pathlib import Path

import pytest

from sora_studio.config import ConfigError, load
from sora_studio.config.backup_plan import BackupPlan


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("", BackupPlan()),
        ("off", None),
        ("keep=3", BackupPlan(keep=3)),
        ("at=23:59", BackupPlan(at=time(23, 59))),
        ("to=/mnt/my backups, keep=1 at=00:00", BackupPlan(Path("/mnt/my backups"), 1, time())),
    ],
)
def test_what_is_left_out_is_the_default(said: str, meant: BackupPlan | None):
    assert load({"SORA_STUDIO_BACKUPS": said}).backups == meant


@pytest.mark.parametrize(
    "said", ["on", "keep=0", "keep=\u0664", "at=24:00", "to=here", "to=", "keep=1 keep=2", "often=1"]
)
def test_anything_else_is_refused(said: str):
    with pytest.raises(ConfigError, match="SORA_STUDIO_BACKUPS"):
        load({"SORA_STUDIO_BACKUPS": said})
