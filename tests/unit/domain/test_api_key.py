"""How an API key is spelled, and what may be set of one."""

import re
import zlib
from datetime import timedelta

import pytest

from sora_studio.domain.account import Scope
from sora_studio.domain.api_key import (
    clean_rate,
    clean_scopes,
    is_key,
    last4_of,
    lifetime_of,
    new_key,
    overlap_of,
    sha256_of,
)
from sora_studio.domain.errors import InvalidInput

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
ZEROS = "sst_" + "0" * 30 + "2C8GjS"


def test_a_new_key_has_the_promised_form_and_its_checksum():
    made = {new_key() for _ in range(200)}
    assert len(made) == 200
    for key in made:
        assert re.fullmatch("sst_[0-9A-Za-z]{36}", key)
        value = 0
        for digit in key[-6:]:
            value = value * 62 + DIGITS.index(digit)
        assert value == zlib.crc32(key[4:34].encode())
        assert is_key(key)
        assert last4_of(key) == key[-4:]


def test_the_checksum_is_the_one_that_scanners_know():
    """As GitHub does it: base62 of the CRC-32, most significant digit first, padded with zeros."""
    assert is_key(ZEROS)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sst_",
        "sk-" + ZEROS[3:],
        ZEROS[:-1],
        ZEROS + "0",
        ZEROS[:-1] + "0",
        "sst_1" + ZEROS[5:],
        ZEROS.replace("0", "\u0660"),
        ZEROS.upper(),
        " " + ZEROS,
        "sst_" + ZEROS,
    ],
)
def test_anything_else_is_none(text: str):
    assert not is_key(text)


def test_every_single_slip_is_noticed():
    key = new_key()
    slips = {key[:at] + other + key[at + 1 :] for at in range(4, 40) for other in "0aZ"} - {key}
    assert not [each for each in slips if is_key(each)]


def test_what_is_stored_tells_nothing_but_whether_it_is_the_same():
    assert sha256_of(ZEROS) == sha256_of(ZEROS)
    assert len(sha256_of(ZEROS)) == 64
    assert ZEROS[4:20] not in sha256_of(ZEROS)


def test_scopes_are_words_that_we_know():
    assert clean_scopes(["videos:read", "videos:read"]) == {Scope.VIDEOS_READ}
    for wrong in ([], ["admin"], ["videos:read", ""]):
        with pytest.raises(InvalidInput) as refusal:
            clean_scopes(wrong)
        assert refusal.value.param == "scopes"


def test_numbers_have_their_ranges():
    assert (lifetime_of(None), lifetime_of(1)) == (None, timedelta(days=1))
    assert (overlap_of(0), overlap_of(168)) == (timedelta(), timedelta(days=7))
    assert (clean_rate(None), clean_rate(1)) == (None, 1)
    for wrong in (0, 3651, -1):
        with pytest.raises(InvalidInput, match="expires_in_days"):
            lifetime_of(wrong)
    for wrong in (-1, 169):
        with pytest.raises(InvalidInput, match="overlap_hours"):
            overlap_of(wrong)
    for wrong in (0, 100_001):
        with pytest.raises(InvalidInput, match="requests_per_minute"):
            clean_rate(wrong)
