"""The one way that money is spent: an attempt at a video is written down with its price reserved.

Every attempt is priced and built here, whatever asks for it, so that a limit on spending is checked in one
place and in the transaction that spends.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sora_studio.db.engine import Transaction
from sora_studio.db.fair_queue import FairQueue
from sora_studio.db.jobs import JobRepository
from sora_studio.db.models import InputRow, JobRow, VideoRow
from sora_studio.db.uploads import UploadRepository
from sora_studio.db.users import UserRepository
from sora_studio.db.videos import VideoRepository
from sora_studio.domain.access import require_reach
from sora_studio.domain.account import KeyGrant
from sora_studio.domain.budget import BudgetScope, Spender
from sora_studio.domain.derivations import requested_seconds
from sora_studio.domain.errors import ConfirmationRequired, Conflict, LimitReached, PriceChanged
from sora_studio.domain.ids import new_id
from sora_studio.domain.inputs import whole_seconds
from sora_studio.domain.job import Charge
from sora_studio.domain.money import SANDBOX, price_tag
from sora_studio.domain.ports import Clock
from sora_studio.domain.video import Kind, VideoView
from sora_studio.services.catalog import ProviderCatalog
from sora_studio.services.money.budgets import Budgets
from sora_studio.services.storage_quotas import StorageQuotas
from sora_studio.services.throttle import Throttle

_NEW = timedelta(days=1)  # an account of which nobody knows yet who has it
_UNTIL_ONE_IS_DONE = 15.0  # seconds, about
# To a key for one project: it sees nothing else of its person's.
_NAMED_TO_BOUND_KEYS = frozenset({BudgetScope.KEY, BudgetScope.PROJECT})


class Spending:
    """Reserves the price of attempts, inside the transaction that asks for them."""

    def __init__(
        self,
        catalog: ProviderCatalog,
        budgets: Budgets,
        *,
        clock: Clock,
        throttle: Throttle | None = None,
        max_pending: int | None = None,
        sandbox_prices: bool = False,
        quotas: StorageQuotas | None = None,
    ) -> None:
        """Bound what is spent.

        Args:
            catalog: Knows the prices.
            budgets: What there is to spend.
            clock: Says in which of their windows an attempt counts.
            throttle: How fast people may ask whose accounts are new; None: as fast as they like.
            max_pending: Unfinished videos of one person; None: any number.
            sandbox_prices: Whether play money is booked as if it were money.
            quotas: How much libraries may store; None: as much as they like.
        """
        self._catalog, self._budgets, self._throttle = catalog, budgets, throttle
        self._max_pending, self._sandbox_prices, self._clock = max_pending, sandbox_prices, clock
        self._quotas = quotas or StorageQuotas()

    def quote(self, provider: str, model: str, size: str, seconds: str) -> int | None:
        """Return today's price of an attempt in micro-dollars, None when unknown: shown, then reserved."""
        return self._catalog.price(provider, model, size, seconds)

    async def quote_again(self, tx: Transaction, video: VideoView) -> int | None:
        """Say what another attempt at a video costs."""
        return (await self._priced(tx, video))[0].price_micros

    async def first_attempt(
        self,
        tx: Transaction,
        video: VideoRow,
        *inputs: InputRow,
        most_micros: int | None = None,
        key: KeyGrant | None = None,
    ) -> None:
        """Store a new video with its first job and its inputs.

        Args:
            tx: Whose commit spends.
            video: The video.
            inputs: What goes into it.
            most_micros: The price that the person was shown; None: whatever it costs.
            key: With which it is asked for; None: it comes from a page.

        Raises:
            PriceChanged: It costs more by now.
            ConfirmationRequired: It costs more than the key may spend unasked.
            BudgetExceeded: A budget does not cover it.
            StorageQuotaExceeded: Its library stores as much as it may.
            Conflict: The owner has used its idempotency key before.
            LimitReached: The owner has too many unfinished videos, or a new account and too many in a minute.
        """
        await self._require_room(tx, video.owner_id)
        job = await self._reserve(tx, video, most_micros, inputs, key)
        await VideoRepository(tx).add(video, job, *inputs)

    async def next_attempt(
        self,
        tx: Transaction,
        video: VideoView,
        most_micros: int | None = None,
        key: KeyGrant | None = None,
        *,
        asked_by: UUID,
    ) -> bool:
        """Start another job for a video that needs attention, at the price of today; False: it needs none.

        Args:
            tx: Whose commit spends.
            video: The video.
            most_micros: The price that the person was shown; None: whatever it costs.
            key: With which it is asked for; None: it comes from a page.
            asked_by: Who pays: in a project, not only who has made the video may ask.

        Raises:
            PriceChanged: It costs more than `most_micros`, the price that the person was shown.
            ConfirmationRequired: It costs more than the key may spend unasked.
            BudgetExceeded: A budget does not cover it.
            StorageQuotaExceeded: Its library stores as much as it may.
            Conflict: It was moved since it was looked at: other budgets would pay for it.
        """
        jobs = JobRepository(tx)
        if not await jobs.waits_for_decision(video.id):
            return False
        if not await VideoRepository(tx).stays_in(video.id, video.project_id):
            message = "This video was moved to another library in the meantime. Nothing was sent or charged."
            raise Conflict(message)
        return await jobs.submit_again(
            await self._reserve(tx, video, most_micros, key=key, asked_by=asked_by)
        )

    async def _require_room(self, tx: Transaction, owner_id: UUID) -> None:
        """Make sure that a person may ask for one more; others of theirs wait until this one is stored."""
        since = await UserRepository(tx).hold(owner_id)
        if self._max_pending and await VideoRepository(tx).pending(owner_id) >= self._max_pending:
            message = f"You have {self._max_pending} unfinished videos, and no more can wait at a time."
            raise LimitReached(message, retry_after=_UNTIL_ONE_IS_DONE)
        if self._throttle and since and self._clock() - since < _NEW:
            self._throttle.hit("create by a new account", str(owner_id))

    async def _reserve(
        self,
        tx: Transaction,
        video: VideoRow | VideoView,
        most_micros: int | None = None,
        inputs: Sequence[InputRow] | None = None,
        key: KeyGrant | None = None,
        asked_by: UUID | None = None,
    ) -> JobRow:
        """Build the job of an attempt for which there is room and money; its budgets are held meanwhile.

        With a key for one project, nothing is ever spent outside of it, whatever was looked at before.
        """
        require_reach(key, video.project_id)
        given = sum(each.bytes for each in inputs or ())
        await self._quotas.require_room(tx, video.owner_id, video.project_id, given)
        job, seconds = await self._priced(tx, video, inputs)
        price = job.price_micros
        if most_micros is not None and (price is None or price > most_micros):
            message = f"The price is {price_tag(video.provider, price)} by now. Nothing was sent or charged."
            raise PriceChanged(message)
        cost = 0 if job.play_money else price
        if key is not None and not key.covers(cost):
            raise ConfirmationRequired.of(cost)
        job.api_key_id = key.key_id if key else None
        payer = asked_by or video.owner_id
        job.asked_by = None if payer == video.owner_id else payer
        if payer:
            spender = Spender(payer, video.provider, video.project_id, job.api_key_id)
            named = _NAMED_TO_BOUND_KEYS if key and key.project_id else frozenset(BudgetScope)
            await self._budgets.admit(tx, spender, cost, job.created_at, named=named)
        job.virtual_start = await FairQueue(tx).join(
            video.owner_id, video.project_id, video.provider, int(seconds)
        )
        return job

    async def _priced(
        self, tx: Transaction, video: VideoRow | VideoView, inputs: Sequence[InputRow] | None = None
    ) -> tuple[JobRow, str]:
        """Quote an attempt and build its job: the one place where a price becomes a charge.

        Its inputs are given when they are not stored yet. Beside the job come the seconds that are paid for.
        """
        parent_seconds = None
        if video.kind == Kind.EXTEND and video.parent_id:
            parent_seconds = await VideoRepository(tx).seconds(video.parent_id)
        elif video.kind == Kind.EXTEND:
            stored = await UploadRepository(tx).inputs(video.id) if inputs is None else inputs
            parent_seconds = next((str(whole_seconds(each.seconds)) for each in stored if each.seconds), None)
        seconds = requested_seconds(video.kind, video.seconds, parent_seconds)
        job = JobRow(
            id=new_id(),
            video_id=video.id,
            provider=video.provider,
            price_micros=self.quote(video.provider, video.model, video.size, seconds),
            charge=Charge.RESERVED,
            created_at=self._clock(),
            play_money=video.provider == SANDBOX and not self._sandbox_prices,
        )
        return job, seconds
