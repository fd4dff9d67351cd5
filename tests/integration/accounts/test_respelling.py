"""Accounts from before today's rules for e-mail addresses."""

from structlog.testing import capture_logs

from sora_studio.db.engine import Database
from sora_studio.db.models import UserRow
from sora_studio.db.users import UserRepository
from sora_studio.domain.ids import new_id
from sora_studio.services.people.passwords import Passwords
from sora_studio.services.people.respelling import respell_addresses
from tests.support.accounts import HERE, PASSWORD, account_service

BEFORE = {
    "ada@example.org": "ada@example.org",
    "a@xn--mnchen-3ya.de": "a@münchen.de",
    "पुराना@example.org": "पुराना@example.org",
    "b@münchen.de": "b@münchen.de",
    "b@xn--mnchen-3ya.de": "b@xn--mnchen-3ya.de",  # somebody else's in its new spelling
    "zw@example.org\u200b": "zw@example.org\u200b",
    "mailto:someone@example.org": "mailto:someone@example.org",
    "a@b..org": "a@b..org",
}


async def test_they_are_respelled_or_told_and_none_is_locked_out(database: Database):
    password_hash = await Passwords(cost=4).hash(PASSWORD)
    ids = {email: new_id() for email in BEFORE}
    async with database.transaction() as tx:
        tx.add_all(
            [
                UserRow(id=ids[email], email=email, display_name="-", password_hash=password_hash)
                for email in BEFORE
            ]
        )
    for _ in range(2):  # the second start finds the same
        with capture_logs() as log:
            await respell_addresses(database)
        async with database.transaction() as tx:
            after = {email: (await UserRepository(tx).get(ids[email])).account.email for email in BEFORE}
        assert after == BEFORE
        (told,) = [line for line in log if line["event"] == "email_addresses_unusable"]
        kept = ["b@xn--mnchen-3ya.de", "zw@example.org\u200b", "mailto:someone@example.org", "a@b..org"]
        assert (told["count"], sorted(told["users"])) == (4, sorted(ids[email].hex for email in kept))
    accounts = account_service(database)
    for email in BEFORE:
        typed = f" {email.upper() if email.isascii() else email}"
        who = (await accounts.log_in(typed, PASSWORD, HERE)).account.id
        assert who == ids[email]
