"""The person's webhook endpoints: the ways to make, try and end one, and what was delivered to it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import reflex as rx

from sora_studio.container import services
from sora_studio.domain.account import Identity
from sora_studio.domain.errors import SoraStudioError
from sora_studio.domain.ids import (
    parse_endpoint_id,
    parse_message_id,
)
from sora_studio.domain.webhook_formats import WebhookFormat
from sora_studio.domain.webhook_messages import (
    ENDPOINTS_MAX,
    EndpointView,
    EventType,
    FreshSecret,
    MessageView,
)
from sora_studio.ui import toasts
from sora_studio.ui.errors import explain
from sora_studio.ui.form_data import text
from sora_studio.ui.pages.profile.webhook_lines import (
    EVENTS,
    ListedDelivery,
    ListedEndpoint,
    delivered,
    listed,
)
from sora_studio.ui.session import signed_in, still_signed_in

SHOWN = 20
"""Deliveries, the newest."""

_T = TypeVar("_T")


class WebhooksState(rx.State):
    """The endpoints, the newest first; for a moment a secret, and the deliveries of one endpoint."""

    endpoints: rx.Field[list[ListedEndpoint]] = rx.field(default_factory=list)
    fresh: rx.Field[str] = rx.field("")  # the secret itself, until it is put away or the page is left
    fresh_name: rx.Field[str] = rx.field("")
    refusal: rx.Field[str] = rx.field("")
    busy: rx.Field[bool] = rx.field(default=False)
    made: rx.Field[int] = rx.field(0)  # counts endpoints, so that the form is drawn shut and empty again
    opened: rx.Field[str] = rx.field("")  # whose deliveries are shown
    deliveries: rx.Field[list[ListedDelivery]] = rx.field(default_factory=list)

    @rx.event(background=True)
    async def load(self) -> None:
        """Read what there is; a secret that was shown before is not shown again."""
        async with self:
            identity = await signed_in(self)
        found = await services().webhook_endpoints.page(identity, None, ENDPOINTS_MAX)
        async with still_signed_in(self, identity.user_id):
            self.endpoints, self.fresh, self.fresh_name = listed(found), "", ""
            self.opened, self.deliveries = "", []

    @rx.event
    def put_away(self) -> None:
        """Forget the secret that was just made."""
        self.fresh, self.fresh_name = "", ""

    @rx.event(background=True)
    async def create(self, data: dict[str, Any]) -> None:
        """Make an endpoint, and show its secret where it means anything."""
        async with self:
            identity = await signed_in(self)
            if self.busy:
                return  # a second click: the first is on its way
            self.busy, self.refusal = True, ""
        try:
            events = [event for event, _, _ in EVENTS if data.get(event)]
            fresh = await services().webhook_endpoints.create(
                identity, text(data, "hook_name"), text(data, "url").strip(), events, text(data, "format")
            )
        except SoraStudioError as problem:
            async with still_signed_in(self, identity.user_id):
                self.refusal = explain(problem)
            return
        finally:
            async with self:
                self.busy = False
        await _show(self, identity, fresh)

    @rx.event(background=True)
    async def try_out(self, endpoint_id: str) -> None:
        """Send an example now, and say what came of it."""

        async def test(identity: Identity) -> int:
            found = parse_endpoint_id(str(endpoint_id))
            answer = await services().webhook_endpoints.test(identity, found, EventType.VIDEO_COMPLETED)
            return answer.status_code or 0

        if status := await _acted(self, test):
            async with still_signed_in(self, status.identity.user_id):
                await _tell_answer(self, status.result)

    @rx.event(background=True)
    async def rotate(self, endpoint_id: str) -> None:
        """Replace the secret, and show the new one; the one before signs beside it for a day."""

        async def rotate(identity: Identity) -> FreshSecret:
            found = parse_endpoint_id(str(endpoint_id))
            return await services().webhook_endpoints.rotate_secret(identity, found, overlap=True)

        if done := await _acted(self, rotate, shows_secret=True):
            await _show(self, done.identity, done.result)

    @rx.event(background=True)
    async def remove(self, endpoint_id: str) -> None:
        """Delete an endpoint with what waits for it."""

        async def remove(identity: Identity) -> tuple[EndpointView, ...]:
            await services().webhook_endpoints.remove(identity, parse_endpoint_id(str(endpoint_id)))
            return await services().webhook_endpoints.page(identity, None, ENDPOINTS_MAX)

        if done := await _acted(self, remove):
            async with still_signed_in(self, done.identity.user_id):
                self.endpoints = listed(done.result)
                await toasts.tell(self, "The webhook was deleted. Nothing is sent to it from now on.")

    @rx.event(background=True)
    async def show(self, endpoint_id: str) -> None:
        """Show what became of the newest messages to an endpoint."""

        async def read(identity: Identity) -> tuple[MessageView, ...]:
            return await _messages(identity, str(endpoint_id))

        if done := await _acted(self, read):
            async with still_signed_in(self, done.identity.user_id):
                self.opened, self.deliveries = str(endpoint_id), delivered(done.result)

    @rx.event(background=True)
    async def send_again(self, endpoint_id: str, message_id: str) -> None:
        """Send a message once more; one that is on its way stays so."""

        async def again(identity: Identity) -> tuple[MessageView, ...]:
            found = parse_endpoint_id(str(endpoint_id)), parse_message_id(str(message_id))
            await services().webhook_endpoints.replay(identity, *found)
            return await _messages(identity, str(endpoint_id))

        if done := await _acted(self, again):
            async with still_signed_in(self, done.identity.user_id):
                self.opened, self.deliveries = str(endpoint_id), delivered(done.result)


@dataclass(frozen=True)
class _Done:
    """What somebody did, and what came of it."""

    identity: Identity
    result: Any


async def _acted(
    state: WebhooksState, act: Callable[[Identity], Awaitable[_T]], *, shows_secret: bool = False
) -> _Done | None:
    """Do something with an endpoint; None: it was refused, and the person knows why, or it is done already.

    While a secret is shown, a second click would make a third one, and end the first.
    """
    async with state:
        identity = await signed_in(state)
        if state.busy or (shows_secret and state.fresh):
            return None
        state.busy = True
    try:
        return _Done(identity, await act(identity))
    except SoraStudioError as problem:
        async with still_signed_in(state, identity.user_id):
            await toasts.tell(state, explain(problem), tone=toasts.ERROR)
        return None
    finally:
        async with state:
            state.busy = False


async def _show(state: WebhooksState, identity: Identity, fresh: FreshSecret) -> None:
    found = await services().webhook_endpoints.page(identity, None, ENDPOINTS_MAX)
    signed = fresh.view.format == WebhookFormat.STANDARD
    async with still_signed_in(state, identity.user_id):
        state.endpoints, state.made = listed(found), state.made + 1
        state.fresh, state.fresh_name = (fresh.secret, fresh.view.name) if signed else ("", "")


async def _messages(identity: Identity, endpoint_id: str) -> tuple[MessageView, ...]:
    found = await services().webhook_endpoints.messages(
        identity, parse_endpoint_id(endpoint_id), only_failed=False
    )
    return found[:SHOWN]


async def _tell_answer(state: WebhooksState, status: int) -> None:
    if status in range(200, 300):
        await toasts.tell(state, f"The example was taken (it answered {status}).")
    else:
        await toasts.tell(state, f"The example was not taken: it answered {status}.", tone=toasts.ERROR)
