"""The sandbox comes with the studio, comes back when it dies, and goes with it."""

import asyncio
import stat
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import pytest

from sora_studio.subprocesses.sandbox import SandboxAccess, remembered_access, sandbox_child
from tests.support.waiting import PATIENCE, eventually


async def test_it_speaks_the_videos_api(tmp_path: Path):
    async with sandbox_child(tmp_path) as access:
        await eventually(lambda: '"data"' in _answer(access))


async def test_it_keeps_its_address_and_not_its_key(tmp_path: Path):
    async with sandbox_child(tmp_path) as first:
        pass

    async with sandbox_child(tmp_path) as second:
        assert second.base_url == first.base_url
        assert second.api_key != first.api_key
        assert remembered_access(tmp_path) == second


async def test_nobody_else_on_this_machine_gets_anything_from_it(tmp_path: Path):
    """Its port is open to every local user, and to every page in a browser here."""
    (tmp_path / "sandbox").mkdir(mode=0o755)  # as an earlier studio has left it
    async with sandbox_child(tmp_path) as access:
        await eventually(lambda: _answer(access))
        [sandbox] = _sandboxes(tmp_path)

        for path in ("videos", "videos/video_1", "models"):
            assert _status(f"{access.base_url}/{path}", access._replace(api_key="guess")) == 401
        assert _status(f"{access.base_url[:-2]}ledger", access) == 404
        assert _status(f"{access.base_url}/videos", access, Host="evil.example") == 421
        assert access.api_key not in " ".join(sandbox.cmdline())
        assert _open_to_others(tmp_path / "sandbox") == []


@pytest.mark.parametrize("content", [b"", b"nonsense"])
async def test_what_is_remembered_may_be_missing_or_nonsense(tmp_path: Path, content: bytes):
    (tmp_path / "sandbox").mkdir()
    (tmp_path / "sandbox/port").write_bytes(content)
    (tmp_path / "sandbox/key").write_bytes(b"key")
    assert remembered_access(tmp_path) is None


async def test_it_takes_another_address_when_a_stranger_has_its_own(tmp_path: Path):
    async with sandbox_child(tmp_path) as first:
        pass
    port = int(first.base_url.split(":")[2].split("/")[0])
    stranger = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", port)

    async with stranger, sandbox_child(tmp_path) as second:
        assert second.base_url != first.base_url
        await eventually(lambda: '"data"' in _answer(second))


async def test_it_comes_back_when_it_dies(tmp_path: Path):
    async with sandbox_child(tmp_path) as access:
        await eventually(lambda: _answer(access))
        [first] = _sandboxes(tmp_path)
        first.kill()

        await eventually(lambda: _sandboxes(tmp_path) not in ([], [first]))
        await eventually(lambda: '"data"' in _answer(access))


async def test_it_is_gone_with_the_block(tmp_path: Path):
    async with sandbox_child(tmp_path):
        await eventually(lambda: _sandboxes(tmp_path))
        [sandbox] = _sandboxes(tmp_path)

    assert not sandbox.is_running()


def _sandboxes(data_dir: Path) -> list[psutil.Process]:
    """Return the running sandboxes of a data directory."""
    return [
        child
        for child in psutil.Process().children()
        if child.status() != psutil.STATUS_ZOMBIE and f"--data-dir={data_dir / 'sandbox'}" in child.cmdline()
    ]


def _answer(access: SandboxAccess) -> str:
    """Return its list of videos, nothing when nobody is there."""
    try:
        request = _request(f"{access.base_url}/videos", access)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return str(answer.read().decode())
    except OSError:
        return ""


def _status(url: str, access: SandboxAccess, **headers: str) -> int:
    """Return the status of an error."""
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(_request(url, access, **headers), timeout=PATIENCE)
    refused.value.close()
    return refused.value.code


def _request(url: str, access: SandboxAccess, **headers: str) -> urllib.request.Request:
    allowed = {"Authorization": f"Bearer {access.api_key}", **headers}
    return urllib.request.Request(url, headers=allowed)


def _open_to_others(folder: Path) -> list[str]:
    """Return what other users could read or enter."""
    return [
        f"{stat.filemode(path.stat().st_mode)} {path}"
        for path in (folder, *folder.rglob("*"))
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    ]
