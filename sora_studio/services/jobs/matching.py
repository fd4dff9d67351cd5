"""Which jobs of a provider's list answer which submits of ours. Pure.

A list tells the prompt, the model, the size and the seconds, but neither the picture nor the person. Some
tell no prompt either (SGLang, FastVideo): what they list answers a submit only where size, seconds and the
time leave no other one, and nothing else that it could be.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sora_studio.domain.job import ClaimedJob
from sora_studio.domain.model_card import ModelCard, make_of
from sora_studio.domain.ports import RemoteJob
from sora_studio.domain.video import Kind

BEFORE = timedelta(seconds=120)
"""The provider's clock may be so far behind ours."""

AROUND = timedelta(seconds=10), timedelta(seconds=120)
"""How long before and after the beginning of a POST its job was made, where no prompt tells whose it is."""

FindCard = Callable[[str], ModelCard | None]
"""Returns what is known of a model, by its id."""


def begun(job: ClaimedJob) -> datetime:
    """Return when a job's POST began."""
    return job.submit_started_at or job.created_at


@dataclass(frozen=True)
class _Asked:
    """A submit, and under which size and length a server may list it: as was wished, or as was sent."""

    job: ClaimedJob
    sizes: frozenset[str | None]
    seconds: frozenset[str | None]

    @classmethod
    def of(cls, job: ClaimedJob, card: ModelCard | None) -> "_Asked":
        """Take what the model does not make as the nearest that it makes, and frames as seconds, too."""
        sizes, seconds = {None, job.size}, {None, job.seconds}
        if job.kind is Kind.EXTEND:  # some say how long it becomes, others what was asked for
            seconds.add(job.requested_seconds)
        if card:
            make = make_of(card, job.size, job.requested_seconds, job.options)
            sizes.add(make.size)
            if make.frames and make.fps:
                seconds.add(str(round(make.frames / make.fps)))
        return cls(job, frozenset(sizes), frozenset(seconds))


def match(
    unclear: Iterable[ClaimedJob],
    sent: Iterable[ClaimedJob],
    nobodys: Collection[RemoteJob],
    find_card: FindCard = lambda _model: None,
) -> dict[UUID, RemoteJob]:
    """Pair unclear submits with jobs of the provider's list, each used once.

    Equal wishes are interchangeable, so any pairing among them is right; oldest goes with oldest, and deleted
    ones, whose job is only to be deleted, take what no other one needs. What may also answer another wish is
    nobody's to take.

    Args:
        unclear: Submits whose answer was lost.
        sent: All that a listed job may answer: these, and those whose answer is still on its way.
        nobodys: What the provider lists and no video of ours has.
        find_card: What is known of a model: by it, other numbers were sent than were wished for.

    Returns:
        The provider's job by our job's id.
    """
    everybody = [_Asked.of(job, find_card(job.model)) for job in sent]
    askers: dict[str | None, Sequence[_Asked]] = {None: everybody}
    for each in everybody:
        askers[each.job.prompt] = [*askers.get(each.job.prompt, ()), each]
    free = sorted(nobodys, key=_age)
    asked = {remote.remote_id: _who_may_have_asked(remote, askers) for remote in free}
    pairs: dict[UUID, RemoteJob] = {}
    for job in sorted(unclear, key=lambda job: (job.deleted_at is not None, begun(job))):
        wish = _Asked.of(job, find_card(job.model))
        alike = [remote for remote in free if _may_answer(remote, wish)]
        taken = {remote.remote_id for remote in pairs.values()}
        for remote in alike:
            who = asked[remote.remote_id]
            is_free = remote.remote_id not in taken and _is_needless(job, who, len(alike))
            if is_free and _is_right(who, len(alike)) and (remote.prompt or len(alike) <= len(who)):
                pairs[job.id] = remote
                break
    return pairs


def may_answer(remote: RemoteJob, job: ClaimedJob) -> bool:
    """Tell whether a listed job cannot be ruled out: it has our words, or tells none and is not too old.

    Our very words are not ruled out by a time: it is by the clock of the server that made the job.
    """
    return remote.prompt == job.prompt or (remote.prompt is None and _is_young(remote, job))


def _who_may_have_asked(
    remote: RemoteJob, askers: Mapping[str | None, Sequence[_Asked]]
) -> Sequence[ClaimedJob]:
    """Return every submit that cannot be ruled out, by however much the server's clock is wrong."""
    return [each.job for each in askers.get(remote.prompt, ()) if _may_answer(remote, each, BEFORE)]


def _is_needless(job: ClaimedJob, askers: Sequence[ClaimedJob], enough_for: int) -> bool:
    """Tell whether a wish, when it is a deleted one, takes nothing from one that is not."""
    everybody_gets_one = len(askers) <= enough_for
    return job.deleted_at is None or everybody_gets_one or all(asker.deleted_at for asker in askers)


def _is_right(askers: Sequence[ClaimedJob], enough_for: int) -> bool:
    """Tell whether it does not matter which of those who may have asked for a job gets it."""
    wishes = {
        (
            job.prompt,
            job.kind,
            job.parent_remote_id,
            tuple((each.role, each.sha256) for each in job.inputs),
            job.characters,
            frozenset(job.options.items()),
        )
        for job in askers
    }
    owners = {job.owner_id for job in askers}
    everybody_gets_one = None not in owners and len(askers) <= enough_for
    return len(wishes) == 1 and (len(owners) == 1 or everybody_gets_one)


def _may_answer(remote: RemoteJob, wish: _Asked, wrong_by: timedelta = timedelta()) -> bool:
    job = wish.job
    if remote.prompt is None and not _is_certain(remote, job, wrong_by):
        return False
    same = remote.prompt in (None, job.prompt) and remote.model in (None, job.model) and _is_from(remote, job)
    return same and _is_young(remote, job) and remote.size in wish.sizes and remote.seconds in wish.seconds


def _is_certain(remote: RemoteJob, job: ClaimedJob, wrong_by: timedelta) -> bool:
    """Tell whether a job without a prompt tells everything else, and was made by that clock when ours was."""
    if remote.created_at is None or remote.size is None or remote.seconds is None:
        return False
    before, after = AROUND
    return begun(job) - max(before, wrong_by) <= remote.created_at <= begun(job) + after + wrong_by


def _is_from(remote: RemoteJob, job: ClaimedJob) -> bool:
    """Compare the sources, where there is something to compare: the parent may be gone by now."""
    if remote.source is None:
        return True
    return job.kind is not Kind.CREATE and job.parent_remote_id in (None, remote.source)


def _is_young(remote: RemoteJob, job: ClaimedJob) -> bool:
    return remote.created_at is None or remote.created_at >= begun(job) - BEFORE


def _age(remote: RemoteJob) -> tuple[bool, float]:
    return remote.created_at is not None, remote.created_at.timestamp() if remote.created_at else 0.0
