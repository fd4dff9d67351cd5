"""How passwords are kept, and which are refused."""

import asyncio
import time

import bcrypt
import pytest

from sora_studio.domain.errors import InvalidInput
from sora_studio.services.people.passwords import COST, Passwords, check_guessable, check_length

CHEAP = 4

ACCEPTED = [
    "seven otters juggle kettles",
    "long enough, and mine",
    "Съешь же ещё этих мягких французских булок",
    "君が代は千代に八千代にさざれ石の巌",
    "🙂🚀🌵🎻🦊🧲🪁🧵🥝🪗🛶🧿🪐🫖🦉",
    "password, then something that nobody knows: 7 otters",
    "p" * 40 + "turquoise otters juggle seven kettles",
    " a  spaced   out    one ",  # spaces count
    "aB3$aB3$-tulip-9",
    "the-quick-onyx-goblin",
    "grüße aus dem nebel, mein hund",
]

COMMON = [
    "correct horse battery staple",
    "manchesterunited",
    "MyChemicalRomance",
    "High-School-Musical 2026",
    "nuncateolvidare",
    "ereselamordemivida",
    "assalamualaikum",
    "familiyafamiliya",
    "kartoffelpuffer",
    "hasan068123-123",  # of one person once, and on the lists since
    "Password2026!!!!",
    "Summer2026Summer2026",
    "Liberté, Égalité, Fraternité",
    "Thë Quick Brown Fox jumps over the lazy dog",
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
    "Sora Studio, Sora Studio",
    "password" * 5,
    "passwordpasswordpasswordpassword1",
    "Password Password Password Password!",
    "administrator" * 4,
    "letmein" * 5,
    "qwertyuiopasdfghjklzxcvbnm" * 3,
    "1q2w3e4r5t6y7u8i",
    "zaq12wsxCDE34rfv",
    "йцукенгшщзхъфывапролджэ",
    "The Quick, Brown Fox 2026",
    "p" * 256,
    "1234567890" * 100,
    "x" * 1024,
    "é" * 15,
    "🙂 " * 8,
    "pässwörd" * 2,
    "\uff50\uff41\uff53\uff53\uff57\uff4f\uff52\uff44" * 2,
    "пароль" * 3,
    "ЙЦУКЕНГШЩЗХЪфыва",
    "密码" * 8,
    "パスワード" * 3,
    "contraseñacontraseña",
    "motdepassemotdepasse",
    "\u3164" * 20,
    "\u200b" * 20,
]


@pytest.mark.parametrize("password", ACCEPTED)
def test_a_long_password_that_nobody_guesses_is_accepted(password: str):
    check_guessable(password, "ada@example.com", "Ada Lovelace")


@pytest.mark.parametrize("password", COMMON)
def test_a_common_password_is_refused(password: str):
    with pytest.raises(InvalidInput) as refusal:
        check_guessable(password)
    assert (refusal.value.param, refusal.value.code) == ("password", "common_password")


@pytest.mark.parametrize(
    "password",
    [
        "zebulon.quixwell@kestrel.example",
        "zebulonquixwell1",
        "quixwellquixwell",
        "Quixwell-Kestrel-Zebulon",
        "QUIXWELL1QUIXWELL2QUIXWELL3",
    ],
)
def test_what_is_known_of_the_person_is_no_password(password: str):
    check_guessable(password)  # of anybody else, it is as good as any
    with pytest.raises(InvalidInput, match="first that attackers try"):
        check_guessable(password, "zebulon.quixwell@kestrel.example", "Zebulon Quixwell")


@pytest.mark.parametrize(
    ("length", "fits"), [(14, False), (15, True), (64, True), (1024, True), (1025, False)]
)
def test_length_is_counted_in_characters(length: int, fits: bool):
    password = ("Zß水🙂 q7-" * 200)[:length]
    if fits:
        check_length(password)
        check_guessable(password)
    else:
        with pytest.raises(InvalidInput) as refusal:
            check_length(password)
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


@pytest.mark.parametrize("times", [1, 2, 32])
def test_no_password_is_looked_at_for_long(times: int):
    """Chosen for zxcvbn, which takes two seconds for all of it at once."""
    worst = ("a4@b8c({[<e3g69i1!|l1|7o0s$5t+7x" * times)[:1024]
    before = time.process_time()
    check_guessable(worst, "ada@example.org", "Ada")
    assert time.process_time() - before < 0.5


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
