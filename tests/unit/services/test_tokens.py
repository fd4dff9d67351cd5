"""Session tokens: ours are read, whatever else is not."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest

from sora_studio.domain.account import Identity
from sora_studio.domain.errors import NotSignedIn
from sora_studio.services.people.tokens import Tokens, token_in_cookies

SECRET = b"a secret key of at least 32 bytes of this test"
TOKENS = Tokens.signed_with(SECRET)
KEY = TOKENS._keys[0]
IDENTITY = Identity(user_id=uuid4(), session_id=uuid4())
NOW = datetime.now(UTC)


def real(**changes: Any) -> dict[str, Any]:
    """Return the claims of a valid token, changed; None leaves one out."""
    claims = {
        "iss": "sora-studio",
        "aud": "sora-studio",
        "sub": IDENTITY.user_id.hex,
        "sid": IDENTITY.session_id.hex,
        "iat": NOW,
        "exp": NOW + timedelta(days=1),
        **changes,
    }
    return {name: value for name, value in claims.items() if value is not None}


def signed(claims: dict[str, Any], key: bytes = KEY, algorithm: str = "HS256", **header: Any) -> str:
    """Sign with the real key and the real header, unless told otherwise."""
    headers = {"typ": "session+jwt", **header}
    return jwt.encode(
        claims, key, algorithm=algorithm, headers={k: v for k, v in headers.items() if v is not None}
    )


def by_hand(header: dict[str, Any], claims: Any, key: bytes | None = KEY, hash_name: str = "sha256") -> str:
    """Sign what the library would refuse to sign."""
    body = ".".join(
        encoded(json.dumps(part, default=lambda at: int(at.timestamp())).encode())
        for part in (header, claims)
    )
    signature = hmac.digest(key, body.encode(), hash_name) if key is not None else b""
    return f"{body}.{encoded(signature)}"


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def flipped(token: str, part: int) -> str:
    """Change one bit of one part."""
    parts = token.split(".")
    data = bytearray(base64.urlsafe_b64decode(parts[part] + "=="))
    data[len(data) // 2] ^= 1
    parts[part] = encoded(bytes(data))
    return ".".join(parts)


OURS = TOKENS.issue(IDENTITY, NOW, NOW + timedelta(days=1))
HEADER = {"alg": "HS256", "typ": "session+jwt"}
PUBLIC_KEY = b"-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----\n"

FORGED = {
    "empty": "",
    "no token at all": "hello",
    "three empty parts": "..",
    "no signature": OURS.rsplit(".", 1)[0] + ".",
    "cut short": OURS[:-4],
    "a part too many": OURS + ".e30",
    "signature changed": flipped(OURS, 2),
    "claims changed": flipped(OURS, 1),
    "header changed": flipped(OURS, 0),
    "alg none": by_hand({"alg": "none", "typ": "session+jwt"}, real(), key=None),
    "alg None": by_hand({"alg": "None", "typ": "session+jwt"}, real(), key=None),
    "alg NONE, signed": by_hand({"alg": "NONE", "typ": "session+jwt"}, real()),
    "alg empty": by_hand({"alg": "", "typ": "session+jwt"}, real()),
    "alg missing": by_hand({"typ": "session+jwt"}, real()),
    "alg lower case": by_hand({"alg": "hs256", "typ": "session+jwt"}, real()),
    "HS384 with our key": by_hand({"alg": "HS384", "typ": "session+jwt"}, real(), hash_name="sha384"),
    "HS512 with our key": by_hand({"alg": "HS512", "typ": "session+jwt"}, real(), hash_name="sha512"),
    "RS256 confused": by_hand({"alg": "RS256", "typ": "session+jwt"}, real(), key=PUBLIC_KEY),
    "signed with the secret itself": signed(real(), key=SECRET),
    "signed with no key": by_hand(HEADER, real(), key=b""),
    "another key": signed(real(), key=b"x" * 32),
    "another studio's key": signed(
        real(), key=Tokens.signed_with(b"another studio's secret key; 32 bytes")._keys[0]
    ),
    "kid": signed(real(), kid="../../dev/null"),
    "jku": signed(real(), jku="https://evil.example/keys"),
    "x5u": signed(real(), x5u="https://evil.example/cert"),
    "jwk": signed(real(), jwk={"kty": "oct", "k": encoded(KEY)}),
    "crit": by_hand({**HEADER, "crit": ["exp"]}, real()),
    "b64 false": by_hand({**HEADER, "b64": False}, real()),
    "typ of any token": signed(real(), typ="JWT"),
    "typ of another use": signed(real(), typ="reset+jwt"),
    "typ missing": by_hand({"alg": "HS256"}, real()),
    "iss wrong": signed(real(iss="evil.example")),
    "iss missing": signed(real(iss=None)),
    "aud wrong": signed(real(aud="somebody-else")),
    "aud a list": signed(real(aud=["sora-studio", "somebody-else"])),
    "aud missing": signed(real(aud=None)),
    "exp in the past": signed(real(exp=NOW - timedelta(minutes=2))),
    "exp missing": signed(real(exp=None)),
    "exp no number": by_hand(HEADER, real(exp="tomorrow")),
    "iat in the future": signed(real(iat=NOW + timedelta(hours=2))),
    "iat missing": signed(real(iat=None)),
    "nbf in the future": signed(real(nbf=NOW + timedelta(hours=2))),
    "sub missing": signed(real(sub=None)),
    "sub no id": signed(real(sub="admin")),
    "sub a number": by_hand(HEADER, real(sub=1)),
    "sub written otherwise": signed(real(sub=str(IDENTITY.user_id))),
    "sid missing": signed(real(sid=None)),
    "sid a list": signed(real(sid=[IDENTITY.session_id.hex])),
    "sid no id": signed(real(sid="' OR 1=1 --")),
    "claims a list": by_hand(HEADER, [real()]),
    "claims text": by_hand(HEADER, "claims"),
    "bytes that are no text": "\udcff.\udcff.\udcff",
}


def test_there_are_enough_forgeries():
    assert len(FORGED) >= 50


def test_ours_is_read():
    assert TOKENS.read(OURS) == IDENTITY


def test_the_way_forgeries_are_made_makes_valid_tokens_too():
    assert TOKENS.read(signed(real())) == IDENTITY
    assert TOKENS.read(by_hand(HEADER, real())) == IDENTITY


@pytest.mark.parametrize("token", FORGED.values(), ids=FORGED.keys())
def test_a_forgery_opens_nothing(token: str):
    with pytest.raises(NotSignedIn):
        TOKENS.read(token)


def test_clocks_may_differ_by_half_a_minute():
    now = datetime.now(UTC)
    assert TOKENS.read(signed(real(exp=now - timedelta(seconds=15)))) == IDENTITY
    assert TOKENS.read(signed(real(iat=now + timedelta(seconds=15)))) == IDENTITY


def test_the_key_is_not_the_secret_and_long_enough():
    assert KEY != SECRET
    assert len(KEY) == hashlib.sha256().digest_size


def test_a_token_says_nothing_but_ids_and_times():
    claims = jwt.decode(OURS, options={"verify_signature": False})
    assert set(claims) == {"iss", "aud", "sub", "sid", "iat", "exp"}
    assert UUID(hex=claims["sub"]) == IDENTITY.user_id


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("", None),
        ("sora_session=abc", "abc"),
        ("__Host-sora_session=abc", "abc"),
        ("theme=dark; sora_session=abc; other=1", "abc"),
        ("sora_session=planted; __Host-sora_session=mine", "mine"),
        ("sora_session=first; sora_session=second", "first"),
        ("sora_session=", None),
        ("sora_session", None),
        ("not_sora_session=abc", None),
        ("Sora_Session=abc", None),
        ('x="a;b"; sora_session=abc', "abc"),
        (";;;=; sora_session=abc", "abc"),
    ],
)
def test_the_cookie_is_found_among_others(header: str, token: str | None):
    assert token_in_cookies(header) == token


def test_one_key_replaces_another_and_nobody_is_logged_out():
    """The new one signs, and both are believed until the old one is taken away."""
    old, new = b"o" * 32, b"n" * 32
    later = NOW + timedelta(days=1)
    before = Tokens.signed_with(old).issue(IDENTITY, NOW, later)
    between = Tokens.signed_with(new + b", " + old)
    assert between.read(before) == IDENTITY
    assert Tokens.signed_with(new).read(between.issue(IDENTITY, NOW, later)) == IDENTITY
    with pytest.raises(NotSignedIn):
        Tokens.signed_with(new).read(before)
