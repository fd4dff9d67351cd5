"""Log-in through a real OpenID provider, and what must not get somebody in."""

import asyncio
import base64
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from pyotp.totp import TOTP

from sora_studio import container
from sora_studio.db.engine import Database
from sora_studio.db.models import SessionRow
from sora_studio.domain.account import OPERATOR, Role
from sora_studio.domain.audit import Act, AuditQuery
from sora_studio.domain.errors import NotAllowed, PasswordRequired
from sora_studio.domain.sign_up import INVITE
from sora_studio.domain.single_sign_on import Attempt, LogOutNotice, SignOnFailed, SignOnPolicy
from sora_studio.domain.single_sign_on import Client as OidcClient
from sora_studio.services.people.assembly import Entrances, People, assemble
from sora_studio.services.people.identity_provider import IdentityProvider
from sora_studio.services.people.passwords import Passwords
from sora_studio.services.people.studio_settings import StudioSettings
from tests.integration.people.conftest import Client, in_use
from tests.support.accounts import HERE, PASSWORD, SIGNING_KEY
from tests.support.identity_provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    RunningProvider,
    identity_provider,
)
from tests.support.scripted import scripted_server

HOME = "http://localhost:3000"
CALLBACK, BACK_CHANNEL = "/api/auth/oidc/callback", "/api/auth/oidc/backchannel"
PEOPLE: dict[str, dict[str, Any]] = {
    "root": {
        "email": "root@example.org",
        "email_verified": True,
        "name": "Root",
        "groups": ["studio-admins"],
    },
    "ada": {"email": "Ada@example.org", "email_verified": True, "name": "Ada Lovelace", "groups": []},
    "eve": {"email": "ada@example.org", "email_verified": False, "name": "Ada?"},
    "nemo": {"name": "Nobody"},
}
OPEN = SignOnPolicy("Log in with Example", auto_register=True, admin_claim=("groups", "studio-admins"))


@pytest.fixture(scope="module")
def provider() -> Iterator[RunningProvider]:
    with identity_provider(HOME + CALLBACK, f"{HOME}/login", PEOPLE) as running:
        yield running


def known_as(issuer: str, secret: str = CLIENT_SECRET) -> OidcClient:
    return OidcClient(issuer, CLIENT_ID, secret, "openid email profile", HOME + CALLBACK)


@pytest.fixture
async def studio(database: Database, provider: RunningProvider) -> AsyncIterator[Callable[..., People]]:
    """Put a studio with some policy in use; nobody is invited."""
    with ExitStack() as stack:

        def made(
            policy: SignOnPolicy = OPEN,
            client: OidcClient | None = None,
            identity: IdentityProvider | None = None,
        ) -> People:
            identity = identity or IdentityProvider(client or known_as(provider.issuer))
            people = assemble(
                database,
                signing_key=SIGNING_KEY,
                settings=StudioSettings(sign_up=INVITE),
                passwords=Passwords(cost=4),
                entrances=Entrances(sign_on=(identity, policy)),
            )
            stack.enter_context(container.using(in_use(people)))
            return people

        yield made


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    from sora_studio.api.app import create_api  # noqa: PLC0415 -- as the other fixture of this name

    del tmp_path
    clients: list[httpx.AsyncClient] = []

    def make() -> httpx.AsyncClient:
        clients.append(httpx.AsyncClient(transport=httpx.ASGITransport(create_api()), base_url=HOME))
        return clients[-1]

    yield make
    for each in clients:
        await each.aclose()


async def begin(browser: httpx.AsyncClient, then: str = "/library", **more: Any) -> str:
    answer = await browser.get("/api/auth/oidc", params={"next": then} | more)
    assert answer.status_code == 303
    return answer.headers["location"]


async def log_in(
    browser: httpx.AsyncClient, provider: RunningProvider, name: str, **more: Any
) -> httpx.Response:
    return await browser.get(await provider.log_in(await begin(browser, **more), name))


def changed(address: str, **values: str) -> str:
    parts = urlsplit(address)
    query = dict(parse_qsl(parts.query)) | values
    return urlunsplit(
        parts._replace(query=urlencode({name: value for name, value in query.items() if value}))
    )


def reason(answer: httpx.Response) -> str:
    where = urlsplit(answer.headers["location"])
    return dict(parse_qsl(where.query)).get("error", where.path)


async def test_the_first_visit_opens_an_account_where_that_is_wanted(
    studio: Callable[..., People], provider: RunningProvider, client: Client
):
    """Independent of invitations; later visits find it by the subject, whatever the address says."""
    people = studio()
    assert reason(await log_in(client(), provider, "ada")) == "sso_empty"
    assert reason(await log_in(client(), provider, "root")) == "/library"
    browser = client()
    answer = await log_in(browser, provider, "ada", again=True)
    assert (answer.status_code, answer.headers["location"]) == (303, "/library")
    me = await people.people.find(OPERATOR, "ada@example.org")
    assert (me.account.display_name, me.account.role) == ("Ada Lovelace", Role.MEMBER)
    assert "sora_sign_on" not in browser.cookies
    identity = await people.accounts.identify(browser.cookies["sora_session"])
    await people.accounts.edit_profile(identity, email="countess@example.org", password="")
    again = client()
    assert reason(await log_in(again, provider, "ada")) == "/library"
    assert (await people.accounts.identify(again.cookies["sora_session"])).user_id == identity.user_id
    assert len((await people.people.page(OPERATOR, _all())).people) == 2


def _all() -> Any:
    from sora_studio.domain.people import PeopleQuery  # noqa: PLC0415 -- next to its only use

    return PeopleQuery()


@pytest.mark.parametrize(
    ("policy", "name", "why"),
    [
        (SignOnPolicy("x"), "ada", "sso_unknown"),
        (SignOnPolicy("x", link_by_email=True), "root", "sso_unknown"),
        (SignOnPolicy("x", auto_register=True), "ada", "sso_email_taken"),
        (SignOnPolicy("x", auto_register=True, link_by_email=True), "eve", "sso_no_email"),
        (SignOnPolicy("x", auto_register=True, link_by_email=True), "nemo", "sso_no_email"),
        (SignOnPolicy("x", link_by_email=True), "ada", "/library"),
    ],
)
async def test_only_whom_the_settings_let_in(
    studio: Callable[..., People],
    provider: RunningProvider,
    client: Client,
    policy: SignOnPolicy,
    name: str,
    why: str,
):
    people = studio(policy)
    link = await people.people.add(OPERATOR, "ada@example.org", "Ada", Role.ADMIN)
    browser = client()
    assert reason(await log_in(browser, provider, name)) == why
    assert ("sora_session" in browser.cookies) is (why == "/library")
    acts = [line.act for line in (await people.audit.page(OPERATOR, AuditQuery())).lines]
    assert (Act.IDENTITY_LINK in acts) is (why == "/library")
    await people.invitations.reset_password(link.url.partition("token=")[2], PASSWORD, HERE)
    assert (await people.accounts.log_in("ada@example.org", PASSWORD, HERE)).account.role is Role.ADMIN


async def test_the_claim_gives_and_takes_the_role_and_the_last_admin_stays(
    studio: Callable[..., People], provider: RunningProvider, client: Client
):
    people = studio()
    await log_in(client(), provider, "root")
    await log_in(client(), provider, "ada")
    ada = (await people.people.find(OPERATOR, "ada@example.org")).account.id
    root = (await people.people.find(OPERATOR, "root@example.org")).account.id
    await people.people.change_role(OPERATOR, ada, Role.ADMIN)
    await log_in(client(), provider, "ada")
    assert (await people.people.get(OPERATOR, ada)).account.role is Role.MEMBER
    await people.people.change_role(OPERATOR, ada, Role.ADMIN)
    await people.people.change_role(OPERATOR, root, Role.MEMBER)
    await log_in(client(), provider, "ada")
    assert (await people.people.get(OPERATOR, ada)).account.role is Role.ADMIN
    await log_in(client(), provider, "root")
    assert (await people.people.get(OPERATOR, root)).account.role is Role.ADMIN


async def test_a_shut_account_stays_shut(
    studio: Callable[..., People], provider: RunningProvider, client: Client
):
    people = studio()
    await log_in(client(), provider, "root")
    await log_in(client(), provider, "ada")
    await people.people.disable(OPERATOR, (await people.people.find(OPERATOR, "ada@example.org")).account.id)
    browser = client()
    assert reason(await log_in(browser, provider, "ada")) == "account_disabled"
    assert "sora_session" not in browser.cookies


async def test_an_answer_counts_only_in_the_browser_that_began(
    studio: Callable[..., People], provider: RunningProvider, client: Client
):
    """Nobody is logged in to somebody else's account by a link, and no answer counts twice."""
    studio()
    victim, attacker = client(), client()
    answer = await provider.log_in(await begin(attacker), "root")
    assert reason(await victim.get(answer)) == "sso_expired"
    await begin(victim)
    assert reason(await victim.get(answer)) == "sso_expired"
    kept = dict(attacker.cookies)
    for wrong in (changed(answer, state="x"), changed(answer, state=""), changed(answer, code="x")):
        attacker.cookies.update(kept)
        assert reason(await attacker.get(wrong)) in {"sso_expired", "sso_refused"}
        assert "sora_session" not in attacker.cookies
    attacker.cookies.update(kept)
    assert reason(await attacker.get(answer)) == "/library"
    attacker.cookies.update(kept)
    assert reason(await attacker.get(answer)) == "sso_refused", "the code has been used"
    swapped = client()
    other = await provider.log_in(await begin(swapped), "ada")
    state = dict(parse_qsl(urlsplit(other).query))["state"]
    stolen = await provider.log_in(await begin(attacker), "root")
    assert reason(await swapped.get(changed(stolen, state=state))) == "sso_refused", "PKCE"


async def test_another_nonce_opens_nothing(
    studio: Callable[..., People], provider: RunningProvider, client: Client
):
    studio()
    browser = client()
    answer = await provider.log_in(changed(await begin(browser), nonce="of another log-in"), "root")
    assert reason(await browser.get(answer)) == "sso_invalid"


async def test_another_issuer_is_refused(
    studio: Callable[..., People], provider: RunningProvider, client: Client
):
    """Neither one that the answer names, nor none where the provider always names itself (RFC 9207)."""
    studio()
    for issuer in ("https://evil.example", ""):
        browser = client()
        answer = await provider.log_in(await begin(browser), "root")
        assert reason(await browser.get(changed(answer, iss=issuer))) == "sso_invalid"


async def test_a_document_of_another_issuer_is_refused(
    studio: Callable[..., People], provider: RunningProvider, client: Client
):
    elsewhere = provider.issuer.replace("127.0.0.1", "localhost")
    for issuer in (elsewhere, "http://127.0.0.1:1"):
        studio(OPEN, known_as(issuer))
        assert reason(await client().get("/api/auth/oidc")) == "sso_unavailable"


async def test_a_wrong_client_secret_lets_nobody_in(
    studio: Callable[..., People], provider: RunningProvider, client: Client
):
    studio(OPEN, known_as(provider.issuer, "another secret"))
    assert reason(await log_in(client(), provider, "root")) == "sso_refused"


@pytest.mark.parametrize("then", ["//evil.example", "https://evil.example", "/\\evil.example", "/api/videos"])
async def test_it_leads_nowhere_but_to_pages_of_ours(
    studio: Callable[..., People], provider: RunningProvider, client: Client, then: str
):
    studio()
    browser = client()
    answer = await browser.get(await provider.log_in(await begin(browser, then), "root"))
    assert answer.headers["location"] == "/"


async def test_what_is_given_up_there_is_said(studio: Callable[..., People], client: Client):
    studio()
    browser = client()
    state = dict(parse_qsl(urlsplit(await begin(browser)).query))["state"]
    answer = await browser.get(CALLBACK, params={"error": "access_denied", "state": state})
    assert answer.headers["location"] == "/login?error=sso_refused&next=%2Flibrary"


async def test_log_out_ends_the_session_at_the_provider_too(
    studio: Callable[..., People], provider: RunningProvider, client: Client
):
    studio()
    browser = client()
    await log_in(browser, provider, "root")
    form = {"content-type": "application/x-www-form-urlencoded"}
    answer = await browser.post("/api/auth/logout", headers=form)
    where = answer.headers["refresh"].removeprefix("0;url=")
    query = dict(parse_qsl(urlsplit(where).query))
    assert where.startswith(f"{provider.issuer}/session/end?")
    assert query["client_id"] == CLIENT_ID
    assert query["id_token_hint"].count(".") == 2
    assert (await browser.get("/api/users/me")).status_code == 401


async def test_a_second_factor_is_asked_for_here_as_well(
    studio: Callable[..., People], provider: RunningProvider, client: Client
):
    people = studio()
    browser = client()
    await log_in(browser, provider, "root", again=True)
    who = await people.accounts.identify(browser.cookies["sora_session"])
    secret = (await people.two_factor.begin(who)).secret

    codes = await people.two_factor.enable(who, TOTP(secret).now())
    again = client()
    assert (await log_in(again, provider, "root")).headers["location"] == "/login/code?next=%2Flibrary"
    assert "sora_session" not in again.cookies
    done = await again.post("/api/auth/login/code", data={"code": codes[0], "next": "/library"})
    assert done.headers["location"] == "/library"
    out = await again.post("/api/auth/logout", headers={"content-type": "application/x-www-form-urlencoded"})
    assert "id_token_hint" in out.headers["refresh"]


async def test_an_account_without_a_password_gets_one_by_having_just_logged_in(
    studio: Callable[..., People], provider: RunningProvider, client: Client
):
    people = studio()
    browser = client()
    await log_in(browser, provider, "root", again=True)
    who = await people.accounts.identify(browser.cookies["sora_session"])
    await people.accounts.change_password(who, "", PASSWORD)
    await people.accounts.log_in("root@example.org", PASSWORD, HERE)
    with pytest.raises(NotAllowed):
        await people.accounts.change_password(who, "", f"{PASSWORD} too")


async def test_a_log_in_proves_who_somebody_is_when_the_provider_has_asked_them(
    studio: Callable[..., People], provider: RunningProvider, client: Client, database: Database
):
    """An answer that it gives by itself proves nothing, although it was to ask: it says when it last did."""
    people = studio()

    async def proved_at(browser: httpx.AsyncClient) -> datetime:
        who = await people.accounts.identify(browser.cookies["sora_session"])
        async with database.transaction() as tx:
            return (await tx.get_one(SessionRow, who.session_id)).proved_at

    browser, silent, old = client(), client(), client()
    await log_in(browser, provider, "root")
    assert await proved_at(browser) == datetime.fromtimestamp(0, UTC), "it does not say"
    where = await begin(browser, again=True)
    assert {("prompt", "login"), ("max_age", "0")} <= {*parse_qsl(urlsplit(where).query)}
    assert reason(await browser.get(await provider.log_in(where, "root"))) == "/library"
    moment = await proved_at(browser)
    assert timedelta() <= datetime.now(UTC) - moment < timedelta(minutes=1)
    assert moment.microsecond == 0, "the provider's moment, not ours"
    where = changed(await begin(silent, again=True), max_age="", prompt="")
    assert reason(await silent.get(await provider.log_in(where, "root"))) == "sso_not_again"
    assert "sora_session" not in silent.cookies

    people = studio(OPEN, None, LongAgo(known_as(provider.issuer)))
    assert reason(await log_in(old, provider, "root", again=True)) == "sso_not_again"
    assert reason(await log_in(old, provider, "root")) == "/library"
    assert await proved_at(old) == LongAgo.proved_at


async def test_a_second_factor_makes_no_proof_newer(
    studio: Callable[..., People], provider: RunningProvider, client: Client, database: Database
):
    people = studio()
    browser = client()
    await log_in(browser, provider, "root", again=True)
    who = await people.accounts.identify(browser.cookies["sora_session"])

    codes = await people.two_factor.enable(who, TOTP((await people.two_factor.begin(who)).secret).now())
    for code, again in zip(codes, (True, False), strict=False):
        there = client()
        await log_in(there, provider, "root", **({"again": True} if again else {}))
        await there.post("/api/auth/login/code", data={"code": code, "next": "/library"})
        who = await people.accounts.identify(there.cookies["sora_session"])
        async with database.transaction() as tx:
            moment = (await tx.get_one(SessionRow, who.session_id)).proved_at
        assert (moment > datetime.now(UTC) - timedelta(minutes=1)) is again


async def test_no_text_proves_who_somebody_is_who_has_no_password(
    studio: Callable[..., People], provider: RunningProvider, client: Client, database: Database
):
    people = studio()
    browser = client()
    await log_in(browser, provider, "root", again=True)
    who = await people.accounts.identify(browser.cookies["sora_session"])
    async with database.transaction() as tx:
        before = (await tx.get_one(SessionRow, who.session_id)).proved_at
    answer = await browser.post("/api/users/me/confirm_password", json={"password": "anything"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "password_required")
    assert "log in again" in answer.json()["error"]["message"]
    async with database.transaction() as tx:
        assert (await tx.get_one(SessionRow, who.session_id)).proved_at == before
    with pytest.raises(PasswordRequired):
        await people.accounts.confirm_password(who, "")


KEY = RSAKey.generate_key(2048, {"kid": "1", "use": "sig", "alg": "RS256"})
ISSUER = "https://id.example.org"


def claims(**more: Any) -> dict[str, Any]:
    now = int(time.time())
    said = {"iss": ISSUER, "aud": CLIENT_ID, "sub": "ada", "nonce": "n", "iat": now, "exp": now + 60}
    return {name: value for name, value in (said | more).items() if value is not None}


def signed(said: dict[str, Any], key: Any = KEY, alg: str = "RS256", **header: Any) -> str:
    return jwt.encode({"alg": alg, "kid": "1", **header}, said, key, algorithms=[alg])


def forged(alg: str, key: bytes) -> str:
    """Write a token as no library does: by the public key as if it were a shared secret, or by none."""
    parts = [{"alg": alg, "kid": "1"}, claims()]
    text = b".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts)
    seal = hmac.digest(key, text, "sha256") if key else b""
    return b".".join([text, base64.urlsafe_b64encode(seal).rstrip(b"=")]).decode()


PUBLIC = KEY.as_pem(private=False)
TOKENS = {
    "another issuer": signed(claims(iss="https://evil.example")),
    "no issuer": signed(claims(iss=None)),
    "another audience": signed(claims(aud="another")),
    "many audiences": signed(claims(aud=[CLIENT_ID, "another"], azp="another")),
    "out of date": signed(claims(exp=int(time.time()) - 120)),
    "no end": signed(claims(exp=None)),
    "another nonce": signed(claims(nonce="m")),
    "no nonce": signed(claims(nonce=None)),
    "nobody": signed(claims(sub=None)),
    "an empty subject": signed(claims(sub="")),
    "no text": signed(claims(sub=7)),
    "another key": signed(claims(), RSAKey.generate_key(2048, {"kid": "1"})),
    "the public key as a secret": forged("HS256", PUBLIC),
    "another token's hash": signed(claims(at_hash="AAAAAAAAAAAAAAAAAAAAAA")),
    "no signature": forged("none", b""),
    "nonsense": "a.b.c",
}


def headed(**header: Any) -> str:
    """Write a token with a header that no library writes."""
    text = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
    return f"{text}.e30.AAAA"


LOGGED_OUT = {"http://schemas.openid.net/event/backchannel-logout": {}}


def notice(**more: Any) -> dict[str, Any]:
    return claims(**{"nonce": None, "jti": "1", "events": LOGGED_OUT, "sid": "s"} | more)


NOTICES = {
    "another issuer": signed(notice(iss="https://evil.example")),
    "another audience": signed(notice(aud="another")),
    "out of date": signed(notice(exp=int(time.time()) - 120)),
    "old": signed(notice(iat=int(time.time()) - 600, exp=None)),
    "no time": signed(notice(iat=None)),
    "no id": signed(notice(jti=None)),
    "of nobody": signed(notice(sub=None, sid=None)),
    "an ID token": signed(claims()),
    "with a nonce": signed(notice(nonce="n")),
    "of something else": signed(notice(events={"https://example.org/event": {}})),
    "another key": signed(notice(), RSAKey.generate_key(2048, {"kid": "1"})),
    "no signature": forged("none", b""),
    "nonsense": "a.b.c",
    "a header of nonsense": headed(alg="RS256", crit=5),
    "a header of lists": headed(alg="RS256", crit=[[]]),
}


class LongAgo(IdentityProvider):
    """One whose people have last proved long ago who they are; the signature was verified before."""

    proved_at = datetime(2026, 1, 1, tzinfo=UTC)

    async def claims_of(self, code: str, attempt: Attempt, issuer: str | None) -> tuple[dict[str, Any], str]:
        claims, _ = await super().claims_of(code, attempt, issuer)
        return claims, signed(claims | {"auth_time": int(self.proved_at.timestamp())})


class Known(IdentityProvider):
    """One whose keys are known."""

    async def _key_set(self, *, again: bool = False) -> KeySet:
        del again
        return KeySet([RSAKey.import_key(PUBLIC, {"kid": "1"})])


@pytest.mark.parametrize("token", [*TOKENS.values(), signed(claims(), alg="RS256")[:-4] + "AAAA"])
async def test_a_token_that_is_not_for_this_log_in_opens_nothing(token: str):
    known = Known(known_as(ISSUER))
    with pytest.raises(SignOnFailed):
        await known._verify(token, "n", "an access token")
    assert (await known._verify(signed(claims()), "n", "an access token"))["sub"] == "ada"
    assert Attempt("s", "n", "v", "/").nonce == "n"


@pytest.mark.parametrize("token", NOTICES.values(), ids=NOTICES)
async def test_a_log_out_token_that_is_not_one_ends_nothing(token: str):
    known = Known(known_as(ISSUER))
    with pytest.raises(SignOnFailed):
        await known.log_out_notice(token)
    now = int(time.time())
    said = LogOutNotice(ISSUER, "ada", "s", datetime.fromtimestamp(now, UTC))
    assert await known.log_out_notice(signed(notice(iat=now))) == said


async def test_a_log_out_that_cannot_be_judged_is_to_be_told_again(
    studio: Callable[..., People], client: Client
):
    """The provider has to know that it was not done; and nobody makes us ask for its keys all the time."""
    async with scripted_server() as server:
        studio(OPEN, known_as(server.base_url))
        telling = client()
        for _ in range(2):
            answers = await asyncio.gather(
                *(telling.post(BACK_CHANNEL, data={"logout_token": "a.b.c"}) for _ in range(3))
            )
            assert [(each.status_code, each.headers["retry-after"]) for each in answers] == [(503, "60")] * 3
        assert [each.path for each in server.requests] == ["/v1/.well-known/openid-configuration"]


async def test_a_log_out_ends_nothing_that_was_opened_after_it(
    studio: Callable[..., People], provider: RunningProvider, client: Client
):
    """Somebody who has caught its token ends no new session by it."""
    studio()
    browser = client()
    await log_in(browser, provider, "root")
    studio(OPEN, None, Known(known_as(provider.issuer)))
    for seconds, left in ((60, 200), (0, 401)):
        said = notice(iss=provider.issuer, sub="root", sid=None, iat=int(time.time()) - seconds)
        answer = await client().post(BACK_CHANNEL, data={"logout_token": signed(said)})
        assert answer.status_code == 200
        assert (await browser.get("/api/users/me")).status_code == left


async def test_who_logs_out_at_the_provider_is_logged_out_here(
    studio: Callable[..., People], provider: RunningProvider, client: Client, database: Database
):
    """That session alone, where the provider names it; all of its person's, where it does not."""
    people = studio()
    browsers = [client() for _ in range(3)]
    for browser, name in zip(browsers, ("root", "root", "ada"), strict=True):
        await log_in(browser, provider, name)
    whose = [await people.accounts.identify(browser.cookies["sora_session"]) for browser in browsers]
    async with database.transaction() as tx:
        names = [(await tx.get_one(SessionRow, each.session_id)).provider_session for each in whose]
    assert len({*names}) == len({*names} - {None}) == 3
    studio(OPEN, None, Known(known_as(provider.issuer)))

    async def tell(**said: Any) -> list[bool]:
        token = signed(notice(iss=provider.issuer, **said))
        answer = await client().post(BACK_CHANNEL, data={"logout_token": token})
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        return [(await each.get("/api/users/me")).status_code == 200 for each in browsers]

    assert await tell(sub="nobody", sid=names[0]) == [True, True, True]
    assert await tell(sub="ada", sid=names[0]) == [True, True, True]
    assert await tell(sub=None, sid=names[0]) == [False, True, True]
    assert await tell(sub="ada", sid=None) == [False, True, False]
    assert await tell(sub="root", sid=names[1]) == [False, False, False]
    trail = await people.audit.page(OPERATOR, AuditQuery(act=Act.SESSION_END))
    assert [line.about for line in trail.lines] == ["by the OpenID provider"] * 3
