"""Compare what rows promise with what lies on the disk, and budgets with the ledger; mend what can be mended.

A finished video never becomes unfinished: what its provider still has is fetched again beside it, and what is
lost is said to be lost. Its row stays, for the file may come back with the disk that it was on.
"""

import asyncio
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import structlog

from sora_studio.db.budgets import BudgetRepository
from sora_studio.db.engine import Database
from sora_studio.db.maintenance import Holding, MaintenanceRepository
from sora_studio.db.models import AssetRow, InputRow
from sora_studio.domain.errors import JobNotFound, MediaError, ProviderError, StorageError, describe
from sora_studio.domain.ids import public_id
from sora_studio.domain.ports import Storage, StoredFile
from sora_studio.domain.problem import Problem, ProblemCode
from sora_studio.domain.video import Phase, Variant
from sora_studio.services.catalog import ProviderCatalog
from sora_studio.services.disk_space import DiskSpace
from sora_studio.services.jobs.download import Downloader, FileRequest, measure
from sora_studio.services.videos.inputs import is_input_name

MOST = 20_000
"""Videos that one run looks at; the next one goes on after them."""

GRACE = 3600.0
"""Seconds that a file may lie there before it has a row."""

_PAGE = 200
_GIVEN = "input "  # what names of files begin with that were given, not made
_OURS = re.compile(r"videos/([0-9a-f]{32})/([^/]+)|(?:uploads|doctor)/[0-9a-f]{32}[^/]*")
"""Names that the studio gives; the first group is a video, the second one of its files."""

_STRANGE = 20  # so many films are missing, and most of a page: the disk belongs to another database
_ANOTHERS = "This folder seems to belong to another database, so nothing was changed."

_log = structlog.get_logger(__name__)


@dataclass
class Findings:
    """What one run found and did."""

    videos: int = 0
    bad: int = 0  # videos with a file that is not what it was
    mended: int = 0
    strays: int = 0
    removed: int = 0
    windows: int = 0  # of budgets, that do not say what the ledger adds up to
    forgotten: int = 0  # of these, so that they are added up anew
    gave_up: bool = False
    complaints: list[str] = field(default_factory=list[str])

    @property
    def is_well(self) -> bool:
        """Tell whether everything is as it should be now."""
        whole = self.bad == self.mended and self.windows == self.forgotten
        return not self.gave_up and whole and self.strays == self.removed

    def give_up(self, reason: str) -> "Findings":
        """Say why nothing more was looked at."""
        self.gave_up = True
        self.complaints.append(reason)
        return self


class Scrubber:
    """Looks over rows and files, a bounded number of them at a time."""

    def __init__(
        self,
        *,
        db: Database,
        storage: Storage,
        disk_space: DiskSpace,
        catalog: ProviderCatalog,
        downloader: Downloader,
        most: int = MOST,
    ) -> None:
        self._db, self._storage, self._disk_space, self._catalog, self._downloader = (
            db,
            storage,
            disk_space,
            catalog,
            downloader,
        )
        self._most = most
        self._after: UUID | None = None

    async def run_daily(self) -> None:
        """Look, mend, and write down what was found: once a day."""
        findings = await self.run(fix=True)
        for complaint in findings.complaints:
            _log.warning("scrub_complaint", complaint=complaint)

    async def run(self, *, fix: bool, deep: bool = False) -> Findings:
        """Look at the next videos, and at all files when they have all been seen.

        Args:
            fix: Mend, fetch again and remove; otherwise only say.
            deep: Compare what is in the files, too.
        """
        findings = Findings()
        await self._compare_windows(findings, fix=fix)
        trouble = await self._disk_space.trouble()
        if (
            trouble and trouble.code == ProblemCode.DISK_REFUSED
        ):  # nothing can be said of a disk that is not there
            return findings.give_up(f"Nothing was compared. {trouble.message}")
        while findings.videos < self._most:
            async with self._db.transaction() as tx:
                page = await MaintenanceRepository(tx).holdings(
                    after=self._after, limit=min(_PAGE, self._most - findings.videos)
                )
            findings.videos += len(page)
            bad = [await self._compare(holding, deep=deep) for holding in page]
            if sum(Variant.VIDEO in each for each in bad) > max(_STRANGE, len(page) // 2):
                return findings.give_up(f"Most of {len(page)} videos are missing. {_ANOTHERS}")
            for holding, wrong in zip(page, bad, strict=True):
                await self._judge(holding, wrong, findings, fix=fix)
            self._after = page[-1].video_id if page else None
            if not page:
                await self._clear_away(findings, fix=fix)
                break
        return findings

    async def _compare_windows(self, findings: Findings, *, fix: bool) -> None:
        """Compare what budgets are checked against with the ledger, of which it is a cache."""
        async with self._db.transaction() as tx:
            budgets = BudgetRepository(tx)
            wrong = await budgets.wrong_windows()
            findings.windows = len(wrong)
            findings.complaints += [
                f"Budget {each}, {start:%Y-%m-%d}: {what}." for each, start, what in wrong
            ]
            for budget_id, starts_at, _ in wrong if fix else ():
                await budgets.forget_window(budget_id, starts_at)
                findings.forgotten += 1

    async def _judge(self, holding: Holding, bad: dict[str, str], findings: Findings, *, fix: bool) -> None:
        if not bad:
            if fix and holding.problem_code == ProblemCode.FILE_LOST:  # the disk is back
                await self._flag(holding, None)
            return
        findings.bad += 1
        findings.complaints += [
            f"Video {holding.video_id}: {variant} {what}." for variant, what in bad.items()
        ]
        if fix and not all(name.startswith(_GIVEN) for name in bad) and await self._mend(holding, bad):
            findings.mended += 1

    async def _compare(self, holding: Holding, *, deep: bool) -> dict[str, str]:
        """Return what is wrong with which of a video's files."""
        rows: dict[str, AssetRow | InputRow] = {asset.variant: asset for asset in holding.assets}
        rows |= {f"{_GIVEN}{each.position + 1}": each for each in holding.inputs}
        expected = {*rows, *(Variant if holding.phase is Phase.COMPLETED else ())}
        found = {variant: await self._wrong(rows.get(variant), deep=deep) for variant in sorted(expected)}
        return {variant: what for variant, what in found.items() if what}

    async def _wrong(self, row: AssetRow | InputRow | None, *, deep: bool) -> str:
        file = await self._storage.stat(row.key) if row else None
        if row is None or file is None:
            return "is missing"
        if file.bytes != row.bytes:
            return f"has {file.bytes} bytes instead of {row.bytes}"
        if deep and await self._sha256(row.key) != row.sha256:
            return "has other bytes than it had"
        return ""

    async def _sha256(self, key: str) -> str:
        async with self._storage.materialise(key) as path:
            _, sha256 = await asyncio.to_thread(measure, path)
        return sha256

    async def _mend(self, holding: Holding, bad: dict[str, str]) -> bool:
        assets = await (self._fetch(holding) if Variant.VIDEO in bad else self._remake_stills(holding))
        if not assets:
            return False
        async with self._db.transaction() as tx:
            return await MaintenanceRepository(tx).mend(holding.video_id, assets)

    async def _fetch(self, holding: Holding) -> Sequence[AssetRow]:
        """Fetch a film again; where that fails, say on its page that it is lost."""
        provider = self._catalog.provider(holding.provider)
        if provider is None:
            return await self._lose(holding, "its provider is no longer configured")
        try:
            return await self._downloader.copy(provider, _wanted(holding))
        except JobNotFound as error:
            return await self._lose(holding, f"the provider no longer has it: {error.message}")
        except (ProviderError, MediaError, StorageError, OSError) as error:
            return await self._lose(holding, f"it could not be fetched again yet: {describe(error)}")

    async def _remake_stills(self, holding: Holding) -> Sequence[AssetRow]:
        """Make stills of our own film; where that fails, the film can be played all the same."""
        film = next(asset for asset in holding.assets if asset.variant == Variant.VIDEO)
        try:
            return await self._downloader.remake_stills(_wanted(holding), film.key)
        except (MediaError, StorageError, OSError) as error:
            _log.warning("stills_missing", video_id=public_id(holding.video_id), reason=str(error))
            return ()

    async def _lose(self, holding: Holding, reason: str) -> Sequence[AssetRow]:
        _log.error("paid_file_missing", video_id=public_id(holding.video_id), reason=reason)
        await self._flag(holding, Problem(ProblemCode.FILE_LOST, f"The studio's file is gone, and {reason}"))
        return ()

    async def _flag(self, holding: Holding, problem: Problem | None) -> None:
        async with self._db.transaction() as tx:
            await MaintenanceRepository(tx).flag(holding.video_id, problem)

    async def _clear_away(self, findings: Findings, *, fix: bool) -> None:
        """Find files that no row names, and remove them once their grace is over.

        Films of videos that this database does not know stay: it may have been lost, or restored from an old
        backup, and they may be all that is left of something paid.
        """
        strays = list[StoredFile]()
        async for page in self._storage.list_pages():
            named = await self._registered(file.key for file in page)
            strays += [file for file in page if file.key not in named and _age(file) > GRACE]
        findings.strays = len(strays)
        own = await self._of_known_videos(strays)
        if others := len(strays) - len(own):
            findings.complaints.append(
                f"Files that belong to no video of this database were left in place: {others}."
            )
        if fix:
            for file in own:
                findings.removed += await self._remove(file)
            await asyncio.to_thread(self._storage.sweep, older_than=GRACE)

    async def _of_known_videos(self, files: Iterable[StoredFile]) -> list[StoredFile]:
        owners = [(file, _video_of(file.key)) for file in files]
        async with self._db.transaction() as tx:
            known = await MaintenanceRepository(tx).phases({video for _, video in owners if video})
        return [file for file, video in owners if video is None or video in known]

    async def _remove(self, stray: StoredFile) -> bool:
        """Remove a file, unless another one has just been stored there."""
        now = await self._storage.stat(stray.key)
        if await self._registered([stray.key]) or now is None or _age(now) < GRACE:
            return False
        await self._storage.delete(stray.key)
        return True

    async def _registered(self, keys: Iterable[str]) -> set[str]:
        async with self._db.transaction() as tx:
            return await MaintenanceRepository(tx).registered([*keys])


def _wanted(holding: Holding) -> FileRequest:
    return FileRequest(
        holding.job_id,
        holding.video_id,
        holding.remote_id or "",
        holding.seconds,
        holding.model,
        believe=True,
    )


def _age(file: StoredFile) -> float:
    """Return the seconds since a file was stored."""
    return (datetime.now(UTC) - file.modified_at).total_seconds()


def _video_of(key: str) -> UUID | None:
    """Return whose film or still it is; None for what was given or tried: nobody has paid for it.

    A bucket may hold more than ours: what has no name of our making is nobody's, and stays.
    """
    ours = _OURS.fullmatch(key)
    if ours is None:
        return UUID(int=0)
    video, name = ours.groups()
    return None if video is None or is_input_name([name]) else UUID(video)
