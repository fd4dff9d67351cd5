"""Words by which videos are found: whatever stands between them, however they are written."""

import unicodedata

import pytest

from sora_studio.domain.words import LONGEST, beginnings_of, words_of

BLACK_CAT = (
    "\u0e41\u0e21\u0e27\u0e14\u0e33\u0e19\u0e31\u0e48\u0e07\u0e1a\u0e19\u0e2b\u0e25\u0e31\u0e07\u0e04\u0e32"
)
HINDI = "\u0939\u093f\u0928\u094d\u0926\u0940"
NIGHT = "\u591c\u306e\u6d77\u3068\u6708"


def finds(asked: str, text: str) -> bool:
    """Tell whether a search finds a text, as the index would."""
    words, beginnings = words_of(text), beginnings_of(asked)
    return bool(beginnings) and all(
        any(word.startswith(beginning) for word in words) for beginning in beginnings
    )


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        # signs between words
        *[(word, "a view of Tallinn\u2014gulls") for word in ("tallinn", "gulls", "Tallinn\u2014gulls")],
        *[(word, "whisper\u2026thunder") for word in ("whisper", "thunder", "whisper...thunder")],
        *[(word, "Tokyo\uff0cShibuya") for word in ("tokyo", "shibuya", "Tokyo, Shibuya")],
        *[
            ("green", text)
            for text in ("red/green kite", "red\\green", "red|green", "(green)", "\u00abgreen\u00bb")
        ],
        *[(word, "rain.Sunset") for word in ("rain", "sunset", "rain.sunset")],
        *[
            (word, "<lora:velvet_detail:0.8>")
            for word in ("lora", "velvet", "velvet_detail", "detail", "0.8")
        ],
        *[
            (word, "https://example.com/foo/barfly")
            for word in ("example", "foo", "barfly", "foo/bar", "com")
        ],
        ("100", "100% cotton"),
        ("kite", "#kite @kite"),
        # apostrophes and hyphens
        *[
            (word, "l\u2019ombre d'un doute")
            for word in ("ombre", "l'ombre", "l\u2019ombre", "lombre", "doute")
        ],
        *[
            (word, text)
            for word in ("don't", "Don\u2019t", "dont", "don")
            for text in ("Don\u2019t go", "don't go")
        ],
        *[(word, "a sci-fi city") for word in ("sci-fi", "scifi", "fi", "sci\u2011fi")],
        # case, accents, width, ligatures, letters of their own
        ("chene", "un ch\u00eane"),
        ("ch\u00eane", "UN CHENE"),
        ("\u0435\u043b\u043a\u0430", "\u0401\u041b\u041a\u0410"),
        ("strasse", "Stra\u00dfe"),
        ("STRASSE", "stra\u00dfe"),
        ("istanbul", "\u0130stanbul"),
        ("\u03bf\u03b4\u03bf\u03c3", "\u039f\u0394\u039f\u03a3"),
        ("\u03bf\u03b4\u03cc\u03c2", "\u03bf\u03b4\u03bf\u03c3"),
        ("lodz", "\u0141\u00f3d\u017a"),
        ("oresund", "\u00d8resund"),
        ("aether", "\u00e6ther"),
        ("tokyo", "\uff34\uff4f\uff4b\uff59\uff4f"),
        ("film", "\ufb01lm"),
        ("\u05e9\u05dc\u05d5\u05dd", "\u05e9\u05b8\u05c1\u05dc\u05d5\u05b9\u05dd"),
        ("\u0645\u062d\u0645\u062f", "\u0645\u064f\u062d\u064e\u0645\u0640\u0640\u0651\u064e\u062f"),
        ("zurich", unicodedata.normalize("NFD", "Z\u00fcrich")),
        (unicodedata.normalize("NFD", "Z\u00fcrich"), "Z\u00fcrich"),
        # scripts whose words have marks, and signs that nobody sees
        (HINDI, f"{HINDI} \u092c\u093f"),
        ("velvet", "vel\u00advet"),
        ("velvet", "\u2068velvet\u2069"),
        ("one", "one\u200btwo"),
        ("two", "one\u200btwo"),
        # anywhere, where no spaces are set
        *[
            (word, BLACK_CAT)
            for word in (
                "\u0e2b\u0e25\u0e31\u0e07\u0e04\u0e32",
                "\u0e41\u0e21\u0e27",
                "\u0e14\u0e33",
                "\u0e32",
            )
        ],
        *[(NIGHT[start:end], NIGHT) for start in range(5) for end in range(start + 1, 6)],
        ("\u30ab\u30bf\u30ab\u30ca", "\uff76\uff80\uff76\uff85\u306e\u6d77"),
        ("\uace0\uc591\uc774", "\uac80\uc740\uace0\uc591\uc774\ub97c"),
        ("tower", "\u6771\u4eactower"),
        ("\u4eac", "\u6771\u4eactower"),
        # pictographs
        ("\U0001f3ac", "\U0001f3ac opening"),
        ("\u2764", "a\u2764\ufe0fb"),
        ("a", "a\u2764\ufe0fb"),
    ],
)
def test_what_is_found(asked: str, text: str):
    assert finds(asked, text)


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ("ox", "a fox"),
        ("\u6708\u6d77", NIGHT),
        ("\u6d77\u3068\u591c\u306e", NIGHT),
        ("fox cat", "a fox"),
        ("\u2014", "a\u2014b"),
        ("'", "it's"),
        ("", "anything"),
    ],
)
def test_what_is_not_found(asked: str, text: str):
    assert not finds(asked, text)


def test_a_long_word_is_found_by_all_of_it():
    word = "x" * 5_000
    assert max(map(len, words_of(word))) == LONGEST
    assert finds(word, f"a {word}")


def test_a_long_question_has_an_end():
    assert len(beginnings_of("\u6d77\u3068" * 5_000)) <= LONGEST + 1
    assert len(beginnings_of(" ".join(f"word{number}" for number in range(5_000)))) == 16
