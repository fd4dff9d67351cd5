"""Files kept in an object store that speaks S3; what is temporary stays on this machine's disk."""

import asyncio
import re
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from sora_studio.config.object_store import ObjectStore
from sora_studio.domain.errors import StorageError
from sora_studio.domain.media import ByteRange
from sora_studio.domain.ports import StoredFile
from sora_studio.storage.keys import is_key, missing, require_key
from sora_studio.storage.near_copies import NearCopies
from sora_studio.storage.signed_links import signed_link
from sora_studio.storage.spool import LocalSpool, refused

if TYPE_CHECKING:
    from obstore import GetOptions
    from obstore.store import ClientConfig, S3Config

_PART = 5 * 1024 * 1024  # bytes: larger files go in parts of as many, the least that S3 takes, 10,000 of them
_PARTS_AT_ONCE, _PUTS_AT_ONCE = 2, 2
_FIRST_BLOCK, _LARGEST_BLOCK = 256 * 1024, 4 * 1024 * 1024  # bytes: a browser often hangs up after little
_PAGE = 200  # files
_PATIENCE = timedelta(seconds=60)  # for an answer, or its next bytes
_SENDING = timedelta(minutes=5)  # for a whole request: four parts, at half a megabit a second
_TRIES, _TRIES_END = 4, timedelta(seconds=20)  # after what is not answered, or answered with 5xx
_PICTURES = {".jpeg", ".jpg", ".png", ".webp"}
_PROBE, _GLANCE = "probe", 5.0  # seconds that the store has for it
_NO_BUCKET = "NoSuchBucket"
_SILENT = "The object store does not answer."
_STATUS, _CODE = re.compile(r"status code: (\d{3})"), re.compile(r"<Code>(\w+)</Code>")


class _Block(NamedTuple):
    data: bytes
    of: int  # bytes of the whole file
    etag: str | None


class _Missing(StorageError):
    """A file is not there, and the bucket is."""


class S3Storage(LocalSpool):
    """A part of a bucket. Objects appear and are replaced as a whole, so that `put` is as good as a rename.

    Films are read in blocks, each by a request of its own: nothing is held open for a reader who is slow, and
    a block that fails is fetched again.
    """

    def __init__(self, spool: Path, near: Path, chosen: ObjectStore) -> None:
        """Keep files in an object store; nothing is asked of it yet.

        Args:
            spool: The folder of temporary files.
            near: The folder of copies of pictures.
            chosen: Where the store is.
        """
        super().__init__(spool)
        self._chosen, self._near = chosen, NearCopies(near)
        self._store = _client(chosen, read_timeout=_PATIENCE)
        self._uplink = _client(chosen, timeout=_SENDING)
        self._putting = asyncio.Semaphore(_PUTS_AT_ONCE)

    async def put(self, spooled: Path, key: str) -> None:
        """Store a spooled file, and remove it from the spool.

        Raises:
            StorageError: The store refused, or does not answer; the spooled file is still there.
        """
        with _translated(require_key(key)):
            size = spooled.stat().st_size
            try:
                async with self._putting:
                    await obstore.put_async(
                        self._uplink,
                        key,
                        spooled,
                        use_multipart=size > _PART,
                        chunk_size=_PART,
                        max_concurrency=_PARTS_AT_ONCE,
                    )
            finally:  # it may be there though no answer came
                self._near.drop(key)
            spooled.unlink(missing_ok=True)

    @asynccontextmanager
    async def open(self, key: str, span: ByteRange | None = None) -> AsyncGenerator[AsyncIterator[bytes]]:
        """Open a file, or some bytes of it, for the block, and yield it in chunks.

        Raises:
            StorageError: It is not there, or cannot be read.
        """
        if Path(require_key(key)).suffix in _PICTURES:
            data = await self.read(key)
            yield _chunks([data[slice(*span)] if span else data])
            return
        async with aclosing(self._blocks(key, span or ByteRange(0, sys.maxsize))) as blocks:
            first = await anext(blocks, None)
            yield _chunks([first.data] if first else [], blocks)

    async def read(self, key: str) -> bytes:
        """Return a small file; a picture from this machine's disk, if it was read within the hour.

        Raises:
            StorageError: It is not there, or cannot be read.
        """
        near = await asyncio.to_thread(self._near.find, require_key(key))
        if near is not None:
            return near
        changes = self._near.changes
        blocks = [block async for block in self._blocks(key, ByteRange(0, sys.maxsize))]
        data = b"".join(block.data for block in blocks)
        if blocks and Path(key).suffix in _PICTURES:
            await asyncio.to_thread(self._near.keep, key, data, blocks[0].etag, changes)
        return data

    @asynccontextmanager
    async def materialise(self, key: str) -> AsyncGenerator[Path]:
        """Have a file in the spool for the block.

        Raises:
            StorageError: It is not there, or cannot be read; or the disk refused.
        """
        path = self.spool()
        try:
            try:
                with path.open("wb") as file:
                    async for block in self._blocks(key, ByteRange(0, sys.maxsize)):
                        await asyncio.to_thread(file.write, block.data)
            except OSError as error:
                raise refused(error) from error
            yield path
        finally:
            path.unlink(missing_ok=True)

    async def stat(self, key: str) -> StoredFile | None:
        """Return what is known of a file; None when it is not there.

        Raises:
            StorageError: The store refused, or does not answer.
        """
        try:
            with _translated(require_key(key)):
                try:
                    known = await obstore.head_async(self._store, key)
                except FileNotFoundError:  # an answer without a body, which does not say what is not there
                    known = (await obstore.get_async(self._store, key)).meta
        except _Missing:
            return None
        self._near.compare(key, known["e_tag"])
        return StoredFile(key, known["size"], known["last_modified"])

    async def list_pages(self) -> AsyncIterator[Sequence[StoredFile]]:
        """Yield all files, page by page; what has no key of ours is passed over."""
        with _translated("list"):
            async for page in obstore.list(self._store, chunk_size=_PAGE):
                yield [
                    StoredFile(each["path"], each["size"], each["last_modified"])
                    for each in page
                    if is_key(each["path"]) and each["path"] != _PROBE
                ]

    async def delete(self, key: str) -> None:
        """Remove a file; one that is gone already is fine.

        Raises:
            StorageError: The store refused, or does not answer.
        """
        with _translated(require_key(key)):
            await obstore.delete_async(self._store, key)
        self._near.drop(key)

    def identity(self) -> str:
        """Return what tells the store from others: where it is."""
        return f"{self._chosen.endpoint or ''} {self._chosen.url}".strip()

    async def probe(self) -> None:
        """Write a little to the spool and to the store.

        Raises:
            StorageError: One of them refused.
        """
        await asyncio.to_thread(self.probe_spool)
        with _translated(_PROBE):
            async with asyncio.timeout(_GLANCE):
                await obstore.put_async(self._store, _PROBE, b"?")

    def link(self, key: str, content_type: str, disposition: str) -> str | None:
        """Return where a browser reads a file by itself, if the store can be reached from outside.

        The link is the same for an hour, so that browsers keep what they have read, and works for two.
        """
        chosen = self._chosen
        if chosen.public_endpoint is None or chosen.key is None:
            return None
        hour = datetime.now(UTC).replace(minute=0, second=0)
        answer = {
            "response-cache-control": "private, max-age=3600",
            "response-content-disposition": disposition,
            "response-content-type": content_type,
        }
        path = "/".join(filter(None, (chosen.bucket, chosen.prefix, require_key(key))))
        url = f"{chosen.public_endpoint}/{path}"
        return signed_link(url, chosen.region, chosen.key, answer, (hour, 7200))

    def sweep(self, *, older_than: float = 0.0) -> int:
        """Remove what a killed process left in the spool, and pictures that were read long ago.

        Raises:
            StorageError: The disk refused.
        """
        self._near.sweep()
        return super().sweep(older_than=older_than)

    async def _blocks(self, key: str, span: ByteRange) -> AsyncGenerator[_Block]:
        """Yield some bytes of one and the same object, larger and larger blocks of them."""
        at, end = span
        length, etag = _FIRST_BLOCK, None
        while at < end:
            with _translated(require_key(key)):
                block = await self._block(key, ByteRange(at, min(at + length, end)), etag)
            if not block.data:
                return
            yield block
            at, end, etag = at + len(block.data), min(end, block.of), block.etag
            length = min(length * 2, _LARGEST_BLOCK)

    async def _block(self, key: str, span: ByteRange, etag: str | None) -> _Block:
        options: GetOptions = {"range": (span.start, span.end)}
        if etag:
            options["if_match"] = etag
        try:
            got = await obstore.get_async(self._store, key, options=options)
            return _Block(bytes(await got.bytes_async()), got.meta["size"], got.meta["e_tag"])
        except BaseError as error:
            if "416" not in _STATUS.findall(str(error)):
                raise
            return _Block(b"", span.start, None)  # nothing of it lies in the range


def _client(chosen: ObjectStore, **patience: timedelta) -> S3Store:
    options: ClientConfig = {
        "allow_http": (chosen.endpoint or "").startswith("http://"),
        "connect_timeout": timedelta(seconds=5),
        **cast("ClientConfig", patience),
    }
    config: S3Config = {
        "region": chosen.region,
        "checksum_algorithm": "SHA256",  # which the store compares with what has arrived
    }
    if chosen.endpoint:
        config["endpoint"] = chosen.endpoint
    if chosen.key:
        config["access_key_id"] = chosen.key.id
        config["secret_access_key"] = chosen.key.secret.get_secret_value()
        if chosen.key.token:
            config["session_token"] = chosen.key.token.get_secret_value()
    return S3Store(
        chosen.bucket,
        prefix=chosen.prefix or None,
        config=config,
        client_options=options,
        retry_config={"max_retries": _TRIES, "retry_timeout": _TRIES_END},
    )


@contextmanager
def _translated(key: str) -> Iterator[None]:
    """Say in a sentence what the store or the disk said."""
    try:
        yield
    except FileNotFoundError as error:
        if error.errno is not None:
            raise refused(error) from error
        if _NO_BUCKET in str(error):
            raise StorageError(_sentence(str(error))) from error
        raise _Missing(str(missing(key))) from error
    except TimeoutError as error:
        raise StorageError(_SILENT) from error
    except OSError as error:
        raise refused(error) from error
    except BaseError as error:
        raise StorageError(_sentence(str(error))) from error


def _sentence(said: str) -> str:
    status, code = _STATUS.search(said), _CODE.search(said)
    if status is None:
        return _SILENT
    return f"The object store answered {status[1]}{f' ({code[1]})' if code else ''}."


async def _chunks(first: Sequence[bytes], rest: AsyncIterator[_Block] | None = None) -> AsyncIterator[bytes]:
    for chunk in first:
        yield chunk
    if rest is not None:
        async for block in rest:
            yield block.data
