"""Which new passwords are refused: those that anybody would try first, whatever their length and script.

zxcvbn knows the lists, keyboard rows, dates and repeats. Its time grows steeply with the text (two seconds
for 32 characters that are chosen for it), so it sees a password piece by piece, and only a few pieces.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import islice

from zxcvbn import zxcvbn

from sora_studio.domain.account import PASSWORD_MAX

_OFTEN_GUESSED = 10**6  # among so many first guesses of a cracking program
_PIECE, _PIECES = 20, 4  # characters; the worst known ones take some 50 ms each
_SHORTEST_WORD = 3
_SHORTEST_RUN = 4
_FEW = 8  # characters that are left of a password without what is known of the person
_SITE = ("sorastudio", "sora", "studio")
_ELSEWHERE = (
    *("пароль", "привет", "йцукен", "йцукенгшщзхъ", "фыва", "фывапролдж", "ячсмитьбю", "любовь"),
    *(
        "密码",
        "我爱你",
        "パスワード",
        "비밀번호",
        "사랑해",
        "كلمةالسر",
        "סיסמה",
        "κωδικός",
        "รหัสผ่าน",
        "पासवर्ड",
    ),
    *("contraseña", "motdepasse", "passwort", "wachtwoord", "lösenord", "adgangskode", "salasana", "senha"),
    *("parola", "hasło", "heslo", "jelszó", "şifre", "lozinka", "matkhau", "qwertz", "qwertzuiop", "azerty"),
)
"""What "password", "hello" and the first keys are elsewhere: zxcvbn's lists are English."""

_FAMOUS = (
    *("qwertyuiopasdfghjkl", "qwertyuiopasdfghjklzxcvbnm", "zxcvbnmasdfghjkl", "zxcvbnmasdfghjklqwertyuiop"),
    *("asdfghjklqwertyuiop", "asdfghjklzxcvbnm", "mnbvcxzlkjhgfdsapoiuytrewq", "poiuytrewqlkjhgfdsamnbvcxz"),
    *("q1w2e3r4t5y6u7i8", "q1w2e3r4t5y6u7i8o9p0", "1q2w3e4r5t6y7u8i", "1q2w3e4r5t6y7u8i9o0p"),
    *("1qaz2wsx3edc4rfv", "1qaz2wsx3edc4rfv5tgb", "1qaz2wsx3edc4rfv5tgb6yhn", "zaq12wsxcde34rfv"),
    *("zaq1xsw2cde3vfr4", "qazwsxedcrfvtgb", "qazwsxedcrfvtgbyhn", "qazwsxedcrfvtgbyhnujm"),
    *("qawsedrftgyhujikolp", "azertyuiopqsdfghjklm", "йцукенгшщзфывапролд", "йцукенгшщзхъфывапролджэ"),
    *("йцукенгшщзхъфывапролджэячсмитьбю", "thisisapassword", "thisismypassword"),
    *("thisisnotapassword", "mypasswordispassword", "iloveyousomuch", "iloveyouforever", "iloveyoubaby"),
    *("ilovemyfamily", "ihatepasswords", "iforgotmypassword", "letmeinplease", "donttouchmyphone"),
    *("thequickbrownfox", "thequickbrownfoxjumpsoverthelazydog", "tobeornottobe", "maytheforcebewithyou"),
    *("tobeornottobethatisthequestion", "supercalifragilisticexpialidocious", "defaultpassword"),
    *("temporarypassword", "welcometosorastudio"),
)
"""Long ones on every list of cracked passwords: walks over the keys, and sentences that everybody knows."""


def is_guessable(password: str, about: Iterable[str]) -> bool:
    """Tell whether a password is among the first that a program would try that knows the person.

    A password is at least as hard to guess as its hardest piece; what stands in it a second time makes it no
    harder.

    Args:
        password: Any text.
        about: What is known of the person: e-mail address, name.
    """
    known = _known(about)
    text = _folded(password)[:PASSWORD_MAX]  # some letters are written out as eighteen
    text = _without_repeats(text)
    rest = text
    for word in sorted(known, key=len, reverse=True):
        rest = rest.replace(word, "")
    bare = re.sub(r"[\W_]+", "", text)
    if len(rest) < _FEW or {bare, bare.rstrip("0123456789")} & {*map(_folded, _FAMOUS)}:
        return True
    words = [*known, *map(_folded, _ELSEWHERE)]
    pieces = islice(_pieces(text), _PIECES)
    return all(float(zxcvbn(piece, user_inputs=words)["guesses"]) < _OFTEN_GUESSED for piece in pieces)


def _known(about: Iterable[str]) -> set[str]:
    """Return the words by which the studio and the person are known, folded."""
    words: set[str] = set(_SITE)
    for text in map(_folded, about):
        parts = [part for part in re.split(r"[\W_]+", text) if len(part) >= _SHORTEST_WORD]
        words.update(parts, ["".join(parts)], [text] if len(text) >= _SHORTEST_WORD else [])
    return words - {""}


def _folded(text: str) -> str:
    """Write a text without case, accents and other forms of the same letters."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return "".join(char for char in decomposed if unicodedata.category(char) != "Mn")


def _without_repeats(text: str) -> str:
    """Leave out every run of four characters or more that was there before."""
    kept, at = "", 0
    while at < len(text):
        length = 1
        while at + length < len(text) and text[at : at + length + 1] in kept:
            length += 1
        if length < _SHORTEST_RUN:
            kept += text[at : at + length]
        at += length
    return kept


def _pieces(text: str) -> Iterator[str]:
    for start in range(0, len(text), _PIECE):
        yield text[start : start + _PIECE]
