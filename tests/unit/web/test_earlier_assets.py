"""What pages of other builds ask for."""

from pathlib import Path

import httpx
import pytest
from starlette.responses import PlainTextResponse

from sora_studio.web.middleware.earlier_assets import EarlierAssets


@pytest.fixture
def http(tmp_path: Path) -> httpx.AsyncClient:
    for build, name in (("old", "page-1.js"), ("now", "page-2.js"), (".new", "page-3.js")):
        assets = tmp_path / "releases" / build / "build" / "client" / "assets"
        assets.mkdir(parents=True)
        (assets / name).write_text(build)
    (tmp_path / "releases" / "old" / "build" / "client" / "assets" / "folder.js").mkdir()
    (tmp_path / "releases" / "secret.js").write_text("secret")
    client = tmp_path / "releases" / "now" / "build" / "client"
    app = EarlierAssets(PlainTextResponse("the application"), client, tmp_path / "releases")
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://studio")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/assets/page-1.js", "old"),
        ("/assets/page-2.js", "the application"),
        ("/assets/page-3.js", "the application"),
        ("/assets/nothing.js", "the application"),
        ("/assets/folder.js", "the application"),
        ("/assets/*.js", "the application"),
        ("/assets/..%2f..%2f..%2f..%2fsecret.js", "the application"),
        ("/assets/.hidden", "the application"),
        ("/page-1.js", "the application"),
    ],
)
async def test_an_asset_of_another_build_is_found_and_nothing_else(
    http: httpx.AsyncClient, path: str, text: str
):
    async with http:
        assert (await http.get(path)).text == text
