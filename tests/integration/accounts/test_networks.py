"""Attempts are counted by place: one customer has one IPv6 network, with as many addresses as they like."""

import pytest

from sora_studio.db.engine import Database
from sora_studio.domain.account import Origin, network_of
from sora_studio.domain.errors import LimitReached, NotSignedIn
from tests.support.accounts import PASSWORD, account_service, sign_up


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:0:1:2:3:4:5", "2001:db8:0:1::/64"),
        ("2001:DB8::1", "2001:db8::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("::1", "::/64"),
        ("", ""),
        ("testclient", "testclient"),
    ],
)
def test_what_counts_as_one_place(address: str, network: str):
    assert network_of(address) == network


async def test_a_new_address_of_the_same_network_guesses_no_further(database: Database):
    accounts = account_service(database)
    await sign_up(accounts)

    async def guess(address: str) -> None:
        with pytest.raises(NotSignedIn):
            await accounts.log_in("ada@example.org", "not the pass phrase", Origin(address))

    for number in range(10):
        await guess(f"2001:db8::{number:x}")
    with pytest.raises(LimitReached):
        await accounts.log_in("ada@example.org", PASSWORD, Origin("2001:db8::ffff"))
    await guess("2001:db8:0:1::1")
