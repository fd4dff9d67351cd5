"""Where a form may send the person next."""

import pytest

from sora_studio.api.safe_redirect import safe_redirect


@pytest.mark.parametrize(
    "path", ["/", "/library", "/library?q=a+dog&status=failed", "/video/video_0123#top", "/?edit=1"]
)
def test_pages_of_ours_are_kept(path: str):
    assert safe_redirect(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        " ",
        "library",
        "https://evil.example",
        "HTTPS://evil.example/",
        "http:evil.example",
        "http:/evil.example",
        "//evil.example",
        "///evil.example",
        "////evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "/\r\n/evil.example",
        "/\0/evil.example",
        "\t//evil.example",
        " //evil.example",
        "/library\r\nSet-Cookie: sora_session=planted",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "/foo\\..\\..\\evil",
        "@evil.example",
        "user@evil.example/",
        "/\u2028/evil.example",
        "//[::1",
        "/api/videos/delete",
        "?next=//evil.example",
        "#",
    ],
)
def test_everything_else_is_the_home_page(path: str):
    assert safe_redirect(path) == "/"
