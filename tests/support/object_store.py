"""An S3 server (moto's), and buckets in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

import httpx
import pytest
from obstore.store import S3Store

from tests.support.proxy import Upstream

if TYPE_CHECKING:
    from moto.server import ThreadedMotoServer

KEY_ID, SECRET = "AKIDOFTHETESTS", "the-secret-of-the-tests"


@dataclass(frozen=True)
class Bucket:
    """A bucket that is empty at first."""

    host: str
    port: int
    name: str

    @property
    def endpoint(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def upstream(self) -> Upstream:
        return self.host, self.port

    def environ(self, prefix: str = "studio") -> dict[str, str]:
        """Return the settings of a studio that keeps its files there."""
        return {
            "SORA_STUDIO_MEDIA_URL": f"s3://{self.name}/{prefix}",
            "SORA_STUDIO_S3_ENDPOINT": self.endpoint,
            "AWS_ACCESS_KEY_ID": KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET,
        }

    def content(self) -> set[str]:
        """Return the keys of what lies in it, as the server says."""
        listed = httpx.get(f"{self.endpoint}/{self.name}").text
        return {part.partition("</Key>")[0] for part in listed.split("<Key>")[1:]}

    def etag(self, key: str) -> str:
        """Return what the server calls the version of an object."""
        return httpx.head(f"{self.endpoint}/{self.name}/{key}").headers["etag"]

    def replace(self, key: str, data: bytes) -> None:
        """Replace an object behind the studio's back."""
        S3Store(
            self.name,
            endpoint=self.endpoint,
            access_key_id=KEY_ID,
            secret_access_key=SECRET,
            client_options={"allow_http": True},
        ).put(key, data)

    def keep_versions(self) -> None:
        """Remember from now on what is removed."""
        xml = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
        httpx.put(f"{self.endpoint}/{self.name}?versioning", content=xml).raise_for_status()

    def past(self) -> str:
        """Return what has ever lain in it since then, as the server says."""
        return httpx.get(f"{self.endpoint}/{self.name}?versions").raise_for_status().text


@pytest.fixture(scope="session")
def s3_server() -> "Iterator[ThreadedMotoServer]":
    from moto.server import ThreadedMotoServer  # noqa: PLC0415 -- slow to load, and few tests need it

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def bucket(s3_server: "ThreadedMotoServer") -> Bucket:
    """Return a new bucket."""
    return new_bucket(s3_server)


def new_bucket(server: "ThreadedMotoServer") -> Bucket:
    """Make a bucket in a running server."""
    host, port = server.get_host_and_port()
    made = Bucket(host, port, f"films-{uuid4().hex[:12]}")
    httpx.put(f"{made.endpoint}/{made.name}").raise_for_status()
    return made
