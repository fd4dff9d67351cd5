"""Accounts from before today's rules for e-mail addresses: respelled, or told to the operator."""

import structlog

from sora_studio.db.engine import Database
from sora_studio.db.users import UserRepository
from sora_studio.domain.errors import Conflict, InvalidInput
from sora_studio.services.people.addresses import clean_email

_ATOM = "[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = "(?!xn--)[a-z0-9]([a-z0-9-]*[a-z0-9])?"
_USUAL = rf"^{_ATOM}(\.{_ATOM})*@({_LABEL}\.)+{_LABEL}$"
"""The spelling of nearly all addresses: the database passes over them, and only the others are looked at."""

_log = structlog.get_logger(__name__)


async def respell_addresses(db: Database) -> None:
    """Give every address its one spelling; log which accounts keep theirs, and log in by it to the letter.

    Those are no addresses by today's rules, or belong to somebody else in their new spelling: an operator has
    to ask these people.
    """
    async with db.transaction() as tx:
        found = await UserRepository(tx).spelled_otherwise(_USUAL)
    kept: list[str] = []
    changed = 0
    for user_id, email in found:
        try:
            respelled = clean_email(email)
            if respelled != email:
                async with db.transaction() as tx:
                    await UserRepository(tx).change(user_id, email=respelled)
                changed += 1
        except (InvalidInput, Conflict):
            kept.append(user_id.hex)
    if changed:
        _log.info("email_addresses_respelled", count=changed)
    if kept:
        _log.warning("email_addresses_unusable", count=len(kept), users=kept)
