"""Storage quotas: what a library stores is known whatever happens to its files, and bounds what is new."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import event

from sora_studio.db.models import ProjectRow
from sora_studio.db.projects import ProjectRepository
from sora_studio.db.users import UserRepository
from sora_studio.domain.account import Identity, ProjectRole, Role
from sora_studio.domain.audit import Act
from sora_studio.domain.errors import NotAllowed, NotFound, StorageQuotaExceeded
from sora_studio.domain.ids import new_id
from sora_studio.domain.limits import GIGABYTE, LimitChange, QuotaWord
from sora_studio.domain.settings import SettingName
from sora_studio.domain.video import Phase, VideoWish
from sora_studio.services.people.accounts import AccountService, erase_account
from sora_studio.services.people.limits import LimitService
from sora_studio.services.people.studio_settings import StudioSettings
from sora_studio.services.people.trail import Trail
from sora_studio.services.projects import ProjectService
from sora_studio.services.storage_quotas import StorageQuotas
from sora_studio.services.throttle import Throttle
from tests.integration.jobs.conftest import Background
from tests.support.films import picture
from tests.support.inputs import first_frame, once
from tests.support.library import add_person

PICTURE = picture((320, 180), "PNG")
STORED = """
SELECT library_id, bytes, 'kept' AS what FROM library_storage
UNION ALL SELECT library_id, sum(bytes), 'real' FROM (
    SELECT video_id, bytes FROM asset UNION ALL SELECT video_id, bytes FROM input
) AS files JOIN video ON video.id = video_id WHERE deleted_at IS NULL GROUP BY 1"""


@pytest.fixture(autouse=True)
async def sums(background: Background):
    """Add everything up after each test, whatever it did."""
    yield
    async with background.db.transaction() as tx:
        rows = (await (await tx.connection()).exec_driver_sql(STORED)).all()
    kept = {row.library_id: row.bytes for row in rows if row.what == "kept"}
    real = {row.library_id: row.bytes for row in rows if row.what == "real"}
    assert kept == real


def limits_of(background: Background, settings: StudioSettings | None = None) -> LimitService:
    trail = Trail(background.db, Throttle(), lambda: datetime.now(UTC))
    return LimitService(background.db, trail, StorageQuotas(settings))


def projects_of(background: Background) -> ProjectService:
    throttle = Throttle()
    accounts = AccountService(db=background.db, signing_key=bytes(32), throttle=throttle)
    return ProjectService(
        db=background.db, accounts=accounts, throttle=throttle, clock=lambda: datetime.now(UTC)
    )


def admin(background: Background) -> Identity:
    return Identity(background.owner_id, new_id(), role=Role.ADMIN)


async def allow(background: Background, quota: int | QuotaWord, project_id: UUID | None = None) -> None:
    limits, change = limits_of(background), LimitChange(storage_quota=quota)
    if project_id:
        await limits.change_project(admin(background), project_id, change)
    else:
        await limits.change_person(admin(background), background.owner_id, change)


async def used(background: Background, project_id: UUID | None = None) -> int:
    quotas = StorageQuotas()
    async with background.db.transaction() as tx:
        return (await quotas.use(tx, background.owner_id, project_id)).used_bytes


async def a_project(background: Background, manager_id: UUID, *editors: UUID) -> UUID:
    project = ProjectRow(id=new_id(), name="film")
    async with background.db.transaction() as tx:
        projects = ProjectRepository(tx)
        await projects.add(project, manager_id)
        for user_id in editors:
            await projects.put_member(project.id, user_id, ProjectRole.EDITOR)
        return project.id


async def finished(background: Background, mp4: bytes, wish: VideoWish | None = None, number: int = 0):
    """Make a video from its wish to its files."""
    view = await background.videos.create(background.owner_id, wish or VideoWish("a kite"))
    await background.submit()
    background.provider.finish(f"remote-{number}", mp4)
    await background.refresh()
    await background.archive()
    return await background.look(view)


async def test_what_a_library_stores_follows_its_files(background: Background, mp4: bytes):
    """Made, put in, deleted, brought back, moved and purged: the books of the fixture agree after each."""
    wish = VideoWish("a kite", inputs=(first_frame(PICTURE),))
    view = await finished(background, mp4, wish)
    whole = await used(background)
    assert whole > len(mp4)
    await background.videos.remove(background.owner_id, view.id)
    assert await used(background) == 0
    await background.videos.restore(background.owner_id, view.id)
    assert await used(background) == whole
    project, projects = await a_project(background, background.owner_id), projects_of(background)
    await projects.move(background.owner_id, view.id, project)
    assert (await used(background), await used(background, project)) == (0, whole)
    await projects.move(background.owner_id, view.id, None)
    await background.videos.remove(background.owner_id, view.id)
    await background.sql("UPDATE video SET deleted_at = now() - interval '1 hour'")
    await background.purger.run()
    assert await background.read("SELECT count(*) FROM library_storage") == (0,)


async def test_who_leaves_takes_their_own_library_along_and_no_project(background: Background, mp4: bytes):
    eve = await add_person(background.db, "eve")
    project = await a_project(background, eve, background.owner_id)
    await finished(background, mp4, VideoWish("ours", project_id=project))
    await finished(background, mp4, VideoWish("mine"), number=1)
    trail = Trail(background.db, Throttle(), lambda: datetime.now(UTC))
    line = trail.done(Act.ACCOUNT_DELETION, admin(background))
    async with background.db.transaction() as tx:
        await erase_account(tx, background.owner_id, line)
    assert await background.read("SELECT library_id, bytes > 0 FROM library_storage") == (project, True)


async def test_a_full_library_takes_nothing_new_and_keeps_what_is_paid(background: Background, mp4: bytes):
    on_its_way = await background.wish("on its way")
    await background.submit()
    await allow(background, 1)
    view = await finished(background, mp4, number=1)  # the library is empty yet
    assert view.phase is Phase.COMPLETED, "the file is larger than the quota, and is kept"
    background.provider.finish("remote-0", mp4)
    await background.refresh()
    await background.archive()
    assert (await background.look(on_its_way)).phase is Phase.COMPLETED
    before = await background.read("SELECT count(*), (SELECT count(*) FROM ledger_entry) FROM video")
    with pytest.raises(StorageQuotaExceeded, match=r"^Your storage is full: .+ of 0\.1 MB are used\."):
        await background.wish("one too many")
    with pytest.raises(StorageQuotaExceeded):
        await background.uploads.add(background.owner_id, once(PICTURE))
    assert before == await background.read("SELECT count(*), (SELECT count(*) FROM ledger_entry) FROM video")
    await background.videos.remove(background.owner_id, view.id)
    await background.videos.remove(background.owner_id, on_its_way.id)
    await background.wish("there is room again")


async def test_what_is_put_in_counts_and_leaves_no_file_when_it_is_refused(background: Background):
    await allow(background, 1000)
    with pytest.raises(StorageQuotaExceeded, match="has no room for this"):
        await background.videos.create(
            background.owner_id, VideoWish("a kite", inputs=(first_frame(PICTURE),))
        )
    assert [page async for page in background.storage.list_pages() if page] == []
    await background.wish("without it")


async def test_a_project_has_a_quota_of_its_own(background: Background, mp4: bytes):
    """Its library is full, its makers' are not; and whose own is full still uploads for it."""
    project = await a_project(background, background.owner_id)
    await allow(background, 0, project)
    with pytest.raises(StorageQuotaExceeded, match=r"^The storage of this project is full"):
        await background.videos.create(background.owner_id, VideoWish("ours", project_id=project))
    view = await finished(background, mp4)
    with pytest.raises(StorageQuotaExceeded):
        await projects_of(background).move(background.owner_id, view.id, project)
    await allow(background, QuotaWord.DEFAULT, project)
    await allow(background, 0)
    await background.uploads.add(background.owner_id, once(PICTURE))
    await background.videos.create(background.owner_id, VideoWish("ours", project_id=project))
    await projects_of(background).move(background.owner_id, view.id, None)  # where it is already
    await projects_of(background).move(background.owner_id, view.id, project)


async def test_submit_again_asks_for_room_too(background: Background):
    view = await background.wish("stuck")
    await background.submit()
    await background.sql(
        "UPDATE job SET phase = 'needs_attention', due_at = NULL, remote_id = NULL, charge = 'reserved'"
    )
    await background.sql("UPDATE video SET phase = 'needs_attention'")
    await allow(background, 0)
    with pytest.raises(StorageQuotaExceeded):
        await background.videos.submit_again(background.owner_id, view.id)
    assert (await background.look(view)).phase is Phase.NEEDS_ATTENTION
    await allow(background, QuotaWord.UNLIMITED)
    assert (await background.videos.submit_again(background.owner_id, view.id)).phase is Phase.SUBMITTING


async def test_the_studios_setting_counts_where_an_admin_says_nothing_else(background: Background):
    settings = StudioSettings(
        pinned={SettingName.STORAGE_GB_PER_PERSON: 2, SettingName.STORAGE_GB_PER_PROJECT: 3}
    )
    limits = limits_of(background, settings)
    project = await a_project(background, background.owner_id)
    assert (await limits.my_storage(admin(background))).quota_bytes == 2 * GIGABYTE
    assert (await limits.project_storage(background.owner_id, project)).quota_bytes == 3 * GIGABYTE
    await allow(background, 5)
    assert (await limits.my_storage(admin(background))).quota_bytes == 5
    await allow(background, QuotaWord.UNLIMITED)
    assert (await limits.my_storage(admin(background))).quota_bytes is None
    await allow(background, QuotaWord.DEFAULT)
    assert (await limits.my_storage(admin(background))).quota_bytes == 2 * GIGABYTE


async def test_who_looks_at_limits(background: Background):
    project = await a_project(background, background.owner_id)
    eve = Identity(await add_person(background.db, "eve"), new_id())
    limits = limits_of(background)
    with pytest.raises(NotFound):
        await limits.project_storage(eve.user_id, project)
    with pytest.raises(NotAllowed):
        await limits.projects(eve)
    with pytest.raises(NotAllowed):
        await limits.change_project(eve, project, LimitChange(storage_quota=5))


async def test_projects_are_listed_by_name_and_say_when_nobody_can_run_them(background: Background):
    eve = await add_person(background.db, "eve")
    first, second = await a_project(background, background.owner_id), await a_project(background, eve)
    await background.sql("UPDATE project SET name = 'A 100%_film' WHERE id = :id", id=first)
    async with background.db.transaction() as tx:
        await UserRepository(tx).change(eve, disabled_at=datetime.now(UTC))
    limits, who = limits_of(background), admin(background)
    page = await limits.projects(who, limit=1)
    assert ([each.id for each in page.projects], page.has_more) == ([first], True)
    page = await limits.projects(who, after=first)
    assert [(each.id, each.members, each.managers) for each in page.projects] == [(second, 1, 0)]
    assert [each.id for each in (await limits.projects(who, "100%_F")).projects] == [first]
    assert (await limits.projects(who, "0%f")).projects == ()


async def test_to_ask_for_room_takes_one_statement(background: Background):
    seen: list[str] = []
    quotas = StorageQuotas()
    async with background.db.transaction() as tx:
        await quotas.require_room(tx, background.owner_id, None)  # the settings are read once in a while
        engine = background.db.engine.sync_engine
        event.listen(engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
        await quotas.require_room(tx, background.owner_id, None)
    assert len([each for each in seen if "storage_quota_bytes" in each]) == len(seen) == 1
