"""Work on passwords: in turn, off the event loop, and no more guesses than are allowed."""

import asyncio
import secrets
from collections.abc import Callable
from uuid import UUID

from sora_studio.services.people.passwords import Passwords, check_guessable
from sora_studio.services.people.turns import Turns
from sora_studio.services.throttle import Throttle

Limit = tuple[str, ...]
"""A name of `throttle.LIMITS` and what it is counted by."""


class Attempts:
    """The one way to hash and compare passwords.

    A lane is who takes turns with the others: an address, or a browser that has logged in before.
    """

    def __init__(self, throttle: Throttle, passwords: Passwords | None = None) -> None:
        self._throttle, self._passwords = throttle, passwords or Passwords()
        self._turns = Turns()

    async def log_in(
        self, email: str, password: str, stored: str | None, address: str, device: str | None
    ) -> bool:
        """Compare the password of a log-in.

        Args:
            email: As the account has it, whether there is one or not.
            password: What somebody says.
            stored: The hash that it must match; None: there is no such account.
            address: Where they are.
            device: The name of the browser, if it has logged in to the account before: strangers' wrong
                answers do not count for it, nor its own for anybody else.

        Raises:
            LimitReached: Too many answers were wrong, or too many people wait for their turn.
        """

        def limits() -> list[Limit]:
            if device:
                return [("login from a known browser", device)]
            of_address = ("login from an address", address)
            of_account = ("login of an account", email)
            if self._throttle.allows(*of_account):
                return [("login of an account from an address", email, address), of_account, of_address]
            return [("login of an account that many guess, from an address", email, address), of_address]

        fits = await self._fits(password, stored, device or address, limits, known=device is not None)
        if fits:
            self._throttle.forgive(*limits()[0])
        return fits

    async def prove(self, user_id: UUID, password: str, stored: str) -> bool:
        """Compare the password of somebody who is signed in.

        Raises:
            LimitReached: Too many answers were wrong, or too many of their own wait.
        """
        return await self._fits(
            password, stored, user_id.hex, lambda: [("password", user_id.hex)], known=True
        )

    async def hash_new(self, password: str, lane: str, *about: str) -> str:
        """Return what to store for a new password.

        Args:
            password: What the person chose.
            lane: Who waits for it.
            about: What is known of the person.

        Raises:
            InvalidInput: It is among the first that anybody would guess.
            LimitReached: Too many wait for their turn.
        """
        async with self._turns.of(lane):
            await asyncio.to_thread(check_guessable, password, *about)
            return await self._passwords.hash(password)

    async def unknown(self) -> str:
        """Return what to store as long as an account has no password: the hash of one that nobody knows."""
        return await self._passwords.hash(secrets.token_urlsafe())

    async def renew(self, password: str, stored: str, lane: str) -> str | None:
        """Return a hash of a right password with today's work factor; None: it has that already."""
        if not self._passwords.is_outdated(stored):
            return None
        async with self._turns.of(lane, known=True):
            return await self._passwords.hash(password)

    async def _fits(
        self, password: str, stored: str | None, lane: str, limits: Callable[[], list[Limit]], *, known: bool
    ) -> bool:
        """Compare a password unless there were too many wrong ones; count it if it is wrong.

        The limits are looked up when the turn comes: of a burst, the ones before have been counted by then.
        """
        async with self._turns.of(lane, known=known):
            counted = limits()
            for limit in counted:
                self._throttle.check(*limit)
            fits = await self._passwords.match(password, stored)
            if not fits:
                for limit in counted:
                    self._throttle.hit(*limit)
            return fits
