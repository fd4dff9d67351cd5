"""A sandbox of one's own is for programs on this machine, and for no page in a browser there."""

import stat
from pathlib import Path

import httpx
import pytest

from sora_sandbox.file_store import FileStore
from sora_sandbox.job_store import JobStore
from tests.support.plain_http import NO_TLS
from tests.support.sandbox import RunningSandbox, running_sandbox


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:4010", 200),
        ("LOCALHOST.", 200),
        ("127.0.0.1:4010", 200),
        ("192.0.2.7:4010", 200),
        ("[::1]:4010", 200),
        ("evil.example:4010", 421),
        ("localhost.evil.example", 421),
        ("localhost@evil.example", 421),
        ("[evil]", 421),
        ("sandbox:4010", 421),
        ("", 421),
    ],
)
def test_it_serves_names_of_this_machine(sandbox: RunningSandbox, host: str, status: int):
    answer = httpx.get(
        f"{sandbox.base_url}/videos", headers={"Host": host, "Authorization": "Bearer any"}, verify=NO_TLS
    )
    assert answer.status_code == status
    if status != 200:
        assert answer.json()["error"]["code"] == "unknown_host"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:1"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
def test_a_foreign_page_makes_no_job(sandbox: RunningSandbox, headers: dict[str, str]):
    """A form needs no permission from us to be posted; what it asks for would be made."""
    form = {"prompt": "a job of a stranger's"}
    made = httpx.post(
        f"{sandbox.base_url}/videos",
        data=form,
        headers={"Authorization": "Bearer any", **headers},
        verify=NO_TLS,
    )
    assert (made.status_code, made.json()["error"]["code"]) == (403, "foreign_origin")


def test_what_everybody_has_asked_for_is_told_to_tests_only(sandbox: RunningSandbox):
    answer = httpx.get(
        f"{sandbox.base_url[:-2]}ledger", headers={"Authorization": "Bearer any"}, verify=NO_TLS
    )
    assert answer.status_code == 404


def test_more_names_can_be_allowed(tmp_path: Path):
    with running_sandbox(tmp_path, allowed_hosts="Sandbox, other") as box:
        for host, status in (("sandbox:4010", 200), ("other", 200), ("another", 421)):
            answer = httpx.get(f"{box.base_url[:-2]}healthz", headers={"Host": host}, verify=NO_TLS)
            assert (host, answer.status_code) == (host, status)


def test_what_an_earlier_one_has_left_is_closed_to_others(tmp_path: Path):
    (tmp_path / "films").mkdir(mode=0o755)
    (tmp_path / "sandbox.sqlite3").touch(mode=0o644)
    JobStore(tmp_path / "sandbox.sqlite3").close()
    FileStore(tmp_path)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"films": 0o700, "references": 0o700, "unfinished": 0o700, "sandbox.sqlite3": 0o600}
