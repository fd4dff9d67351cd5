"""Whose page opens what, by which name of the server, and with whose tab: over a real server."""

from uuid import uuid4

import aiohttp
import httpx
import pytest

from sora_studio.ui.current_user import PersonState
from sora_studio.ui.pages.create.state import CreateState
from tests.integration.authorisation.conftest import CHEAP, SECRET, Stage
from tests.integration.authorisation.handlers import shows
from tests.integration.authorisation.test_events import PATIENCE, cookie
from tests.support.person import log_in
from tests.support.plain_http import NO_TLS
from tests.support.studio import RunningStudio
from tests.support.tab import Tab, open_tab

NAMES = ["localhost", "127.0.0.1", "[::1]"]
FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "http://localhost"},
    {"Origin": "http://localhost:1"},
    {"Origin": "null"},
    {"Origin": "http://localhost.evil.example:{port}"},
    {"Origin": "http://evil.example:{port}"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


def foreign(headers: dict[str, str], studio: RunningStudio) -> dict[str, str]:
    return {name: value.format(port=studio.port) for name, value in headers.items()}


@pytest.mark.parametrize("name", NAMES)
async def test_every_name_of_this_machine_works_unset(stage: Stage, studio: RunningStudio, name: str):
    url = f"http://{name}:{studio.port}"
    own = {"Cookie": cookie(stage.owner), "Origin": url}
    async with open_tab(url, cookie=cookie(stage.owner), path="/profile", headers={"Origin": url}) as tab:
        await tab.until(lambda: tab.value(PersonState, "email") == stage.owner.email, within=PATIENCE)
    async with httpx.AsyncClient(base_url=url, headers=own, verify=NO_TLS) as page:
        assert (await page.patch(f"/api/videos/{stage.refused}", json={"title": SECRET})).status_code == 200
        assert (await page.get("/")).status_code == 200


async def test_a_name_that_is_not_ours_opens_nothing(stage: Stage, studio: RunningStudio):
    """A page that has its own name point at this machine is of the same origin as we are, to a browser."""
    rebound = f"evil.example:{studio.port}"
    sent = {"Host": rebound, "Origin": f"http://{rebound}", "Sec-Fetch-Site": "same-origin"}
    new = {"email": f"{uuid4().hex}@example.org", "password": "a rather long pass phrase"}
    async with httpx.AsyncClient(base_url=stage.url, headers=sent, verify=NO_TLS) as page:
        answers = [
            await page.post("/api/auth/signup", json=new),
            await page.get("/api/videos"),
            await page.get("/livez"),
            await page.get("/"),
        ]
    assert [answer.status_code for answer in answers] == [421] * 4
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        async with open_tab(stage.url, cookie=cookie(stage.owner), headers=sent):
            pass
    assert refusal.value.status == 421


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
async def test_a_foreign_page_opens_no_socket(stage: Stage, studio: RunningStudio, headers: dict[str, str]):
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        async with open_tab(stage.url, cookie=cookie(stage.owner), headers=foreign(headers, studio)):
            pass
    assert refusal.value.status == 403


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/videos"),
        ("POST", "/api/videos/{ready}/remix"),
        ("PATCH", "/api/videos/{ready}"),
        ("DELETE", "/api/videos/{ready}"),
        ("PATCH", "/api/users/me"),
        ("DELETE", "/api/users/me"),
        ("POST", "/api/auth/login"),
        ("POST", "/api/auth/logout"),
    ],
)
async def test_a_foreign_page_changes_nothing(
    stage: Stage, studio: RunningStudio, headers: dict[str, str], method: str, path: str
):
    sent = {"Cookie": cookie(stage.owner), **foreign(headers, studio)}
    body = {"prompt": "forged", "title": "forged", "display_name": "forged", "password": "forged"}
    before = await stage.belongings()
    async with httpx.AsyncClient(base_url=stage.url, headers=sent, verify=NO_TLS) as page:
        answer = await page.request(method, path.format(ready=stage.ready), json=body)
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "foreign_origin"
    assert "set-cookie" not in answer.headers
    assert await stage.belongings() == before


@pytest.mark.parametrize("thief", ["nobody", "stranger"])
@pytest.mark.parametrize("still_open", [True, False])
async def test_a_stolen_tab_token_opens_nothing(stage: Stage, thief: str, still_open: bool):
    header = cookie(stage.stranger) if thief == "stranger" else ""

    def seen(tab: Tab) -> object:
        return shows(CreateState)(tab, "")

    async def steal(token: str) -> None:
        async with open_tab(stage.url, cookie=header, token=token, hydrate=False) as stolen:
            await stolen.send("no_such_handler")  # joins the tab, and asks for nothing
            await stage.owner.ask(
                f"{CHEAP} {uuid4()}"
            )  # what is pushed to the tab comes to the socket that is there
            await stolen.send(CreateState.load)
            await stolen.send(PersonState.load)
            await stolen.until(
                lambda: stolen.redirects() or stolen.value(PersonState, "email"), within=PATIENCE
            )
            assert SECRET not in str(stolen.frames)
            assert stage.owner.email not in str(stolen.frames)

    async with open_tab(stage.url, cookie=cookie(stage.owner)) as tab:
        await tab.until(lambda: seen(tab), within=PATIENCE)
        if still_open:
            await steal(tab.token)
    if not still_open:
        await steal(tab.token)


async def test_every_tab_of_a_session_that_ends_is_shut(stage: Stage, studio: RunningStudio):
    """Also the pages that have nothing to be pushed, and without their asking."""
    session = await log_in(studio.url, stage.owner.email)
    async with (
        open_tab(stage.url, cookie=cookie(session), path="/library") as one,
        open_tab(stage.url, cookie=cookie(session), path="/profile") as two,
        open_tab(stage.url, cookie=cookie(stage.owner), path="/profile") as other,
    ):
        for tab in (one, two, other):
            await tab.until(lambda tab=tab: tab.value(PersonState, "email"), within=PATIENCE)
        await session.http.post("/api/auth/logout")
        for tab in (one, two):
            await tab.until(tab.redirects, within=PATIENCE)
        frames = len(one.frames)
        for tab in (one, two):
            await tab.until(lambda tab=tab: tab.closed, within=PATIENCE)
        assert SECRET not in str(one.frames[frames:])
        assert other.redirects() == []
    await session.http.aclose()
