"""An OpenID provider: discovery, the way there, the exchange of a code, and the proof of who it is.

Authlib speaks OAuth and judges the claims, joserfc verifies signatures. Nothing that a browser brings says
where a request goes: addresses come from the configured issuer's own document, read over its own connection.
"""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar, cast
from urllib.parse import urlencode, urlsplit

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from sora_studio.domain.single_sign_on import (
    ASK_AGAIN_SECONDS,
    Attempt,
    Client,
    LogOutNotice,
    SignOnFailed,
    SignOnProblem,
)

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures that an ID token may have: by a key that the provider alone has, never by a shared secret."""

_FRESH = 3600.0  # seconds for which the provider's document and keys are kept
_LEEWAY = 60  # seconds that the two clocks may differ
_LOGGED_OUT = "http://schemas.openid.net/event/backchannel-logout"
_NOTICE_LASTS = 300  # seconds, also where it has no end of its own
_MOST = 1_000_000  # bytes of an answer
_SUBJECT_MAX = 255  # OpenID Connect Core §2
_CONNECTION: Mapping[str, Any] = {
    "follow_redirects": False,
    "trust_env": False,  # no proxy, and no passwords of a .netrc
    "timeout": httpx2.Timeout(10),
}


_Said = TypeVar("_Said")


class IdentityProvider:
    """The one provider of the settings."""

    def __init__(self, client: Client) -> None:
        """Prepare it; nothing is asked yet.

        Args:
            client: As whom the studio is known there.
        """
        self.client = client
        self._metadata: Mapping[str, Any] = {}
        self._keys: KeySet | None = None
        self._read_at = self._keys_at = self._failed_at = float("-inf")
        self._reading = asyncio.Lock()

    async def address_of(self, attempt: Attempt) -> str:
        """Return where a browser goes to log in; if the attempt says again, it asks who is logged in, too.

        Raises:
            SignOnFailed: The provider does not say.
        """
        metadata = await self._discover()
        query = {
            "response_type": "code",
            "client_id": self.client.client_id,
            "redirect_uri": self.client.redirect_uri,
            "scope": self.client.scopes,
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": create_s256_code_challenge(attempt.verifier),
            "code_challenge_method": "S256",
        } | ({"prompt": "login", "max_age": "0"} if attempt.again else {})
        return _with_query(metadata["authorization_endpoint"], query)

    async def end_address(self, id_token: str, back_to: str) -> str | None:
        """Return where a browser goes to log out there, too; None: the provider has no such address."""
        try:
            end = (await self._discover()).get("end_session_endpoint")
        except SignOnFailed:
            return None  # it is away: the studio's own session has ended all the same
        if not end:
            return None
        query = {"client_id": self.client.client_id, "post_logout_redirect_uri": back_to}
        return _with_query(end, query | ({"id_token_hint": id_token} if id_token else {}))

    async def claims_of(self, code: str, attempt: Attempt, issuer: str | None) -> tuple[dict[str, Any], str]:
        """Exchange a code for what the provider says of a person, verified, and the ID token.

        Args:
            code: What came back.
            attempt: What was begun in this browser.
            issuer: Who says that the code is theirs (RFC 9207), if anybody does.

        Raises:
            SignOnFailed: It cannot be reached, refuses the code, or what it says is not for us.
        """
        metadata = await self._discover()
        named = metadata.get("authorization_response_iss_parameter_supported")
        if issuer != self.client.issuer and (issuer is not None or named):
            raise SignOnFailed(SignOnProblem.INVALID)
        token = await self._exchange(metadata, code, attempt)
        raw, access_token = token.get("id_token"), str(token.get("access_token", ""))
        if not isinstance(raw, str):
            raise SignOnFailed(SignOnProblem.INVALID)
        claims = await self._verify(raw, attempt.nonce, access_token)
        if "email" not in claims and (where := metadata.get("userinfo_endpoint")):
            more = await _read(where, access_token)
            if more.get("sub") != claims["sub"]:  # OpenID Connect Core §5.3.2
                raise SignOnFailed(SignOnProblem.INVALID)
            claims = more | claims
        return claims, raw

    async def log_out_notice(self, raw: str) -> LogOutNotice:
        """Return what a log-out token of the provider's says (OpenID Connect Back-Channel Logout 1.0).

        Raises:
            SignOnFailed: It is not the provider's, not for us, or out of date.
        """
        return await self._verified(raw, self._judge_log_out)

    async def _exchange(self, metadata: Mapping[str, Any], code: str, attempt: Attempt) -> dict[str, Any]:
        ways = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        way = "client_secret_basic" if "client_secret_basic" in ways else "client_secret_post"
        client = AsyncOAuth2Client(
            self.client.client_id,
            self.client.client_secret,
            token_endpoint_auth_method=way if self.client.client_secret else "none",
            **_CONNECTION,
        )
        http = cast("Any", client)  # its stubs do not know what it inherits from httpx
        try:
            async with http:
                return await http.fetch_token(
                    metadata["token_endpoint"],
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=attempt.verifier,
                    redirect_uri=self.client.redirect_uri,
                )
        except AuthlibBaseError as error:  # the provider knows no such code, or no longer
            raise SignOnFailed(SignOnProblem.REFUSED) from error
        except (httpx2.HTTPError, ValueError, TypeError) as error:
            raise SignOnFailed(SignOnProblem.UNAVAILABLE) from error

    async def _verify(self, raw: str, nonce: str, access_token: str) -> dict[str, Any]:
        return await self._verified(raw, partial(self._judge, nonce=nonce, access_token=access_token))

    async def _verified(self, raw: str, judge: Callable[[str, KeySet], _Said]) -> _Said:
        try:
            return judge(raw, await self._key_set())
        except (JoseError, ValueError):
            fresh = await self._key_set(again=True)  # the key may be newer than what we know
            try:
                return judge(raw, fresh)
            except (JoseError, ValueError) as error:
                raise SignOnFailed(SignOnProblem.INVALID) from error

    def _judge(self, raw: str, keys: KeySet, nonce: str, access_token: str) -> dict[str, Any]:
        """Return the claims of an ID token (OpenID Connect Core §3.1.3.7).

        Raises:
            JoseError: It is not the provider's, not for us, not of this log-in, or out of date.
            ValueError: It is no token, or names nobody.
        """
        token = _decoded(raw, keys)
        claims = CodeIDToken(
            token.claims,
            token.header,
            {
                "iss": {"essential": True, "value": self.client.issuer},
                "aud": {"essential": True, "value": self.client.client_id},
                "nonce": {"essential": True, "value": nonce},
                "exp": {"essential": True},
            },
            {"nonce": nonce, "client_id": self.client.client_id, "access_token": access_token},
        )
        claims.validate(now=int(time.time()), leeway=_LEEWAY)
        subject = claims.get("sub")
        if not isinstance(subject, str) or not 0 < len(subject) <= _SUBJECT_MAX:
            message = "the token names nobody"
            raise ValueError(message)
        return dict(claims)

    def _judge_log_out(self, raw: str, keys: KeySet) -> LogOutNotice:
        """Return what a log-out token says (§2.6 there).

        Raises:
            JoseError: It is not the provider's, not for us, or out of date.
            ValueError: It is no such token: an ID token is none.
        """
        claims = _decoded(raw, keys).claims
        jwt.JWTClaimsRegistry(
            now=int(time.time()),
            leeway=_LEEWAY,
            iss={"essential": True, "value": self.client.issuer},
            aud={"essential": True, "value": self.client.client_id},
            iat={"essential": True},
            jti={"essential": True},
        ).validate(claims)
        old = time.time() - float(claims["iat"]) > _NOTICE_LASTS
        events, names = claims.get("events"), [claims.get("sub"), claims.get("sid")]
        subject, session = (each if isinstance(each, str) and each else None for each in names)
        if (
            old
            or "nonce" in claims
            or not (isinstance(events, dict) and _LOGGED_OUT in events)
            or not (subject or session)
        ):
            message = "the token tells of no log-out"
            raise ValueError(message)
        issued_at = datetime.fromtimestamp(int(claims["iat"]), UTC)
        return LogOutNotice(self.client.issuer, subject, session, issued_at)

    async def _key_set(self, *, again: bool = False) -> KeySet:
        """Return the provider's keys; they are read by one at a time, and for who waits as well.

        Raises:
            SignOnFailed: They cannot be read, or could not a moment ago: anybody may send a token.
        """
        most = ASK_AGAIN_SECONDS if again else _FRESH
        if (keys := self._keys_since(most)) is not None:
            return keys
        async with self._reading:
            if (keys := self._keys_since(most)) is not None:
                return keys
            if time.monotonic() - self._failed_at < ASK_AGAIN_SECONDS:
                raise SignOnFailed(SignOnProblem.UNAVAILABLE)
            try:
                said = await _read((await self._discover())["jwks_uri"])
                self._keys = keys = KeySet.import_key_set(cast("Any", said))
            except (SignOnFailed, JoseError, ValueError, KeyError, TypeError) as error:
                self._failed_at = time.monotonic()
                raise SignOnFailed(SignOnProblem.UNAVAILABLE) from error
            self._keys_at = time.monotonic()
            return keys

    def _keys_since(self, seconds: float) -> KeySet | None:
        return self._keys if time.monotonic() - self._keys_at <= seconds else None

    async def _discover(self) -> Mapping[str, Any]:
        """Read the provider's document, and keep it for an hour.

        Raises:
            SignOnFailed: It cannot be read, speaks of another issuer, or names addresses that are not safe.
        """
        if not self._metadata or time.monotonic() - self._read_at > _FRESH:
            where = self.client.issuer.rstrip("/") + "/.well-known/openid-configuration"
            found = await _read(where)
            if not self._is_sound(found):
                raise SignOnFailed(SignOnProblem.UNAVAILABLE)
            self._metadata, self._read_at = found, time.monotonic()
        return self._metadata

    def _is_sound(self, found: Mapping[str, Any]) -> bool:
        """Tell whether a document is the issuer's own, and sends us nowhere that it could not itself."""
        needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        named = [found.get(name) for name in (*needed, "userinfo_endpoint", "end_session_endpoint")]
        ours = urlsplit(self.client.issuer)
        return (
            found.get("issuer") == self.client.issuer
            and all(found.get(name) for name in needed)
            and all(
                isinstance(url, str)
                and (urlsplit(url).scheme == "https" or urlsplit(url)[:2] == (ours.scheme, ours.netloc))
                for url in named
                if url is not None
            )
        )


def _decoded(raw: str, keys: KeySet) -> jwt.Token:
    """Return a token whose signature fits.

    Raises:
        JoseError: It does not, or is of no kind that we take.
        ValueError: It is no token.
    """
    try:
        return jwt.decode(raw, keys, algorithms=[*ALGORITHMS])
    except TypeError as error:  # joserfc trips over a header whose `crit` is no list of words
        message = "the token has a header that cannot be read"
        raise ValueError(message) from error


async def _read(url: str, access_token: str = "") -> dict[str, Any]:
    """Read a JSON object of the provider's, of a bounded size.

    Raises:
        SignOnFailed: It cannot be read, or is none.
    """
    headers = {"Authorization": f"Bearer {access_token}"} if access_token else {}
    body = b""
    try:
        async with (
            httpx2.AsyncClient(**_CONNECTION) as http,
            http.stream("GET", url, headers=headers) as answer,
        ):
            answer.raise_for_status()
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > _MOST:
                    raise SignOnFailed(SignOnProblem.UNAVAILABLE)
        found = json.loads(body)
    except (httpx2.HTTPError, ValueError) as error:
        raise SignOnFailed(SignOnProblem.UNAVAILABLE) from error
    if not isinstance(found, dict):
        raise SignOnFailed(SignOnProblem.UNAVAILABLE)
    return cast("dict[str, Any]", found)


def _with_query(url: str, query: Mapping[str, str]) -> str:
    return f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(query)}"
