"""The sandbox comes with the studio, comes back when it dies, and goes with it."""

import asyncio
import urllib.request
from pathlib import Path

import psutil

from sora_studio.subprocesses.sandbox import sandbox_child
from tests.support.waiting import eventually


async def test_it_speaks_the_videos_api(tmp_path: Path):
    async with sandbox_child(tmp_path) as base_url:
        await eventually(lambda: '"data"' in _answer(f"{base_url}/videos"))


async def test_it_keeps_its_address(tmp_path: Path):
    async with sandbox_child(tmp_path) as first:
        pass

    async with sandbox_child(tmp_path) as second:
        assert second == first


async def test_it_takes_another_address_when_a_stranger_has_its_own(tmp_path: Path):
    async with sandbox_child(tmp_path) as first:
        pass
    port = int(first.split(":")[2].split("/")[0])
    stranger = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", port)

    async with stranger, sandbox_child(tmp_path) as second:
        assert second != first
        await eventually(lambda: '"data"' in _answer(f"{second}/videos"))


async def test_it_comes_back_when_it_dies(tmp_path: Path):
    async with sandbox_child(tmp_path) as base_url:
        await eventually(lambda: _answer(f"{base_url}/videos"))
        [first] = _sandboxes(tmp_path)
        first.kill()

        await eventually(lambda: _sandboxes(tmp_path) not in ([], [first]))
        await eventually(lambda: '"data"' in _answer(f"{base_url}/videos"))


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


def _answer(url: str) -> str:
    """Return what a URL answers, nothing when nobody is there."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 -- our own address
            return str(answer.read().decode())
    except OSError:
        return ""
