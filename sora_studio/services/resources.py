"""What services stand on."""

from dataclasses import dataclass
from uuid import UUID

from sora_studio.db.engine import Database
from sora_studio.domain.ports import Storage
from sora_studio.services.catalog import ProviderCatalog
from sora_studio.services.disk_space import DiskSpace
from sora_studio.services.worker_pool import WorkerPool


@dataclass(frozen=True)
class Resources:
    """What is opened once in a process, and shared."""

    db: Database
    catalog: ProviderCatalog
    storage: Storage
    disk_space: DiskSpace
    worker_pool: WorkerPool
    holder: UUID  # under which jobs are claimed: only one live process has it at a time
