"""What must hold: of every change when it is committed, and of ledger, tables and files in the end."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from sora_studio.domain.job import Charge
from sora_studio.domain.problem import MAY_COME_BACK, ProblemCode
from sora_studio.domain.video import NEXT, TERMINAL, Phase, Variant
from tests.simulation.provider import BROKEN, Accepted, Provider
from tests.simulation.tables import Job, Tables

_CHARGES = {
    (Charge.RESERVED, Charge.SETTLED),
    (Charge.RESERVED, Charge.RELEASED),
    (Charge.SETTLED, Charge.RELEASED),
}
ENOUGH = timedelta(minutes=5)
"""A file that the provider keeps for so long after everything works again has to be saved."""


class Auditor:
    """Knows the wishes and the decisions of people, and believes nothing else that the studio says."""

    def __init__(self, tables: Tables, provider: Provider) -> None:
        self._tables, self._provider = tables, provider
        self.broken: list[str] = []
        self.wished: Counter[str] = Counter()  # by prompt: equal wishes are interchangeable
        self.sent_again: Counter[str] = Counter()  # by prompt: people's decisions
        self.let_go: set[UUID] = set()  # videos that somebody deleted or gave up
        self.prompt_of: dict[UUID, str] = {}

    # While it runs.

    def job_changed(self, old: Job, new: Job, *, decided: bool) -> None:
        """Check one row's way (I3)."""
        way = (old.phase, new.phase)
        self._check(way[0] is way[1] or way[1] in NEXT[way[0]] or decided, "a way that is not allowed", *way)
        was_taken_up = decided and old.problem_code in MAY_COME_BACK
        self._check(
            old.phase not in TERMINAL or old.phase is new.phase or was_taken_up, "an end that was left", *way
        )
        self._check(new.progress >= old.progress, "progress fell", old.progress, new.progress)
        self._check(old.remote_id in (None, new.remote_id), "another remote id", old.remote_id, new.remote_id)
        self._check(new.fence >= old.fence, "a fence that went back")
        was_lost = new.phase is Phase.FAILED and new.problem_code == ProblemCode.LOST_AT_PROVIDER
        self._check(not was_lost, "a paid job that failed because it was not found", new.remote_id)
        if old.charge is not new.charge:
            charge = (old.charge, new.charge)
            self._check(charge in _CHARGES, "a charge that was undone", *charge)
            refunded = charge == (Charge.SETTLED, Charge.RELEASED)
            self._check(not refunded or new.phase is Phase.FAILED or decided, "a refund without a failure")

    def written(self, fences: Iterable[tuple[int, int]]) -> None:
        """Check that every write of a holder carries the newest number."""
        for carried, newest in fences:
            self._check(carried == newest, "a write of a holder that was overtaken", carried, newest)

    def taken(self, taken: Accepted) -> None:
        """Check that a job at the provider is one that somebody asked for (I1)."""
        prompt = taken.submission.prompt
        asked = self.wished[prompt] + self.sent_again[prompt]
        costs = sum(each.submission.prompt == prompt for each in self._provider.ledger)
        self._check(costs <= asked, f"{costs} jobs paid for {asked} wishes", prompt)

    # In the end.

    def finish(self, media: Path, calm_since: datetime, unhandled: Iterable[str]) -> None:
        """Check what is left when everything has come to rest."""
        self._check(not [*unhandled], "errors that nobody caught", *unhandled)
        for job in self._tables.jobs.values():
            self._job(job)
        for taken in self._provider.ledger:
            self._ledger(taken, calm_since)
        self._files(media)

    def _job(self, job: Job) -> None:
        """Every job ended, or waits for a person (I5), and its price is settled or given back (I4)."""
        video = self._tables.videos[job.video_id]
        if video.deleted_at is not None:
            return
        rests = job.phase in TERMINAL or job.phase is Phase.NEEDS_ATTENTION
        self._check(rests, "a job that goes on for ever", job.id, job.phase)
        self._check(job.lease_until is None or not job.current, "a job that is still held", job.id)
        if job.phase is Phase.COMPLETED:
            self._check(job.charge is Charge.SETTLED, "a finished video that was not charged", job.id)
        may_be_billed = job.submit_started_at is not None and job.remote_id is None and not job.current
        if (job.phase is Phase.FAILED or not job.current) and not may_be_billed:
            self._check(job.charge is not Charge.RESERVED, "a price that stays reserved", job.id)
        taken = self._provider.by_id.get(job.remote_id or "")
        if taken:
            self._check(taken.submission.prompt == video.prompt, "somebody else's film", taken.remote_id)
        if job.phase is Phase.FAILED and not taken:
            self._check(job.charge is Charge.RELEASED, "a charge for a job that was not taken", job.id)
        if job.problem_code == BROKEN:
            self._check(job.charge is Charge.RELEASED, "a charge for what the provider failed at", job.id)
        if taken and not taken.fails and job.phase is not Phase.NEEDS_ATTENTION:
            self._check(job.charge is Charge.SETTLED, "a job that costs and is not charged", job.id)

    def _ledger(self, taken: Accepted, calm_since: datetime) -> None:
        """Nothing that was paid for is lost (I2)."""
        owner = next((job for job in self._tables.jobs.values() if job.remote_id == taken.remote_id), None)
        if owner is None:
            self._check(not self._must_be_known(taken), "a job that nobody owns", taken.remote_id)
            return
        given_up = owner.video_id in self.let_go or not owner.current or taken.lost or taken.deleted
        if given_up or taken.fails or owner.phase is Phase.COMPLETED:
            return
        saved_in_time = taken.expires < calm_since + ENOUGH or taken.never_ends
        self._check(saved_in_time, "a finished video that was not saved", taken.remote_id, owner.phase)

    def _must_be_known(self, taken: Accepted) -> bool:
        """A list that shows everything leaves no excuse, unless people have let go of the video."""
        prompt = taken.submission.prompt
        excused = self.sent_again[prompt] or any(self.prompt_of[each] == prompt for each in self.let_go)
        shows_it = self._provider.profile.list_is_complete and self._provider.weather.tells_prompts
        return shows_it and not taken.lost and not excused

    def _files(self, media: Path) -> None:
        """What is called saved is there, byte for byte (I2, I8)."""
        for job in self._tables.jobs.values():
            if job.phase is Phase.COMPLETED and job.current:
                asset = self._tables.assets.get((job.video_id, Variant.VIDEO))
                if asset is None:
                    self.broken.append(f"a finished video without a file: {job.id}")
                    continue
                data = (media / asset.key).read_bytes()
                body = self._provider.by_id[job.remote_id or ""].body
                self._check(data == body, "another file than the provider's", asset.key)
                self._check(asset.sha256 == hashlib.sha256(body).hexdigest(), "a wrong hash", asset.key)
                self._check(asset.bytes == len(body), "a wrong length", asset.key)

    def _check(self, holds: object, what: str, *details: object) -> None:
        if not holds:
            self.broken.append(f"{what}: {', '.join(map(str, details))}" if details else what)
