"""No line of the log lets its reader act as somebody else."""

import pytest

from sora_studio.log import hide, mask


@pytest.mark.parametrize(
    "line",
    [
        "'cookie': '__Host-session=SECRET; theme=dark'",
        '"cookie": "session=SECRET; theme=dark"',
        "Cookie: session=SECRET",
        "set-cookie: session=SECRET; HttpOnly; Path=/",
        "'authorization': 'Bearer SECRET'",
        "authorization: Basic SECRET",
        'Authorization="bearer SECRET"',
        "called with bearer SECRET and went on",
        "GET /_event/?token=SECRET&EIO=4",
        "https://cdn.example/v.mp4?expires=1&signature=SECRET",
        "sk-SECRETSECRET",
        "whsec_SECRETSECRET=",
    ],
)
def test_secrets_are_masked(line: str):
    assert "SECRET" not in mask(line)


@pytest.mark.parametrize(
    "line",
    [
        "GET /_event/?token=***&EIO=4",
        "the session of this person ended",
        "a bearer is somebody who carries something"[:8],
        "tokens=5 phase=completed",
        "sk-1",
    ],
)
def test_ordinary_lines_stay_as_they_are(line: str):
    assert mask(line) == line


def test_what_follows_a_secret_is_kept():
    assert mask("'cookie': 'a=1', 'host': 'x'") == "'cookie': '***', 'host': 'x'"
    assert mask("/x?token=abc&EIO=4") == "/x?token=***&EIO=4"


def test_the_secrets_of_the_settings_are_masked_wherever_they_stand():
    hide(["correct horse battery"])
    assert mask("a provider said correct horse battery twice") == "a provider said *** twice"
