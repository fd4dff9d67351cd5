"""A real PgBouncer in transaction mode, in front of an embedded server."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from sora_studio.subprocesses.cluster import ROLE
from tests.support.studio import free_port
from tests.support.waiting import comes_true

_CONFIGURATION = """
[databases]
* = host={sockets} user={role}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
max_client_conn = 200
logfile = {log}
ignore_startup_parameters = {ignored}
"""


@asynccontextmanager
async def running_pooler(database_url: str, *, ignored: str = "") -> AsyncIterator[str]:
    """Run one for the block; yield the URL of the same database through it.

    Args:
        database_url: Of an embedded server, by its socket.
        ignored: What a client may ask for at its start without getting it; anything else is refused.
    """
    program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")
    if program is None:
        pytest.fail("There is no pgbouncer. Run: sh setup/system.sh", pytrace=False)
    sockets = Path(unquote(parse_qs(urlsplit(database_url).query)["host"][0]))
    owner = sockets.stat()  # whom the server lets in
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="sora-studio-pooler-") as folder:
        os.chown(folder, owner.st_uid, owner.st_gid)
        configuration, log = Path(folder, "pgbouncer.ini"), Path(folder, "log")
        configuration.write_text(
            _CONFIGURATION.format(sockets=sockets, role=ROLE, port=port, log=log, ignored=ignored)
        )
        configuration.chmod(0o644)
        process = await asyncio.create_subprocess_exec(
            *(program, "-q", str(configuration)), user=owner.st_uid, group=owner.st_gid, extra_groups=[]
        )
        try:
            await comes_true(lambda: _answers(port))
            database = urlsplit(database_url).path.lstrip("/")
            yield f"postgresql://{ROLE}@127.0.0.1:{port}/{database}"
        finally:
            process.kill()
            await process.wait()


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
