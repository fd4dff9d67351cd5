"""A studio as strangers meet it: behind no proxy, and with as many open files as a shell allows."""

from collections.abc import Iterator

import pytest

from tests.support.attacker import files
from tests.support.studio import RunningStudio, fresh_data_dir, serving

_SHELL = 1024  # open files
_OURS = 4096  # to attack with
_STRANGERS = {
    "SORA_STUDIO_PUBLIC_URL": "http://studio.example",
    "SORA_STUDIO_TRUSTED_PROXIES": "192.0.2.1",  # so nobody here is one
}


@pytest.fixture(scope="module")
def studio() -> Iterator[RunningStudio]:
    """Serve it for all attacks."""
    with (
        fresh_data_dir() as data_dir,
        files(_SHELL),
        serving(data_dir, environment=_STRANGERS, forked=False) as running,
        files(_OURS),
    ):
        yield running
