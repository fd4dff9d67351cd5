"""How passwords are kept, and which are refused."""

import asyncio

import bcrypt
import pytest

from sora_studio.domain.errors import InvalidInput
from sora_studio.services.people.passwords import COST, Passwords, check_new

CHEAP = 4

ACCEPTED = [
    "correct horse battery staple",
    "long enough, and mine",
    "p" * 256,  # long ones stand on no list
    "密码密码密码密码密码密码密码密码密",
    "🙂 " * 8,
    " a  spaced   out    one ",  # spaces count
    "aB3$aB3$-tulip-9",
    "the-quick-onyx-goblin",
    "é" * 15,  # nobody guesses these first
]

COMMON = [
    "passwordpassword",
    "password12345678",
    "Passw0rd!Passw0rd!",
    "iloveyou12345678",
    "administrator123",
    "welcome123456789",
    "qwertyuiopasdfgh",
    "qwertyuiopqwertyuiop",
    "123456789012345",
    "1234567890123456",
    "aaaaaaaaaaaaaaa",
    "111111111111111",
    "abcabcabcabcabc",
    "abcdefghijklmno",
    "abcdefghijklmnopqrstuvwxyz",
    "letmeinletmeinletmein",
    "dragondragondragon",
    "sorastudio12345",
    "sorastudiosorastudio",
]


@pytest.mark.parametrize("password", ACCEPTED)
def test_a_long_password_that_nobody_guesses_is_accepted(password: str):
    check_new(password, "ada@example.com", "Ada Lovelace")


@pytest.mark.parametrize("password", COMMON)
def test_a_common_password_is_refused(password: str):
    with pytest.raises(InvalidInput) as refusal:
        check_new(password)
    assert (refusal.value.param, refusal.value.code) == ("password", "common_password")


@pytest.mark.parametrize(
    "password",
    ["zebulon.quixwell@kestrel.example", "zebulonquixwell1", "quixwellquixwell"],
)
def test_what_is_known_of_the_person_is_no_password(password: str):
    check_new(password)  # of anybody else, it is as good as any
    with pytest.raises(InvalidInput, match="first that attackers try"):
        check_new(password, "zebulon.quixwell@kestrel.example", "Zebulon Quixwell")


@pytest.mark.parametrize(
    ("length", "fits"), [(14, False), (15, True), (64, True), (1024, True), (1025, False)]
)
def test_length_is_counted_in_characters(length: int, fits: bool):
    password = ("Zß水🙂 q7-" * 200)[:length]
    if fits:
        check_new(password)
    else:
        with pytest.raises(InvalidInput) as refusal:
            check_new(password)
        assert refusal.value.code == "weak_password"


@pytest.mark.parametrize(
    "password", [*ACCEPTED, "x" * 72, "nul \0 in the middle", "\ud83d lone surrogate"[1:]]
)
async def test_a_password_matches_itself_and_nothing_like_it(password: str):
    passwords = Passwords(CHEAP)
    stored = await passwords.hash(password)
    assert await passwords.match(password, stored)
    for other in (password + "1", password[:-1], password.swapcase() + " ", " " + password, ""):
        assert not await passwords.match(other, stored)


async def test_passwords_that_are_equal_in_their_first_72_bytes_are_different():
    passwords = Passwords(CHEAP)
    stored = await passwords.hash("x" * 72 + "a")
    assert not await passwords.match("x" * 72 + "b", stored)


async def test_a_password_matches_however_its_accents_are_typed():
    passwords = Passwords(CHEAP)
    assert await passwords.match(
        "cafe\u0301 au lait, toujours", await passwords.hash("café au lait, toujours")
    )


async def test_nobodys_password_never_matches_and_costs_as_much():
    """Compared by work factor: the clock of a busy machine proves nothing."""
    tried: list[bytes] = []
    passwords = Passwords(CHEAP)
    real = await passwords.hash("somebody's password")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bcrypt, "checkpw", lambda _password, stored: tried.append(stored) is None)
        assert not await passwords.match("anything at all", None)
        assert await passwords.match("anything at all", real)
    nobodys, somebodys = tried
    assert nobodys[:7] == somebodys[:7] == b"$2b$04$"
    assert len(nobodys) == len(somebodys) == 60
    assert not bcrypt.checkpw(b"anything at all", nobodys)  # bcrypt can work with it


async def test_the_work_factor_is_12_and_an_older_one_is_noticed():
    assert COST == 12
    old = await Passwords(CHEAP).hash("a password from long ago")
    assert Passwords(CHEAP + 1).is_outdated(old)
    assert not Passwords(CHEAP).is_outdated(old)


async def test_hashing_does_not_hold_up_the_event_loop():
    """On the loop itself, each hash would let it turn once."""
    passwords, several = Passwords(10), 6
    hashing = asyncio.gather(*(passwords.hash(f"one of many {number}") for number in range(several)))
    turns = 0
    while not hashing.done():
        turns += 1
        await asyncio.sleep(0.001)
    await hashing
    assert turns > 2 * several
