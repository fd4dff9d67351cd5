"""Paused providers: wishes wait, and everything that was sent before goes on."""

from dataclasses import replace

import pytest

from sora_studio.db.agenda import AgendaRepository
from sora_studio.domain.errors import InvalidInput, NotFound
from sora_studio.domain.profile import Operation
from sora_studio.domain.provider_health import ProviderHealth
from sora_studio.domain.tasks import TaskName
from sora_studio.domain.video import Phase
from sora_studio.services.jobs.purge import UNDO_TIME
from sora_studio.services.providers import ProviderService
from tests.integration.jobs.conftest import Background
from tests.support.provider import FakeProvider


def providers(background: Background) -> ProviderService:
    healths = {each.name: ProviderHealth for each in background.catalog.profiles()}
    return ProviderService(
        db=background.db, catalog=background.catalog, healths=healths, wake=background.woken.append
    )


async def test_nothing_new_is_sent_until_it_goes_on(background: Background):
    able = replace(background.provider.profile, operations=frozenset(Operation))
    background = replace(background, provider=FakeProvider(able))
    sent = await background.wish("before")
    await background.submit()
    service = providers(background)
    await service.pauses.pause("fake")
    await service.pauses.pause("fake")
    (status,) = await service.all()
    assert (status.paused_at is not None, status.profile.paused) == (True, True)
    waiting = await background.wish("meanwhile")
    await background.submit()
    problem = (await background.look(waiting)).problem
    assert (len(background.provider.orders), problem and problem.message) == (1, "Fake is paused.")
    async with background.db.transaction() as tx:
        assert TaskName.SUBMIT not in await AgendaRepository(tx).waits(UNDO_TIME)
    await background.refresh()
    assert background.provider.fetched, "it is looked at all the same"
    assert background.provider.told == ["sora-2"], "with its model, which some servers route by"
    with pytest.raises(InvalidInput, match="is paused"):
        await background.characters.create(background.owner_id, "Nova", sent.id, provider="fake")
    background.woken.clear()
    await service.pauses.resume("fake")
    assert background.woken == [TaskName.SUBMIT]
    await background.submit()
    assert [order.prompt for order in background.provider.orders] == ["before", "meanwhile"]
    with pytest.raises(NotFound):
        await service.pauses.pause("nobody")


async def test_a_wish_whose_post_had_begun_is_looked_for_all_the_same(background: Background):
    """It may be at the provider already: to wait would be to forget it."""
    view = await background.wish()
    await background.sql("UPDATE job SET submit_started_at = now(), virtual_start = NULL")
    await providers(background).pauses.pause("fake")
    await background.submit()
    assert (await background.look(view)).phase is Phase.SUBMIT_UNKNOWN
